"""Every configured source, one report each; what one costs, no other pays."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from newsletter.clock import FixedClock
from newsletter.content.fetch import Fetcher
from newsletter.content.store import ContentStore
from newsletter.settings import SourceSettings
from newsletter.workflows.ingest import Rejected
from newsletter.workflows.sync_sources import Desk, sync_sources
from tests.unit.content.page import CAPTURE, MARKDOWN

PAGE = """<!doctype html><html lang="en"><head><title>Gout</title></head><body>
<nav>Home</nav><article>
<h1>Gout</h1><p>Gout is a painful swelling of a joint that comes in attacks.</p>
<h2>Symptoms</h2><ul><li>Sudden pain in one joint.</li><li>Red, warm skin.</li></ul></article>
</body></html>"""
FEED = """<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel><title>Health</title><item><title>Gout</title><link>https://harbour.example.org/gout/</link>
<content:encoded><![CDATA[<p>Gout is a painful swelling.</p>
<h2>Symptoms</h2><p>Sudden pain.</p>]]></content:encoded>
</item></channel></rss>"""


@contextmanager
def site(kind: str, body: str) -> Iterator[tuple[str, list[int]]]:
    """A page on loopback with an ETag; the second value can be emptied to make it vanish."""
    answers = [200]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = answers[0] if answers else 404
            if status == 200 and self.headers.get("If-None-Match") == '"1"':
                status = 304
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("ETag", '"1"')
            content = body.encode() if status == 200 else b""
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/gout/", answers
        finally:
            server.shutdown()


@pytest.fixture
def desk(tmp_path: Path, clock: FixedClock) -> Iterator[Desk]:
    withdrawn: list[str] = []
    with ContentStore(tmp_path / "content.db") as store:
        yield Desk(
            store,
            clock,
            Fetcher(allow_loopback=True),
            lambda article_id, _reason: withdrawn.append(article_id),
        )


def test_sources_are_read_in_their_order(tmp_path: Path, desk: Desk) -> None:
    (tmp_path / "page.txt").write_text(CAPTURE, encoding="utf-8")
    (tmp_path / "elbow.md").write_text(MARKDOWN, encoding="utf-8")
    sources = [
        SourceSettings(path=tmp_path / "page.txt", kind="capture"),
        SourceSettings(path=tmp_path / "elbow.md", kind="markdown", reviewed_on=date(2025, 1, 1)),
        SourceSettings(path=tmp_path / "missing"),
    ]
    reports = sync_sources(sources, desk)
    assert [(report.kind, report.new) for report in reports] == [("capture", 1), ("markdown", 1), ("auto", 0)]
    assert reports[2].rejected == [Rejected(str(tmp_path / "missing"), "does not exist")]


@pytest.mark.parametrize(("kind", "body"), [("text/html", PAGE), ("application/rss+xml", FEED)])
def test_a_page_or_feed_is_read_asked_again_only_if_changed_and_let_go_when_gone(
    desk: Desk, kind: str, body: str
) -> None:
    with site(kind, body) as (url, answers):
        source = SourceSettings(url=url, reviewed_on=date(2026, 1, 1))
        (first,) = sync_sources([source], desk)
        assert (first.new, first.rejected) == (1, [])
        assert [one.title for one in desk.store.usable_articles()] == ["Gout"]
        (second,) = sync_sources([source], desk)
        assert (second.new, second.unchanged) == (0, 1)
        answers.clear()
        (third,) = sync_sources([source], desk)
        assert third.withdrawn == (1 if kind == "text/html" else 0)


def test_a_site_that_is_down_costs_its_own_run_only(tmp_path: Path, desk: Desk) -> None:
    (tmp_path / "elbow.md").write_text(MARKDOWN, encoding="utf-8")
    down = SourceSettings(url="http://127.0.0.1:9/gout/")
    reports = sync_sources([down, SourceSettings(path=tmp_path / "elbow.md")], desk)
    assert reports[0].rejected[0].item == "http://127.0.0.1:9/gout/"
    assert reports[1].new == 1


def test_addresses_of_this_machine_are_refused_unless_opened(tmp_path: Path, clock: FixedClock) -> None:
    with site("text/html", PAGE) as (url, _), ContentStore(tmp_path / "content.db") as store:
        desk = Desk(store, clock, Fetcher(), lambda *_: None)
        (report,) = sync_sources([SourceSettings(url=url)], desk)
        assert report.new == 0
        assert len(report.rejected) == 1
