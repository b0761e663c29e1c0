"""The tables of content.db, by sqlite-utils migrations: a new one for every change, none ever edited."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from newsletter.content.article import Article
from newsletter.content.candidate import candidate, to_row

migrations = Migrations("content")


@migrations(name="0001_articles")
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


@migrations(name="0002_trust")
def _trust(database: Database) -> None:
    """Reviewer, licence and duplicates of articles; the documents that they were read from."""
    article = database.table("article")
    for column in ("reviewer", "licence", "duplicate_of"):
        article.add_column(column, str)
    article.create_index(["duplicate_of"])
    database.table("likeness").create(
        {"article_id": str, "title": str, "text": str, "minima": bytes},
        pk="article_id",
        not_null={"title", "text", "minima"},
    )
    # Eight or nine rows an article, read by value alone: without rowid there is one tree less to write.
    database.execute(
        "create table band (value integer not null, article_id text not null, "
        "primary key (value, article_id)) without rowid"
    )
    database.table("band").create_index(["article_id"])
    database.table("source_document").create(
        {"key": str, "source_hash": str, "rules": str, "article_id": str},
        pk="key",
        not_null={"source_hash", "rules", "article_id"},
    )


@migrations(name="0003_candidates")
def _candidates(database: Database) -> None:
    """What the picker knows of each article, beside the article; also of those that are stored already."""
    database.table("article").add_column("regions", str)
    database.table("candidate").create(
        {
            "article_id": str, "title": str, "topics": str, "reviewed": int, "published": int, "kinds": int,
            "reference_count": int, "grade": int, "is_emergency": int, "sections": str,
        },
        pk="article_id",
        not_null={"title", "topics", "reviewed", "published", "kinds", "grade", "sections"},
    )  # fmt: skip
    stored = database.execute(
        "select document from article join version "
        "on version.article_id = article.id and version.version = article.version"
    )
    rows = (to_row(candidate(Article.model_validate_json(row[0]))) for row in stored.fetchall())
    database.table("candidate").insert_all(rows)


@migrations(name="0004_pages")
def _pages(database: Database) -> None:
    """Orders that a list of articles is turned over in, a page at a time, however many there are."""
    database.execute("create index ix_article_title on article (title collate nocase, id)")
    database.execute("create index ix_article_reviewed_on on article (reviewed_on, id)")


@migrations(name="0005_beginnings")
def _beginnings(database: Database) -> None:
    """The beginnings of words are indexed as well: what is looked for is seldom typed to its end.

    FTS5 keeps its choice of prefixes for good, so that the index is made anew; its triggers stay.
    """
    database.execute("drop table section_fts")
    database.execute(
        "create virtual table section_fts using fts5(title, heading, text, tokenize='porter', "
        "prefix='2 3', content='section')"
    )
    database.execute("insert into section_fts (section_fts) values ('rebuild')")
