from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from newsletter.content import store as store_module
from newsletter.content.article import Article, Kind
from newsletter.content.schema import migrations
from newsletter.content.sources.markdown import parse_markdown
from newsletter.content.store import ContentStore
from newsletter.errors import ContentError
from tests.unit.content.page import MARKDOWN
from tests.unit.factory import snapshot, usable_articles

NOW = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)


def make(title: str = "Tennis Elbow", **changes: object) -> Article:
    text = MARKDOWN.replace("Tennis Elbow", title).replace(
        "url: https://harbour.example.org/tennis-elbow/\n", ""
    )
    return parse_markdown(text, name=title).model_copy(update=changes)


@pytest.fixture
def store(tmp_path: Path):
    with ContentStore(tmp_path / "content.db") as opened:
        yield opened


def dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def test_an_article_comes_back_as_it_was_saved(store: ContentStore) -> None:
    article = make()
    assert store.save(article, seen_at=NOW) == "new"
    assert store.get(article.id) == article
    assert store.get(article.id[:8]) == article


def test_saving_again_changes_nothing_in_the_file(store: ContentStore) -> None:
    store.save(make(), seen_at=NOW)
    before = dump(store.path)
    assert store.save(make(), seen_at=NOW + timedelta(days=1)) == "unchanged"
    assert dump(store.path) == before


def test_a_changed_page_is_a_new_version_and_the_old_one_stays(store: ContentStore) -> None:
    old, new = make(), make(reviewed_on=date(2026, 6, 1))
    store.save(old, seen_at=NOW)
    assert store.save(new, seen_at=NOW + timedelta(days=1)) == "changed"
    assert store.get(old.id) == new
    assert store.get(old.id, version=1) == old
    assert [(number, seen_at) for number, _, seen_at in store.versions(old.id)] == [
        (1, NOW),
        (2, NOW + timedelta(days=1)),
    ]
    with pytest.raises(ContentError, match="no version 3"):
        store.get(old.id, version=3)


def test_the_list_shows_each_article_once_by_title(store: ContentStore) -> None:
    for title in ("zoster", "Asthma"):
        store.save(make(title), seen_at=NOW)
    listed = store.articles()
    assert [one.title for one in listed] == ["Asthma", "zoster"]
    assert listed[0].reviewed_on == date(2026, 5, 14)
    assert listed[0].topics == ("joints", "pain")
    assert (listed[0].sections, listed[0].version) == (3, 1)


def test_an_unknown_or_doubtful_id_is_an_error_that_helps(store: ContentStore) -> None:
    for title in ("Asthma", "Asthma attack"):
        store.save(make(title), seen_at=NOW)
    with pytest.raises(ContentError, match="fits more than one: asthma-"):
        store.get("asthma")
    with pytest.raises(ContentError, match="articles list"):
        store.get("gout")
    with pytest.raises(ContentError, match="not in the content store"):
        store.get("")
    with pytest.raises(ContentError, match="not in the content store"):
        store.get("%")


def test_search_finds_sections_by_words_titles_first(store: ContentStore) -> None:
    store.save(make("Asthma"), seen_at=NOW)
    store.save(make("Gout"), seen_at=NOW)
    hits = store.search("gout ibuprofen")
    assert [(hit.title, hit.heading, hit.kind) for hit in hits] == [("Gout", "Treatment", Kind.TREATMENT)]
    assert ("Ibuprofen", True) in hits[0].snippet
    assert {hit.title for hit in store.search("asth")} == {"Asthma"}
    assert store.search("begin sudden")[0].kind is Kind.TYPES


def test_search_forgets_text_that_was_replaced(store: ContentStore) -> None:
    store.save(make(), seen_at=NOW)
    store.save(make(sections=make().sections[:1]), seen_at=NOW)
    assert store.search("ibuprofen") == []
    assert len(store.search("elbow")) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text(max_size=30))
def test_any_words_can_be_searched(store: ContentStore, words: str) -> None:
    assert store.search(words + ' "unclosed AND ( NEAR * ^') == []
    store.search(words)


def test_only_reviewed_articles_that_stand_may_be_used(store: ContentStore) -> None:
    usable = make("Usable")
    store.save(usable, seen_at=NOW)
    store.save(make("Unreviewed", reviewed_on=None, status="unreviewed"), seen_at=NOW)
    store.save(make("Withdrawn", status="withdrawn"), seen_at=NOW)
    store.save(make("Also usable"), seen_at=NOW)
    assert [article.title for article in usable_articles(store)] == ["Also usable", "Usable"]


def test_the_snapshot_depends_on_the_content_alone(tmp_path: Path) -> None:
    titles = ["Asthma", "Gout", "Zoster"]
    snapshots = []
    for name, order in (("a", titles), ("b", titles[::-1])):
        with ContentStore(tmp_path / f"{name}.db") as store:
            for days, title in enumerate(order):
                store.save(make(title), seen_at=NOW + timedelta(days=days))
            snapshots.append(snapshot(store))
            store.save(make("Asthma", reviewed_on=date(2026, 6, 1)), seen_at=NOW)
            snapshots.append(snapshot(store))
    assert snapshots[0] == snapshots[2] != snapshots[1] == snapshots[3]


def test_a_file_that_is_no_database_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    path = tmp_path / "content.db"
    path.write_text("Dear diary, today I was no database. " * 50, encoding="utf-8")
    with pytest.raises(ContentError, match="ingest again"):
        ContentStore(path)
    with pytest.raises(ContentError, match="cannot be used"):
        ContentStore(tmp_path / "no" / "folder" / "content.db")


def test_looking_does_not_make_an_empty_store(tmp_path: Path) -> None:
    path = tmp_path / "content.db"
    with pytest.raises(ContentError, match="newsletter ingest"):
        ContentStore(path, must_exist=True)
    assert not path.exists()


def test_a_store_written_in_a_later_form_says_so(store: ContentStore) -> None:
    article = make()
    store.save(article, seen_at=NOW)
    connection = sqlite3.connect(store.path)
    connection.execute("update version set document = '{}'")
    connection.commit()
    connection.close()
    with pytest.raises(ContentError, match="cannot read"):
        store.get(article.id)


def test_two_writers_at_once_wait_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "content.db"
    faults: list[Exception] = []

    def write(prefix: str) -> None:
        try:
            with ContentStore(path) as store:
                for number in range(10):
                    store.save(make(f"{prefix} {number}"), seen_at=NOW)
        except Exception as error:  # noqa: BLE001 - told to the test below
            faults.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in ("Asthma", "Gout")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with ContentStore(path) as store:
        assert len(store.articles()) == 20


def test_many_articles_are_saved_like_one_after_the_other(
    store: ContentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "BATCH", 2)
    titles = ["Asthma", "Gout", "Zoster", "Asthma"]
    assert store.save_many((make(title) for title in titles), seen_at=NOW) == [
        "new",
        "new",
        "new",
        "unchanged",
    ]
    assert len(store.articles()) == 3
    assert store.save_many([], seen_at=NOW) == []


def test_what_was_saved_before_a_bad_document_stays(
    store: ContentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "BATCH", 1)

    def read() -> Iterator[Article]:
        yield make("Asthma")
        raise ContentError("page", "cannot be read")

    with pytest.raises(ContentError, match="page"):
        store.save_many(read(), seen_at=NOW)
    assert [one.title for one in store.articles()] == ["Asthma"]


def test_a_document_that_was_read_is_known_until_the_rules_change(
    store: ContentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = make()
    store.save(article, seen_at=NOW)
    assert store.known_source("folder/a.md") is None
    store.remember_source("folder/a.md", "hash 1", article.id)
    assert (store.known_source("folder/a.md"), store.source_articles("folder/a.md")) == (
        "hash 1",
        [article.id],
    )
    store.remember_source("folder/a.md", "hash 2", article.id)
    assert store.known_source("folder/a.md") == "hash 2"
    monkeypatch.setattr(store_module, "rules", lambda: "other tables")
    assert store.known_source("folder/a.md") is None


def test_a_document_whose_article_is_gone_has_to_be_read_again(store: ContentStore) -> None:
    store.remember_sources([("a.md", "hash", "no-such-article")])
    assert store.known_source("a.md") is None
    assert store.known_source("a.md") is None


def test_the_list_can_be_cut_down_to_reviews_that_hold_are_overdue_or_missing(store: ContentStore) -> None:
    reviews = {"Good": date(2025, 1, 1), "Old": date(2020, 1, 1), "Future": date(2030, 1, 1), "None": None}
    for title, reviewed_on in reviews.items():
        store.save(make(title, reviewed_on=reviewed_on), seen_at=NOW)
    on = date(2026, 6, 1)
    states = {
        state: [one.title for one in store.articles_by_review(state, on)]
        for state in ("reviewed", "overdue", "missing")
    }
    assert states == {"reviewed": ["Good"], "overdue": ["Old"], "missing": ["Future", "None"]}
    assert store.articles_by_review("overdue", on, limit=timedelta(days=100))[0].title == "Good"


def test_the_list_says_who_reviewed_an_article_and_how_it_may_be_used(store: ContentStore) -> None:
    store.save(make(licence="CC BY 4.0"), seen_at=NOW)
    (listed,) = store.articles()
    assert (listed.reviewer, listed.licence, listed.lang, listed.duplicate_of) == (
        "Dr A. Example",
        "CC BY 4.0",
        "en-GB",
        "",
    )


def test_a_store_of_the_first_release_opens_and_its_articles_are_still_there(tmp_path: Path) -> None:
    path = tmp_path / "content.db"
    database = Database(path)
    migrations.apply(database, stop_before="0002_trust")
    old = make().model_dump_json(exclude={"licence"})
    database.execute("insert into version values ('a', 1, 'h', '2026-01-01T00:00:00+00:00', ?)", [old])
    database.execute(
        "insert into article (id, title, status, version, hash, topics) values "
        "('a', 'Tennis Elbow', 'usable', 1, 'h', '[]')"
    )
    database.conn.commit()
    database.close()
    with ContentStore(path) as store:
        assert store.get("a").licence == ""
        assert store.articles()[0].reviewer == ""
        assert store.save(make(id="a"), seen_at=NOW) == "changed"
