from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from newsletter.clock import FixedClock
from newsletter.content.store import ContentStore
from newsletter.workflows.ingest import ALONE, ingest
from tests.unit.content.page import CAPTURE, MARKDOWN
from tests.unit.factory import snapshot, usable_articles


@pytest.fixture
def store(tmp_path: Path):
    with ContentStore(tmp_path / "content.db") as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two articles, one of them deeper, and files that are none."""
    folder = tmp_path / "articles"
    (folder / "deep").mkdir(parents=True)
    (folder / "elbow.md").write_text(MARKDOWN, encoding="utf-8")
    (folder / "deep" / "page.txt").write_text(CAPTURE, encoding="utf-8")
    (folder / "README.md").write_text("# About these\n\nText.", encoding="utf-8")
    (folder / "__init__.py").write_text("", encoding="utf-8")
    (folder / ".hidden.md").write_text("x", encoding="utf-8")
    return folder


def test_a_folder_is_read_with_all_below_it(folder: Path, store: ContentStore, clock: FixedClock) -> None:
    report = ingest(folder, store=store, clock=clock)
    assert (report.new, report.changed, report.unchanged, report.rejected) == (2, 0, 0, [])
    assert len(store.articles()) == 2


def test_ingesting_again_changes_nothing(folder: Path, store: ContentStore, clock: FixedClock) -> None:
    ingest(folder, store=store, clock=clock)
    before = snapshot(store)
    report = ingest(folder, store=store, clock=clock)
    assert (report.new, report.changed, report.unchanged) == (0, 0, 2)
    assert snapshot(store) == before


def test_a_changed_page_is_reported_as_changed(folder: Path, store: ContentStore, clock: FixedClock) -> None:
    ingest(folder, store=store, clock=clock)
    page = folder / "elbow.md"
    page.write_text(MARKDOWN.replace("begins suddenly", "begins at once"), encoding="utf-8")
    report = ingest(folder, store=store, clock=clock)
    assert (report.new, report.changed, report.unchanged) == (0, 1, 1)


def test_one_bad_document_never_stops_the_others(
    folder: Path, store: ContentStore, clock: FixedClock
) -> None:
    (folder / "a-bad.md").write_text("---\ntitel: Asthma\n---\nText.", encoding="utf-8")
    (folder / "b-bad.txt").write_bytes(b"\0\1\2")
    report = ingest(folder, store=store, clock=clock)
    assert report.new == 2
    assert [rejected.item for rejected in report.rejected] == ["a-bad.md", "b-bad.txt"]
    assert "Did you mean title?" in report.rejected[0].reason


def test_a_review_date_is_given_only_to_those_without(
    folder: Path, store: ContentStore, clock: FixedClock
) -> None:
    bare = MARKDOWN.replace("reviewed_on: 2026-05-14\n", "").replace("title: Tennis Elbow", "title: Bare")
    (folder / "bare.md").write_text(
        bare.replace("url: https://harbour.example.org/tennis-elbow/\n", ""), "utf-8"
    )
    ingest(folder, store=store, clock=clock)
    assert {one.title for one in usable_articles(store)} == {"Tennis Elbow"}
    ingest(folder, store=store, clock=clock, reviewed_on=date(2026, 1, 1))
    days = {one.title: one.reviewed_on for one in store.articles()}
    assert days == {"Bare": date(2026, 1, 1), "Tennis Elbow": date(2026, 5, 14)}
    assert {one.title for one in usable_articles(store)} == {"Bare", "Tennis Elbow"}


def test_named_files_that_are_no_documents_are_rejected(
    tmp_path: Path, store: ContentStore, clock: FixedClock
) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    reports = [
        ingest(path, store=store, clock=clock) for path in (tmp_path / "a.pdf", tmp_path / "nowhere.md")
    ]
    assert reports[0].rejected[0].reason.startswith("is not a document: allowed are .atom, .htm, .html,")
    assert reports[1].rejected[0].reason == "does not exist"


def test_two_documents_that_are_one_article_cannot_both_come_in(
    folder: Path, store: ContentStore, clock: FixedClock
) -> None:
    (folder / "z-copy.md").write_text(MARKDOWN + "\nMore.\n", encoding="utf-8")
    ingest(folder, store=store, clock=clock)
    report = ingest(folder, store=store, clock=clock)
    assert [rejected.item for rejected in report.rejected] == ["z-copy.md"]
    assert "elbow.md" in report.rejected[0].reason
    assert report.unchanged == 2


def test_the_same_file_named_twice_is_read_twice_and_stays_one(
    folder: Path, store: ContentStore, clock: FixedClock
) -> None:
    reports = [ingest(folder / "elbow.md", store=store, clock=clock) for _ in range(2)]
    assert [(report.new, report.unchanged) for report in reports] == [(1, 0), (0, 1)]


def test_a_file_that_has_not_changed_is_not_read_again(
    folder: Path, store: ContentStore, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(folder, store=store, clock=clock)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr("newsletter.workflows.ingest.read_items", refuse)
    assert ingest(folder, store=store, clock=clock).unchanged == 2


@pytest.mark.long
def test_a_big_folder_is_read_by_several_processes_with_the_same_result(
    tmp_path: Path, store: ContentStore, clock: FixedClock
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(ALONE + 20):
        page = MARKDOWN.replace("Tennis Elbow", f"Tennis Elbow {number}").replace(
            "tennis-elbow/", f"e{number}/"
        )
        (folder / f"{number:03}.md").write_text(page.replace("begins suddenly", f"begins {number}"), "utf-8")
    (folder / "zz.md").write_bytes(b"\0")
    told: list[tuple[int, int]] = []
    report = ingest(folder, store=store, clock=clock, progress=lambda done, of: told.append((done, of)))
    assert report.new == ALONE + 20
    assert [rejected.item for rejected in report.rejected] == ["zz.md"]
    assert told[-1] == (ALONE + 21, ALONE + 21)
    with ContentStore(tmp_path / "alone.db") as other:
        for path in sorted(folder.glob("*.md")):
            ingest(path, store=other, clock=clock)
        assert snapshot(other) == snapshot(store)


WXR = """<?xml version="1.0"?>
<rss xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><wp:wxr_version>1.2</wp:wxr_version>
<item><title>Tennis Elbow</title><link>https://harbour.example.org/tennis-elbow/</link>
<content:encoded><![CDATA[<p>Tennis elbow is pain on the outer side.</p>
<h2>Symptoms</h2><p>It hurts.</p>]]></content:encoded>
<wp:post_id>1</wp:post_id><wp:post_name>tennis-elbow</wp:post_name><wp:status>publish</wp:status>
<wp:post_type>post</wp:post_type></item>
<item><title>Draft</title><content:encoded><![CDATA[<p>Not yet.</p>]]></content:encoded>
<wp:post_id>2</wp:post_id><wp:status>draft</wp:status><wp:post_type>post</wp:post_type></item>
</channel></rss>
"""


def test_an_export_file_brings_its_published_posts(
    tmp_path: Path, store: ContentStore, clock: FixedClock
) -> None:
    export = tmp_path / "export.xml"
    export.write_text(WXR, encoding="utf-8")
    report = ingest(export, store=store, clock=clock, reviewed_on=date(2026, 1, 1))
    assert report.new == 1
    assert [one.title for one in usable_articles(store)] == ["Tennis Elbow"]
    assert len(report.rejected) == 1
    assert ingest(export, store=store, clock=clock, reviewed_on=date(2026, 1, 1)).unchanged == 1


def test_a_broken_export_leaves_the_store_as_it_was(
    tmp_path: Path, store: ContentStore, clock: FixedClock
) -> None:
    export = tmp_path / "export.xml"
    export.write_text(WXR.replace("</channel>", "</chanel>"), encoding="utf-8")
    report = ingest(export, store=store, clock=clock)
    assert (report.new, len(store.articles())) == (0, 0)
    assert "line 11" in report.rejected[0].reason


def test_an_export_read_again_is_reported_whole_and_keeps_its_articles(
    tmp_path: Path, store: ContentStore, clock: FixedClock
) -> None:
    folder = tmp_path / "mix"
    folder.mkdir()
    two = WXR.replace("</channel>", WXR[WXR.index("<item>") : WXR.index("</item>") + 7] + "</channel>")
    for old, new in (("<title>Tennis Elbow", "<title>Golf Elbow"), ("tennis-elbow/", "golf-elbow/")):
        two = two.replace(old, new, 1)
    (folder / "a.xml").write_text(two, encoding="utf-8")
    (folder / "z.md").write_text(MARKDOWN, encoding="utf-8")
    first = ingest(folder, store=store, clock=clock)
    before = snapshot(store)
    second = ingest(folder, store=store, clock=clock)
    assert (first.new, second.new, second.changed, second.unchanged) == (2, 0, 0, 2)
    assert "z.md" in [rejected.item for rejected in second.rejected]
    assert snapshot(store) == before


def test_of_one_page_under_two_addresses_the_older_is_used(
    tmp_path: Path, store: ContentStore, clock: FixedClock
) -> None:
    folder = tmp_path / "twice"
    folder.mkdir()
    for name in ("elbow-2", "elbow"):
        page = MARKDOWN.replace("/tennis-elbow/", f"/{name}/")
        (folder / f"{name}.md").write_text(page, encoding="utf-8")
    ingest(folder, store=store, clock=clock)
    assert [one.url for one in usable_articles(store)] == ["https://harbour.example.org/elbow/"]


def test_a_broken_feed_is_refused_with_its_line_and_changes_nothing(
    folder: Path, store: ContentStore, clock: FixedClock
) -> None:
    feed = folder / "feed.xml"
    item = (
        "<item><title>{}</title><guid>{}</guid>"
        "<description>&lt;h2&gt;Causes&lt;/h2&gt;Age.</description></item>"
    )
    whole = (
        f"<rss version='2.0'><channel><title>C</title>\n{item.format('Gout', 1)}\n{item.format('Flu', 2)}\n"
    )
    feed.write_text(f"{whole}</channel></rss>", encoding="utf-8")
    assert ingest(folder, store=store, clock=clock).new == 4
    before = snapshot(store)
    for broken in (whole.replace("Flu</title>", "Flu</wrong>"), whole[:-40]):
        feed.write_text(broken, encoding="utf-8")
        report = ingest(folder, store=store, clock=clock)
        assert (report.new, report.changed, report.withdrawn) == (0, 0, 0)
        assert [(one.item, "line 3" in one.reason) for one in report.rejected] == [("feed.xml", True)]
        assert snapshot(store) == before
