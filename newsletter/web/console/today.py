"""Today: the page that the console opens with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import HTMLResponse, Response

from newsletter.operators.role import Right
from newsletter.web.console.route import Route, Visit
from newsletter.web.console.stream import Event, stream
from newsletter.web.console.words import dot, long_day, moment, span
from newsletter.workflows.show_today import ISSUES, Past, Today, show_today

#: The chart in its own units.
WIDTH, HEIGHT = 280, 72
_STEP = WIDTH / ISSUES
_GAP, _LEAST = 4, 2
#: How often a page that is open is told of what has changed, in seconds.
_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One issue in the chart: what was accepted, and above it what failed."""

    day: str
    x: float
    width: float
    accepted: float
    failed: float

    @property
    def accepted_y(self) -> float:
        """Where the lower part begins."""
        return round(HEIGHT - self.accepted, 1)

    @property
    def failed_y(self) -> float:
        """Where the upper part begins."""
        return round(HEIGHT - self.accepted - self.failed, 1)


def bars(past: Sequence[Past]) -> list[Bar]:
    """The bars of the last issues, oldest first; the highest fills the chart."""
    most = max((one.accepted + one.failed for one in past), default=0)
    scale = (HEIGHT - 2 * _LEAST) / most if most else 0.0
    return [
        Bar(
            day=long_day(one.day),
            x=round(number * _STEP + _GAP / 2, 1),
            width=round(_STEP - _GAP, 1),
            # What is there can be seen, however little it is beside the rest.
            accepted=round(max(one.accepted * scale, _LEAST if one.accepted else 0), 1),
            failed=round(max(one.failed * scale, _LEAST if one.failed else 0), 1),
        )
        for number, one in enumerate(past)
    ]


def today(visit: Visit) -> Response:
    """What is next, what needs a person, and what was."""
    return _page(visit, show_today(visit.workplace))


def events(visit: Visit) -> Response:
    """The page as it is by now, and what of it is worth saying to somebody who does not see it.

    It is told, and not asked for by the page: that would be a use, and keep a session open for ever.
    """

    def tell() -> Event:
        shown = show_today(visit.workplace)
        states = [f"{visit.surface.title_of(one.newsletter)}: {one.state}" for one in shown.fronts]
        return Event({"page": bytes(_page(visit, shown).body).decode(), "aloud": "; ".join(states)})

    return stream(visit.workplace, tell, every_s=_EVERY_S)


def _page(visit: Visit, shown: Today) -> HTMLResponse:
    return visit.page(
        "today.html.j2",
        today=shown,
        charts={front.newsletter.name: bars(front.past) for front in shown.fronts},
        titles={one.name: visit.surface.title_of(one) for one in visit.workplace.settings.publications},
        width=WIDTH,
        height=HEIGHT,
        dot=dot,
        long_day=long_day,
        moment=moment,
        span=span,
    )


ROUTES: tuple[Route, ...] = (
    Route("GET", "/console/", Right.LOOK, today),
    Route("GET", "/console/events", Right.LOOK, events, is_stream=True),
)
