"""Editions in the operational database: compressed, frozen, and what the archive shows."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Column, Connection, ForeignKey, Integer, LargeBinary, String, Table, delete, select

from newsletter.database import UTCDateTime, metadata
from newsletter.issues.issue import State
from newsletter.issues.store import issues
from newsletter.rendering.edition import Edition

editions = Table(
    "editions",
    metadata,
    Column("issue_id", ForeignKey("issues.id"), primary_key=True),
    Column("language", String(12), primary_key=True),
    Column("subject", String(400), nullable=False),
    Column("preheader", String(400), nullable=False),
    Column("html", LargeBinary, nullable=False),
    Column("text", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("rendered_at", UTCDateTime, nullable=False),
    Column("size", Integer, nullable=False),
)

#: Only what has gone out, or is going out, is public.
_PUBLIC = (State.SENDING.value, State.SENT.value)


@dataclass(frozen=True)
class ArchivedIssue:
    """A line of the archive."""

    issued_on: date
    subject: str
    preheader: str


def add(
    connection: Connection, issue_id: int, edition: Edition, *, language: str, rendered_at: datetime
) -> None:
    """Freeze *edition* as the one of the issue in *language*."""
    html, text = edition.html.encode(), edition.text.encode()
    connection.execute(
        editions.insert().values(
            issue_id=issue_id,
            language=language,
            subject=edition.subject,
            preheader=edition.preheader,
            html=zlib.compress(html, 9),
            text=zlib.compress(text, 9),
            sha256=edition.hash,
            rendered_at=rendered_at,
            size=len(html),
        )
    )


def find(connection: Connection, issue_id: int) -> Edition | None:
    """The frozen edition of an issue."""
    row = connection.execute(select(editions).where(editions.c.issue_id == issue_id)).one_or_none()
    if row is None:
        return None
    html, text = zlib.decompress(row.html).decode(), zlib.decompress(row.text).decode()
    return Edition(row.subject, row.preheader, html, text)


def remove(connection: Connection, issue_id: int) -> None:
    """Forget the editions of an issue that nobody has got."""
    connection.execute(delete(editions).where(editions.c.issue_id == issue_id))


def published(connection: Connection, newsletter: str, day: date) -> Edition | None:
    """The edition of an issue that has gone out, for its web version."""
    issue_id = connection.execute(
        select(issues.c.id).where(
            issues.c.newsletter == newsletter, issues.c.issued_on == day, issues.c.state.in_(_PUBLIC)
        )
    ).scalar()
    return None if issue_id is None else find(connection, issue_id)


def archive(connection: Connection, newsletter: str) -> list[ArchivedIssue]:
    """Every issue that has gone out, newest first."""
    rows = connection.execute(
        select(issues.c.issued_on, editions.c.subject, editions.c.preheader)
        .join_from(editions, issues)
        .where(issues.c.newsletter == newsletter, issues.c.state.in_(_PUBLIC))
        .order_by(issues.c.issued_on.desc())
    )
    return [ArchivedIssue(*row) for row in rows]
