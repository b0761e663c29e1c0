"""Move a lead to another day of the calendar, or want no letter on one: decisions, kept beside the issues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from newsletter.clock import local_date
from newsletter.errors import RefusedError
from newsletter.issues.decision import Act, Decision
from newsletter.settings import NewsletterSettings
from newsletter.workflows.decide import decide, decide_all
from newsletter.workflows.show_calendar import day_version
from newsletter.workflows.workplace import Workplace


@dataclass(frozen=True)
class Seen:
    """A day as somebody saw it: which article leads ("" for none), and the day's version."""

    day: date
    lead: str
    version: str


def move_lead(
    workplace: Workplace,
    newsletter: NewsletterSettings,
    source: Seen,
    target: Seen,
    *,
    actor: str,
) -> list[int]:
    """Let the lead of *source* lead on *target*'s day, and the other way round; the decisions' numbers.

    Where *target* has no lead, the day that loses its own is made anew.

    Raises:
        RefusedError: somebody has changed one of the days since, or it is going out or over.
        ContentError: the article is gone.
    """
    if source.day == target.day:
        raise RefusedError(f"lead of {source.day}", "is on that day already", "Choose another day.")
    if not source.lead:
        raise RefusedError(f"issue of {source.day}", "has no lead to be moved", "Choose a day that has one.")
    decisions = [Decision(act=Act.LEAD, issued_on=target.day, article_id=source.lead)]
    if target.lead and target.lead != source.lead:
        decisions.append(Decision(act=Act.LEAD, issued_on=source.day, article_id=target.lead))
    for day in (source.day, target.day):
        _refuse_unsendable(workplace, newsletter, day)

    def unchanged(connection: Connection) -> None:
        _refuse_changed(connection, newsletter, {one.day: one.version for one in (source, target)})

    return decide_all(workplace, newsletter, decisions, actor=actor, within=unchanged)


def make_quiet(
    workplace: Workplace,
    newsletter: NewsletterSettings,
    day: date,
    version: str,
    *,
    actor: str,
) -> int:
    """Send nothing on *day*; the decision's number.

    Raises:
        RefusedError: somebody has changed the day since, or its issue is going out or over.
    """
    _refuse_unsendable(workplace, newsletter, day)

    def unchanged(connection: Connection) -> None:
        _refuse_changed(connection, newsletter, {day: version})

    skip = Decision(act=Act.SKIP, issued_on=day)
    return decide(workplace, newsletter, skip, actor=actor, within=unchanged)


def _refuse_unsendable(workplace: Workplace, newsletter: NewsletterSettings, day: date) -> None:
    if day < local_date(workplace.clock.now(), newsletter.timezone):
        raise RefusedError(f"issue of {day}", "is of a day that is over", "Choose one from today on.")
    if not newsletter.mails_on(day):
        step = "Choose a day on which letters are sent (weekdays and quiet_dates in newsletter.toml)."
        raise RefusedError(f"issue of {day}", f"is never sent: {newsletter.name} rests on that day", step)


def _refuse_changed(connection: Connection, newsletter: NewsletterSettings, seen: Mapping[date, str]) -> None:
    for day, version in seen.items():
        if day_version(connection, newsletter.name, day) != version:
            step = "Look at the calendar as it is now, and decide again."
            raise RefusedError(f"issue of {day}", "was changed by somebody since you opened the page", step)
