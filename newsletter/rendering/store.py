"""Editions in the operational database: compressed and frozen."""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Column, Connection, ForeignKey, Integer, LargeBinary, String, Table, delete, select

from newsletter.database import UTCDateTime, metadata
from newsletter.errors import RenderError
from newsletter.issues.store import issues
from newsletter.rendering.edition import Edition

editions = Table(
    "editions",
    metadata,
    Column("issue_id", ForeignKey("issues.id"), primary_key=True),
    Column("language", String(12), primary_key=True),
    Column("topic_set", String(200), primary_key=True),
    Column("subject", String(400), nullable=False),
    Column("preheader", String(400), nullable=False),
    Column("html", LargeBinary, nullable=False),
    Column("text", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("rendered_at", UTCDateTime, nullable=False),
    Column("size", Integer, nullable=False),
    Column("readers", Integer, nullable=False, server_default="0"),
    Column("private", String(400), nullable=False, server_default="[]"),
)


@dataclass(frozen=True)
class PackedEdition:
    """An edition as it is stored: both parts compressed. Packing takes longer than storing."""

    subject: str
    preheader: str
    html: bytes
    text: bytes
    sha256: str
    size: int


def pack(edition: Edition) -> PackedEdition:
    """*edition* ready to be stored.

    Raises:
        RenderError: it has errors.
    """
    if edition.errors:
        raise RenderError("an edition", f"has errors: {'; '.join(edition.errors)}", "Mend them first.")
    html, text = edition.html.encode(), edition.text.encode()
    return PackedEdition(
        edition.subject,
        edition.preheader,
        zlib.compress(html, 6),
        zlib.compress(text, 6),
        sha256=edition.hash,
        size=len(html),
    )


def add(
    connection: Connection,
    issue_id: int,
    edition: PackedEdition,
    *,
    language: str,
    rendered_at: datetime,
    topic_set: str = "",
    readers: int = 0,
    private: frozenset[str] = frozenset(),
) -> None:
    """Freeze *edition* as the one of the issue in *language* for *topic_set* ("" is the general one).

    *readers* chose just that set, which decides between editions that suit a reader alike; *private* are the
    private topics that it speaks of.
    """
    connection.execute(
        editions.insert().values(
            issue_id=issue_id,
            language=language,
            topic_set=topic_set,
            readers=readers,
            private=json.dumps(sorted(private)),
            subject=edition.subject,
            preheader=edition.preheader,
            html=edition.html,
            text=edition.text,
            sha256=edition.sha256,
            rendered_at=rendered_at,
            size=edition.size,
        )
    )


def find(connection: Connection, issue_id: int, topic_set: str = "") -> Edition | None:
    """The frozen edition of an issue for *topic_set* ("" is the general one)."""
    row = connection.execute(
        select(editions).where(editions.c.issue_id == issue_id, editions.c.topic_set == topic_set)
    ).one_or_none()
    if row is None:
        return None
    html, text = zlib.decompress(row.html).decode(), zlib.decompress(row.text).decode()
    return Edition(row.subject, row.preheader, html, text)


def editions_hash(connection: Connection, issue_id: int) -> str:
    """SHA-256 over all editions of an issue, whom each is for, and what a reader sees of it; "" of none."""
    rows = connection.execute(
        select(editions.c.language, editions.c.topic_set, editions.c.sha256)
        .where(editions.c.issue_id == issue_id)
        .order_by(editions.c.language, editions.c.topic_set)
    ).all()
    said = "\n".join(f"{row.language}\0{row.topic_set}\0{row.sha256}" for row in rows)
    return hashlib.sha256(said.encode()).hexdigest() if rows else ""


@dataclass(frozen=True)
class EditionFacts:
    """What decides whom an edition suits: how many chose just its topic set, and what it speaks of."""

    readers: int
    private: frozenset[str]


def edition_facts(connection: Connection, issue_id: int) -> dict[str, EditionFacts]:
    """The editions of an issue by the key of their topic set."""
    rows = connection.execute(
        select(editions.c.topic_set, editions.c.readers, editions.c.private).where(
            editions.c.issue_id == issue_id
        )
    )
    return {row.topic_set: EditionFacts(row.readers, frozenset(json.loads(row.private))) for row in rows}


def remove(connection: Connection, issue_id: int) -> None:
    """Forget the editions of an issue that nobody has got."""
    connection.execute(delete(editions).where(editions.c.issue_id == issue_id))


def drop_topic_editions(connection: Connection, newsletter: str, *, before: date) -> int:
    """Drop the topic editions of issues before that day; how many there were."""
    old = select(issues.c.id).where(issues.c.newsletter == newsletter, issues.c.issued_on < before)
    gone = connection.execute(
        delete(editions).where(editions.c.topic_set != "", editions.c.issue_id.in_(old))
    )
    return gone.rowcount
