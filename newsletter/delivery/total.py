"""Folds deliveries into totals: an issue's counts stay when it is no longer kept who was mailed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from newsletter.delivery.delivery import State
from newsletter.delivery.ledger import deliveries, delivery_totals
from newsletter.issues.course import GOING_OUT
from newsletter.issues.store import issues


def fold_subscriptions(connection: Connection, subscription_ids: Collection[int]) -> int:
    """Fold every delivery of these subscriptions, whatever its state; how many there were.

    What has not gone out counts as skipped, and what is on its way, or may have arrived, as unknown.
    """
    found = select(deliveries.c.id).where(deliveries.c.subscription_id.in_(subscription_ids))
    return _fold(connection, list(connection.scalars(found)))


def fold_old(connection: Connection, *, before: date, limit: int) -> int:
    """Fold up to *limit* deliveries of issues of before that day that have ended; how many there were."""
    old = select(issues.c.id).where(issues.c.issued_on < before, issues.c.state.not_in(GOING_OUT))
    found = select(deliveries.c.id).where(deliveries.c.issue_id.in_(old)).limit(limit)
    return _fold(connection, list(connection.scalars(found)))


def _fold(connection: Connection, ids: list[int]) -> int:
    totals: Counter[tuple[int, str]] = Counter()
    rows = select(deliveries.c.issue_id, deliveries.c.state).where(deliveries.c.id.in_(ids))
    for issue_id, state in connection.execute(rows):
        totals[issue_id, _ended(State(state))] += 1
    for (issue_id, state), count in totals.items():
        _add(connection, issue_id, state, count)
    connection.execute(delete(deliveries).where(deliveries.c.id.in_(ids)))
    return len(ids)


def _ended(state: State) -> str:
    if state in (State.QUEUED, State.DEFERRED):
        return State.SKIPPED.value
    return State.UNKNOWN.value if state is State.SENDING else state.value


def _add(connection: Connection, issue_id: int, state: str, count: int) -> None:
    more = (
        update(delivery_totals)
        .where(delivery_totals.c.issue_id == issue_id, delivery_totals.c.state == state)
        .values(count=delivery_totals.c.count + count)
    )
    if connection.execute(more).rowcount:
        return
    try:
        with connection.begin_nested():
            connection.execute(insert(delivery_totals).values(issue_id=issue_id, state=state, count=count))
    except IntegrityError:  # another process was quicker (PostgreSQL)
        connection.execute(more)
