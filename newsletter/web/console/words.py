"""What pages of the console say in the same way: states, times, spans and numbers."""

from __future__ import annotations

import re
from datetime import date, datetime

from newsletter.errors import ContentError, NewsletterError, SettingsError
from newsletter.issues.issue import State
from newsletter.settings import NewsletterSettings
from newsletter.web.console.route import Visit

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
#: How the dot beside a state looks (console.css): its word says the same.
_DOTS = {
    State.PLANNED: "",
    State.COMPOSED: "wait",
    State.WAITING: "wait",
    State.APPROVED: "good",
    State.SENDING: "busy",
    State.PAUSED: "bad",
    State.SENT: "good",
    State.CANCELLED: "",
    State.HELD: "bad",
    State.SKIPPED: "",
    State.EXPIRED: "bad",
}
#: What a reason begins with that goes on from the thing before it.
_GOES_ON = re.compile(
    r"(are|broke|can|cannot|changed|comes|could|did|does|ends|failed|gets|had|has|have|holds|is|leads|needs|refuses"
    r"|takes|took|uses|was|were)\b"
)


def dot(state: State) -> str:
    """The class of the dot beside *state*."""
    return _DOTS[state]


def span(seconds: float) -> str:
    """How long that is, in the two largest units that say something.

    >>> span(42), span(125), span(5 * 3600 + 61), span(50 * 3600)
    ('42 s', '2 min', '5 h 1 min', '2 d 2 h')
    """
    seconds = max(seconds, 0)
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE:.0f} min"
    if seconds < _DAY:
        return f"{seconds // _HOUR:.0f} h {seconds % _HOUR // _MINUTE:.0f} min"
    return f"{seconds // _DAY:.0f} d {seconds % _DAY // _HOUR:.0f} h"


def sentence(error: NewsletterError) -> str:
    """What went wrong, as a page says it; the next step is a sentence of its own.

    >>> sentence(ContentError("the file", "is empty", "Choose another."))
    'The file is empty.'
    >>> sentence(ContentError("day '2026-13-01'", "no such day"))
    "Day '2026-13-01': no such day."
    """
    between = " " if _GOES_ON.match(error.reason) else ": "
    said = f"{error.thing}{between}{error.reason}".rstrip(".")
    return f"{said[:1].upper()}{said[1:]}."


def in_full(error: NewsletterError) -> str:
    """The same with the next step."""
    return f"{sentence(error)} {error.next_step}".rstrip()


def long_day(day: date) -> str:
    """With its weekday.

    >>> long_day(date(2026, 3, 3))
    'Tuesday 3 March'
    """
    return f"{day:%A} {day.day} {day:%B}"


def moment(at: datetime, newsletter: NewsletterSettings) -> str:
    """The time of day where *newsletter* is at home."""
    return f"{at.astimezone(newsletter.zone):%H:%M}"


def newsletter_of(visit: Visit, name: str) -> NewsletterSettings:
    """The newsletter called *name*; the first, if it is empty.

    Raises:
        ContentError: there is none of that name.
    """
    try:
        return visit.workplace.settings.newsletter(name or None)
    except SettingsError as error:
        raise ContentError(error.thing, "no such newsletter", error.next_step) from error


def day_of(written: str) -> date:
    """The day that was *written*.

    Raises:
        ContentError: that is no day.
    """
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise ContentError(f"day {written[:20]!r}", "no such day", "Choose one in the calendar.") from error
