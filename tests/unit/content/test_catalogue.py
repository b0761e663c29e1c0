"""The catalogue: what rules on content leave of the store, and why the rest is left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.content.article import Kind
from newsletter.content.candidate import candidate, kind_bits
from newsletter.content.catalogue import Wanted
from newsletter.content.store import ContentStore
from tests.integration.article_source import told
from tests.unit.factory import DAY, REVIEWED

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WANTED = Wanted(first=DAY, last=DAY)


@pytest.fixture
def filled(tmp_path: Path):
    changes: dict[str, dict[str, object]] = {
        "plain": {},
        "british": {"lang": "en-GB", "regions": ("GB", "IE")},
        "german": {"lang": "de"},
        "english-not": {"lang": "enm"},
        "unreviewed": {"status": "unreviewed", "reviewed_on": None},
        "gone": {"status": "withdrawn"},
        "overdue": {"reviewed_on": DAY - timedelta(days=1096)},
        "ahead": {"reviewed_on": DAY + timedelta(days=1)},
        "taken": {},
    }
    with ContentStore(tmp_path / "content.db") as store:
        for name, change in changes.items():
            store.save(told(name).model_copy(update=change), seen_at=NOW)
        yield store


def names(store: ContentStore, wanted: Wanted) -> list[str]:
    return [one.id for one in store.catalogue(wanted).candidates]


def test_only_what_may_be_used_is_there_and_every_reason_is_counted(filled):
    wanted = replace(WANTED, withdrawn={"taken"})
    assert names(filled, wanted) == ["plain"]
    assert filled.catalogue(wanted).removed == {
        "another language": 2,
        "another region": 1,
        "no review date": 1,
        "withdrawn": 2,
        "review overdue": 1,
        "reviewed after that day": 1,
    }


def test_an_article_for_a_region_is_used_there(filled):
    assert names(filled, replace(WANTED, region="GB")) == ["british", "plain", "taken"]
    assert names(filled, replace(WANTED, language="de")) == ["german"]


def test_a_forecast_is_given_what_comes_into_review_on_the_way(filled):
    assert "ahead" in names(filled, replace(WANTED, last=DAY + timedelta(days=30)))


def test_articles_without_a_kind_that_the_layout_takes_are_left_out(filled):
    kinds = kind_bits(frozenset({Kind.FAQ}))
    assert names(filled, replace(WANTED, kinds=kinds)) == []


def test_what_is_read_is_what_was_made_of_the_article(filled):
    read = next(one for one in filled.catalogue(WANTED).candidates if one.id == "plain")
    assert read == candidate(told("plain"))
    assert read.sections == candidate(told("plain")).sections


def test_a_changed_article_is_a_changed_candidate(filled):
    filled.save(told("plain").model_copy(update={"topics": ("new",)}), seen_at=NOW)
    read = next(one for one in filled.catalogue(WANTED).candidates if one.id == "plain")
    assert read.topics == ("new",)


def test_a_store_from_before_there_were_candidates_gets_them(tmp_path):
    path = tmp_path / "content.db"
    with ContentStore(path) as store:
        store.save(told("plain"), seen_at=NOW)
        store._database.execute("drop table candidate")
        store._database.execute("alter table article drop column regions")
        store._database.execute("delete from _sqlite_migrations where name = '0003_candidates'")
    with ContentStore(path) as store:
        assert names(store, WANTED) == ["plain"]
    assert date(2026, 1, 12) == REVIEWED


@pytest.mark.parametrize("ahead", [-1100, -1, 0, 1, 30, 1095, 1096])
def test_what_was_read_once_serves_every_day_like_what_is_read_anew(filled, ahead):
    for name in ("second", "third"):  # duplicates of an article that its source let go: one steps in
        copied = told("plain").model_copy(update={"id": name, "reviewed_on": REVIEWED - timedelta(days=9)})
        filled.save(copied, seen_at=NOW)
    shelf, day = filled.shelf(), DAY + timedelta(days=ahead)
    for gone in ((), ("plain",)):
        wanted = replace(WANTED, first=day, last=day, withdrawn={"taken", *gone}, gone=gone)
        kept, anew = filled.catalogue(wanted, shelf), filled.catalogue(wanted)
        assert replace(kept, titles=None) == replace(anew, titles=None)
        assert sum(anew.removed.values()) + len(anew.candidates) == 11
        if gone and not ahead:
            assert [one.id for one in anew.candidates] == ["second"]


def test_what_is_stored_later_waits_for_the_next_look(filled):
    shelf = filled.shelf()
    filled.save(told("late"), seen_at=NOW)
    assert "late" not in [one.id for one in filled.catalogue(WANTED, shelf).candidates]
    assert "late" in names(filled, WANTED)
