"""Folds deliveries: an issue's counts stay when it is no longer kept who was mailed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date

from sqlalchemy import Connection, delete, select

from newsletter.delivery.delivery import State
from newsletter.delivery.issue_count import count_change, moved
from newsletter.delivery.ledger import deliveries
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
    changes: dict[int, Counter[State]] = {}
    rows = select(deliveries.c.issue_id, deliveries.c.state).where(deliveries.c.id.in_(ids))
    for issue_id, state in connection.execute(rows):
        changes.setdefault(issue_id, Counter()).update(moved(State(state), _ended(State(state))))
    for issue_id, change in sorted(changes.items()):
        count_change(connection, issue_id, change)
    connection.execute(delete(deliveries).where(deliveries.c.id.in_(ids)))
    return len(ids)


def _ended(state: State) -> State:
    if state in (State.QUEUED, State.DEFERRED):
        return State.SKIPPED
    return State.UNKNOWN if state is State.SENDING else state
