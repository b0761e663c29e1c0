"""The delivery ledger: what became of every issue for every reader, written before and after the act.

Claiming a row sets its owner and lease and leaves its state alone; `sending` is committed before a
message leaves. So whoever finds a `sending` row of a dead owner knows: its outcome is unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

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
    func,
    or_,
    select,
    update,
)

from newsletter.database import UTCDateTime, metadata
from newsletter.delivery.delivery import OPEN, Event, State, next_state, retry_after
from newsletter.errors import DeliveryError
from newsletter.issues.store import issues
from newsletter.settings import Audience
from newsletter.subscribers.schema import subscribers, subscriptions
from newsletter.subscribers.seal import SealedColumn
from newsletter.subscribers.store import active_recipients

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
    Column("leased_until", UTCDateTime),
    Column("next_at", UTCDateTime),
    Column("queued_at", UTCDateTime, nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
    Column("code", Integer),
    Column("status", String(12)),
    Column("reason", Text),
    # Which topic edition the reader got, sealed: it tells what was chosen. Empty for the general one.
    Column("edition", LargeBinary),
    UniqueConstraint("issue_id", "subscription_id", name="uq_deliveries_issue_subscription"),
    Index("ix_deliveries_issue_id_state", "issue_id", "state"),
    Index("ix_deliveries_owner", "owner"),
)
#: Where it is told, sealed, which topic edition a reader got.
SEALED_EDITIONS = SealedColumn(deliveries.c.id, deliveries.c.subscription_id, deliveries.c.edition)

#: What became of deliveries whose rows are gone: their readers were erased, or their time was over.
delivery_totals = Table(
    "delivery_totals",
    metadata,
    Column("issue_id", ForeignKey("issues.id"), primary_key=True),
    Column("state", String(12), primary_key=True),
    Column("count", Integer, nullable=False),
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


def queue_page(
    connection: Connection, issue_id: int, audience: Audience, *, after_id: int, limit: int, now: datetime
) -> int | None:
    """Queue a page of the active readers of *audience*; the last subscription id seen, or None at the end.

    A reader who has a delivery of this issue already is left alone, so that a page can be run again.
    """
    page = active_recipients(
        connection, audience.newsletter, frequency=audience.frequency, after_id=after_id, limit=limit
    )
    if not page:
        return None
    last_id = page[-1].subscription_id
    known = set(
        connection.scalars(
            select(deliveries.c.subscription_id).where(
                deliveries.c.issue_id == issue_id,
                deliveries.c.subscription_id > after_id,
                deliveries.c.subscription_id <= last_id,
            )
        )
    )
    rows = [
        {
            "issue_id": issue_id,
            "subscription_id": recipient.subscription_id,
            "state": State.QUEUED.value,
            "attempts": 0,
            "queued_at": now,
            "changed_at": now,
        }
        for recipient in page
        if recipient.subscription_id not in known
    ]
    if rows:
        connection.execute(deliveries.insert(), rows)
    return last_id


def claim(connection: Connection, issue_id: int, *, owner: str, now: datetime, limit: int) -> list[Claimed]:
    """Take up to *limit* deliveries that are due and that no live owner holds."""
    due = (
        select(deliveries.c.id)
        .where(
            deliveries.c.issue_id == issue_id,
            deliveries.c.state.in_(OPEN),
            or_(deliveries.c.next_at.is_(None), deliveries.c.next_at <= now),
            or_(deliveries.c.owner.is_(None), deliveries.c.owner == owner, deliveries.c.leased_until < now),
        )
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    ids = list(connection.scalars(due.with_for_update(skip_locked=True)))
    connection.execute(
        update(deliveries).where(deliveries.c.id.in_(ids)).values(owner=owner, leased_until=now + LEASE)
    )
    rows = connection.execute(
        select(
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
        .where(deliveries.c.id.in_(ids))
        .order_by(deliveries.c.id)
    )
    return [
        Claimed(
            row.id, row.subscription_id, State(row.state), row.attempts, row.address, row.handle, row.edition
        )
        for row in rows
    ]


def begin(
    connection: Connection, claimed: Claimed, *, owner: str, now: datetime, edition: bytes | None = None
) -> bool:
    """Write that an attempt begins, and renew the owner's leases; False if another took the row over.

    *edition*: which topic edition it is, sealed, so that a repeat is the same message.
    """
    changed = connection.execute(
        update(deliveries)
        .where(
            deliveries.c.id == claimed.id, deliveries.c.owner == owner, deliveries.c.state == claimed.state
        )
        .values(
            state=_after(claimed.state, Event.SEND),
            attempts=claimed.attempts + 1,
            changed_at=now,
            edition=edition,
        )
    )
    # Not a row that this process began earlier and never finished: its lease has to run out.
    connection.execute(
        update(deliveries)
        .where(
            deliveries.c.owner == owner,
            or_(deliveries.c.id == claimed.id, deliveries.c.state.in_(OPEN)),
        )
        .values(leased_until=now + LEASE)
    )
    return changed.rowcount == 1


def finish(
    connection: Connection,
    claimed: Claimed,
    event: Event,
    *,
    owner: str,
    now: datetime,
    code: int | None = None,
    status: str = "",
    reason: str = "",
) -> None:
    """Write what became of *owner*'s attempt (or that none was made), and let go of the row.

    Nothing, when another took the row over meanwhile: its word counts.
    """
    state = claimed.state if event in (Event.SKIP, Event.EXPIRE) else State.SENDING
    retry = event in (Event.DEFER, Event.LOSE)
    attempted = state is State.SENDING and event is not Event.RETURN
    connection.execute(
        update(deliveries)
        .where(deliveries.c.id == claimed.id, deliveries.c.owner == owner, deliveries.c.state == state)
        .values(
            state=_after(state, event),
            # What never reached a relay must not make the wait after the first deferral longer.
            attempts=claimed.attempts + attempted,
            owner=None,
            leased_until=None,
            next_at=now + retry_after(claimed.attempts + 1) if retry else None,
            changed_at=now,
            code=code,
            status=status or None,
            reason=reason or None,
        )
    )


def release(connection: Connection, *, owner: str) -> None:
    """Let go of whatever *owner* still holds and has not begun."""
    connection.execute(
        update(deliveries)
        .where(deliveries.c.owner == owner, deliveries.c.state.in_(OPEN))
        .values(owner=None, leased_until=None)
    )


def owners(connection: Connection, issue_id: int) -> list[str]:
    """Who holds deliveries of this issue."""
    rows = select(deliveries.c.owner).where(
        deliveries.c.issue_id == issue_id, deliveries.c.owner.is_not(None)
    )
    return sorted(owner for owner in connection.scalars(rows.distinct()) if owner)


def take_over(
    connection: Connection, issue_id: int, *, dead: Sequence[str], live: Sequence[str], now: datetime
) -> None:
    """Free what *dead* owners held, and what a lease has run out on, but for *live* owners' own.

    What they were sending has an unknown outcome and is due at once. A live owner that waits long for a
    slow relay keeps its message: to send it again would be a repeat that nobody had to be killed for.
    """
    lapsed = deliveries.c.leased_until < now
    gone = deliveries.c.owner.in_(dead) | (lapsed & deliveries.c.owner.not_in(live))
    connection.execute(
        update(deliveries)
        .where(deliveries.c.issue_id == issue_id, gone, deliveries.c.state == State.SENDING)
        .values(
            state=_after(State.SENDING, Event.LOSE),
            owner=None,
            leased_until=None,
            next_at=now,
            changed_at=now,
            reason="the sender ended before it knew the outcome",
        )
    )
    connection.execute(
        update(deliveries)
        .where(deliveries.c.issue_id == issue_id, gone, deliveries.c.state.in_(OPEN))
        .values(owner=None, leased_until=None)
    )


def expire(connection: Connection, issue_id: int, *, now: datetime, reason: str) -> None:
    """Close every delivery of the issue that has not gone out."""
    for state in OPEN:
        connection.execute(
            update(deliveries)
            .where(deliveries.c.issue_id == issue_id, deliveries.c.state == state)
            .values(state=_after(state, Event.EXPIRE), next_at=None, changed_at=now, reason=reason)
        )


def forget_editions(connection: Connection, newsletter: str, *, before: date) -> None:
    """Forget which topic edition the readers of issues before that day were sent."""
    old = select(issues.c.id).where(issues.c.newsletter == newsletter, issues.c.issued_on < before)
    connection.execute(
        update(deliveries)
        .where(deliveries.c.issue_id.in_(old), deliveries.c.edition.is_not(None))
        .values(edition=None)
    )


def counts(connection: Connection, issue_id: int) -> dict[str, int]:
    """How many deliveries of the issue are in each state; every state is a key."""
    found = connection.execute(
        select(deliveries.c.state, func.count())
        .where(deliveries.c.issue_id == issue_id)
        .group_by(deliveries.c.state)
    )
    kept = connection.execute(
        select(delivery_totals.c.state, delivery_totals.c.count).where(delivery_totals.c.issue_id == issue_id)
    )
    every = {state.value: 0 for state in State}
    for state, number in (*found, *kept):
        every[state] += number
    return every


def is_open(connection: Connection, issue_id: int) -> bool:
    """Whether a message of the issue may still go out, or is on its way."""
    found = select(deliveries.c.id).where(
        deliveries.c.issue_id == issue_id, deliveries.c.state.in_((*OPEN, State.SENDING))
    )
    return connection.execute(found.limit(1)).first() is not None


def _after(state: State, event: Event) -> str:
    following = next_state(state, event)
    if following is None:
        raise DeliveryError(
            f"delivery in state {state.value}", f"cannot {event.value}", "Please report this."
        )
    return following.value


@dataclass(frozen=True, kw_only=True)
class SentLetter:
    """One letter to one reader: the issue's newsletter and day, what became of it, and why."""

    newsletter: str
    issued_on: date
    state: State
    changed_at: datetime
    reason: str
    subscription_id: int
    edition: bytes | None


def letters_to(connection: Connection, subscription_ids: Collection[int]) -> list[SentLetter]:
    """Every letter that is on record for these subscriptions, oldest first; *edition* is sealed."""
    rows = connection.execute(
        select(
            issues.c.newsletter,
            issues.c.issued_on,
            deliveries.c.state,
            deliveries.c.changed_at,
            deliveries.c.reason,
            deliveries.c.subscription_id,
            deliveries.c.edition,
        )
        .join(issues, issues.c.id == deliveries.c.issue_id)
        .where(deliveries.c.subscription_id.in_(subscription_ids))
        .order_by(issues.c.issued_on, deliveries.c.id)
    )
    return [
        SentLetter(
            newsletter=row.newsletter,
            issued_on=row.issued_on,
            state=State(row.state),
            changed_at=row.changed_at,
            reason=row.reason or "",
            subscription_id=row.subscription_id,
            edition=row.edition,
        )
        for row in rows
    ]
