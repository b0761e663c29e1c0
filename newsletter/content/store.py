"""The content store: articles in versions and full-text search, in one SQLite file (sqlite-utils).

The file can be thrown away and made again from the sources; it has one writer at a time. Nothing in it
depends on where the sources lie or when they were read, but for the times at which versions were seen.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from newsletter.content.article import REVIEW_LIMIT, Article, ReviewState, Section
from newsletter.content.candidate import candidate, to_row
from newsletter.content.catalogue import Catalogue, Shelf, Wanted, read_catalogue, read_shelf
from newsletter.content.duplicate_index import index_article
from newsletter.content.file import ContentFile
from newsletter.content.pages import Anchor, page_queries
from newsletter.content.schema import migrations
from newsletter.content.search import Hit, find_sections
from newsletter.errors import ContentError

Outcome = Literal["new", "changed", "unchanged"]


#: How many articles are stored in one transaction, by save_many.
BATCH = 250

_UPSERT_ARTICLE = """
    insert into article (id, title, source, url, slug, lang, status, reviewed_on, topics, words, version,
                         hash, reviewer, licence, regions, first_seen_at, changed_at)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (id) do update set
        title = excluded.title, source = excluded.source, url = excluded.url, slug = excluded.slug,
        lang = excluded.lang, status = excluded.status, reviewed_on = excluded.reviewed_on,
        topics = excluded.topics, words = excluded.words, version = excluded.version, hash = excluded.hash,
        reviewer = excluded.reviewer, licence = excluded.licence, regions = excluded.regions,
        changed_at = excluded.changed_at
"""
_INSERT_SECTION = """
    insert into section (article_id, position, title, heading, kind, text, hash) values (?, ?, ?, ?, ?, ?, ?)
"""
_REPLACE_CANDIDATE = """
    insert or replace into candidate
    values (:article_id, :title, :topics, :reviewed, :published, :kinds, :reference_count, :grade,
            :is_emergency, :sections)
"""
_LIST = """
    select article.*, (select count(*) from section where article_id = article.id) as sections from article
"""
_THESE = "where id in (select value from json_each(:ids))"
_LIST_ORDER = "order by title collate nocase, id"
#: Articles by the state of their review, as content/article.py has it; :oldest is the last day that holds.
_REVIEW: dict[ReviewState, str] = {
    "reviewed": "where reviewed_on between :oldest and :on",
    "overdue": "where reviewed_on < :oldest",
    "missing": "where reviewed_on is null or reviewed_on > :on",
}


@dataclass(frozen=True)
class ArticleSummary:
    """One line of the list of articles.

    *duplicate_of* is the id of the article that is used in this one's place, empty for most.
    """

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
    lang: str = "en"
    reviewer: str = ""
    licence: str = ""
    duplicate_of: str = ""


class ContentStore(ContentFile):
    """The articles in the file at *path*; a context manager that closes the file."""

    def __init__(self, path: Path, *, must_exist: bool = False) -> None:
        """Open the store and bring its schema up to date.

        Raises:
            ContentError: the file is no content store, cannot be opened, or *must_exist* and it does not.
        """
        if must_exist and not path.is_file():
            raise ContentError(
                f"content store {path}", "does not exist", "Make it with: newsletter ingest SOURCE"
            )
        super().__init__(path, migrations)

    def save(self, article: Article, *, seen_at: datetime) -> Outcome:
        """Store *article*, seen at the aware time *seen_at*: a new one, a new version, or nothing at all."""
        with self._writing():
            return self._save(article, seen_at=seen_at)

    def save_many(self, articles: Iterable[Article], *, seen_at: datetime) -> list[Outcome]:
        """Store *articles* as save does, 250 in one transaction; what came of each, in their order.

        They are taken from the iterable before the transaction begins, so that reading documents keeps
        nobody from writing, and no more than 250 are in memory. Batches before an error stay stored.
        """
        outcomes: list[Outcome] = []
        waiting = iter(articles)
        while batch := list(islice(waiting, BATCH)):
            with self._writing():
                outcomes.extend(self._save(article, seen_at=seen_at) for article in batch)
        return outcomes

    def known_source(self, source_key: str) -> str | None:
        """The hash of the document *source_key* when it was last read; None when it has to be read.

        That is also so when its article is not in the store, or the rules of reading have changed since.
        """
        row = self._source(source_key)
        return row["source_hash"] if row else None

    def source_articles(self, source_key: str) -> list[str]:
        """The ids of the articles that the known document *source_key* held; an export holds many."""
        rows = self._rows(
            "select article_id from source_document where key = ? or substr(key, 1, ?) = ? order by rowid",
            source_key, len(source_key) + 1, f"{source_key}#",
        )  # fmt: skip
        return [row["article_id"] for row in rows]

    def forget_source(self, source_key: str) -> None:
        """Forget what the document *source_key* held: it is being read anew."""
        with self._writing():
            self._database.execute(
                "delete from source_document where key = ? or substr(key, 1, ?) = ?",
                [source_key, len(source_key) + 1, f"{source_key}#"],
            )

    def remember_source(self, source_key: str, source_hash: str, article_id: str) -> None:
        """Note that the document *source_key*, with this hash, was stored as this article.

        The hash has to cover all that the article was made of: the bytes, and the source's settings.
        """
        self.remember_sources([(source_key, source_hash, article_id)])

    def remember_sources(self, documents: Iterable[tuple[str, str, str]]) -> None:
        """Note several, as (key, hash, article id), in one transaction."""
        rows = [(key, source_hash, rules(), article_id) for key, source_hash, article_id in documents]
        with self._writing():
            self._database.conn.executemany(
                "insert or replace into source_document (key, source_hash, rules, article_id) "
                "values (?, ?, ?, ?)",
                rows,
            )

    def get(self, article_id: str, *, version: int | None = None) -> Article:
        """The article whose id is, or alone begins with, *article_id*; an older *version* if asked.

        Raises:
            ContentError: no article, more than one, or no such version.
        """
        # A whole id is looked up; only its beginning makes all be looked at.
        rows = self._rows("select id, version from article where id = ?", article_id) or self._rows(
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
        return [_summary(row) for row in self._rows(f"{_LIST} {_LIST_ORDER}")]

    def articles_by_review(
        self, state: ReviewState, on: date, *, limit: timedelta = REVIEW_LIMIT
    ) -> list[ArticleSummary]:
        """The articles whose review is in this *state* on the day *on* (see review_state), by title."""
        days = {"on": on.isoformat(), "oldest": (on - limit).isoformat()}
        return [_summary(row) for row in self._rows(f"{_LIST} {_REVIEW[state]} {_LIST_ORDER}", days)]

    def page(
        self, state: ReviewState | None, on: date, *, after: str, size: int, limit: timedelta = REVIEW_LIMIT
    ) -> list[ArticleSummary]:
        """The *size* articles that follow the one with the id *after* ("": the first ones).

        All of them by title; or, of those whose review is in this *state* on the day *on*, those reviewed
        longest ago first.
        """
        row = self._row("select id, title, reviewed_on from article where id = ?", after)
        anchor = Anchor(**row) if row else None
        values = {"on": on.isoformat(), "oldest": (on - limit).isoformat()} | (row or {})
        found: list[dict[str, Any]] = []
        for sql in page_queries(state, anchor):
            if left := size - len(found):
                found += self._rows(f"{_LIST} {sql}", values | {"size": left})
        return [_summary(one) for one in found]

    def summaries(self, article_ids: Collection[str]) -> dict[str, ArticleSummary]:
        """Those of these articles that there are, by id."""
        wanted = {"ids": json.dumps(list(article_ids))}
        rows = self._rows(f"{_LIST} {_THESE}", wanted)
        return {row["id"]: _summary(row) for row in rows}

    def search(self, words: str, *, limit: int = 20, withdrawn: Collection[str] = ()) -> list[Hit]:
        """Sections with all *words* (the last may be unfinished), best first; see find_sections."""
        try:
            return find_sections(self._database, words, limit=limit, withdrawn=withdrawn)
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    def shelf(self) -> Shelf:
        """All that is in the store, to be kept for several catalogues."""
        try:
            return read_shelf(self._database)
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    def catalogue(self, wanted: Wanted, shelf: Shelf | None = None) -> Catalogue:
        """What an issue may be made of; see read_catalogue."""
        try:
            return read_catalogue(self._database, wanted, shelf)
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    def holds(self, article_id: str) -> bool:
        """Whether there is an article with just this id."""
        return self._row("select 1 from article where id = ?", article_id) is not None

    def is_empty(self) -> bool:
        """Whether no article was ever stored."""
        return self._row("select 1 from article limit 1") is None

    def _save(self, article: Article, *, seen_at: datetime) -> Outcome:
        stored = self._row("select hash, version from article where id = ?", article.id)
        content_hash = article.hash
        if stored is not None and stored["hash"] == content_hash:
            return "unchanged"
        version = stored["version"] + 1 if stored else 1
        self._write(article, content_hash, version=version, seen_at=seen_at.astimezone(UTC).isoformat())
        return "changed" if stored else "new"

    def _write(self, article: Article, content_hash: str, *, version: int, seen_at: str) -> None:
        self._database.execute(
            "insert into version (article_id, version, hash, seen_at, document) values (?, ?, ?, ?, ?)",
            [article.id, version, content_hash, seen_at, article.model_dump_json()],
        )
        sections = [_section_row(article, section) for section in article.sections]
        values = [
            article.id, article.title, article.source, article.url, article.slug, article.lang,
            article.status,
            article.reviewed_on.isoformat() if article.reviewed_on else None, json.dumps(article.topics),
            sum(len(row[5].split()) for row in sections), version, content_hash, article.reviewer,
            article.licence, " ".join(article.regions), seen_at, seen_at,
        ]  # fmt: skip
        self._database.execute(_UPSERT_ARTICLE, values)
        self._database.execute(_REPLACE_CANDIDATE, to_row(candidate(article)))
        if version > 1:
            self._database.execute("delete from section where article_id = ?", [article.id])
        self._database.conn.executemany(_INSERT_SECTION, sections)
        text = "\n".join(row[5] for row in sections)
        index_article(self._database, article, text, is_new=version == 1)

    def _source(self, source_key: str) -> dict[str, Any] | None:
        return self._row(
            "select source_hash, article_id from source_document join article on article.id = article_id "
            "where key = ? and rules = ?",
            source_key, rules(),
        )  # fmt: skip

    def _rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """What *sql* gives for positional *values*, or for one mapping of named ones."""
        named = values[0] if values and isinstance(values[0], dict) else list(values)
        try:
            return list(self._database.query(sql, named))
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    def _row(self, sql: str, *values: object) -> dict[str, Any] | None:
        return next(iter(self._rows(sql, *values)), None)

    def _unreadable(self, error: sqlite3.Error) -> ContentError:
        return ContentError(f"content store {self.path}", f"cannot be read: {error}", "Try again.")

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
        lang=row["lang"] or "",
        reviewer=row["reviewer"] or "",
        licence=row["licence"] or "",
        duplicate_of=row["duplicate_of"] or "",
    )


def _section_row(article: Article, section: Section) -> tuple[str, int, str, str, str, str, str]:
    return (
        article.id, section.position, article.title, section.heading, section.kind.value, section.text,
        section.hash,
    )  # fmt: skip


@cache
def rules() -> str:
    """A hash of the code and tables that read documents: when they change, every document is read anew.

    A version number would have to be raised by hand, and a flag that a new wording finds must not be missed
    because nobody did.
    """
    digest = hashlib.sha256()
    room = files("newsletter.content")
    for folder in (room, room / "sources"):
        for file in sorted(folder.iterdir(), key=lambda one: one.name):
            if file.name.endswith((".py", ".toml")):
                digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
