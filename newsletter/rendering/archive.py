"""What anybody may read of the letters that went out: the lines of the archive, and a letter in its place.

Lines tell nothing of what was withdrawn since.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from newsletter.issues.issue import Issue, State
from newsletter.issues.store import find as find_issue
from newsletter.issues.store import issues, picks
from newsletter.issues.withdrawal import Lost, lost_by, withdrawals
from newsletter.rendering import store
from newsletter.rendering.edition import Edition
from newsletter.rendering.store import editions

#: What has gone out, or is going out.
_PUBLIC = (State.SENDING.value, State.SENT.value)
#: Public, too, where some readers have got it.
_PUBLIC_ONCE_BEGUN = (State.PAUSED.value, State.EXPIRED.value)


@dataclass(frozen=True)
class ArchivedIssue:
    """A line of the archive. *title* and *preheader* are empty where they may not be told any more."""

    issued_on: date
    title: str
    preheader: str
    sent_at: datetime
    withdrawn_at: datetime | None = None


@dataclass(frozen=True)
class PublishedEdition:
    """A letter that went out, what it has lost since, and the dates of the letters before and after it."""

    edition: Edition
    issue: Issue
    sent_at: datetime
    lost: tuple[Lost, ...]
    earlier: date | None
    later: date | None


def archive(
    connection: Connection,
    newsletter: str,
    *,
    first: date = date.min,
    last: date = date.max,
    limit: int | None = None,
) -> list[ArchivedIssue]:
    """The issues from *first* to *last* that have gone out, newest first, at most *limit*."""
    rows = connection.execute(
        select(
            issues.c.id, issues.c.issued_on, issues.c.title, issues.c.started_at, issues.c.composed_at,
            editions.c.subject, editions.c.preheader,
        )
        .join_from(editions, issues)
        .where(
            issues.c.newsletter == newsletter,
            issues.c.issued_on >= first,
            issues.c.issued_on <= last,
            is_public(),
            editions.c.topic_set == "",
        )
        .order_by(issues.c.issued_on.desc())
        .limit(limit)
    ).all()  # fmt: skip
    lost = lost_by(connection, newsletter)
    made = []
    for row in rows:
        gone = lost.get(row.id, ())
        title = "" if any(one.is_lead for one in gone) else row.title or row.subject
        made.append(
            ArchivedIssue(
                row.issued_on,
                title,
                "" if gone else row.preheader,
                row.started_at or row.composed_at,
                max((one.withdrawn_at for one in gone), default=None),
            )
        )
    return made


def months(connection: Connection, newsletter: str) -> dict[date, int]:
    """How many letters went out in each month (named by its first day), newest first."""
    days = connection.scalars(
        select(issues.c.issued_on)
        .where(issues.c.newsletter == newsletter, is_public())
        .order_by(issues.c.issued_on.desc())
    )
    return dict(Counter(day.replace(day=1) for day in days))


def last_of_month(month: date) -> date:
    """The last day of the month that *month* is in.

    >>> last_of_month(date(2028, 2, 1))
    datetime.date(2028, 2, 29)
    """
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def published(
    connection: Connection, newsletter: str, day: date, topic_set: str = ""
) -> PublishedEdition | None:
    """The edition of an issue that has gone out, for its web version."""
    of_newsletter = (issues.c.newsletter == newsletter, is_public())
    row = connection.execute(
        select(issues.c.id, issues.c.composed_at).where(
            issues.c.newsletter == newsletter, _is_readable(), issues.c.issued_on == day
        )
    ).one_or_none()
    edition = store.find(connection, row.id, topic_set) if row else None
    stored = find_issue(connection, newsletter, day) if edition else None
    if row is None or edition is None or stored is None:
        return None
    return PublishedEdition(
        edition=edition,
        issue=stored.issue,
        sent_at=stored.started_at or row.composed_at,
        lost=lost_by(connection, newsletter, topic_set).get(row.id, ()),
        earlier=connection.scalar(
            select(func.max(issues.c.issued_on)).where(*of_newsletter, issues.c.issued_on < day)
        ),
        later=connection.scalar(
            select(func.min(issues.c.issued_on)).where(*of_newsletter, issues.c.issued_on > day)
        ),
    )


def published_topic_sets(connection: Connection, newsletter: str, day: date) -> list[str]:
    """The topic sets that an issue which has gone out has editions for, the general one left out."""
    return list(
        connection.scalars(
            select(editions.c.topic_set)
            .join_from(editions, issues)
            .where(
                issues.c.newsletter == newsletter,
                issues.c.issued_on == day,
                _is_readable(),
                editions.c.topic_set != "",
            )
        )
    )


def is_public() -> ColumnElement[bool]:
    """Whether anybody may read an issue: it has gone out, or is going out.

    One that was paused or expired on its way is public, too, and so is one that was stopped because an
    article of it was withdrawn: those who have got it find there what has become of it.
    """
    is_lost = (
        select(picks.c.issue_id)
        .join(withdrawals, withdrawals.c.article_id == picks.c.article_id)
        .where(picks.c.issue_id == issues.c.id)
        .exists()
    )
    stopped = or_(issues.c.state.in_(_PUBLIC_ONCE_BEGUN), and_(issues.c.state == State.HELD.value, is_lost))
    return or_(issues.c.state.in_(_PUBLIC), and_(issues.c.started_at.is_not(None), stopped))


def _is_readable() -> ColumnElement[bool]:
    """Whether whoever has the address may read an issue: also one that was cancelled on its way.

    Readers who have got that one can open it in the browser; the archive and the feed no longer offer it.
    """
    cancelled = and_(issues.c.state == State.CANCELLED.value, issues.c.started_at.is_not(None))
    return or_(is_public(), cancelled)
