"""Calendar: ninety days of a newsletter; leads move from day to day, and dates can be made quiet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import JSONResponse, Response

from newsletter.errors import RefusedError, SettingsError
from newsletter.operators.role import Right
from newsletter.settings import NewsletterSettings
from newsletter.web.console.route import Route, Visit
from newsletter.web.console.words import day_of, dot, long_day, moment, newsletter_of
from newsletter.workflows.decide import undo
from newsletter.workflows.look_ahead import look_ahead
from newsletter.workflows.move_lead import Seen, make_quiet, move_lead
from newsletter.workflows.show_calendar import CalendarDay, show_calendar

PATH = "/console/calendar"
_PARTS = 3


@dataclass(frozen=True, slots=True)
class Month:
    """The days of one month that are shown, and how many columns the first of them is from Monday."""

    name: str
    days: tuple[CalendarDay, ...]

    @property
    def column(self) -> int:
        """From 1 (Monday) to 7."""
        return self.days[0].day.weekday() + 1


def months(days: Sequence[CalendarDay]) -> list[Month]:
    """*days* by month."""
    names = list(dict.fromkeys(f"{one.day:%B %Y}" for one in days))
    return [Month(name, tuple(one for one in days if f"{one.day:%B %Y}" == name)) for name in names]


def calendar(visit: Visit) -> Response:
    """The days ahead."""
    newsletter = newsletter_of(visit, visit.request.query_params.get("newsletter", ""))
    shown = show_calendar(visit.workplace, newsletter)
    return visit.page(
        "calendar.html.j2",
        newsletter=newsletter,
        publications=visit.workplace.settings.publications,
        calendar=shown,
        months=months(shown.days),
        moving=visit.request.query_params.get("move", ""),
        may_edit=visit.may(Right.EDIT),
        packed=packed,
        dot=dot,
        long_day=long_day,
        moment=moment,
    )


def is_made(visit: Visit) -> Response:
    """For the script: whether the forecast is as things are now."""
    newsletter = newsletter_of(visit, visit.request.query_params.get("newsletter", ""))
    _, is_being_made = look_ahead(visit.workplace, newsletter)
    return JSONResponse({"is_being_made": is_being_made}, headers={"Cache-Control": "no-store"})


def move(visit: Visit) -> Response:
    """Exchange the leads of two days."""
    newsletter = newsletter_of(visit, visit.form.get("newsletter", ""))
    source, target = seen(visit.form.get("from", "")), seen(visit.form.get("to", ""))
    numbers = move_lead(visit.workplace, newsletter, source, target, actor=visit.operator.name)
    days = f"{long_day(source.day)} and {long_day(target.day)}"
    said = f"{days} have exchanged their leads."
    if len(numbers) == 1:
        said = f"The lead of {long_day(source.day)} goes to {long_day(target.day)}; its own day is made anew."
    return _back(visit, newsletter, f"{said} Take back undoes it, on each day.", target)


def quiet(visit: Visit) -> Response:
    """Want no letter on a day."""
    newsletter = newsletter_of(visit, visit.form.get("newsletter", ""))
    day = seen(visit.form.get("day", ""))
    make_quiet(visit.workplace, newsletter, day.day, day.version, actor=visit.operator.name)
    return _back(visit, newsletter, f"No letter goes out on {long_day(day.day)}.", day)


def take_back(visit: Visit) -> Response:
    """Undo a decision about a day."""
    newsletter = newsletter_of(visit, visit.form.get("newsletter", ""))
    written = visit.form.get("number", "")
    if not written.isdecimal() or len(written) > len("1000000000"):
        raise SettingsError("decision", "has no number", "Press the button of the day again.")
    taken = undo(visit.workplace, newsletter, int(written), actor=visit.operator.name)
    if taken.issued_on is None:
        return visit.back(_path(newsletter), f"Taken back: {taken.said}.")
    said = f"Taken back for {long_day(taken.issued_on)}: {taken.said}."
    return _back(visit, newsletter, said, Seen(taken.issued_on, "", ""))


def packed(day: CalendarDay) -> str:
    """What a form says of a day: its date, what it looked like, and its lead."""
    return f"{day.day} {day.version} {day.lead}".rstrip()


def seen(written: str) -> Seen:
    """What ``packed`` wrote.

    Raises:
        ContentError: it names no day.
        RefusedError: nothing was chosen.
    """
    parts = written.split(" ", _PARTS - 1)
    if not parts[0]:
        raise RefusedError("calendar", "no day was chosen", "Choose one in the form.")
    day = day_of(parts[0])
    return Seen(day, parts[2] if len(parts) == _PARTS else "", parts[1] if len(parts) > 1 else "")


def _back(visit: Visit, newsletter: NewsletterSettings, said: str, day: Seen) -> Response:
    return visit.back(f"{_path(newsletter)}#d-{day.day}", said)


def _path(newsletter: NewsletterSettings) -> str:
    return f"{PATH}?newsletter={newsletter.name}"


ROUTES: tuple[Route, ...] = (
    Route("GET", PATH, Right.LOOK, calendar),
    Route("GET", f"{PATH}/made", Right.LOOK, is_made),
    Route("POST", f"{PATH}/move", Right.EDIT, move),
    Route("POST", f"{PATH}/quiet", Right.EDIT, quiet),
    Route("POST", f"{PATH}/undo", Right.EDIT, take_back),
)
