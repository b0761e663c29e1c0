"""Every configured source, one report each; what one costs, no other pays."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from newsletter.issues.withdrawal import withdrawn_articles
from newsletter.settings import SourceSettings
from newsletter.workflows.ingest import Rejected
from newsletter.workflows.sync_sources import Desk, open_desk, sync_sources
from newsletter.workflows.withdraw import OPERATOR, withdraw
from newsletter.workflows.workplace import Workplace
from tests.unit.content.page import CAPTURE, MARKDOWN
from tests.unit.factory import usable_articles

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


@dataclass
class Page:
    """What the server on loopback answers: change it between two syncs."""

    kind: str
    body: str
    status: int = 200
    redirect: bool = False


@contextmanager
def site(page: Page) -> Iterator[str]:
    """A page on loopback with an ETag."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            etag = f'"{hash(page.body)}"'
            status = page.status
            if page.redirect and self.path == "/gout/":
                self.send_response(302)
                self.send_header("Location", "/moved/")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if status == 200 and self.headers.get("If-None-Match") == etag:
                status = 304
            self.send_response(status)
            self.send_header("Content-Type", page.kind)
            self.send_header("ETag", etag)
            content = page.body.encode() if status == 200 else b""
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/gout/"
        finally:
            server.shutdown()


@pytest.fixture
def desk(workplace: Workplace) -> Iterator[Desk]:
    settings = workplace.settings.model_copy(update={"fetch_loopback": True})
    with open_desk(settings, workplace.database, workplace.clock) as opened:
        yield opened


def withdrawn(workplace: Workplace) -> set[str]:
    with workplace.database.read() as connection:
        return set(withdrawn_articles(connection))


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


CANONICAL = PAGE.replace("<title>", '<link rel="canonical" href="https://harbour.example.org/gout/"><title>')


@pytest.mark.parametrize("body", [PAGE, CANONICAL], ids=["its own address", "a canonical one"])
@pytest.mark.parametrize("way", ["direct", "redirected"])
def test_a_page_is_asked_again_only_if_changed_and_let_go_when_gone(
    desk: Desk, workplace: Workplace, body: str, way: str
) -> None:
    page = Page("text/html", body, redirect=way == "redirected")
    with site(page) as url:
        source = SourceSettings(url=url, reviewed_on=date(2026, 1, 1))
        (first,) = sync_sources([source], desk)
        assert (first.new, first.rejected) == (1, [])
        (one,) = usable_articles(desk.store)
        assert one.title == "Gout"
        assert sync_sources([source], desk)[0].unchanged == 1
        page.status = 410
        assert sync_sources([source], desk)[0].withdrawn == 1
        assert withdrawn(workplace) == {one.id}
        page.status = 200
        page.body = body.replace("Sudden pain", "Very sudden pain")
        sync_sources([source], desk)
        assert withdrawn(workplace) == set()


def test_what_an_operator_withdrew_does_not_come_back_by_itself(desk: Desk, workplace: Workplace) -> None:
    with site(Page("text/html", PAGE)) as url:
        source = SourceSettings(url=url, reviewed_on=date(2026, 1, 1))
        sync_sources([source], desk)
        (one,) = usable_articles(desk.store)
        withdraw(workplace.database, one.id, reason="wrong", actor=OPERATOR, clock=workplace.clock)
        sync_sources([source], desk)
    assert withdrawn(workplace) == {one.id}


def test_another_blanket_review_date_reaches_a_page_that_did_not_change(desk: Desk) -> None:
    with site(Page("text/html", PAGE)) as url:
        sync_sources([SourceSettings(url=url)], desk)
        assert usable_articles(desk.store) == []
        sync_sources([SourceSettings(url=url, reviewed_on=date(2026, 1, 1))], desk)
    assert [one.reviewed_on for one in usable_articles(desk.store)] == [date(2026, 1, 1)]


@pytest.mark.parametrize("kind", ["application/rss+xml", "text/plain"])
def test_a_feed_is_known_by_what_it_holds(desk: Desk, kind: str) -> None:
    with site(Page(kind, FEED)) as url:
        source = SourceSettings(url=url, reviewed_on=date(2026, 1, 1))
        assert sync_sources([source], desk)[0].new == 1
        assert [one.title for one in usable_articles(desk.store)] == ["Gout"]
        assert sync_sources([source], desk)[0].unchanged == 1


ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"
 xmlns:at="http://purl.org/atompub/tombstones/1.0"><title>Health</title>%s</feed>"""
ENTRY = """<entry><title>Gout</title><id>tag:x.example,2026:2</id>
<link href="https://harbour.example.org/gout/"/>
<content type="html">&lt;p&gt;Gout hurts.&lt;/p&gt;&lt;h2&gt;Symptoms&lt;/h2&gt;
&lt;p&gt;Pain.&lt;/p&gt;</content>
</entry>"""


def test_an_entry_that_a_feed_deletes_is_withdrawn(desk: Desk, workplace: Workplace) -> None:
    page = Page("application/atom+xml", ATOM % ENTRY)
    with site(page) as url:
        source = SourceSettings(url=url, reviewed_on=date(2026, 1, 1))
        sync_sources([source], desk)
        (one,) = usable_articles(desk.store)
        page.body = ATOM % '<at:deleted-entry ref="tag:x.example,2026:2" when="2026-03-02T00:00:00Z"/>'
        assert sync_sources([source], desk)[0].withdrawn == 1
    assert withdrawn(workplace) == {one.id}


def test_a_site_that_is_down_costs_its_own_run_only(tmp_path: Path, desk: Desk) -> None:
    (tmp_path / "elbow.md").write_text(MARKDOWN, encoding="utf-8")
    down = SourceSettings(url="http://127.0.0.1:9/gout/")
    reports = sync_sources([down, SourceSettings(path=tmp_path / "elbow.md")], desk)
    assert reports[0].rejected[0].item == "http://127.0.0.1:9/gout/"
    assert reports[1].new == 1


def test_a_source_that_fails_in_an_unforeseen_way_costs_its_own_run_only(
    tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elbow.md").write_text(MARKDOWN, encoding="utf-8")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("newsletter.workflows.sync_sources.sync_wordpress", fail)
    broken = SourceSettings(url="http://127.0.0.1:9/", kind="wordpress")
    reports = sync_sources([broken, SourceSettings(path=tmp_path / "elbow.md")], desk)
    assert "RuntimeError" in reports[0].rejected[0].reason
    assert reports[1].new == 1


def test_addresses_of_this_machine_are_refused_unless_opened(workplace: Workplace) -> None:
    with (
        site(Page("text/html", PAGE)) as url,
        open_desk(workplace.settings, workplace.database, workplace.clock) as desk,
    ):
        (report,) = sync_sources([SourceSettings(url=url)], desk)
    assert report.new == 0
    assert len(report.rejected) == 1
