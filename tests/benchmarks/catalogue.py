"""A content store of any size for the picker's benchmarks, made of the reference articles over and over."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from newsletter.content.article import Article, Kind, Paragraph, Section
from newsletter.content.candidate import Candidate, candidate, to_row
from newsletter.content.sources.markdown import parse_markdown
from newsletter.content.store import ContentStore
from newsletter.content.topic import with_topics
from tests.benchmarks.medquad import articles

REVIEWED = date(2026, 3, 2)
SECTIONS = 6
_FILL = (Kind.SYMPTOMS, Kind.TREATMENT, Kind.PREVENTION, Kind.SELF_CARE, Kind.CAUSES)
_MARK = "--copy-"


def reference_articles() -> Iterator[Article]:
    """The reference articles that have text, as the store would hold them."""
    for number, article in enumerate(articles()):
        title = article["title"] or f"Article {number}"
        text = "\n\n".join(
            f"## {one['question']}\n\n{one['text']}" for one in article["sections"] if one["text"]
        )
        front = (
            f"title: {json.dumps(title)}\nurl: https://bench.example.org/{number}/\nreviewed_on: {REVIEWED}"
        )
        yield with_topics(parse_markdown(f"---\n{front}\n---\n\n{text}\n", name=f"bench-{number}"))


def make_store(path: Path, base: list[Article], *, count: int) -> None:
    """A store at *path* with *count* articles and six times as many sections: facts of copies of *base*.

    Only what the picker reads is written; load_from() gives the text.
    """
    ContentStore(path).close()
    facts = [candidate(padded(one)) for one in base]
    with sqlite3.connect(path) as connection:
        rows = (_copy(facts[number % len(facts)], number) for number in range(count))
        for batch in iter(lambda: [row for row, _ in zip(rows, range(5000), strict=False)], []):
            connection.executemany(
                "insert into article (id, title, source, lang, status, reviewed_on, topics, words, version, "
                "hash, regions) values (:article_id, :title, 'bench', 'en', 'usable', :reviewed_on, :topics, "
                "1, 1, :article_id, '')",
                [{**row, "reviewed_on": REVIEWED.isoformat()} for row in batch],
            )
            connection.executemany(
                "insert into candidate values (:article_id, :title, :topics, :reviewed, :published, :kinds, "
                ":reference_count, :grade, :is_emergency, :sections)",
                batch,
            )


def load_from(base: list[Article]) -> Callable[[str], Article]:
    """Gives the article behind an id of such a store."""
    by_id = {one.id: padded(one) for one in base}

    def load(article_id: str) -> Article:
        return by_id[article_id.partition(_MARK)[0]].model_copy(update={"id": article_id})

    return load


def _copy(one: Candidate, number: int) -> dict[str, object]:
    # References and reading grades differ, so that the copies of an article do not stand in one row.
    row = to_row(one)
    return {
        **row,
        "article_id": f"{one.id}{_MARK}{number:06}",
        "title": f"{one.title} {number}",
        "reference_count": number % 7,
        "grade": 60 + number * 7 % 90,
    }


def padded(article: Article) -> Article:
    """*article* with as many sections as SECTIONS says."""
    added = tuple(
        Section(
            position=100 + place,
            heading=f"Section {place}",
            kind=_FILL[place % len(_FILL)],
            blocks=(Paragraph(html=" ".join(["calm"] * (60 + place)) + "."),),
        )
        for place in range(len(article.sections), SECTIONS)
    )
    return article.model_copy(update={"sections": (*article.sections, *added)})
