"""The letters of one reader that are on record."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Row, Select, select

from newsletter.delivery.delivery import State
from newsletter.delivery.ledger import deliveries
from newsletter.issues.store import issues

#: So many issues back the last letters are looked for.
ISSUES = 120


@dataclass(frozen=True, kw_only=True)
class SentLetter:
    """One letter to one reader: the issue's newsletter and day, what became of it, and why.

    *edition*: which one it was, sealed.
    """

    newsletter: str
    issued_on: date
    state: State
    changed_at: datetime
    reason: str
    subscription_id: int
    edition: bytes | None


def letters_to(connection: Connection, subscription_ids: Collection[int]) -> list[SentLetter]:
    """Every letter that is on record for these subscriptions, oldest first."""
    found = _letters(subscription_ids).order_by(issues.c.issued_on, deliveries.c.id)
    return [_letter(row) for row in connection.execute(found)]


def last_letters(
    connection: Connection, newsletter: str, subscription_ids: Collection[int], *, limit: int = 30
) -> list[SentLetter]:
    """Up to *limit* letters of *newsletter* to these subscriptions, newest first.

    Deliveries are found by issue and subscription, which is their key, however many there are.
    """
    lately = (
        select(issues.c.id)
        .where(issues.c.newsletter == newsletter)
        .order_by(issues.c.issued_on.desc())
        .limit(ISSUES)
    )
    found = (
        _letters(subscription_ids)
        .where(deliveries.c.issue_id.in_(list(connection.scalars(lately))))
        .order_by(issues.c.issued_on.desc())
        .limit(limit)
    )
    return [_letter(row) for row in connection.execute(found)]


def _letters(subscription_ids: Collection[int]) -> Select[tuple[object, ...]]:
    return (
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
    )


def _letter(row: Row[tuple[object, ...]]) -> SentLetter:
    return SentLetter(
        newsletter=row.newsletter,
        issued_on=row.issued_on,
        state=State(row.state),
        changed_at=row.changed_at,
        reason=row.reason or "",
        subscription_id=row.subscription_id,
        edition=row.edition,
    )
