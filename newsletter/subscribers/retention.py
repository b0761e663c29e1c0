"""Queries for what has been kept long enough. Each gives a page, so that no transaction grows long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, or_, select

from newsletter.subscribers.schema import (
    also_asked,
    idempotency_keys,
    limit_counts,
    limit_hits,
    mailed_links,
    spent_challenges,
    subscribers,
    subscriptions,
)
from newsletter.subscribers.subscriber import State
from newsletter.subscribers.suppression import Reason

#: States of a subscription that is over, and why its reader is then never mailed again, strictest first.
_OVER = {
    State.COMPLAINED: Reason.COMPLAINED,
    State.BOUNCED: Reason.BOUNCED,
    State.UNSUBSCRIBED: Reason.UNSUBSCRIBED,
}
#: How long a mailed link that no longer works still says on its page why.
KEEP_LINKS = timedelta(days=30)


@dataclass(frozen=True)
class Unanswered:
    """A sign-up that nobody confirmed."""

    subscription_id: int
    subscriber_id: int


def unanswered(connection: Connection, *, before: datetime, limit: int) -> list[Unanswered]:
    """Up to *limit* pending subscriptions that were last asked about, and made, before that moment."""
    also = exists().where(
        also_asked.c.link_id == mailed_links.c.id, also_asked.c.subscription_id == subscriptions.c.id
    )
    asked_since = exists().where(
        or_(mailed_links.c.subscription_id == subscriptions.c.id, also),
        mailed_links.c.requested_at >= before,
    )
    rows = connection.execute(
        select(subscriptions.c.id, subscriptions.c.subscriber_id)
        .where(subscriptions.c.state == State.PENDING, subscriptions.c.created_at < before, ~asked_since)
        .order_by(subscriptions.c.id)
        .limit(limit)
    )
    return [Unanswered(*row) for row in rows]


def without_subscription(connection: Connection, *, before: datetime, limit: int) -> list[int]:
    """Up to *limit* readers from before that moment, by id, who have nothing with any newsletter."""
    has_one = exists().where(subscriptions.c.subscriber_id == subscribers.c.id)
    return list(
        connection.scalars(
            select(subscribers.c.id)
            .where(subscribers.c.address != "", subscribers.c.created_at < before, ~has_one)
            .order_by(subscribers.c.id)
            .limit(limit)
        )
    )


def gone(connection: Connection, *, before: datetime, limit: int) -> dict[int, Reason]:
    """Up to *limit* readers, by id, all of whose subscriptions ended before that moment, and why they did."""
    own = subscriptions.c.subscriber_id == subscribers.c.id
    still_there = exists().where(
        own, or_(subscriptions.c.state.not_in(_OVER), subscriptions.c.changed_at >= before)
    )
    ids = connection.scalars(
        select(subscribers.c.id)
        .where(subscribers.c.address != "", exists().where(own), ~still_there)
        .order_by(subscribers.c.id)
        .limit(limit)
    ).all()
    found: dict[int, set[str]] = {}
    rows = select(subscriptions.c.subscriber_id, subscriptions.c.state)
    for subscriber_id, state in connection.execute(rows.where(subscriptions.c.subscriber_id.in_(ids))):
        found.setdefault(subscriber_id, set()).add(state)
    return {
        each: next(reason for state, reason in _OVER.items() if state in states)
        for each, states in found.items()
    }


def forget_old_links(connection: Connection, *, now: datetime) -> int:
    """Delete mailed links of over 30 days ago that no longer work; how many.

    Those of a sign-up that still waits stay: they say when it was last asked about.
    """
    waiting = select(subscriptions.c.id).where(subscriptions.c.state == State.PENDING)
    return connection.execute(
        delete(mailed_links).where(
            mailed_links.c.requested_at < now - KEEP_LINKS,
            or_(mailed_links.c.spent_at.is_not(None), mailed_links.c.expires_at <= now),
            mailed_links.c.subscription_id.not_in(waiting),
        )
    ).rowcount


def forget_limits(connection: Connection, *, now: datetime) -> int:
    """Delete what was counted or noted for a while that is over; how many."""
    over = (limit_counts, limit_hits, spent_challenges, idempotency_keys)
    return sum(connection.execute(delete(table).where(table.c.ends_at <= now)).rowcount for table in over)
