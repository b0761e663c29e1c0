"""The delivery ledger: what became of every issue for every reader, written before and after the act.

Claiming a row sets its owner and leaves its state alone; the owner's lease is a row of its own, renewed while
it works. `sending` is committed before a final dot leaves (booking.py). So whoever finds a `sending` row of a
dead owner knows: its outcome is unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    literal,
    select,
    update,
)

from newsletter.database import Prepared, UTCDateTime, metadata, upsert
from newsletter.delivery.delivery import OPEN, Event, State, following_state
from newsletter.delivery.issue_count import count_change, issue_count, moved
from newsletter.issues.course import GOING_OUT
from newsletter.issues.store import issues
from newsletter.settings import Audience
from newsletter.subscribers.address import mail_domain
from newsletter.subscribers.schema import subscribers, subscriptions
from newsletter.subscribers.seal import SealedColumn
from newsletter.subscribers.store import active_subscriptions

LEASE = timedelta(seconds=60)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("issue_id", ForeignKey("issues.id"), nullable=False),
    Column("subscription_id", ForeignKey("subscriptions.id"), nullable=False),
    Column("state", String(12), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("owner", String(200)),
    # When it may be sent; empty once nothing more is to be done.
    Column("next_at", UTCDateTime),
    Column("queued_at", UTCDateTime, nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
    Column("code", Integer),
    Column("status", String(12)),
    Column("reason", Text),
    # Which topic edition the reader got, sealed: it tells what was chosen. Empty for the general one.
    Column("edition", LargeBinary),
    # Which relay was asked last.
    Column("relay", String(40)),
    # Where a refusal came: "rcpt", before the message was sent, or "data", after it; empty: not known.
    Column("refused_at", String(4)),
    UniqueConstraint("issue_id", "subscription_id", name="uq_deliveries_issue_subscription"),
    Index("ix_deliveries_due", "issue_id", "state", "next_at"),
)
#: Where it is told, sealed, which topic edition a reader got.
SEALED_EDITIONS = SealedColumn(deliveries.c.id, deliveries.c.subscription_id, deliveries.c.edition)

#: Who holds deliveries, and until when their word counts without being heard again.
senders = Table(
    "senders",
    metadata,
    Column("owner", String(200), primary_key=True),
    Column("leased_until", UTCDateTime, nullable=False),
)


@dataclass(frozen=True)
class Claimed:
    """A delivery that this process may attempt; the address is read with it and kept nowhere else.

    *edition*: which topic edition an earlier attempt sent, sealed; None for the general one, or no attempt.
    """

    id: int
    subscription_id: int
    state: State
    attempts: int
    address: str
    handle: bytes
    edition: bytes | None = None

    @property
    def domain(self) -> str:
        """Where the mailbox is, as in the envelope."""
        return mail_domain(self.address)


def queue_page(
    connection: Connection, issue_id: int, audience: Audience, *, after_id: int, limit: int, now: datetime
) -> int | None:
    """Queue a page of the active readers of *audience*; the last subscription id seen, or None at the end.

    A reader who has a delivery of this issue already is left alone, so that a page can be run again.
    """
    active = active_subscriptions(audience.newsletter, audience.frequency)
    page = active.where(subscriptions.c.id > after_id).order_by(subscriptions.c.id).limit(limit)
    last_id: int | None = connection.scalar(select(func.max(page.subquery().c.id)))
    if last_id is None:
        return None
    rows = active.where(subscriptions.c.id > after_id, subscriptions.c.id <= last_id)
    # SQLite reads ON CONFLICT behind a SELECT without WHERE as a part of its FROM: this one has a WHERE.
    queued = upsert(connection.dialect.name, deliveries).from_select(
        ["issue_id", "subscription_id", "state", "attempts", "queued_at", "changed_at", "next_at"],
        rows.with_only_columns(
            literal(issue_id),
            subscriptions.c.id,
            literal(State.QUEUED.value),
            literal(0),
            *(literal(now, UTCDateTime) for _ in range(3)),
        ).order_by(subscriptions.c.id),
    )
    added = connection.execute(queued.on_conflict_do_nothing()).rowcount
    count_change(connection, issue_id, {State.QUEUED: added})
    return last_id


def audience_size(connection: Connection, audience: Audience) -> int:
    """How many readers an issue for *audience* has now."""
    active = active_subscriptions(audience.newsletter, audience.frequency)
    return connection.scalar(select(func.count()).select_from(active.subquery())) or 0


def claim(
    connection: Connection,
    issue_id: int,
    *,
    owner: str,
    now: datetime,
    limit: int,
    states: Collection[State] = OPEN,
) -> list[Claimed]:
    """Take up to *limit* deliveries in one of *states* (all OPEN) that are due and that nobody holds."""
    found: list[tuple[Any, ...]] = []
    # State by state, so that the index gives the first ones and a million others are not sorted.
    for state in states:
        found += _DUE.fetch(
            connection, {"of_issue": issue_id, "in_state": state.value, "now": now, "most": limit}
        )
    rows = sorted(found, key=lambda row: (row[0], row[1]))[:limit]
    mine = _CLAIM.run(connection, [{"row_id": row[1], "owner": owner} for row in rows])
    return [
        Claimed(row[1], row[2], State(row[3]), *row[4:])
        for row, is_mine in zip(rows, mine, strict=True)
        if is_mine
    ]


_DUE = Prepared(
    select(
        deliveries.c.next_at,
        deliveries.c.id,
        deliveries.c.subscription_id,
        deliveries.c.state,
        deliveries.c.attempts,
        subscribers.c.address,
        subscriptions.c.handle,
        deliveries.c.edition,
    )
    .join_from(deliveries, subscriptions, deliveries.c.subscription_id == subscriptions.c.id)
    .join(subscribers, subscriptions.c.subscriber_id == subscribers.c.id)
    .where(
        deliveries.c.issue_id == bindparam("of_issue"),
        deliveries.c.state == bindparam("in_state"),
        deliveries.c.next_at <= bindparam("now"),
        deliveries.c.owner.is_(None),
    )
    .order_by(deliveries.c.next_at, deliveries.c.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(of=deliveries, skip_locked=True)
)
_CLAIM = Prepared(
    update(deliveries)
    .where(deliveries.c.id == bindparam("row_id"), deliveries.c.owner.is_(None))
    .values(owner=bindparam("owner"))
)


def release(connection: Connection, ids: Collection[int], *, owner: str) -> None:
    """Let go of those of the rows that *owner* holds and has not begun."""
    connection.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(ids), deliveries.c.owner == owner, deliveries.c.state.in_(OPEN))
        .values(owner=None)
    )


def renew_lease(connection: Connection, owner: str, *, now: datetime) -> None:
    """*owner* works: what it holds is its own for LEASE from now."""
    row = {"owner": owner, "leased_until": now + LEASE}
    lease = upsert(connection.dialect.name, senders).values(row)
    connection.execute(lease.on_conflict_do_update(index_elements=[senders.c.owner], set_=row))


def end_lease(connection: Connection, owner: str) -> None:
    """*owner* has ended, and holds nothing any more."""
    connection.execute(delete(senders).where(senders.c.owner == owner))


def owners(connection: Connection, issue_id: int) -> dict[str, datetime | None]:
    """Who holds deliveries of this issue, and until when; None for a lease that is gone."""
    held = (
        select(deliveries.c.owner, senders.c.leased_until)
        .join_from(deliveries, senders, deliveries.c.owner == senders.c.owner, isouter=True)
        .where(
            deliveries.c.issue_id == issue_id,
            deliveries.c.state.in_((*OPEN, State.SENDING)),
            deliveries.c.owner.is_not(None),
        )
    )
    return {row.owner: row.leased_until for row in connection.execute(held.distinct())}


def take_over(connection: Connection, issue_id: int, *, gone: Sequence[str], now: datetime) -> None:
    """Free what owners held that are *gone*: what they were sending has an unknown outcome, and is due."""
    theirs = (deliveries.c.issue_id == issue_id) & deliveries.c.owner.in_(gone)
    after = following_state(State.SENDING, Event.LOSE)
    lost = connection.execute(
        update(deliveries)
        .where(theirs, deliveries.c.state == State.SENDING)
        .values(
            state=after,
            owner=None,
            next_at=now,
            changed_at=now,
            reason="the sender ended before it knew the outcome",
        )
    )
    count_change(connection, issue_id, moved(State.SENDING, after, lost.rowcount))
    connection.execute(update(deliveries).where(theirs, deliveries.c.state.in_(OPEN)).values(owner=None))
    connection.execute(delete(senders).where(senders.c.owner.in_(gone), senders.c.leased_until < now))


def end(
    connection: Connection,
    issue_id: int,
    event: Event,
    *,
    now: datetime,
    reason: str,
    states: Collection[State],
) -> None:
    """Close with *event* (EXPIRE or SKIP) every delivery in *states* that has not gone out."""
    for state in states:
        after = following_state(state, event)
        ended = connection.execute(
            update(deliveries)
            .where(deliveries.c.issue_id == issue_id, deliveries.c.state == state)
            .values(state=after, owner=None, next_at=None, changed_at=now, reason=reason)
        )
        count_change(connection, issue_id, moved(state, after, ended.rowcount))


def forget_editions(connection: Connection, newsletter: str, *, before: date) -> None:
    """Forget which topic edition the readers of issues before that day were sent."""
    old = select(issues.c.id).where(issues.c.newsletter == newsletter, issues.c.issued_on < before)
    connection.execute(
        update(deliveries)
        .where(deliveries.c.issue_id.in_(old), deliveries.c.edition.is_not(None))
        .values(edition=None)
    )


def counts(connection: Connection, issue_id: int) -> dict[str, int]:
    """How many deliveries of the issue are in each state, erased readers' too; every state is a key."""
    return issue_count(connection, issue_id)


def look_again(connection: Connection, *, now: datetime) -> None:
    """Make due what a rate, a held domain or the warm-up put off; what still must wait is put off again."""
    going_out = select(issues.c.id).where(issues.c.state.in_(GOING_OUT))
    connection.execute(
        update(deliveries)
        .where(
            deliveries.c.issue_id.in_(going_out),
            deliveries.c.state == State.QUEUED,
            deliveries.c.next_at > now,
            deliveries.c.owner.is_(None),
        )
        .values(next_at=now)
    )


def next_due_at(connection: Connection, issue_id: int) -> datetime | None:
    """When the first of what was never tried may go out; None if there is none that nobody holds."""
    waits = select(func.min(deliveries.c.next_at)).where(
        deliveries.c.issue_id == issue_id,
        deliveries.c.state == State.QUEUED,
        deliveries.c.owner.is_(None),
    )
    found: datetime | None = connection.scalar(waits)
    return found


def is_open(connection: Connection, issue_id: int, *, states: Collection[State] = OPEN) -> bool:
    """Whether a message of the issue may still go out (those in *states*), or is on its way."""
    found = select(deliveries.c.id).where(
        deliveries.c.issue_id == issue_id, deliveries.c.state.in_((*states, State.SENDING))
    )
    return connection.execute(found.limit(1)).first() is not None
