"""How many readers there are, kept while they come and go: no page counts the list.

Database triggers keep the counts (migration 0011), in the transaction that changes a row, whatever made it: a
page, a statement over ten thousand rows, or a hand on the SQL prompt. Decision 16 says why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    Integer,
    Select,
    String,
    Table,
    Text,
    delete,
    false,
    func,
    insert,
    literal,
    select,
    text,
    union_all,
)

from newsletter.database import metadata
from newsletter.subscribers.schema import subscribers, subscriptions, suppressions
from newsletter.subscribers.slot import add, fold
from newsletter.subscribers.subscriber import State

#: Subscriptions by what decides whether a letter goes to them.
reader_counts = Table(
    "reader_counts",
    metadata,
    Column("newsletter", Text, primary_key=True),
    Column("state", Text, primary_key=True),
    Column("frequency", Text, primary_key=True),
    Column("suppressed", Boolean, primary_key=True),
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

#: What happened to subscriptions on a UTC date (Change).
reader_days = Table(
    "reader_days",
    metadata,
    Column("newsletter", Text, primary_key=True),
    Column("counted_on", Date, primary_key=True),
    Column("change", String(12), primary_key=True),
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

#: How many addresses are never mailed, by the reason.
suppression_counts = Table(
    "suppression_counts",
    metadata,
    Column("reason", Text, primary_key=True),
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

#: A row in it, in the transaction that wrote it, tells the trigger of new subscriptions to leave them to
#: count_joined(): row by row, it would take a fifth of the time of an import.
count_pauses = Table(
    "count_pauses",
    metadata,
    Column("id", Integer, primary_key=True),
)

#: The triggers that keep both, on each table.
TRIGGERS = frozenset(
    {
        "count_subscription_in",
        "count_subscription_change",
        "count_subscription_out",
        "count_suppression",
        "count_suppressed_in",
        "count_suppressed_out",
    }
)


class Change(StrEnum):
    """What is counted by day. Readers (active or paused) grow by the JOINED ones, and shrink by the LEFT."""

    SIGNED_UP = "signed_up"  # new to the newsletter, and asked by mail
    CONFIRMED = "confirmed"
    IMPORTED = "imported"
    UNSUBSCRIBED = "unsubscribed"  # less those who took it back
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    ERASED = "erased"  # while they were readers


JOINED = (Change.CONFIRMED, Change.IMPORTED)
LEFT = (Change.UNSUBSCRIBED, Change.BOUNCED, Change.COMPLAINED, Change.ERASED)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A kept count that is not what there is."""

    what: str
    kept: int
    counted: int

    def __str__(self) -> str:
        return f"{self.what}: {self.kept:,} are kept, {self.counted:,} are there"


def audience_size(connection: Connection, newsletter: str, frequency: str | None = None) -> int:
    """How many readers a letter of *newsletter* goes to now, by the kept counts.

    *frequency*: only those who want it so often; None: however often (settings.Audience).
    """
    wanted = [] if frequency is None else [reader_counts.c.frequency == frequency]
    found = select(func.sum(reader_counts.c["count"])).where(
        reader_counts.c.newsletter == newsletter,
        reader_counts.c.state == State.ACTIVE,
        reader_counts.c.suppressed == false(),
        *wanted,
    )
    return int(connection.scalar(found) or 0)


def counts_by_state(connection: Connection) -> dict[str, Mapping[str, int]]:
    """By newsletter, how many subscriptions are in each state.

    Those that are never mailed count as "suppressed" beside it, and in no state in which letters come.
    """
    rows = connection.execute(
        select(
            reader_counts.c.newsletter,
            reader_counts.c.state,
            reader_counts.c.suppressed,
            func.sum(reader_counts.c["count"]),
        ).group_by(reader_counts.c.newsletter, reader_counts.c.state, reader_counts.c.suppressed)
    )
    found: dict[str, Counter[str]] = {}
    for newsletter, state, suppressed, count in rows:
        is_standing = state in (State.ACTIVE, State.PAUSED, State.PENDING)
        name = "suppressed" if suppressed and is_standing else str(state)
        found.setdefault(newsletter, Counter())[name] += int(count)
    return dict(found)


def readers_by_frequency(connection: Connection, newsletter: str) -> dict[str, int]:
    """How many readers want each letter, and how many the digest of the week."""
    rows = connection.execute(
        select(reader_counts.c.frequency, func.sum(reader_counts.c["count"]))
        .where(
            reader_counts.c.newsletter == newsletter,
            reader_counts.c.state == State.ACTIVE,
            reader_counts.c.suppressed == false(),
        )
        .group_by(reader_counts.c.frequency)
    )
    return {frequency: int(count) for frequency, count in rows}


def suppressions_by_reason(connection: Connection) -> dict[str, int]:
    """How many addresses are never mailed, by the reason; those of none left out."""
    total = func.sum(suppression_counts.c["count"])
    rows = connection.execute(
        select(suppression_counts.c.reason, total).group_by(suppression_counts.c.reason).having(total != 0)
    )
    return {reason: int(count) for reason, count in rows}


def changes_by_day(connection: Connection, newsletter: str, *, since: date) -> dict[date, Counter[str]]:
    """What happened to subscriptions of *newsletter* on UTC dates from *since*; days of nothing left out."""
    rows = connection.execute(
        select(reader_days.c.counted_on, reader_days.c.change, func.sum(reader_days.c["count"]))
        .where(reader_days.c.newsletter == newsletter, reader_days.c.counted_on >= since)
        .group_by(reader_days.c.counted_on, reader_days.c.change)
    )
    found: dict[date, Counter[str]] = {}
    for day, change, count in rows:
        found.setdefault(day, Counter())[change] += int(count)
    return found


def missing_triggers(connection: Connection) -> frozenset[str]:
    """Those of TRIGGERS that the database has lost, so that counts are no longer kept."""
    kept = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
    )
    return TRIGGERS - set(connection.scalars(text(kept)))


def differences(connection: Connection) -> list[Difference]:
    """Where the kept counts are not what the list says. It counts the whole list: for the doctor alone."""
    key = [column for column in reader_counts.primary_key if column.name != "slot"]
    kept = select(*key, reader_counts.c["count"].label("kept"), literal(0).label("counted"))
    # In one statement, and so of one moment, also on PostgreSQL.
    both = union_all(kept, _counted()).subquery()
    sums = (func.sum(both.c.kept), func.sum(both.c.counted))
    names: list[ColumnElement[Any]] = [both.c[column.name] for column in key]
    asked: list[ColumnElement[Any]] = [*names, *sums]
    rows = connection.execute(select(*asked).group_by(*names).having(sums[0] != sums[1]))
    found = [
        Difference(
            what=f"{newsletter} {state}, {frequency}{', never mailed' if suppressed else ''}",
            kept=int(was),
            counted=int(now),
        )
        for newsletter, state, frequency, suppressed, was, now in rows
    ]
    kept_reasons = suppressions_by_reason(connection)
    counted = connection.execute(
        select(suppressions.c.reason, func.count()).group_by(suppressions.c.reason)
    ).all()
    reasons = {reason: (kept_reasons.get(reason, 0), number) for reason, number in counted}
    reasons |= {reason: (number, 0) for reason, number in kept_reasons.items() if reason not in reasons}
    return found + [
        Difference(what=f"suppressions ({reason})", kept=was, counted=now)
        for reason, (was, now) in sorted(reasons.items())
        if was != now
    ]


def recount(connection: Connection) -> None:
    """Keep what the list says, whatever was kept before; the counts by day stay. Counts the whole list."""
    if connection.dialect.name != "sqlite":
        # Nobody changes a subscription between the count and its being kept.
        connection.execute(text("LOCK TABLE subscribers, subscriptions IN SHARE MODE"))
    connection.execute(delete(reader_counts))
    names = ["newsletter", "state", "frequency", "suppressed", "slot", "count"]
    connection.execute(insert(reader_counts).from_select(names, _counted()))
    connection.execute(delete(suppression_counts))
    by_reason = select(suppressions.c.reason, literal(0), func.count()).group_by(suppressions.c.reason)
    connection.execute(insert(suppression_counts).from_select(["reason", "slot", "count"], by_reason))


def count_joined(
    connection: Connection, newsletter: str, new: Counter[tuple[str, str, bool]], day: date
) -> None:
    """Count imported subscriptions, by state, frequency and whether suppressed, in place of the trigger."""
    for (state, frequency, suppressed), number in sorted(new.items()):
        place = {"newsletter": newsletter, "state": state, "frequency": frequency, "suppressed": suppressed}
        add(connection, reader_counts, place, number)
    place = {"newsletter": newsletter, "counted_on": day, "change": Change.IMPORTED.value}
    add(connection, reader_days, place, new.total())


@contextmanager
def without_trigger(connection: Connection) -> Iterator[None]:
    """New subscriptions are left to count_joined() meanwhile; that ends with the transaction, too."""
    connection.execute(insert(count_pauses))
    yield
    connection.execute(delete(count_pauses))


def note_erasure(connection: Connection, newsletter: str, day: date) -> None:
    """Count that a reader of *newsletter* was erased: a trigger sees the row go, but not on which day."""
    add(
        connection,
        reader_days,
        {"newsletter": newsletter, "counted_on": day, "change": Change.ERASED.value},
        1,
    )


def fold_counts(connection: Connection) -> None:
    """Gather what the server processes of PostgreSQL wrote each for itself (slot.py)."""
    fold(connection, reader_counts)
    fold(connection, reader_days)
    fold(connection, suppression_counts)


def _counted() -> Select[Any]:
    """The list itself, counted as reader_counts has it."""
    key = (
        subscriptions.c.newsletter,
        subscriptions.c.state,
        subscriptions.c.frequency,
        subscribers.c.suppressed,
    )
    return (
        select(
            subscriptions.c.newsletter,
            subscriptions.c.state,
            subscriptions.c.frequency,
            subscribers.c.suppressed,
            literal(0),
            func.count(),
        )
        .select_from(subscriptions)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .group_by(*key)
    )
