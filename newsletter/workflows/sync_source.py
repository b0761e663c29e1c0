"""Bringing the content store up to date with a WordPress site.

What the site lists is compared with what was read of it before, so it does not matter in which order
pages come, where the last sync was killed, or what changed while this one reads. A site that is down, slow
or lying costs this run: what was read stays, what was known stays, and nothing is withdrawn.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from newsletter.clock import Clock
from newsletter.content.article import Article
from newsletter.content.fetch import Fetched, Fetcher, FetchError
from newsletter.content.sources.feed import read_feed
from newsletter.content.sources.item import Refused
from newsletter.content.sources.rest import RestPost
from newsletter.content.sources.wordpress import RestBlockedError, WordPress, refuse_trouble
from newsletter.content.store import ContentStore, Outcome, rules
from newsletter.content.sync import Checkpoint, Item, Run, SyncState
from newsletter.errors import ParseError
from newsletter.workflows.ingest import Rejected, SourceReport, prepared

#: Read again this far back of the cursor: clocks of a site's machines differ, and caches lag.
OVERLAP = timedelta(minutes=10)
#: More than this share of a source never goes without an operator.
HELD_SHARE = 0.10
#: Pages of a feed, ten posts each; more history than that is for an export file.
MAX_FEED_PAGES = 500
#: A feed may hold only the beginning of a post: less than this share of the text known is no new version.
WHOLE_SHARE = 0.8

Withdraw = Callable[[str, str], None]


@dataclass(frozen=True)
class SyncReport:
    """What came of one sync.

    *held* posts are gone from the site but so many that an operator has to look first; *complete* is false
    when the run broke off (the reason is the last of ``report.rejected``); *notes* are for the operator.
    """

    report: SourceReport
    via: Literal["rest", "feed"] = "rest"
    held: int = 0
    complete: bool = True
    notes: tuple[str, ...] = ()


def sync_wordpress(
    site_url: str,
    *,
    store: ContentStore,
    state: SyncState,
    fetcher: Fetcher,
    clock: Clock,
    withdraw: Withdraw,
    reviewed_on: date | None = None,
    route: str = "posts",
    everything: bool = False,
    withdraw_many: bool = False,
) -> SyncReport:
    """Bring *store* up to date with the posts of the site at *site_url*; never raises for the site's sake.

    Args:
        site_url: the front page's address.
        store: where the articles go.
        state: the memory of this origin, in the same file.
        fetcher: what goes out.
        clock: tells when versions were first seen.
        withdraw: makes an article unusable, given its id and the reason; called only for posts that the
            site itself answers 404 or 410 for.
        reviewed_on: the day that articles without a review date of their own were reviewed.
        route: what to read: "posts", "pages" or the route of a custom kind of post.
        everything: read every post again, also those that did not change (after a change of the rules).
        withdraw_many: an operator has looked: let go also what would be held.

    Raises:
        ContentError: the content store cannot be used.
    """
    if everything:
        state.start_over()
    site = WordPress(site_url, fetcher, route=route)
    sync = _Sync(site, store, state, clock=clock, reviewed_on=reviewed_on)
    via: Literal["rest", "feed"] = "rest"
    held, failure = 0, ""
    notes: list[str] = []
    try:
        try:
            held = sync.read_rest(withdraw, withdraw_many=withdraw_many)
        except RestBlockedError as blocked:
            via = "feed"
            notes.append(str(blocked))
            sync.read_feed(fetcher)
    except (FetchError, ParseError, RestBlockedError) as error:
        failure = str(error)
    report = sync.report()
    if held:
        notes.append(
            f"{held} of {len(sync.known)} posts seem gone from the site. That is more than "
            f"{HELD_SHARE:.0%}, so none is withdrawn until an operator has looked and says so: "
            "newsletter ingest … --release"
        )
        report.rejected.append(Rejected(site_url, notes[-1]))
    if failure:
        report.rejected.append(Rejected(site_url, failure))
    state.keep_run(run_of(report, failure=failure, run_at=clock.now()))
    return SyncReport(report, via, held, complete=not failure, notes=tuple(notes))


def run_of(report: SourceReport, *, run_at: datetime, failure: str = "") -> Run:
    """What is kept of a sync that *report* is about."""
    counts = {
        "new": report.new,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "withdrawn": report.withdrawn,
        "rejected": len(report.rejected),
    }
    rejected = tuple((each.item, each.reason) for each in report.rejected)
    return Run(run_at, counts, rejected, failure)


class _Sync:
    """One run over one site, and what came of each post in it."""

    def __init__(
        self,
        site: WordPress,
        store: ContentStore,
        state: SyncState,
        *,
        clock: Clock,
        reviewed_on: date | None,
    ) -> None:
        self._site = site
        self._store = store
        self._state = state
        self._clock = clock
        self._reviewed_on = reviewed_on
        self.known = state.items()
        self._owners = {item.article_id: key for key, item in self.known.items() if item.article_id}
        self._outcomes: dict[str, Outcome] = {}
        self._strangers: dict[str, str] = {}
        self._withdrawn = 0

    def report(self) -> SourceReport:
        """The counts, over all that the site is known to hold, read in this run or before."""
        report = SourceReport(source=self._site.site_url, kind="wordpress", withdrawn=self._withdrawn)
        for remote_id, item in self.known.items():
            if item.reason:
                report.rejected.append(Rejected(item.url or f"post {remote_id}", item.reason))
            elif item.article_id:
                outcome = self._outcomes.get(remote_id, "unchanged")
                setattr(report, outcome, getattr(report, outcome) + 1)
        report.rejected.extend(Rejected(item, reason) for item, reason in self._strangers.items())
        return report

    def read_rest(self, withdraw: Withdraw, *, withdraw_many: bool) -> int:
        """Everything over REST: what changed, what the listing has besides, what is gone; how many held."""
        self._site.discover()
        self._read_changes()
        listed = self._site.listing()
        self._read_posts([number for number, stamp in listed.items() if self._is_news(number, stamp)])
        return self._withdraw_gone(listed, withdraw, withdraw_many=withdraw_many)

    def _read_changes(self) -> None:
        cursor = self._state.cursor
        left = self._state.checkpoint
        after = left.after if left else cursor - OVERLAP if cursor else None
        newest = left.newest if left else cursor
        # A post "changed" in the future would hide everything until then.
        now = self._clock.now()
        for page, posts in self._site.changed(after, page=left.page if left else 1):
            moments = (post.post.modified_at for post in posts if isinstance(post, RestPost))
            newest = max((moment for moment in (*moments, newest) if moment and moment <= now), default=None)
            self._state.remember(self._take_all(posts), checkpoint=Checkpoint(page + 1, after, newest))
        self._state.finish_listing(newest)

    def _is_news(self, number: int, stamp: str) -> bool:
        item = self.known.get(str(number))
        return item is None or item.modified != self._stamp(stamp)

    def _stamp(self, modified: str) -> str:
        """*modified* with what else makes an article: with another review date or other rules all is news."""
        return f"{modified} {self._reviewed_on or ''} {rules()[:12]}"

    def _read_posts(self, numbers: list[int]) -> set[int]:
        """Read these posts by their ids; which of them the site still gave."""
        given: set[int] = set()
        for posts in self._site.posts(numbers):
            given.update(post.id for post in posts if isinstance(post, RestPost))
            self._state.remember(self._take_all(posts))
        return given

    def _withdraw_gone(self, listed: Iterable[int], withdraw: Withdraw, *, withdraw_many: bool) -> int:
        """Let go what the site says is no more; how many are held back because they are too many."""
        present = set(listed)
        missing = [int(key) for key in self.known if key.isdecimal() and int(key) not in present]
        # A listing can be cut short. Asked for by name, posts that still live come back in lots.
        alive = self._read_posts(missing)
        missing = [number for number in missing if number not in alive]
        nothing_lost = [number for number in missing if not self.known[str(number)].article_id]
        missing = [number for number in missing if self.known[str(number)].article_id]
        held_from = HELD_SHARE * sum(1 for item in self.known.values() if item.article_id)
        gone: list[int] = []
        for asked, number in enumerate(missing):
            if self._site.is_gone(number, url=self.known[str(number)].url):
                gone.append(number)
            if len(gone) > held_from and not withdraw_many:
                return len(gone) + len(missing) - asked - 1
        for number in gone:
            item = self.known[str(number)]
            withdraw(item.article_id, f"{item.url or f'post {number}'} is gone from the site")
            self._withdrawn += 1
        self._forget([str(number) for number in (*gone, *nothing_lost)])
        return 0

    def _forget(self, remote_ids: list[str]) -> None:
        self._state.forget(remote_ids)
        for remote_id in remote_ids:
            del self.known[remote_id]

    def _take_all(self, posts: Iterable[RestPost | Refused]) -> list[Item]:
        """Store what can be stored of *posts*; what to remember of them."""
        items: list[Item] = []
        for post in posts:
            if isinstance(post, Refused):
                self._strangers[post.item] = post.reason
            else:
                items.append(self._take_post(post))
        return items

    def _take_post(self, post: RestPost) -> Item:
        known = self.known.get(str(post.id)) or self.known.get(post.url)
        article_id = known.article_id if known else ""
        item = Item(str(post.id), article_id, post.url, self._stamp(post.modified), self._print(post))
        if post.reason:
            item = replace(item, reason=post.reason)
        elif known is None or (known.hash, known.reason) != (item.hash, "") or not known.article_id:
            try:
                item = self._save(item, post.article())
            except ParseError as error:
                item = replace(item, reason=str(error))
        if known and known.remote_id != item.remote_id:
            del self.known[known.remote_id]
        self.known[item.remote_id] = item
        return item

    def _print(self, post: RestPost) -> str:
        said = {**asdict(post), "reviewed_on": self._reviewed_on}
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()

    def _save(self, item: Item, article: Article) -> Item:
        """Store *article* under the id that *item* had before, so that a new title makes no second one."""
        if item.article_id:
            article = article.model_copy(update={"id": item.article_id})
        owner = self._owners.get(article.id, item.remote_id)
        if owner not in (item.remote_id, item.url):
            return replace(item, reason=f"is the same article ({article.id}) as post {owner}")
        outcome = self._store.save(prepared(article, self._reviewed_on), seen_at=self._clock.now())
        if self._outcomes.get(item.remote_id) != "new":
            self._outcomes[item.remote_id] = outcome
        self._owners[article.id] = item.remote_id
        return replace(item, article_id=article.id)

    def read_feed(self, fetcher: Fetcher) -> None:
        """The site's feed, page by page back in time, until a page brings nothing new.

        Nothing is withdrawn: a feed holds the newest posts, so what it lacks may well be there.
        """
        left = self._state.checkpoint
        feed_url, first = self._first_page(fetcher, whole=left is not None)
        if first.status == 304:
            return
        body = first.body
        for page in range(1, MAX_FEED_PAGES + 1):
            items, news = self._take_feed(body)
            # A sync that was killed may have read the newest pages and not those behind them.
            if not news and (left is None or page >= left.page):
                break
            self._state.remember(items, checkpoint=Checkpoint(page + 1, None, None))
            answer = fetcher.get(f"{feed_url}{'&' if '?' in feed_url else '?'}paged={page + 1}")
            refuse_trouble(answer)
            if answer.status != 200:
                break
            body = answer.body
        self._state.finish_listing(None)
        self._state.keep_validators(self._stamp(feed_url), etag=first.etag, last_modified=first.last_modified)

    def _first_page(self, fetcher: Fetcher, *, whole: bool) -> tuple[str, Fetched]:
        """Address and first page of the feed; status 304 when nothing changed since, unless *whole*."""
        base = self._site.site_url.rstrip("/")
        answer = None
        for feed_url in (f"{base}/feed/", f"{base}/?feed=rss2"):
            etag, last_modified = ("", "") if whole else self._state.validators(self._stamp(feed_url))
            answer = fetcher.get(feed_url, etag=etag, last_modified=last_modified)
            refuse_trouble(answer)
            if answer.status in (200, 304):
                return feed_url, answer
        status = answer.status if answer else 0
        reason = f"shuts off its REST interface, and its feed, too ({status})"
        raise RestBlockedError(self._site.site_url, reason, "Ask the site's owner for an export file (WXR).")

    def _take_feed(self, body: bytes) -> tuple[list[Item], bool]:
        """Store what a page of the feed has; what to remember of it, and whether anything was new."""
        items: list[Item] = []
        by_url = {item.url: item for item in self.known.values() if item.url}
        for found in read_feed(body, name=self._site.site_url):
            if isinstance(found, Refused):
                self._strangers[found.item] = found.reason
            if not isinstance(found, Article):
                continue
            known = by_url.get(found.url) or self.known.get(found.url or found.id)
            item = self._take_entry(found, known)
            if item is not None:
                self.known[item.remote_id] = item
                items.append(item)
        return items, bool(items)

    def _take_entry(self, article: Article, known: Item | None) -> Item | None:
        """Store what a feed says of one post; None when that is nothing new."""
        fingerprint = f"{article.hash} {self._reviewed_on or ''}".rstrip()
        key = article.url or article.id
        if known is None or known.remote_id == key:
            if known is not None and known.hash == fingerprint:
                return None
            article_id = known.article_id if known else ""
            return self._save(Item(key, article_id, article.url, "", fingerprint), article)
        if known.reason or not known.article_id:
            return None
        stored = self._store.get(known.article_id)
        words = sum(section.words for section in stored.sections)
        now = sum(section.words for section in article.sections)
        if article.sections == stored.sections or now < WHOLE_SHARE * words:
            return None
        # REST knows more of the post than the feed; only the text is newer. Over REST it is read anew.
        kept = {name: getattr(article, name) for name in ("title", "sections", "references", "disclaimer")}
        return self._save(replace(known, hash="", modified=""), stored.model_copy(update=kept))
