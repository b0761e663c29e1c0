"""Articles that may not be said any more: kept with what cannot be rebuilt, not with the articles.

content.db can be thrown away and ingested again; an article that was withdrawn must stay withdrawn.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Column, Connection, String, Table, Text, delete, select

from newsletter.database import UTCDateTime, metadata
from newsletter.issues.issue import State
from newsletter.issues.store import issues, picks

withdrawals = Table(
    "withdrawals",
    metadata,
    Column("article_id", String(200), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("withdrawn_at", UTCDateTime, nullable=False),
)


@dataclass(frozen=True)
class Use:
    """An issue that uses an article, where it stood, and whether its sending has begun."""

    issue_id: int
    newsletter: str
    issued_on: date
    state: State
    begun: bool


@dataclass(frozen=True)
class Lost:
    """An article that an issue used *picks* times, and that was withdrawn since."""

    article_id: str
    picks: int
    is_lead: bool
    withdrawn_at: datetime


def withdraw(
    connection: Connection, article_id: str, *, reason: str, actor: str, withdrawn_at: datetime
) -> bool:
    """Record that the article is withdrawn; False when it was already (the first reason stays)."""
    if article_id in withdrawn_articles(connection):
        return False
    connection.execute(
        withdrawals.insert().values(
            article_id=article_id, reason=reason, actor=actor, withdrawn_at=withdrawn_at
        )
    )
    return True


def restore(connection: Connection, article_ids: Sequence[str], *, actor: str) -> list[str]:
    """Take back the withdrawals of these articles by *actor*; which they were."""
    rows = connection.execute(select(withdrawals.c.article_id).where(withdrawals.c.actor == actor))
    found = sorted({row.article_id for row in rows} & set(article_ids))
    for article_id in found:
        connection.execute(delete(withdrawals).where(withdrawals.c.article_id == article_id))
    return found


def withdrawn_articles(connection: Connection, *, actor: str | None = None) -> dict[str, str]:
    """Every withdrawn article's id, with the reason; only those by *actor* if one is named."""
    query = select(withdrawals.c.article_id, withdrawals.c.reason)
    if actor is not None:
        query = query.where(withdrawals.c.actor == actor)
    return {row.article_id: row.reason for row in connection.execute(query)}


@dataclass(frozen=True, slots=True)
class Record:
    """A withdrawal as it was recorded."""

    article_id: str
    reason: str
    actor: str
    withdrawn_at: datetime


def records_of(connection: Connection, article_ids: Collection[str]) -> dict[str, Record]:
    """The withdrawals of these articles, as far as they were withdrawn."""
    query = select(withdrawals).where(withdrawals.c.article_id.in_(list(article_ids)))
    return {row.article_id: Record(**row._mapping) for row in connection.execute(query)}  # noqa: SLF001 - public name


def page(connection: Connection, *, after: str, size: int) -> list[Record]:
    """The *size* withdrawals that follow that of the article *after* ("": the first), the latest first."""
    columns = withdrawals.c
    query = select(withdrawals).order_by(columns.withdrawn_at.desc(), columns.article_id).limit(size)
    if last := records_of(connection, [after]).get(after):
        query = query.where(
            (columns.withdrawn_at < last.withdrawn_at)
            | ((columns.withdrawn_at == last.withdrawn_at) & (columns.article_id > after))
        )
    return [Record(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - public name


def lost_by(connection: Connection, newsletter: str, topic_set: str = "") -> dict[int, tuple[Lost, ...]]:
    """What issues of *newsletter* have lost of their edition for *topic_set*, in reading order, by issue."""
    rows = connection.execute(
        select(picks.c.issue_id, picks.c.article_id, picks.c.is_lead, withdrawals.c.withdrawn_at)
        .join_from(picks, issues)
        .join(withdrawals, withdrawals.c.article_id == picks.c.article_id)
        .where(issues.c.newsletter == newsletter, picks.c.topic_set == topic_set)
        .order_by(picks.c.issue_id, picks.c.position)
    )
    found: dict[int, dict[str, Lost]] = {}
    for row in rows:
        lost = found.setdefault(row.issue_id, {})
        one = lost.get(row.article_id, Lost(row.article_id, 0, False, row.withdrawn_at))
        lost[row.article_id] = replace(one, picks=one.picks + 1, is_lead=one.is_lead or row.is_lead)
    return {issue_id: tuple(lost.values()) for issue_id, lost in found.items()}


def uses(connection: Connection, article_id: str) -> list[Use]:
    """The issues that use the article, oldest first."""
    rows = connection.execute(
        select(issues.c.id, issues.c.newsletter, issues.c.issued_on, issues.c.state, issues.c.started_at)
        .where(issues.c.id.in_(select(picks.c.issue_id).where(picks.c.article_id == article_id)))
        .order_by(issues.c.issued_on, issues.c.newsletter)
    )
    return [
        Use(row.id, row.newsletter, row.issued_on, State(row.state), row.started_at is not None)
        for row in rows
    ]
