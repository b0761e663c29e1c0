"""How many readers there are, kept while they come and go: no page counts the list.

Database triggers keep the counts (migration 0011), in the transaction that changes a row, whatever made it: a
page, a statement over ten thousand rows, or a hand on the SQL prompt. Decision 16 says why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import (
    Boolean,
    Column,
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
from newsletter.subscribers.schema import subscribers, subscriptions
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

#: The triggers that keep both, on each table.
TRIGGERS = frozenset(
    {"count_subscription_in", "count_subscription_change", "count_subscription_out", "count_suppression"}
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

    newsletter: str
    state: str
    frequency: str
    suppressed: bool
    kept: int
    counted: int

    def __str__(self) -> str:
        never = ", never mailed" if self.suppressed else ""
        what = f"{self.newsletter} {self.state}, {self.frequency}{never}"
        return f"{what}: {self.kept:,} are kept, {self.counted:,} are there"


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
    names = [both.c[column.name] for column in key]
    rows = connection.execute(select(*names, *sums).group_by(*names).having(sums[0] != sums[1]))
    return [
        Difference(
            newsletter=newsletter,
            state=state,
            frequency=frequency,
            suppressed=suppressed,
            kept=int(was),
            counted=int(now),
        )
        for newsletter, state, frequency, suppressed, was, now in rows
    ]


def recount(connection: Connection) -> None:
    """Keep what the list says, whatever was kept before; the counts by day stay. Counts the whole list."""
    if connection.dialect.name != "sqlite":
        # Nobody changes a subscription between the count and its being kept.
        connection.execute(text("LOCK TABLE subscribers, subscriptions IN SHARE MODE"))
    connection.execute(delete(reader_counts))
    names = ["newsletter", "state", "frequency", "suppressed", "slot", "count"]
    connection.execute(insert(reader_counts).from_select(names, _counted()))


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


def _counted() -> Select[tuple[object, ...]]:
    """The list itself, counted as reader_counts has it."""
    key = (
        subscriptions.c.newsletter,
        subscriptions.c.state,
        subscriptions.c.frequency,
        subscribers.c.suppressed,
    )
    return (
        select(*key, literal(0), func.count())
        .select_from(subscriptions)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .group_by(*key)
    )
