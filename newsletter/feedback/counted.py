"""Which issues have been counted, and closed, and how far the counting of the others has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, delete, func, select, update

from newsletter.database import upsert
from newsletter.feedback.schema import counted_issues, issue_domains, reader_failures
from newsletter.issues.issue import State
from newsletter.issues.store import issues

#: The key of the lock: any number that nothing else locks with.
_LOCK = 0x636E7464
#: An issue of which nothing more leaves.
_ENDED = (State.SENT, State.EXPIRED, State.CANCELLED)


@dataclass(frozen=True, kw_only=True)
class Issue:
    """An issue that is not closed. *is_counted*: what became of each of its letters is."""

    id: int
    newsletter: str
    issued_on: date
    began_at: datetime
    has_ended: bool
    is_counted: bool


def open_issues(connection: Connection, *, since: date) -> list[Issue]:
    """The issues since that day that went out and are not closed, oldest first."""
    rows = connection.execute(
        select(
            issues.c.id,
            issues.c.newsletter,
            issues.c.issued_on,
            issues.c.started_at,
            issues.c.state,
            counted_issues.c.counted_at,
        )
        .join_from(issues, counted_issues, counted_issues.c.issue_id == issues.c.id, isouter=True)
        .where(
            issues.c.issued_on >= since,
            issues.c.started_at.is_not(None),
            counted_issues.c.closed_at.is_(None),
        )
        .order_by(issues.c.issued_on, issues.c.id)
    )
    return [
        Issue(
            id=row.id,
            newsletter=row.newsletter,
            issued_on=row.issued_on,
            began_at=row.started_at,
            has_ended=State(row.state) in _ENDED,
            is_counted=row.counted_at is not None,
        )
        for row in rows
    ]


def lock(connection: Connection, issue_id: int) -> None:
    """Let one process at a time count an issue, until the transaction ends; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK, issue_id)))


def counted_up_to(connection: Connection, issue_id: int) -> int:
    """The subscription of the last delivery of the issue that was counted."""
    found = select(counted_issues.c.after_id).where(counted_issues.c.issue_id == issue_id)
    return connection.scalar(found) or 0


def note(connection: Connection, issue_id: int, *, after: int, at: datetime | None) -> None:
    """Keep how far an issue was counted; *at*: when it was counted to the end."""
    row = {"issue_id": issue_id, "after_id": after, "counted_at": at}
    new = upsert(connection.dialect.name, counted_issues).values(row)
    connection.execute(new.on_conflict_do_update(index_elements=[counted_issues.c.issue_id], set_=row))


def forget_counts(connection: Connection, *, before: date) -> int:
    """Delete what was counted of issues of before that day, and held against readers in them; how much."""
    old = select(issues.c.id).where(issues.c.issued_on < before)
    return sum(
        connection.execute(delete(table).where(table.c.issue_id.in_(old))).rowcount
        for table in (reader_failures, issue_domains, counted_issues)
    )


def close(connection: Connection, issue_id: int, *, at: datetime) -> None:
    """Keep that nothing about an issue changes any more."""
    connection.execute(
        update(counted_issues).where(counted_issues.c.issue_id == issue_id).values(closed_at=at)
    )
