"""A sync over real HTTP from a WordPress that goes wrong: the right store in the end, or a clear error.

Readers run in this process, and for the killed ones in one of their own.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from newsletter.clock import FixedClock, SystemClock
from newsletter.content.article import Article
from newsletter.content.fetch import Fetcher
from newsletter.content.sources import wordpress
from newsletter.content.store import ContentStore
from newsletter.content.sync import SyncState
from newsletter.workflows.sync_source import SyncReport, sync_wordpress
from tests.integration.wordpress_double import (
    BEGAN_AT,
    Act,
    WordPressDouble,
    answer,
    bomb,
    drip_body,
    drop,
    drop_half_way,
    endless,
    half,
    hang,
    promise_less,
    promise_too_much,
    redirect,
)

ROOT = Path(__file__).parents[2]
LATER = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
READER = """
import sys
from pathlib import Path
from tests.integration.test_wordpress_sync import sync
sync(sys.argv[1], Path(sys.argv[2]), per_page=5)
"""


def sync(url: str, path: Path, *, timeout_s: float = 20, per_page: int = 0) -> SyncReport:
    """One sync in this process; withdrawn articles are named in a file beside the store."""
    if per_page:
        wordpress.PER_PAGE_WITH_TEXT = wordpress.PER_PAGE = per_page

    def withdraw(article_id: str, reason: str) -> None:
        with path.with_suffix(".withdrawn").open("a", encoding="utf-8") as file:
            file.write(f"{article_id} {reason}\n")

    with ContentStore(path) as store, SyncState(path, origin=url) as state:
        return sync_wordpress(
            url,
            store=store,
            state=state,
            fetcher=Fetcher(allow_loopback=True, timeout_s=timeout_s, max_bytes=5_000_000),
            clock=SystemClock(),
            withdraw=withdraw,
        )


def articles(path: Path) -> list[Article]:
    with ContentStore(path) as store:
        return [store.get(found.id) for found in store.articles()]


def right(path: Path, site: WordPressDouble) -> bool:
    """Whether the store holds every public post of the site, once, with its present text."""
    stored = {article.url: article for article in articles(path)}
    public = [post for post in site.posts.values() if post.status == "publish" and not post.protected]
    words = [re.sub(r"<[^>]*>", " ", post.html).split()[:8] for post in public]
    return len(stored) == len(public) and all(
        " ".join(said) in " ".join(section.text for section in stored[f"{site.url}{post.slug}/"].sections)
        for post, said in zip(public, words, strict=True)
    )


@pytest.fixture
def site() -> Iterator[WordPressDouble]:
    with WordPressDouble() as running:
        yield running.fill(range(1, 24))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "content.db"


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordpress, "PER_PAGE", 5)
    monkeypatch.setattr(wordpress, "PER_PAGE_WITH_TEXT", 5)


def test_all_pages_come_in(site: WordPressDouble, path: Path) -> None:
    outcome = sync(site.url, path)
    assert (outcome.report.new, outcome.complete, outcome.notes) == (23, True, ())
    assert right(path, site)


@pytest.mark.parametrize(
    "when", ["orderby=modified&order=asc&per_page=5&page=2", "orderby=id&order=asc&per_page=5&page=3"]
)
def test_a_site_that_changes_under_the_reader_is_read_rightly(
    site: WordPressDouble, path: Path, when: str
) -> None:
    """An edit moves a post to the end, a deletion moves others over an edge, a new post comes in between."""
    done: list[str] = []

    def change(address: str) -> None:
        if when in address and not done:
            done.append(address)
            site.edit(1, "<p>Edited while it was being read, and longer than before.</p>", at=LATER)
            site.edit(2, "<p>This one, too, was edited in the same moment.</p>", at=LATER)
            site.posts.pop(3)
            site.add(50)
            site.add(51, modified_at=BEGAN_AT)

    site.before = change
    sync(site.url, path)
    assert done
    sync(site.url, path)  # what was there at first, and went, is found out by asking for it
    withdrawn = path.with_suffix(".withdrawn")
    gone = withdrawn.read_text(encoding="utf-8").splitlines() if withdrawn.exists() else []
    kept = [article for article in articles(path) if not any(line.startswith(article.id) for line in gone)]
    assert {article.url for article in kept} == {f"{site.url}{post.slug}/" for post in site.posts.values()}
    texts = {article.url: article.sections[0].text for article in kept}
    assert texts[f"{site.url}post-1/"].startswith("Edited while")
    assert texts[f"{site.url}post-2/"].startswith("This one, too")


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (hang, "did not answer in full"),
        (drip_body, "did not answer in full"),
        (drop, "broke off"),
        (drop_half_way, "broke off"),
        (bomb, "unpacks to more than"),
        (partial(bomb, megabytes=1000), "too large"),
        (promise_too_much, "too large"),
        (endless, "too large"),
        (answer(503, "busy"), "503"),
        (answer(429, "slowly", Retry_After="60"), "asks to wait 60"),
        (answer(200, b"\x89PNG", kind="image/png"), "not text"),
        (redirect("http://169.254.169.254/latest/meta-data/"), "not a public address"),
        (redirect("file:///etc/passwd"), "only http and https"),
        (redirect("http://[::ffff:10.0.0.1]/"), "not a public address"),
    ],
)
def test_a_site_in_trouble_costs_this_run_and_nothing_else(
    site: WordPressDouble, path: Path, act: Act, said: str
) -> None:
    sync(site.url, path)
    assert right(path, site)
    before = [article.hash for article in articles(path)]
    site.posts.pop(9)
    with SyncState(path, origin=site.url) as state:
        state.start_over()  # so that all pages are read again
    site.fault("page=3", act, times=-1)
    outcome = sync(site.url, path, timeout_s=0.5 if act in (hang, drip_body) else 20)
    assert not outcome.complete
    assert said in outcome.report.rejected[-1].reason
    assert [article.hash for article in articles(path)] == before
    assert not path.with_suffix(".withdrawn").exists()
    site.mend()
    assert sync(site.url, path).report.withdrawn == 1


@pytest.mark.parametrize(
    "act",
    [
        answer(401, '{"code": "rest_login_required"}', kind="application/json"),
        answer(403, "<h1>Forbidden</h1>"),
        answer(200, "<html>Checking your browser</html>"),
        half,
        promise_less,
    ],
)
@pytest.mark.parametrize("where", ["/wp/v2/posts", "per_page=5&page=3"])
def test_an_interface_that_is_shut_is_gone_around(
    site: WordPressDouble, path: Path, act: Act, where: str
) -> None:
    site.fault(where, act, times=-1)
    outcome = sync(site.url, path)
    assert outcome.via == "feed"
    assert outcome.notes
    assert outcome.complete
    assert right(path, site)
    site.mend()
    assert sync(site.url, path).complete
    assert right(path, site)


def test_a_bomb_takes_little_memory(site: WordPressDouble, path: Path) -> None:
    site.fault("/wp/v2/posts", partial(bomb, megabytes=1000))
    tracemalloc.start()
    sync(site.url, path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60_000_000  # the double's own copy of the packed bomb, a megabyte, is in it


@pytest.mark.parametrize(
    "where", ["front", "orderby=modified&order=asc&per_page=5&page=4", "orderby=id", "page=3"]
)
def test_a_killed_sync_goes_on_where_it_was(site: WordPressDouble, path: Path, where: str) -> None:
    processes: list[subprocess.Popen[bytes]] = []

    def kill(address: str) -> None:
        if where in address or (where == "front" and address == "/"):
            site.before = None
            os.kill(processes[0].pid, signal.SIGKILL)

    site.before = kill
    with site.lock:  # no request is served before the process is known
        processes.append(subprocess.Popen([sys.executable, "-c", READER, site.url, str(path)], cwd=ROOT))
    assert processes[0].wait(30) == -signal.SIGKILL
    read = len([address for address in site.requests if "_embed" in address])
    site.requests.clear()
    site.edit(1, "<p>Edited between the two syncs, so that it moves.</p>", at=LATER)
    outcome = sync(site.url, path)
    assert outcome.complete
    assert right(path, site)
    assert sum((outcome.report.new, outcome.report.changed, outcome.report.unchanged)) == 23
    if "page=4" in where:
        # Three pages were stored: they are not read again, but for the one that was edited.
        assert read == 4
        first = next(address for address in site.requests if "orderby=modified" in address)
        assert first.endswith("&page=4")


def test_a_sync_killed_in_the_feed_reads_the_rest_of_it(site: WordPressDouble, path: Path) -> None:
    processes: list[subprocess.Popen[bytes]] = []
    site.fault("/wp/v2/", answer(403, "no"), times=-1)

    def kill(address: str) -> None:
        if "paged=2" in address:
            site.before = None
            os.kill(processes[0].pid, signal.SIGKILL)

    site.before = kill
    with site.lock:
        processes.append(subprocess.Popen([sys.executable, "-c", READER, site.url, str(path)], cwd=ROOT))
    assert processes[0].wait(30) == -signal.SIGKILL
    assert len(articles(path)) == 10
    assert sync(site.url, path).report.new == 13
    assert right(path, site)


def test_versions_are_dated_by_the_clock_that_was_passed(site: WordPressDouble, path: Path) -> None:
    clock = FixedClock(datetime(2026, 3, 3, tzinfo=UTC))
    with ContentStore(path) as store, SyncState(path, origin=site.url) as state:
        sync_wordpress(
            site.url,
            store=store,
            state=state,
            fetcher=Fetcher(allow_loopback=True),
            clock=clock,
            withdraw=lambda *_: None,
        )
        (_, _, seen_at) = store.versions(store.articles()[0].id)[0]
    assert seen_at == clock.now()
