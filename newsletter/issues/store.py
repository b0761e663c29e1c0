"""Issues in the operational database: one per newsletter and local date, whatever clocks do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    ForeignKey,
    Integer,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from newsletter.database import UTCDateTime, metadata
from newsletter.issues.issue import Issue, State
from newsletter.issues.picker import SECTION_GAP, Used

issues = Table(
    "issues",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("newsletter", String(40), nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("state", String(16), nullable=False),
    Column("document", Text, nullable=False),
    Column("composed_at", UTCDateTime, nullable=False),
    Column("started_at", UTCDateTime),
    Column("audience_at", UTCDateTime),
    Column("finished_at", UTCDateTime),
    UniqueConstraint("newsletter", "issued_on", name="uq_issues_newsletter_issued_on"),
)
picks = Table(
    "picks",
    metadata,
    Column("issue_id", ForeignKey("issues.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("article_id", String(200), nullable=False),
    Column("section_key", String(600), nullable=False),
    Column("is_lead", Boolean, nullable=False),
)


@dataclass(frozen=True)
class StoredIssue:
    """An issue with its row's id and times: when sending began, and when its audience was complete."""

    id: int
    issue: Issue
    started_at: datetime | None
    audience_at: datetime | None
    finished_at: datetime | None


def history(connection: Connection, newsletter: str, day: date) -> list[Used]:
    """What issues of *newsletter* near *day* have used, but for the issue of *day* itself."""
    rows = connection.execute(
        select(issues.c.issued_on, picks.c.article_id, picks.c.section_key, picks.c.is_lead)
        .join_from(picks, issues)
        .where(
            issues.c.newsletter == newsletter,
            issues.c.issued_on != day,
            issues.c.issued_on > day - SECTION_GAP - timedelta(days=1),
            issues.c.issued_on < day + SECTION_GAP + timedelta(days=1),
        )
        .order_by(issues.c.issued_on, picks.c.position)
    )
    return [Used(*row) for row in rows]


def find(connection: Connection, newsletter: str, day: date) -> StoredIssue | None:
    """The issue of *newsletter* on *day*, if it was composed."""
    row = connection.execute(
        select(issues).where(issues.c.newsletter == newsletter, issues.c.issued_on == day)
    ).one_or_none()
    return _stored(row) if row else None


def add(connection: Connection, issue: Issue, *, composed_at: datetime) -> int | None:
    """Store *issue* and return its id, or None when its date has one already (another clock was first)."""
    savepoint = connection.begin_nested()
    try:
        result = connection.execute(
            issues.insert().values(
                newsletter=issue.newsletter,
                issued_on=issue.issued_on,
                state=issue.state.value,
                document=issue.model_dump_json(),
                composed_at=composed_at,
            )
        )
    except IntegrityError:
        savepoint.rollback()
        return None
    issue_id = int(result.inserted_primary_key[0])  # type: ignore[index] # one row, one key
    connection.execute(
        picks.insert(),
        [
            {
                "issue_id": issue_id,
                "position": position,
                "article_id": pick.article_id,
                "section_key": pick.section_key,
                "is_lead": position == 0,
            }
            for position, pick in enumerate(issue.picks)
        ],
    )
    return issue_id


def unfinished(connection: Connection, newsletter: str, *, since: date) -> list[StoredIssue]:
    """Issues since *since* that are approved or being sent, oldest first."""
    rows = connection.execute(
        select(issues)
        .where(
            issues.c.newsletter == newsletter,
            issues.c.issued_on >= since,
            issues.c.state.in_([State.APPROVED, State.SENDING]),
        )
        .order_by(issues.c.issued_on)
    )
    return [_stored(row) for row in rows]


def start(connection: Connection, issue_id: int, *, started_at: datetime) -> None:
    """Record that sending began, the first time only."""
    connection.execute(
        update(issues)
        .where(issues.c.id == issue_id, issues.c.started_at.is_(None))
        .values(started_at=started_at)
    )
    set_state(connection, issue_id, State.SENDING)


def audience_complete(connection: Connection, issue_id: int, *, audience_at: datetime) -> None:
    """Record that every reader of the issue has a delivery."""
    connection.execute(update(issues).where(issues.c.id == issue_id).values(audience_at=audience_at))


def set_state(
    connection: Connection, issue_id: int, state: State, *, finished_at: datetime | None = None
) -> None:
    """Move the issue to *state*."""
    connection.execute(
        update(issues).where(issues.c.id == issue_id).values(state=state.value, finished_at=finished_at)
    )


def state_of(connection: Connection, issue_id: int) -> State | None:
    """Where an issue stands now, or None when it is gone."""
    state = connection.execute(select(issues.c.state).where(issues.c.id == issue_id)).scalar()
    return None if state is None else State(state)


def remove(connection: Connection, issue_id: int) -> None:
    """Forget an issue that nobody has got, so that its date can be composed anew."""
    connection.execute(delete(picks).where(picks.c.issue_id == issue_id))
    connection.execute(delete(issues).where(issues.c.id == issue_id))


def _stored(row: Row[tuple[object, ...]]) -> StoredIssue:
    # The row's state is the truth; the document is as it was composed.
    issue = Issue.model_validate_json(row.document).model_copy(update={"state": State(row.state)})
    return StoredIssue(row.id, issue, row.started_at, row.audience_at, row.finished_at)
