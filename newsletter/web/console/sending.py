"""Sending: an issue on its way, as it is at this second; pause, resume, cancel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from newsletter.delivery.delivery import State
from newsletter.errors import ContentError
from newsletter.issues.issue import State as IssueState
from newsletter.operators.role import Right
from newsletter.settings import NewsletterSettings
from newsletter.web.console.issue import PATH as ISSUE
from newsletter.web.console.issue import address, asked
from newsletter.web.console.route import Route, Visit
from newsletter.web.console.stream import Event, stream
from newsletter.web.console.words import dot, long_day, moment, span
from newsletter.workflows.cancel_issue import cancel_issue
from newsletter.workflows.pause_issue import pause_issue
from newsletter.workflows.resume_issue import resume_issue
from newsletter.workflows.watch_sending import Canary, Sending, follow_of, look

PATH = f"{ISSUE}/sending"
#: The longest reason for a pause: it is shown in one line.
_MOST = 200

_CANARY = {
    Canary.TO_COME: "The first {size} letters go before the others, and are judged.",
    Canary.UNDER_WAY: "The first {size} letters are on their way; the rest follows once they are taken well.",
    Canary.PASSED: "The first letters were taken well, as was found at {at}.",
    Canary.STOPPED: "The first letters were not taken well: the rest has not left.",
    Canary.NEEDLESS: "There are so few readers that all letters go at once.",
    Canary.NONE: "It ended before the first letters were judged.",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What the page says of a moment, in words: the same in the page and in the events after it.

    *texts* by the id of the element; *rows* of the table of slow domains; *aloud*: what is worth saying to
    somebody who does not see the page, and changes seldom.
    """

    texts: dict[str, str]
    rows: list[list[str]]
    share: int
    dot: str
    aloud: str
    may: list[str]
    is_over: bool

    def document(self) -> dict[str, object]:
        """For the script."""
        return {
            "texts": self.texts,
            "rows": self.rows,
            "share": self.share,
            "dot": self.dot,
            "aloud": self.aloud,
            "may": self.may,
            "over": self.is_over,
        }


def told(one: Sending, newsletter: NewsletterSettings) -> Told:
    """*one* in words."""
    texts = {f"count-{state.value}": f"{one.counts[state]:,}" for state in State}
    texts |= {
        "state": one.state.value,
        "progress": _progress(one),
        "rate": "" if one.rate is None else f"{one.rate:,.1f} a second",
        "left": "" if one.left_s is None else span(one.left_s),
        "wait": _waits(one, newsletter),
        "reason": one.reason,
        "canary": _canary(one, newsletter),
        "times": _times(one, newsletter),
    }
    rows = [
        [
            each.domain,
            f"waits until {moment(each.held_until, newsletter)}"
            if each.held_until is not None and each.is_held(one.at)
            else f"takes {each.at_once} at a time",
            each.reason,
        ]
        for each in one.slow_domains
    ]
    quarters = one.share // 25 * 25
    aloud = f"{one.state.value}, {quarters} %" if one.state is IssueState.SENDING else one.state.value
    may = {"pause": one.may_pause, "resume": one.may_resume, "cancel": one.may_cancel}
    return Told(
        texts=texts,
        rows=rows,
        share=one.share,
        dot=dot(one.state),
        aloud=f"{aloud}: {one.reason}" if one.reason else aloud,
        may=[name for name, holds in may.items() if holds],
        is_over=one.is_over,
    )


def sending(visit: Visit) -> Response:
    """The page."""
    newsletter, day = asked(visit)
    found = look(visit.workplace, follow_of(visit.workplace, newsletter, day))
    return visit.page(
        "sending.html.j2",
        newsletter=newsletter,
        day=day,
        title=long_day(day),
        issue=f"{visit.surface.root}{address(newsletter, day)}",
        subject=found.subject if found else "",
        told=told(found, newsletter) if found else None,
        states=tuple(State),
        acts=_acts(found) if found and visit.may(Right.SEND) else (),
        # Told of again and again until it is over; what may still begin today is waited for, too.
        is_live=found is not None and not found.is_over,
    )


def events(visit: Visit) -> Response:
    """What changes, until it is over."""
    newsletter, day = asked(visit)
    follow = follow_of(visit.workplace, newsletter, day)

    def tell() -> Event:
        found = look(visit.workplace, follow)
        if found is None:
            return Event({}, is_last=True)
        return Event(told(found, newsletter).document(), is_last=found.is_over)

    return stream(visit.workplace, tell)


def pause(visit: Visit) -> Response:
    """Stop it for a while."""
    newsletter, day = asked(visit)
    reason = " ".join(visit.form.get("reason", "").split())[:_MOST]
    stored = pause_issue(visit.workplace, newsletter, day, actor=visit.operator.name, reason=reason)
    return visit.back(
        address(newsletter, day) + "/sending", f"Paused: {stored.reason}. What was on its way arrives."
    )


def resume(visit: Visit) -> Response:
    """Let it go on."""
    newsletter, day = asked(visit)
    resume_issue(visit.workplace, newsletter, day, actor=visit.operator.name)
    said = "It goes on at the clock's next look, within a minute. Nobody gets it twice."
    return visit.back(address(newsletter, day) + "/sending", said)


def cancel(visit: Visit) -> Response:
    """End it for good."""
    newsletter, day = asked(visit)
    if visit.form.get("sure") != "yes":
        step = "Tick the box beside the button, and press it again."
        raise ContentError(f"issue of {day}", "was not cancelled: nobody said that it is meant", step)
    cancel_issue(visit.workplace, newsletter, day, actor=visit.operator.name)
    return visit.back(address(newsletter, day) + "/sending", "Cancelled. Whoever was not mailed will not be.")


def _acts(found: Sending) -> tuple[str, ...]:
    """Every act that may come up while the page is open; the script shows those that hold."""
    return ("pause", "resume", "cancel") if not found.is_over or found.may_cancel else ()


def _progress(one: Sending) -> str:
    return f"{one.answered:,} of {one.total:,} ({one.share} %)" if one.total else "nobody is queued yet"


def _waits(one: Sending, newsletter: NewsletterSettings) -> str:
    if one.waits_until is None:
        return ""
    return f"The rest waits until {moment(one.waits_until, newsletter)}: rates or the warm-up put it off."


def _canary(one: Sending, newsletter: NewsletterSettings) -> str:
    size = f"{one.canary_size:,} " if one.canary_size else ""
    at = moment(one.canary_at, newsletter) if one.canary_at else ""
    return " ".join(_CANARY[one.canary].format(size=size, at=at).split())


def _times(one: Sending, newsletter: NewsletterSettings) -> str:
    if one.started_at is None:
        return "not begun"
    began = f"began at {_when(one.started_at, one, newsletter)}"
    return f"{began}, ended at {_when(one.finished_at, one, newsletter)}" if one.finished_at else began


def _when(at: datetime, one: Sending, newsletter: NewsletterSettings) -> str:
    """The time of day, with the date where it is another than the letter's."""
    day = at.astimezone(newsletter.zone).date()
    return moment(at, newsletter) if day == one.day else f"{moment(at, newsletter)} on {long_day(day)}"


ROUTES: tuple[Route, ...] = (
    Route("GET", PATH, Right.LOOK, sending),
    Route("GET", f"{PATH}/events", Right.LOOK, events, is_stream=True),
    Route("POST", f"{PATH}/pause", Right.SEND, pause),
    Route("POST", f"{PATH}/resume", Right.SEND, resume),
    Route("POST", f"{PATH}/cancel", Right.SEND, cancel, about="end this letter for good"),
)
