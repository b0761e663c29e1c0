"""The last letters of one reader, found without looking through everybody's."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from newsletter.delivery.delivery import State
from newsletter.delivery.ledger import SentLetter, deliveries
from newsletter.issues.store import issues

#: So many issues back one reader's letters are looked for.
ISSUES = 120


def last_letters(
    connection: Connection, newsletter: str, subscription_ids: Collection[int], *, limit: int = 30
) -> list[SentLetter]:
    """Up to *limit* letters of *newsletter* to these subscriptions, newest first, without their editions.

    Deliveries are found by issue and subscription, which is their key, however many there are.
    """
    lately = (
        select(issues.c.id)
        .where(issues.c.newsletter == newsletter)
        .order_by(issues.c.issued_on.desc())
        .limit(ISSUES)
    )
    rows = connection.execute(
        select(
            issues.c.newsletter,
            issues.c.issued_on,
            deliveries.c.state,
            deliveries.c.changed_at,
            deliveries.c.reason,
            deliveries.c.subscription_id,
        )
        .join(deliveries, deliveries.c.issue_id == issues.c.id)
        .where(
            deliveries.c.issue_id.in_(list(connection.scalars(lately))),
            deliveries.c.subscription_id.in_(subscription_ids),
        )
        .order_by(issues.c.issued_on.desc())
        .limit(limit)
    )
    return [
        SentLetter(
            newsletter=row.newsletter,
            issued_on=row.issued_on,
            state=State(row.state),
            changed_at=row.changed_at,
            reason=row.reason or "",
            subscription_id=row.subscription_id,
            edition=None,
        )
        for row in rows
    ]
