"""After which letter readers left: a number for each issue, of nobody in particular."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Column, Connection, ForeignKey, Integer, Table, func, select

from newsletter.database import metadata
from newsletter.delivery.delivery import State
from newsletter.delivery.ledger import deliveries
from newsletter.issues.store import issues
from newsletter.subscribers.slot import add
from newsletter.subscribers.subscriber import Subscription

#: Who leaves later than this after the last letter left for another reason.
AFTER_LETTER = timedelta(days=7)
_ARRIVED = (State.ACCEPTED, State.UNKNOWN)

#: How many left as the last thing after a letter (slot.py). It outlives the deliveries that told so.
issue_departures = Table(
    "issue_departures",
    metadata,
    Column("issue_id", ForeignKey("issues.id"), primary_key=True),
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
)


def note_departure(
    connection: Connection, subscription: Subscription, *, at: datetime, number: int = 1
) -> None:
    """Count that a reader left at that moment, after the last letter that they got, if one came lately.

    *number*: -1 where they took it back.
    """
    last = connection.scalar(
        select(issues.c.id)
        .join(deliveries, deliveries.c.issue_id == issues.c.id)
        .where(
            issues.c.newsletter == subscription.newsletter,
            issues.c.issued_on >= (at - AFTER_LETTER).date(),
            issues.c.issued_on <= (at + timedelta(days=1)).date(),
            deliveries.c.subscription_id == subscription.id,
            deliveries.c.state.in_(_ARRIVED),
        )
        .order_by(issues.c.issued_on.desc())
        .limit(1)
    )
    if last is not None:
        add(connection, issue_departures, {"issue_id": last}, number)


def departures(connection: Connection, issue_ids: Collection[int]) -> dict[int, int]:
    """How many left after each of these issues."""
    rows = connection.execute(
        select(issue_departures.c.issue_id, func.sum(issue_departures.c["count"]))
        .where(issue_departures.c.issue_id.in_(issue_ids))
        .group_by(issue_departures.c.issue_id)
    )
    return {issue_id: int(count) for issue_id, count in rows}
