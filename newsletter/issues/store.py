"""Issues in the operational database: one per newsletter and local date, whatever clocks do."""

from __future__ import annotations

import json
from collections.abc import Collection
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
    bindparam,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from newsletter.database import Prepared, UTCDateTime, metadata
from newsletter.errors import RefusedError
from newsletter.issues import approval
from newsletter.issues.course import GOING_OUT, Event, next_state
from newsletter.issues.history import SECTION_GAP, History, Used
from newsletter.issues.issue import Issue, State, is_sensitive

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
    Column("form", String(16), nullable=False, server_default=text("''")),
    # What the archive calls it: a subject that names nothing suits a lock screen, not a list of letters.
    Column("title", String(400), nullable=False, server_default=text("''")),
    # Why it was paused, for whoever looks; empty otherwise.
    Column("reason", Text, nullable=False, server_default=text("''")),
    # When its first messages were found to be taken well, so that the rest could follow.
    Column("canary_passed_at", UTCDateTime),
    UniqueConstraint("newsletter", "issued_on", name="uq_issues_newsletter_issued_on"),
)
picks = Table(
    "picks",
    metadata,
    Column("issue_id", ForeignKey("issues.id"), primary_key=True),
    Column("topic_set", String(200), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("article_id", String(200), nullable=False, index=True),
    Column("section_key", String(600), nullable=False),
    Column("is_lead", Boolean, nullable=False),
    Column("topics", Text, nullable=False),
    Column("is_sensitive", Boolean, nullable=False),
)


@dataclass(frozen=True)
class StoredIssue:
    """An issue with its row's id and times: when sending began, and when its audience was complete.

    *reason*: why it is paused, or why nothing of it leaves though it is going out; empty otherwise.
    """

    id: int
    issue: Issue
    started_at: datetime | None
    audience_at: datetime | None
    finished_at: datetime | None
    reason: str = ""

    @property
    def begun(self) -> bool:
        """Whether any reader may have got it."""
        return self.started_at is not None


def history(connection: Connection, newsletter: str, day: date) -> History:
    """What issues of *newsletter* have used, but for the issue of *day* itself."""
    own = (issues.c.newsletter == newsletter, issues.c.issued_on != day)
    near = (
        issues.c.issued_on > day - SECTION_GAP - timedelta(days=7),
        issues.c.issued_on < day + SECTION_GAP + timedelta(days=7),
    )
    rows = connection.execute(
        select(
            issues.c.issued_on, picks.c.article_id, picks.c.section_key, picks.c.is_lead, picks.c.topics,
            picks.c.is_sensitive, picks.c.topic_set,
        )
        .join_from(picks, issues)
        .where(*own, *near)
        .order_by(issues.c.issued_on, picks.c.topic_set, picks.c.position)
    )  # fmt: skip
    ever = connection.scalars(select(picks.c.article_id).join_from(picks, issues).where(*own).distinct())
    forms = connection.execute(
        select(issues.c.issued_on, issues.c.form).where(*own, *near, issues.c.form != "")
    )
    begun_on = connection.scalar(
        select(func.min(issues.c.issued_on)).where(issues.c.newsletter == newsletter)
    )
    topics: dict[str, tuple[str, ...]] = {}  # hundreds of picks share a few
    used = []
    for on, article_id, key, is_lead, written, is_private, topic_set in rows:
        if written not in topics:
            topics[written] = tuple(json.loads(written))
        used.append(Used(on, article_id, key, is_lead, topics[written], is_private, topic_set))
    return History(
        used=tuple(used),
        ever_used=frozenset(ever),
        forms={row.issued_on: row.form for row in forms},
        begun_on=begun_on,
    )  # fmt: skip


def uses_of(issue: Issue, topic_set: str = "") -> list[Used]:
    """What *issue* adds to the history."""
    return [
        Used(
            issued_on=issue.issued_on,
            article_id=pick.article_id,
            section_key=pick.section_key,
            is_lead=place == 0,
            topics=tuple(topic.casefold().strip() for topic in pick.topics),
            is_sensitive=is_sensitive(pick),
            edition=topic_set,
        )
        for place, pick in enumerate(issue.picks)
    ]


def between(connection: Connection, newsletter: str, first: date, last: date) -> dict[date, Issue]:
    """The issues of *newsletter* from *first* to *last* that hold anything, by date."""
    rows = connection.execute(
        select(issues).where(
            issues.c.newsletter == newsletter, issues.c.issued_on >= first, issues.c.issued_on <= last
        )
    )
    found = (_stored(row).issue for row in rows)
    return {issue.issued_on: issue for issue in found if issue.picks}


def article_uses(connection: Connection, newsletter: str, *, until: date) -> dict[str, int]:
    """How many general editions before *until* used each article."""
    rows = connection.execute(
        select(picks.c.article_id, func.count(func.distinct(picks.c.issue_id)))
        .join_from(picks, issues)
        .where(issues.c.newsletter == newsletter, issues.c.issued_on < until, picks.c.topic_set == "")
        .group_by(picks.c.article_id)
    )
    return {row[0]: row[1] for row in rows}


def week_before(connection: Connection, newsletter: str, day: date) -> tuple[Issue, ...]:
    """The issues of *newsletter* in the week of *day* before it, oldest first."""
    rows = connection.execute(
        select(issues)
        .where(
            issues.c.newsletter == newsletter,
            issues.c.issued_on >= day - timedelta(days=day.weekday()),
            issues.c.issued_on < day,
        )
        .order_by(issues.c.issued_on)
    )
    return tuple(_stored(row).issue for row in rows)


def find(connection: Connection, newsletter: str, day: date) -> StoredIssue | None:
    """The issue of *newsletter* on *day*, if it was composed."""
    row = connection.execute(
        select(issues).where(issues.c.newsletter == newsletter, issues.c.issued_on == day)
    ).one_or_none()
    return _stored(row) if row else None


def of_day(connection: Connection, newsletter: str, day: date) -> StoredIssue:
    """The issue of *newsletter* on *day*, which a person wants to act on.

    Raises:
        RefusedError: it was never composed.
    """
    found = find(connection, newsletter, day)
    if found is None:
        raise RefusedError(f"issue of {day}", "is not composed", f"See it with: newsletter preview {day}")
    return found


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
                form=issue.form,
                title=issue.lead.article_title[:400] if issue.picks else "",
            )
        )
    except IntegrityError:
        savepoint.rollback()
        return None
    issue_id = int(result.inserted_primary_key[0])  # type: ignore[index] # one row, one key
    add_picks(connection, issue_id, issue)
    return issue_id


def add_picks(connection: Connection, issue_id: int, issue: Issue, topic_set: str = "") -> None:
    """Note what the edition of an issue for *topic_set* uses."""
    rows = [
        {
            "issue_id": issue_id,
            "topic_set": topic_set,
            "position": place,
            "article_id": one.article_id,
            "section_key": one.section_key,
            "is_lead": one.is_lead,
            "topics": json.dumps(one.topics, ensure_ascii=False),
            "is_sensitive": one.is_sensitive,
        }
        for place, one in enumerate(uses_of(issue, topic_set))
    ]
    if rows:
        connection.execute(picks.insert(), rows)


def unfinished(
    connection: Connection, newsletter: str, *, since: date, states: Collection[State] = GOING_OUT
) -> list[StoredIssue]:
    """Issues since *since* in one of *states* (those that are going out), oldest first."""
    rows = connection.execute(
        select(issues)
        .where(
            issues.c.newsletter == newsletter,
            issues.c.issued_on >= since,
            issues.c.state.in_(states),
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
    apply_event(connection, issue_id, Event.START)


def audience_complete(connection: Connection, issue_id: int, *, audience_at: datetime) -> None:
    """Record that every reader of the issue has a delivery."""
    connection.execute(update(issues).where(issues.c.id == issue_id).values(audience_at=audience_at))


def apply_event(
    connection: Connection,
    issue_id: int,
    event: Event,
    *,
    reason: str = "",
    finished_at: datetime | None = None,
) -> State | None:
    """The state that *event* moved the issue to, or None where it changes nothing (then nothing is written).

    *reason*: why it is paused; whatever else happens to it ends that.
    """
    # Locked where the database can do it (PostgreSQL), so that two events follow each other.
    found = select(issues.c.state).where(issues.c.id == issue_id).with_for_update()
    before = connection.execute(found).scalar()
    after = None if before is None else next_state(State(before), event)
    if after is not None:
        set_state(connection, issue_id, after, finished_at=finished_at, reason=reason)
    return after


def set_state(
    connection: Connection,
    issue_id: int,
    state: State,
    *,
    finished_at: datetime | None = None,
    reason: str = "",
) -> None:
    """Move the issue to *state*, wherever it stands; what happens to it while it is in use is an event."""
    connection.execute(
        update(issues)
        .where(issues.c.id == issue_id)
        .values(state=state.value, finished_at=finished_at, reason=reason)
    )


def note_fault(connection: Connection, issue_id: int, reason: str) -> None:
    """Keep why nothing of an issue that is going out leaves; empty: it does again."""
    is_going_out = (issues.c.id == issue_id) & (issues.c.state == State.SENDING.value)
    connection.execute(update(issues).where(is_going_out).values(reason=reason))


def canary_passed_at(connection: Connection, issue_id: int) -> datetime | None:
    """When the first messages of an issue were found to be taken well; None: not yet."""
    found: datetime | None = connection.scalar(
        select(issues.c.canary_passed_at).where(issues.c.id == issue_id)
    )
    return found


def pass_canary(connection: Connection, issue_id: int, *, now: datetime) -> None:
    """Note that the first messages were taken well, so that the rest may follow."""
    connection.execute(update(issues).where(issues.c.id == issue_id).values(canary_passed_at=now))


def state_of(connection: Connection, issue_id: int) -> State | None:
    """Where an issue stands now, or None when it is gone."""
    found = _STATE.fetch(connection, {"asked": issue_id})
    return State(found[0][0]) if found else None


_STATE = Prepared(select(issues.c.state).where(issues.c.id == bindparam("asked")))


def remove(connection: Connection, issue_id: int) -> None:
    """Forget an issue that nobody has got, so that its date can be composed anew; approvals of it end."""
    approval.void(connection, issue_id)
    connection.execute(delete(picks).where(picks.c.issue_id == issue_id))
    connection.execute(delete(issues).where(issues.c.id == issue_id))


def _stored(row: Row[tuple[object, ...]]) -> StoredIssue:
    # The row's state is the truth; the document is as it was composed.
    issue = Issue.model_validate_json(row.document).model_copy(update={"state": State(row.state)})
    return StoredIssue(row.id, issue, row.started_at, row.audience_at, row.finished_at, row.reason)
