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
from newsletter.content.sectioning import article_id
from newsletter.content.sources.document import DocumentKind
from newsletter.content.sources.feed import read_feed
from newsletter.content.sources.html import parse_html
from newsletter.content.sources.item import Refused, Withdrawn
from newsletter.content.store import ContentStore, rules
from newsletter.content.sync import Item, SyncState
from newsletter.database import Database
from newsletter.errors import ContentError
from newsletter.settings import Settings, SourceSettings
from newsletter.workflows.ingest import Progress, Rejected, SourceReport, ingest, prepared
from newsletter.workflows.sync_source import run_of, sync_wordpress
from newsletter.workflows.withdraw import SOURCE, restore, withdraw

log = logging.getLogger(__name__)

GONE = frozenset({404, 410})


@dataclass(frozen=True)
class Desk:
    """What a sync works with.

    *withdraw* makes an article unusable, given its id and the reason; *restore* takes that back for those
    of these articles that a source had withdrawn, because they are there again. *release*: an operator has
    looked at what a sync held back, and lets it go.
    """

    store: ContentStore
    clock: Clock
    fetcher: Fetcher
    withdraw: Callable[[str, str], None]
    restore: Callable[[Sequence[str]], None]
    release: bool = False


@contextmanager
def open_desk(
    settings: Settings, database: Database, clock: Clock, *, release: bool = False
) -> Iterator[Desk]:
    """Everything that a sync needs, on the content store of *settings*."""

    def withdraw_upstream(article_id: str, reason: str) -> None:
        withdraw(database, article_id, reason=reason, actor=SOURCE, clock=clock)

    def restore_upstream(article_ids: Sequence[str]) -> None:
        restore(database, article_ids, actor=SOURCE)

    with ContentStore(settings.content_path) as store:
        fetcher = Fetcher(allow_loopback=settings.fetch_loopback)
        yield Desk(store, clock, fetcher, withdraw_upstream, restore_upstream, release)


def sync_sources(
    sources: Sequence[SourceSettings], desk: Desk, *, progress: Progress | None = None
) -> list[SourceReport]:
    """Bring every one of *sources* into the store; reports come in their order.

    A source that fails costs its own run and nothing else: its report says why.
    """
    taken: dict[str, str] = {}
    reports = []
    for source in sources:
        place, failure = str(source.path or source.url), ""
        try:
            report = _sync(source, desk, taken=taken, progress=progress)
        except ContentError as error:
            failure = str(error)
            report = _failed(source, place, failure)
        except Exception as error:
            log.exception("source %s failed", place)
            failure = f"failed unexpectedly ({type(error).__name__})"
            report = _failed(source, place, failure)
        if failure or not _is_wordpress(source):  # which keeps its own
            _keep(desk, source, report, failure)
        reports.append(report)
    return reports


def origin_of(source: SourceSettings) -> str:
    """Under which name the store remembers *source*."""
    return f"{source.kind} {source.path or source.url}"


def _keep(desk: Desk, source: SourceSettings, report: SourceReport, failure: str) -> None:
    """Keep how it ended, for operators to see; a store that cannot be written has been told of already."""
    try:
        with SyncState(desk.store.path, origin=origin_of(source)) as state:
            state.keep_run(run_of(report, failure=failure, run_at=desk.clock.now()))
    except ContentError as error:
        log.warning("how the sync of a source ended is not kept: %s", error)


def _failed(source: SourceSettings, place: str, reason: str) -> SourceReport:
    return SourceReport(source=place, kind=source.kind, rejected=[Rejected(place, reason)])


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
    with SyncState(desk.store.path, origin=origin_of(source)) as state:
        report = _sync_address(source, desk, state)
        desk.restore([item.article_id for item in state.items().values() if item.article_id])
    return report


def _file_kind(source: SourceSettings) -> DocumentKind:
    if source.kind == "wordpress":
        raise ContentError(
            f"source {source.path}", "is a file, and a WordPress site has an address", "Set url."
        )
    return source.kind


def _sync_address(source: SourceSettings, desk: Desk, state: SyncState) -> SourceReport:
    if _is_wordpress(source):
        return sync_wordpress(
            source.url,
            store=desk.store,
            state=state,
            fetcher=desk.fetcher,
            clock=desk.clock,
            withdraw=desk.withdraw,
            reviewed_on=source.reviewed_on,
            withdraw_many=desk.release,
        ).report
    return _Page(source, desk, state).read()


def _is_wordpress(source: SourceSettings) -> bool:
    """Whether it is read as a WordPress site: because it says so, or is the front page of a site."""
    is_front = source.kind == "auto" and urlsplit(source.url).path in ("", "/")
    return source.path is None and (source.kind == "wordpress" or is_front)


@dataclass(frozen=True)
class _Page:
    """One run over a single page or feed."""

    source: SourceSettings
    desk: Desk
    state: SyncState

    def read(self) -> SourceReport:
        """Ask for it, only if it changed, and store what it holds."""
        url, known = self.source.url, self.state.items()
        # What is made of a page depends on more than the page: with another review date, or other rules, it
        # is read anew.
        made_by = f"{url} {self.source.reviewed_on or ''} {rules()[:12]}"
        etag, last_modified = self.state.validators(made_by)
        answer = self.desk.fetcher.get(url, etag=etag, last_modified=last_modified)
        report = SourceReport(source=url, kind=self.source.kind)
        if answer.status == 304:
            report.unchanged = len(known)
        elif answer.status in GONE and url in known:
            self._let_go(known[url], f"{url} answers {answer.status}", report)
        elif answer.status != 200:
            report.rejected.append(Rejected(url, f"answered {answer.status}"))
        else:
            if self.source.kind == "feed" or (self.source.kind == "auto" and _is_feed(answer)):
                self._take_feed(answer, report)
            else:
                self._take(parse_html(answer.body, name=_name_of(answer.url), url=answer.url), url, report)
            self.state.keep_validators(made_by, etag=answer.etag, last_modified=answer.last_modified)
        return report

    def _take_feed(self, answer: Fetched, report: SourceReport) -> None:
        """Store the entries, note what was refused, and let go what the feed says is deleted."""
        for item in read_feed(answer.body, name=self.source.url):
            if isinstance(item, Refused):
                report.rejected.append(Rejected(item.item, item.reason))
            elif isinstance(item, Withdrawn):
                # A tombstone names the entry's id (RFC 6721), whose hash ends the article's id.
                mark = article_id("", item.ref).rpartition("-")[2]
                known = self.state.items().values()
                for gone in [one for one in known if one.article_id.endswith(f"-{mark}")]:
                    self._let_go(gone, f"{item.ref} is deleted, says the feed", report)
            else:
                self._take(item, item.url or item.id, report)

    def _take(self, article: Article, remote_id: str, report: SourceReport) -> None:
        article = prepared(article, self.source.reviewed_on)
        report.count(self.desk.store.save(article, seen_at=self.desk.clock.now()))
        known = Item(remote_id, article.id, url=article.url or remote_id, hash=article.hash)
        self.state.remember([known])

    def _let_go(self, item: Item, reason: str, report: SourceReport) -> None:
        self.desk.withdraw(item.article_id, reason)
        self.state.forget([item.remote_id])
        report.withdrawn += 1


def _is_feed(answer: Fetched) -> bool:
    beginning = answer.body[:2048].decode("utf-8", "replace").lstrip("\ufeff \r\n\t").lower()
    return beginning.startswith(("<?xml", "<rss", "<feed", "<rdf:rdf")) and "<html" not in beginning


def _name_of(url: str) -> str:
    return Path(urlsplit(url).path).stem or urlsplit(url).hostname or "page"
