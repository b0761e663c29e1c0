"""Bring every configured source up to date: folders and files, WordPress sites, feeds and single pages."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from newsletter.clock import Clock
from newsletter.content.article import Article
from newsletter.content.fetch import Fetched, Fetcher
from newsletter.content.sources.document import DocumentKind
from newsletter.content.sources.feed import read_feed
from newsletter.content.sources.html import parse_html
from newsletter.content.sources.item import Refused, Withdrawn
from newsletter.content.store import ContentStore
from newsletter.content.sync import Item, SyncState
from newsletter.database import Database
from newsletter.errors import ContentError
from newsletter.settings import Settings, SourceSettings
from newsletter.workflows.ingest import Progress, Rejected, SourceReport, ingest, prepared
from newsletter.workflows.sync_source import sync_wordpress
from newsletter.workflows.withdraw import withdraw

log = logging.getLogger(__name__)

GONE = frozenset({404, 410})


@dataclass(frozen=True)
class Desk:
    """What a sync works with. *withdraw* makes an article unusable, given its id and the reason."""

    store: ContentStore
    clock: Clock
    fetcher: Fetcher
    withdraw: Callable[[str, str], None]


@contextmanager
def open_desk(settings: Settings, database: Database, clock: Clock) -> Iterator[Desk]:
    """Everything that a sync needs, on the content store of *settings*."""

    def withdraw_upstream(article_id: str, reason: str) -> None:
        withdraw(database, article_id, reason=reason, actor="source", clock=clock)

    with ContentStore(settings.content_path) as store:
        yield Desk(store, clock, Fetcher(allow_loopback=settings.fetch_loopback), withdraw_upstream)


def sync_sources(
    sources: Sequence[SourceSettings], desk: Desk, *, progress: Progress | None = None
) -> list[SourceReport]:
    """Bring every one of *sources* into the store; reports come in their order.

    A source that fails costs its own run and nothing else: its report says why.
    """
    taken: dict[str, str] = {}
    return [_sync(source, desk, taken=taken, progress=progress) for source in sources]


def _sync(
    source: SourceSettings, desk: Desk, *, taken: dict[str, str], progress: Progress | None
) -> SourceReport:
    if source.path is not None:
        return ingest(
            source.path,
            store=desk.store,
            clock=desk.clock,
            kind=_file_kind(source),
            reviewed_on=source.reviewed_on,
            taken=taken,
            progress=progress,
        )
    try:
        with SyncState(desk.store.path, origin=f"{source.kind} {source.url}") as state:
            return _sync_address(source, desk, state)
    except ContentError as error:
        report = SourceReport(source=source.url, kind=source.kind)
        report.rejected.append(Rejected(source.url, str(error)))
        return report


def _file_kind(source: SourceSettings) -> DocumentKind:
    if source.kind == "wordpress":
        raise ContentError(
            f"source {source.path}", "is a file, and a WordPress site has an address", "Set url."
        )
    return source.kind


def _sync_address(source: SourceSettings, desk: Desk, state: SyncState) -> SourceReport:
    if source.kind == "wordpress" or (source.kind == "auto" and urlsplit(source.url).path in ("", "/")):
        return sync_wordpress(
            source.url,
            store=desk.store,
            state=state,
            fetcher=desk.fetcher,
            clock=desk.clock,
            withdraw=desk.withdraw,
            reviewed_on=source.reviewed_on,
        ).report
    known = state.items()
    etag, last_modified = state.validators(source.url)
    answer = desk.fetcher.get(source.url, etag=etag, last_modified=last_modified)
    report = SourceReport(source=source.url, kind=source.kind)
    if answer.status == 304:
        report.unchanged = len(known)
    elif answer.status in GONE and source.url in known:
        desk.withdraw(known[source.url].article_id, f"{source.url} answers {answer.status}")
        state.forget([source.url])
        report.withdrawn = 1
    elif answer.status != 200:
        report.rejected.append(Rejected(source.url, f"answered {answer.status}"))
    else:
        _take(answer, source, desk, state, report)
        state.keep_validators(source.url, etag=answer.etag, last_modified=answer.last_modified)
    return report


def _take(
    answer: Fetched, source: SourceSettings, desk: Desk, state: SyncState, report: SourceReport
) -> None:
    """Store what came: the entries of a feed, or one page."""
    if source.kind == "feed" or (source.kind == "auto" and _is_feed(answer)):
        items = list(read_feed(answer.body, name=source.url))
    else:
        items = [parse_html(answer.body, name=_name_of(answer.url), url=answer.url)]
    known = {item.url: item for item in state.items().values()}
    kept = []
    for item in items:
        if isinstance(item, Refused):
            report.rejected.append(Rejected(item.item, item.reason))
        elif isinstance(item, Withdrawn):
            gone = known.get(item.ref)
            if gone is not None:
                desk.withdraw(gone.article_id, f"{item.ref} is deleted, says the feed")
                state.forget([gone.remote_id])
                report.withdrawn += 1
        else:
            article = prepared(item, source.reviewed_on)
            report.count(desk.store.save(article, seen_at=desk.clock.now()))
            kept.append(_remembered(article, fallback=source.url))
    state.remember(kept)


def _remembered(article: Article, *, fallback: str) -> Item:
    address = article.url or fallback
    return Item(remote_id=address, article_id=article.id, url=address, hash=article.hash)


def _is_feed(answer: Fetched) -> bool:
    kind = answer.headers.get("content-type", "").lower()
    return any(mark in kind for mark in ("rss", "atom", "xml")) and "html" not in kind


def _name_of(url: str) -> str:
    return Path(urlsplit(url).path).stem or urlsplit(url).hostname or "page"
