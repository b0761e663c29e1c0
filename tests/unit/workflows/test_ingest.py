from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from newsletter.clock import FixedClock
from newsletter.content.store import ContentStore
from newsletter.settings import SourceSettings
from newsletter.workflows.ingest import Rejected, ingest, ingest_sources
from tests.unit.content.page import CAPTURE, MARKDOWN


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
    (report,) = ingest([folder], store=store, clock=clock)
    assert (report.new, report.changed, report.unchanged, report.rejected) == (2, 0, 0, [])
    assert len(store.articles()) == 2


def test_ingesting_again_changes_nothing(folder: Path, store: ContentStore, clock: FixedClock) -> None:
    ingest([folder], store=store, clock=clock)
    snapshot = store.snapshot()
    (report,) = ingest([folder], store=store, clock=clock)
    assert (report.new, report.changed, report.unchanged) == (0, 0, 2)
    assert store.snapshot() == snapshot


def test_a_changed_page_is_reported_as_changed(folder: Path, store: ContentStore, clock: FixedClock) -> None:
    ingest([folder], store=store, clock=clock)
    page = folder / "elbow.md"
    page.write_text(MARKDOWN.replace("begins suddenly", "begins at once"), encoding="utf-8")
    (report,) = ingest([folder], store=store, clock=clock)
    assert (report.new, report.changed, report.unchanged) == (0, 1, 1)


def test_one_bad_document_never_stops_the_others(
    folder: Path, store: ContentStore, clock: FixedClock
) -> None:
    (folder / "a-bad.md").write_text("---\ntitel: Asthma\n---\nText.", encoding="utf-8")
    (folder / "b-bad.txt").write_bytes(b"\0\1\2")
    (report,) = ingest([folder], store=store, clock=clock)
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
    ingest([folder], store=store, clock=clock)
    assert {one.title for one in store.usable_articles()} == {"Tennis Elbow"}
    ingest([folder], store=store, clock=clock, reviewed_on=date(2026, 1, 1))
    days = {one.title: one.reviewed_on for one in store.articles()}
    assert days == {"Bare": date(2026, 1, 1), "Tennis Elbow": date(2026, 5, 14)}
    assert {one.title for one in store.usable_articles()} == {"Bare", "Tennis Elbow"}


def test_named_files_that_are_no_documents_are_rejected(
    tmp_path: Path, store: ContentStore, clock: FixedClock
) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    reports = ingest([tmp_path / "a.pdf", tmp_path / "nowhere.md"], store=store, clock=clock)
    assert [report.rejected[0].reason for report in reports] == [
        "is not a document: allowed are .markdown, .md, .txt",
        "does not exist",
    ]


def test_two_documents_that_are_one_article_cannot_both_come_in(
    folder: Path, store: ContentStore, clock: FixedClock
) -> None:
    (folder / "z-copy.md").write_text(MARKDOWN + "\nMore.\n", encoding="utf-8")
    ingest([folder], store=store, clock=clock)
    (report,) = ingest([folder], store=store, clock=clock)
    assert [rejected.item for rejected in report.rejected] == ["z-copy.md"]
    assert "elbow.md" in report.rejected[0].reason
    assert report.unchanged == 2


def test_the_same_file_named_twice_is_read_twice_and_stays_one(
    folder: Path, store: ContentStore, clock: FixedClock
) -> None:
    reports = ingest([folder / "elbow.md", folder / "elbow.md"], store=store, clock=clock)
    assert [(report.new, report.unchanged) for report in reports] == [(1, 0), (0, 1)]


def test_configured_sources_are_read_in_their_order(
    folder: Path, store: ContentStore, clock: FixedClock
) -> None:
    sources = [
        SourceSettings(path=folder / "deep", kind="capture"),
        SourceSettings(path=folder / "elbow.md", kind="markdown", reviewed_on=date(2025, 1, 1)),
        SourceSettings(path=folder / "missing"),
    ]
    reports = ingest_sources(sources, store=store, clock=clock)
    assert [(report.kind, report.new) for report in reports] == [("capture", 1), ("markdown", 1), ("auto", 0)]
    assert reports[2].rejected == [Rejected(str(folder / "missing"), "does not exist")]
