"""Browse what may be said: a page of articles or of what a search found, and one article with its story."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from newsletter.clock import Clock, local_date
from newsletter.content.article import Article, ReviewState, review_reason, review_state
from newsletter.content.search import Hit
from newsletter.content.store import ArticleSummary, ContentStore
from newsletter.database import Database
from newsletter.errors import ContentError
from newsletter.issues import withdrawal
from newsletter.issues.withdrawal import Record, Use
from newsletter.settings import Settings

#: Articles, or sections that were found, on a page; and pages of what was found, best first.
PAGE, MOST_PAGES = 50, 20
#: So much of what somebody typed is looked for.
MOST_LETTERS = 200

#: Which articles: all of them, those in a state of review, or those that were withdrawn.
Choice = Literal["all", "reviewed", "overdue", "missing", "withdrawn"]
CHOICES: tuple[Choice, ...] = get_args(Choice)


@dataclass(frozen=True, slots=True)
class Line:
    """One article of the list. *withdrawn*: why and when; *article* is None where only that is known."""

    id: str
    article: ArticleSummary | None
    review: ReviewState
    withdrawn: Record | None = None


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """Some articles. *following*: the id to go on behind; "" on the last page."""

    lines: tuple[Line, ...]
    following: str


@dataclass(frozen=True, slots=True)
class Found:
    """Sections that hold the words. *withdrawn*: the ids of articles among them that were."""

    hits: tuple[Hit, ...]
    page: int
    has_more: bool
    withdrawn: frozenset[str]


@dataclass(frozen=True, slots=True)
class Story:
    """One article: what it says, whether it may be said, where it was, and which versions there were when."""

    article: Article
    review: ReviewState
    review_reason: str
    withdrawn: Record | None
    duplicate_of: str
    uses: tuple[Use, ...]
    versions: tuple[tuple[int, str, datetime], ...]


def browse(
    settings: Settings, database: Database, clock: Clock, *, choice: Choice = "all", after: str = ""
) -> ArticlePage:
    """A page of the articles of that *choice*, those behind the article with the id *after* ("": the first).

    Nothing is counted and nothing before the page is read: it takes as long with any number of articles.

    Raises:
        ContentError: there is no content store, or it cannot be read.
    """
    today = local_date(clock.now(), "UTC")
    with ContentStore(settings.content_path, must_exist=True) as store:
        if choice == "withdrawn":
            with database.read() as connection:
                records = withdrawal.page(connection, after=after, size=PAGE + 1)
            known = store.summaries([record.article_id for record in records])
            ids: Sequence[str] = [record.article_id for record in records]
            withdrawn = {record.article_id: record for record in records}
        else:
            state = None if choice == "all" else choice
            limit = settings.review_limit
            page = store.page(state, today, after=after, size=PAGE + 1, limit=limit)
            known, ids = {one.id: one for one in page}, [one.id for one in page]
            with database.read() as connection:
                withdrawn = withdrawal.records_of(connection, ids)
    lines = [_line(settings, today, each, known.get(each), withdrawn.get(each)) for each in ids]
    return ArticlePage(tuple(lines[:PAGE]), ids[PAGE - 1] if len(ids) > PAGE else "")


def _line(
    settings: Settings, today: date, article_id: str, article: ArticleSummary | None, withdrawn: Record | None
) -> Line:
    review = review_state(article, today, limit=settings.review_limit) if article else "missing"
    return Line(article_id, article, review, withdrawn)


def search(settings: Settings, database: Database, words: str, *, page: int = 1) -> Found:
    """The sections that hold all *words*, best first, on that *page* (from 1).

    Raises:
        ContentError: there is no content store, or it cannot be read.
    """
    page = min(max(page, 1), MOST_PAGES)
    with database.read() as connection:
        withdrawn = withdrawal.withdrawn_articles(connection)
    with ContentStore(settings.content_path, must_exist=True) as store:
        hits = store.search(words[:MOST_LETTERS], limit=page * PAGE + 1, withdrawn=withdrawn)
    shown = hits[(page - 1) * PAGE : page * PAGE]
    has_more = len(hits) > page * PAGE and page < MOST_PAGES
    return Found(tuple(shown), page, has_more, _those_of(shown, withdrawn))


def _those_of(hits: Sequence[Hit], withdrawn: Collection[str]) -> frozenset[str]:
    return frozenset(hit.id for hit in hits if hit.id in withdrawn)


def tell_story(settings: Settings, database: Database, clock: Clock, article_id: str) -> Story:
    """All about the article with this whole id.

    Raises:
        ContentError: there is none, or the store cannot be read.
    """
    today = local_date(clock.now(), "UTC")
    with ContentStore(settings.content_path, must_exist=True) as store:
        if not store.holds(article_id):
            step = "Look for it among the articles: it may have been renamed by its source."
            raise ContentError(f"article {article_id}", "there is no such article", step)
        article = store.get(article_id)
        versions = store.versions(article.id)
        (summary,) = store.summaries([article.id]).values()
    with database.read() as connection:
        withdrawn = withdrawal.records_of(connection, [article.id]).get(article.id)
        uses = withdrawal.uses(connection, article.id)
    return Story(
        article=article,
        review=review_state(article, today, limit=settings.review_limit),
        review_reason=review_reason(article, today, limit=settings.review_limit),
        withdrawn=withdrawn,
        duplicate_of=summary.duplicate_of,
        uses=tuple(reversed(uses)),
        versions=tuple(reversed(versions)),
    )
