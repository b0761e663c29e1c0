"""What became of letters and sign-ups, issue by issue and week by week, without a number of few people.

Nothing here is about a person, and nothing is counted from the list: every figure was kept when it happened.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, select

from newsletter.clock import Clock
from newsletter.database import Database
from newsletter.delivery.departure import AFTER_LETTER, departures
from newsletter.feedback.count import ALL
from newsletter.feedback.schema import issue_domains
from newsletter.issues.store import issues
from newsletter.settings import Settings
from newsletter.subscribers.count import Change, changes_by_day
from newsletter.subscribers.site import SiteCount, counts_by_day
from newsletter.workflows.small_cells import Cell, Column, K, shown, shown_column

#: So many whole weeks are shown.
WEEKS = 26
_LEAST_WEEKS = 4
_WEEK = timedelta(days=7)
#: What is told of an issue.
MEASURES = ("sent", "accepted", "bounced", "complained", "unsubscribed")
#: What is told of a week.
WEEKLY = (
    Change.SIGNED_UP,
    Change.CONFIRMED,
    Change.IMPORTED,
    Change.UNSUBSCRIBED,
    Change.BOUNCED,
    Change.COMPLAINED,
)


@dataclass(frozen=True, kw_only=True)
class IssueLine:
    """One issue that went out, with what may be shown of it."""

    issued_on: date
    title: str
    cells: Mapping[str, Cell]


@dataclass(frozen=True, kw_only=True)
class WeekLine:
    """A week that is over, from *begins_on* (a Monday, UTC). *confirm_rate*: over every newsletter."""

    begins_on: date
    cells: Mapping[str, Cell]
    confirm_rate: float | None


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """One newsletter. *month*: the first day of the one whose *issues* are told; *totals* once it is over.

    *weeks*: oldest first. *months*: the months that can be asked for, newest first.
    """

    newsletter: str
    title: str
    month: date
    months: tuple[date, ...]
    issues: tuple[IssueLine, ...]
    totals: Mapping[str, int | None]
    is_final: bool
    weeks: tuple[WeekLine, ...]


def report_statistics(
    database: Database,
    clock: Clock,
    settings: Settings,
    *,
    newsletter: str | None = None,
    month: date | None = None,
) -> Statistics:
    """The figures of *newsletter* (the first one) in *month* (this one, or the last that had an issue).

    Raises:
        SettingsError: there is no such newsletter.
    """
    chosen = settings.list_of(newsletter)
    today = clock.now().date()
    with database.read() as connection:
        months = _months(connection, chosen.name)
        first = (month or (months[0] if months else today)).replace(day=1)
        rows = _issues(connection, chosen.name, first)
        weeks = _weeks(connection, chosen.name, today=today)
    is_final = _last_of(first) + AFTER_LETTER < today
    columns = _columns(rows, is_final=is_final)
    return Statistics(
        newsletter=chosen.name,
        title=chosen.title,
        month=first,
        months=months,
        issues=tuple(
            IssueLine(
                issued_on=row.issued_on,
                title=row.title,
                cells={name: columns[name].cells[place] for name in MEASURES},
            )
            for place, row in enumerate(rows)
        ),
        totals={name: columns[name].total for name in MEASURES} if is_final else {},
        is_final=is_final,
        weeks=weeks,
    )


@dataclass(frozen=True, kw_only=True)
class _Counted:
    issued_on: date
    title: str
    numbers: Mapping[str, int]


def _columns(rows: Sequence[_Counted], *, is_final: bool) -> dict[str, Column]:
    """A total is told once a month is over: while it grows, two of them a day apart would tell a day."""
    found = {
        name: shown_column([row.numbers[name] for row in rows], with_total=is_final and len(rows) > 1)
        for name in MEASURES
    }
    # Sent is accepted and a little more: where one is hidden the other is, and one of them has a total.
    accepted = found["accepted"].cells
    sent = tuple(
        None if below is None else cell for cell, below in zip(found["sent"].cells, accepted, strict=True)
    )
    return found | {"sent": Column(sent, None)}


def _months(connection: Connection, newsletter: str) -> tuple[date, ...]:
    days = connection.scalars(
        select(issues.c.issued_on)
        .where(issues.c.newsletter == newsletter, issues.c.started_at.is_not(None))
        .order_by(issues.c.issued_on.desc())
        .limit(400)
    )
    return tuple(dict.fromkeys(day.replace(day=1) for day in days))


def _issues(connection: Connection, newsletter: str, first: date) -> list[_Counted]:
    """What was counted of the issues of a month, oldest first."""
    rows = connection.execute(
        select(
            issues.c.id,
            issues.c.issued_on,
            issues.c.title,
            *(issue_domains.c[name] for name in ("accepted", "rejected", "returned", "complained")),
        )
        .join(issue_domains, issue_domains.c.issue_id == issues.c.id)
        .where(
            issues.c.newsletter == newsletter,
            issues.c.issued_on.between(first, _last_of(first)),
            issue_domains.c.domain == ALL,
            issue_domains.c.relay == ALL,
        )
        .order_by(issues.c.issued_on)
    ).all()
    left = departures(connection, [row.id for row in rows])
    return [
        _Counted(
            issued_on=row.issued_on,
            title=row.title,
            numbers={
                "sent": _sent(row.accepted, row.rejected, row.returned),
                "accepted": row.accepted,
                "bounced": row.rejected + row.returned,
                "complained": row.complained,
                "unsubscribed": max(left.get(row.id, 0), 0),
            },
        )
        for row in rows
    ]


def _sent(accepted: int, rejected: int, returned: int) -> int:
    """Accepted and refused; where few were either, accepted alone: the differences would tell them."""
    return accepted + rejected if rejected >= K and returned >= K else accepted


def _weeks(connection: Connection, newsletter: str, *, today: date) -> tuple[WeekLine, ...]:
    """Whole weeks alone: a week that grows would tell each day by itself."""
    monday = today - timedelta(days=today.weekday())
    since = monday - WEEKS * _WEEK
    changes = changes_by_day(connection, newsletter, since=since)
    asked = counts_by_day(connection, since=since)
    lines = []
    for number in range(WEEKS):
        begins = since + number * _WEEK
        days = [begins + timedelta(days=each) for each in range(7)]
        sums: Counter[str] = Counter()
        for day in days:
            sums.update(changes.get(day, {}))
        sites = [asked[day] for day in days if day in asked]
        lines.append(
            WeekLine(
                begins_on=begins,
                cells={str(name): shown(sums[name]) for name in WEEKLY},
                confirm_rate=_rate(sites),
            )
        )
    # Before there was anything to show, a week or two say so as well as half a year.
    first = next((place for place, line in enumerate(lines) if any(line.cells.values())), len(lines))
    return tuple(lines[min(max(first - 1, 0), WEEKS - _LEAST_WEEKS) :])


def _rate(days: Sequence[SiteCount]) -> float | None:
    """What part of those asked confirmed; None where few were asked, did, or did not."""
    mailed, confirmed = sum(day.mailed for day in days), sum(day.confirmed for day in days)
    return confirmed / mailed if confirmed >= K and mailed - confirmed >= K else None


def _last_of(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])
