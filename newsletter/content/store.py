"""The content store: articles in versions and full-text search, in one SQLite file (sqlite-utils).

The file can be thrown away and made again from the sources; it has one writer at a time. Nothing in it
depends on where the sources lie or when they were read, but for the times at which versions were seen.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from pydantic import ValidationError
from sqlite_utils import Database, Migrations

from newsletter.content.article import Article, Kind
from newsletter.errors import ContentError

Outcome = Literal["new", "changed", "unchanged"]

BUSY_TIMEOUT_S = 30.0

_migrations = Migrations("content")


@_migrations(name="0001_articles")
def _articles(database: Database) -> None:
    database.table("version").create(
        {"article_id": str, "version": int, "hash": str, "seen_at": str, "document": str},
        pk=("article_id", "version"),
        not_null={"hash", "seen_at", "document"},
    )
    database.table("article").create(
        {
            "id": str, "title": str, "source": str, "url": str, "slug": str, "lang": str, "status": str,
            "reviewed_on": str, "topics": str, "words": int, "version": int, "hash": str,
            "first_seen_at": str, "changed_at": str,
        },
        pk="id",
        not_null={"title", "status", "version", "hash"},
    )  # fmt: skip
    database.table("section").create(
        {
            "id": int, "article_id": str, "position": int, "title": str, "heading": str, "kind": str,
            "text": str, "hash": str,
        },
        pk="id",
    )  # fmt: skip
    database.table("section").create_index(["article_id", "position"], unique=True)
    database.table("section").enable_fts(
        ["title", "heading", "text"], fts_version="FTS5", tokenize="porter", create_triggers=True
    )


_UPSERT_ARTICLE = """
    insert into article (id, title, source, url, slug, lang, status, reviewed_on, topics, words, version,
                         hash, first_seen_at, changed_at)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (id) do update set
        title = excluded.title, source = excluded.source, url = excluded.url, slug = excluded.slug,
        lang = excluded.lang, status = excluded.status, reviewed_on = excluded.reviewed_on,
        topics = excluded.topics, words = excluded.words, version = excluded.version, hash = excluded.hash,
        changed_at = excluded.changed_at
"""
_INSERT_SECTION = """
    insert into section (article_id, position, title, heading, kind, text, hash) values (?, ?, ?, ?, ?, ?, ?)
"""
_SEARCH = """
    select section.article_id as id, section.title, section.position, section.heading, section.kind,
           snippet(section_fts, 2, '[', ']', '…', 16) as snippet
    from section_fts join section on section.id = section_fts.rowid
    where section_fts match ?
    order by bm25(section_fts, 8.0, 4.0, 1.0), section.article_id, section.position
    limit ?
"""


@dataclass(frozen=True)
class ArticleSummary:
    """One line of the list of articles."""

    id: str
    title: str
    source: str
    url: str
    status: str
    reviewed_on: date | None
    topics: tuple[str, ...]
    sections: int
    words: int
    version: int


@dataclass(frozen=True)
class Hit:
    """A section found by its words; *snippet* marks them with brackets."""

    id: str
    title: str
    position: int
    heading: str
    kind: Kind
    snippet: str


class ContentStore:
    """The articles in the file at *path*; a context manager that closes the file."""

    def __init__(self, path: Path, *, must_exist: bool = False) -> None:
        """Open the store and bring its schema up to date.

        Raises:
            ContentError: the file is no content store, cannot be opened, or *must_exist* and it does not.
        """
        self.path = path
        if must_exist and not path.is_file():
            raise ContentError(
                f"content store {path}", "does not exist", "Make it with: newsletter ingest SOURCE"
            )
        connection: sqlite3.Connection | None = None
        try:
            connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
            self._database = Database(connection)
            self._prepare()
        except (sqlite3.Error, OSError) as error:
            if connection is not None:
                connection.close()
            step = "Move the file away and ingest again: it can be rebuilt."
            raise ContentError(f"content store {path}", f"cannot be used: {error}", step) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def save(self, article: Article, *, seen_at: datetime) -> Outcome:
        """Store *article*, seen at the aware time *seen_at*: a new one, a new version, or nothing at all."""
        with self._writing():
            stored = self._row("select hash, version from article where id = ?", article.id)
            if stored is not None and stored["hash"] == article.hash:
                return "unchanged"
            version = stored["version"] + 1 if stored else 1
            self._write(article, version=version, seen_at=seen_at.astimezone(UTC).isoformat())
        return "changed" if stored else "new"

    def get(self, article_id: str, *, version: int | None = None) -> Article:
        """The article whose id is, or alone begins with, *article_id*; an older *version* if asked.

        Raises:
            ContentError: no article, more than one, or no such version.
        """
        rows = self._rows(
            "select id, version from article where substr(id, 1, length(?)) = ? order by id limit 6",
            article_id, article_id,
        )  # fmt: skip
        found = next((row for row in rows if row["id"] == article_id), rows[0] if len(rows) == 1 else None)
        if found is None or not article_id:
            matches = ", ".join(row["id"] for row in rows)
            reason = (
                f"fits more than one: {matches}" if rows and article_id else "is not in the content store"
            )
            raise ContentError(
                f"article {article_id!r}", reason, "See the ids with: newsletter articles list"
            )
        row = self._row(
            "select document from version where article_id = ? and version = ?",
            found["id"], version or found["version"],
        )  # fmt: skip
        if row is None:
            reason = f"has no version {version} (versions 1 to {found['version']})"
            raise ContentError(f"article {found['id']}", reason, "Ask for one of those.")
        return self._parse(row["document"], article_id=found["id"])

    def versions(self, article_id: str) -> list[tuple[int, str, datetime]]:
        """Number, hash and time of first sight of each version of the article, oldest first."""
        rows = self._rows(
            "select version, hash, seen_at from version where article_id = ? order by version", article_id
        )
        return [(row["version"], row["hash"], datetime.fromisoformat(row["seen_at"])) for row in rows]

    def articles(self) -> list[ArticleSummary]:
        """All articles, by title."""
        rows = self._rows(
            "select article.*, (select count(*) from section where article_id = article.id) as sections "
            "from article order by title collate nocase, id"
        )
        return [_summary(row) for row in rows]

    def search(self, words: str, *, limit: int = 20) -> list[Hit]:
        """Sections with all *words* (the last may be unfinished), best first; titles count most."""
        quoted = self._database.quote_fts(words.replace("\0", " "))
        if not quoted.strip():
            return []
        rows = self._rows(_SEARCH, quoted + "*", limit)
        return [Hit(**{**row, "kind": Kind(row["kind"])}) for row in rows]

    def usable_articles(self) -> list[Article]:
        """Everything that an issue may be made of: reviewed and not withdrawn, by id."""
        rows = self._rows(
            "select article.id, document from article join version on version.article_id = article.id "
            "and version.version = article.version "
            "where status = 'usable' and reviewed_on is not null order by article.id"
        )
        return [self._parse(row["document"], article_id=row["id"]) for row in rows]

    def snapshot(self) -> str:
        """SHA-256 over every article's id and hash: the same for the same content on any machine."""
        digest = hashlib.sha256()
        for row in self._rows("select id, hash from article order by id"):
            digest.update(f"{row['id']} {row['hash']}\n".encode())
        return digest.hexdigest()

    def _prepare(self) -> None:
        self._database.execute("pragma foreign_keys = on")
        if self._database.journal_mode != "wal":
            self._database.enable_wal()
        # The file can be rebuilt, and in WAL mode it survives a crash: one sync per checkpoint is enough.
        self._database.execute("pragma synchronous = normal")
        if _migrations.pending(self._database):
            with self._writing():
                _migrations.apply(self._database)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction with the write lock from its start; a deferred one fails at once on a busy file."""
        self._database.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._database.execute("rollback")
            raise
        self._database.execute("commit")

    def _write(self, article: Article, *, version: int, seen_at: str) -> None:
        document = article.model_dump_json()
        self._database.execute(
            "insert into version (article_id, version, hash, seen_at, document) values (?, ?, ?, ?, ?)",
            [article.id, version, article.hash, seen_at, document],
        )
        values = [
            article.id, article.title, article.source, article.url, article.slug, article.lang,
            article.status,
            article.reviewed_on.isoformat() if article.reviewed_on else None, json.dumps(article.topics),
            sum(section.words for section in article.sections), version, article.hash, seen_at, seen_at,
        ]  # fmt: skip
        self._database.execute(_UPSERT_ARTICLE, values)
        self._database.execute("delete from section where article_id = ?", [article.id])
        for section in article.sections:
            self._database.execute(
                _INSERT_SECTION,
                [
                    article.id, section.position, article.title, section.heading, section.kind.value,
                    section.text,
                    section.hash,
                ],
            )  # fmt: skip

    def _rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        try:
            return list(self._database.query(sql, list(values)))
        except sqlite3.Error as error:
            raise ContentError(
                f"content store {self.path}", f"cannot be read: {error}", "Try again."
            ) from error

    def _row(self, sql: str, *values: object) -> dict[str, Any] | None:
        return next(iter(self._rows(sql, *values)), None)

    def _parse(self, document: str, *, article_id: str) -> Article:
        try:
            return Article.model_validate_json(document)
        except ValidationError as error:
            step = "Move the store away and ingest again: it can be rebuilt."
            raise ContentError(
                f"article {article_id}", "is stored in a form this version cannot read", step
            ) from error


def _summary(row: dict[str, Any]) -> ArticleSummary:
    return ArticleSummary(
        id=row["id"],
        title=row["title"],
        source=row["source"],
        url=row["url"],
        status=row["status"],
        reviewed_on=date.fromisoformat(row["reviewed_on"]) if row["reviewed_on"] else None,
        topics=tuple(json.loads(row["topics"])),
        sections=row["sections"],
        words=row["words"],
        version=row["version"],
    )
