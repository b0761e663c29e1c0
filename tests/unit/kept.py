"""The kept counts of issues beside what is in their deliveries, for tests that write to either by hand."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection, delete, func, select

from newsletter.delivery.delivery import State
from newsletter.delivery.issue_count import count_change, issue_counts
from newsletter.delivery.ledger import deliveries


def counted(connection: Connection) -> dict[int, Counter[State]]:
    """What is in the deliveries of each issue, counted one by one."""
    found: dict[int, Counter[State]] = {}
    rows = select(deliveries.c.issue_id, deliveries.c.state, func.count())
    for issue_id, state, number in connection.execute(
        rows.group_by(deliveries.c.issue_id, deliveries.c.state)
    ):
        found.setdefault(issue_id, Counter())[State(state)] = number
    return found


def recount(connection: Connection) -> None:
    """Keep what is there, after a test has put it there by hand."""
    connection.execute(delete(issue_counts))
    for issue_id, change in counted(connection).items():
        count_change(connection, issue_id, change)
