"""Today: the page that the console opens with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from newsletter.operators.role import Right
from newsletter.web.console.route import Route, Visit
from newsletter.web.console.words import dot, long_day, moment, span
from newsletter.workflows.show_today import ISSUES, Past, show_today

#: The chart in its own units.
WIDTH, HEIGHT = 280, 72
_STEP = WIDTH / ISSUES
_GAP, _LEAST = 4, 2


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
    shown = show_today(visit.workplace)
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


ROUTES: tuple[Route, ...] = (Route("GET", "/console/", Right.LOOK, today),)
