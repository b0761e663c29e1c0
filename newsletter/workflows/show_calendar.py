"""Show the calendar: ninety days of a newsletter, as they are kept, decided and forecast."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from newsletter.clock import local_date
from newsletter.content.store import ContentStore
from newsletter.errors import ContentError
from newsletter.issues.decision import Act, Noted
from newsletter.issues.glance import Glance, glances, in_force_between
from newsletter.issues.issue import State
from newsletter.issues.observance import Observance, load_observances
from newsletter.settings import NewsletterSettings
from newsletter.workflows.look_ahead import Make, look_ahead
from newsletter.workflows.outlook import DayAhead, Outlook
from newsletter.workflows.plan import DAYS
from newsletter.workflows.workplace import Workplace

#: States in which an issue can still be made anew.
OPEN = (State.PLANNED, State.COMPOSED, State.WAITING, State.APPROVED, State.HELD, State.SKIPPED)


class Sort(StrEnum):
    """What a day of the calendar is."""

    LETTER = "letter"
    GAP = "gap"  # a letter is due, and none can be made
    QUIET = "quiet"  # by the settings, or a person wants none
    OFF = "off"  # no letter is due on that weekday
    UNKNOWN = "unknown"  # not worked out yet


@dataclass(frozen=True, kw_only=True)
class CalendarDay:
    """One day. *why*: the reason of a gap, or what was relaxed; *version*: what a change of it must name.

    *by_hand*: what was decided about it and holds. *is_stale*: a decision since then is not in it yet.
    """

    day: date
    sort: Sort
    state: State
    lead: str
    title: str
    why: str
    observances: tuple[str, ...]
    by_hand: tuple[Noted, ...]
    version: str
    is_open: bool
    is_stale: bool

    @property
    def may_move(self) -> bool:
        """Whether its lead can go to another day."""
        return self.is_open and self.sort is Sort.LETTER

    @property
    def takes_lead(self) -> bool:
        """Whether another day's lead can come here."""
        return self.is_open and self.sort in (Sort.LETTER, Sort.GAP)

    @property
    def may_be_quiet(self) -> bool:
        """Whether a person can decide that no letter comes on it."""
        return self.is_open and self.sort in (Sort.LETTER, Sort.GAP, Sort.UNKNOWN)

    @property
    def skip(self) -> Noted | None:
        """The decision that no letter comes on it."""
        return next((one for one in self.by_hand if one.decision.act is Act.SKIP), None)


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The days ahead of one newsletter. *made_at*: when the forecast was made; None: it was not yet.

    *is_being_made*: it is made anew right now. *fault*: why there is none.
    """

    newsletter: str
    days: tuple[CalendarDay, ...]
    warnings: tuple[str, ...]
    made_at: datetime | None
    is_being_made: bool
    fault: str

    @property
    def gaps(self) -> tuple[CalendarDay, ...]:
        """The days for which no letter can be made."""
        return tuple(one for one in self.days if one.sort is Sort.GAP)

    def on(self, day: date) -> CalendarDay | None:
        """The day of that date, if it is among these."""
        return next((one for one in self.days if one.day == day), None)


def show_calendar(
    workplace: Workplace, newsletter: NewsletterSettings, *, days: int = DAYS, make: Make | None = None
) -> Calendar:
    """The next *days* of *newsletter*. Quick: what takes long is in the outlook, or being made for it."""
    outlook, is_being_made = look_ahead(workplace, newsletter, make=make)
    first = local_date(workplace.clock.now(), newsletter.timezone)
    last = first + timedelta(days=days - 1)
    with workplace.database.read() as connection:
        kept = glances(connection, newsletter.name, first, last)
        decided = in_force_between(connection, newsletter.name, first, last)
    ahead = {one.day: one for one in outlook.days} if outlook else {}
    observed = _observed(
        load_observances(workplace.settings.observances), workplace.settings.region, first, last
    )
    dates = [first + timedelta(days=number) for number in range(days)]
    titles = _titles(workplace, decided)
    return Calendar(
        newsletter=newsletter.name,
        days=tuple(
            _day(
                newsletter,
                day,
                kept.get(day),
                decided.get(day, ()),
                ahead.get(day),
                observances=observed.get(day, ()),
                titles=titles,
                made_at=outlook.made_at if outlook else None,
            )
            for day in dates
        ),
        warnings=outlook.warnings if outlook else (),
        made_at=outlook.made_at if outlook and not outlook.fault else None,
        is_being_made=is_being_made,
        fault=_fault(outlook, is_being_made=is_being_made),
    )


def day_version(connection: Connection, newsletter: str, day: date) -> str:
    """What a change of the day must name, so that nobody overwrites what they have not seen."""
    kept = glances(connection, newsletter, day, day).get(day)
    return _version(kept, in_force_between(connection, newsletter, day, day).get(day, ()))


def _version(kept: Glance | None, decided: Iterable[Noted]) -> str:
    # A day is the same whether it was composed meanwhile or not: what counts is what people decided, and
    # whether it can be changed at all.
    state = "open" if kept is None or _is_open(kept) else kept.state.value
    told = f"{state} {' '.join(str(one.id) for one in decided)}"
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def _is_open(kept: Glance) -> bool:
    return kept.started_at is None and kept.state in OPEN


def _day(
    newsletter: NewsletterSettings,
    day: date,
    kept: Glance | None,
    decided: tuple[Noted, ...],
    ahead: DayAhead | None,
    *,
    observances: tuple[str, ...],
    titles: Mapping[str, str],
    made_at: datetime | None,
) -> CalendarDay:
    lead = next((one for one in reversed(decided) if one.decision.act is Act.LEAD), None)
    is_skipped = any(one.decision.act is Act.SKIP for one in decided)
    found = _lead(kept, ahead)
    state = kept.state if kept is not None else State.SKIPPED if is_skipped else State.PLANNED
    why = "" if ahead is None else ahead.why
    if lead is not None and not (kept is not None and kept.lead):
        article_id = lead.decision.article_id
        found = (article_id, titles.get(article_id, article_id))
    return CalendarDay(
        day=day,
        sort=_sort(newsletter, day, state, found, ahead, is_skipped=is_skipped),
        state=state,
        lead=found[0],
        title=found[1],
        why=why,
        observances=observances,
        by_hand=decided,
        version=_version(kept, decided),
        is_open=kept is None or _is_open(kept),
        is_stale=made_at is None or any(one.decided_at > made_at for one in decided),
    )


def _lead(kept: Glance | None, ahead: DayAhead | None) -> tuple[str, str]:
    if kept is not None and kept.lead:
        return kept.lead, kept.title
    return (ahead.lead, ahead.title) if ahead is not None else ("", "")


def _sort(
    newsletter: NewsletterSettings,
    day: date,
    state: State,
    lead: tuple[str, str],
    ahead: DayAhead | None,
    *,
    is_skipped: bool,
) -> Sort:
    if is_skipped or state is State.SKIPPED or day in newsletter.quiet_dates:
        return Sort.QUIET
    if not newsletter.mails_on(day) and state is State.PLANNED:
        return Sort.OFF
    if lead[0]:
        return Sort.LETTER
    # A day that was skipped when the forecast was made, and is not any more, is not known yet.
    return Sort.GAP if ahead is not None and ahead.state is State.HELD else Sort.UNKNOWN


def _observed(
    observances: Sequence[Observance], region: str, first: date, last: date
) -> dict[date, tuple[str, ...]]:
    """By day: the observances that begin on it, or had begun before the first one."""
    found: dict[date, tuple[str, ...]] = {}
    for one in observances:
        if one.regions and region not in one.regions:
            continue
        for year in range(first.year, last.year + 1):
            begins, ends = one.days(year)
            if begins <= last and ends >= first:
                day = max(begins, first)
                said = one.name if begins == ends else f"{one.name} (until {ends.day} {ends:%B})"
                found[day] = (*found.get(day, ()), said)
    return found


def _titles(workplace: Workplace, decided: Mapping[date, Sequence[Noted]]) -> dict[str, str]:
    """By id: the titles of the articles that were decided to lead."""
    wanted = {
        one.decision.article_id for each in decided.values() for one in each if one.decision.act is Act.LEAD
    }
    if not wanted:
        return {}
    titles: dict[str, str] = {}
    with ContentStore(workplace.settings.content_path) as content:
        for article_id in wanted:
            try:
                titles[article_id] = content.get(article_id).title
            except ContentError:
                titles[article_id] = article_id
    return titles


def _fault(outlook: Outlook | None, *, is_being_made: bool) -> str:
    return outlook.fault if outlook is not None and not is_being_made else ""
