"""Searching as the content store does it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.content import search
from newsletter.content.article import Article, Kind, Paragraph, Section
from newsletter.content.store import ContentStore

NOW = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)


def make(title: str, *texts: str, heading: str = "Care") -> Article:
    sections = tuple(
        Section(position=number, heading=heading, kind=Kind.OTHER, blocks=(Paragraph(html=text),))
        for number, text in enumerate(texts)
    )
    return Article(id=title.lower(), source="s", slug="a", title=title, sections=sections)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ContentStore]:
    with ContentStore(tmp_path / "content.db") as opened:
        yield opened


def found(store: ContentStore, words: str) -> list[str]:
    return [hit.id for hit in store.search(words)]


def test_the_last_word_may_be_unfinished(store: ContentStore) -> None:
    store.save_many(
        [make("Asthma", "It wheezes."), make("Gout", "Ewing's toe, as it is called.")], seen_at=NOW
    )
    assert found(store, "whee") == ["asthma"]
    assert found(store, "toe as") == ["gout"]
    assert found(store, "ewing's") == ["gout"]
    assert found(store, "it") == ["asthma", "gout"]


def test_a_last_word_that_finds_nothing_is_a_beginning_but_for_one_letter(store: ContentStore) -> None:
    store.save_many([make("Heart", "Chest pain."), make("Lungs", "Chest pa, theory.")], seen_at=NOW)
    assert found(store, "chest pai") == ["heart"]
    assert found(store, "chest pa") == ["lungs"]
    assert found(store, "heart pa") == ["heart"]
    assert found(store, "chest the") == ["lungs"]
    assert found(store, "ch") == ["heart", "lungs"]
    assert found(store, "heart p") == []


def test_of_common_words_those_in_titles_and_headings_come_first(
    store: ContentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [make(f"Page {number}", "Pain and pain again, pain.") for number in range(9)]
    pages += [make("Pain", "A word."), make("Elbow", "Some text.", heading="Pain")]
    store.save_many(pages, seen_at=NOW)
    monkeypatch.setattr(search, "RANKED", 5)
    assert found(store, "pain")[:2] == ["pain", "elbow"]
    assert len(found(store, "pain")) == 8
    assert len({hit.id for hit in store.search("pain", limit=1)}) == 1


def test_hits_are_marked_and_those_alike_come_in_one_order(store: ContentStore) -> None:
    store.save_many([make("B", "A sore toe."), make("A", "A sore toe.", "A sore toe.")], seen_at=NOW)
    hits = store.search("sore")
    assert [(hit.id, hit.position) for hit in hits] == [("a", 0), ("a", 1), ("b", 0)]
    assert {hit.snippet for hit in hits} == {(("A ", False), ("sore", True), (" toe.", False))}


def test_a_store_of_before_learns_the_beginnings_of_words(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with ContentStore(path) as old:
        old.save(make("Asthma", "It wheezes."), seen_at=NOW)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("drop table section_fts")
        connection.execute(
            "create virtual table section_fts using fts5"
            "(title, heading, text, tokenize='porter', content='section')"
        )
        connection.execute("delete from _sqlite_migrations where name = '0005_beginnings'")
    with ContentStore(path) as store:
        assert found(store, "whe") == found(store, "as") == ["asthma"]
        store.save(make("Asthma", "It coughs."), seen_at=NOW)
        assert (found(store, "whe"), found(store, "cou")) == ([], ["asthma"])
    with closing(sqlite3.connect(path)) as connection:
        (made,) = connection.execute("select sql from sqlite_master where name = 'section_fts'").fetchone()
    assert "prefix='2 3'" in made


def test_what_was_looked_for_is_told_apart_from_the_rest_of_its_sentence(store: ContentStore) -> None:
    store.save(make("Sprain", "Rest the [left] arm, and cool the arm."), seen_at=NOW)
    (hit,) = store.search("arm")
    assert [text for text, is_found in hit.snippet if is_found] == ["arm", "arm"]
    assert "".join(text for text, _ in hit.snippet) == "Rest the [left] arm, and cool the arm."
