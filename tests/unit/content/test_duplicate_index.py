"""Duplicates as the content store keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

import pytest

from newsletter.content.article import Article, Kind, Paragraph, Section
from newsletter.content.store import ContentStore
from tests.unit.content.test_duplicate import TEXT
from tests.unit.factory import usable_articles

NOW = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
OTHER = " ".join(reversed(TEXT.split()))


def make(name: str, text: str = TEXT, **changes: object) -> Article:
    section = Section(position=0, heading="Gout", kind=Kind.OVERVIEW, blocks=(Paragraph(html=text),))
    article = Article(
        id=name, source="s", slug=name, title="Gout", sections=(section,), reviewed_on=date(2026, 1, 1)
    )
    return article.model_copy(update=changes)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ContentStore]:
    with ContentStore(tmp_path / "content.db") as opened:
        yield opened


def duplicates(store: ContentStore) -> dict[str, str]:
    return {one.id: one.duplicate_of for one in store.articles() if one.duplicate_of}


def usable(store: ContentStore, *withdrawn: str) -> list[str]:
    return [article.id for article in usable_articles(store, withdrawn=withdrawn)]


def test_the_second_of_two_same_pages_is_kept_and_never_used(store: ContentStore) -> None:
    for name in ("gout", "gout-2", "gout-3"):
        assert store.save(make(name), seen_at=NOW) == "new"
    store.save(make("other", OTHER), seen_at=NOW)
    assert duplicates(store) == {"gout-2": "gout", "gout-3": "gout"}
    assert usable(store) == ["gout", "other"]
    assert store.get("gout-2").title == "Gout"


def test_withdrawing_the_first_frees_the_second(store: ContentStore) -> None:
    store.save_many([make("b"), make("a"), make("c")], seen_at=NOW)
    store.save(make("b", status="withdrawn"), seen_at=NOW)
    assert (usable(store), duplicates(store)) == (["a"], {"c": "a"})
    store.save(make("b"), seen_at=NOW)
    assert (usable(store), duplicates(store)) == (["b"], {"a": "b", "c": "b"})


def test_a_first_one_withdrawn_elsewhere_is_replaced_by_one_only_when_asked(store: ContentStore) -> None:
    store.save_many([make("b"), make("a"), make("c")], seen_at=NOW)
    assert usable(store, "b") == ["a"]
    assert usable(store, "a", "b") == ["c"]
    assert usable(store, "c") == ["b"]


def test_a_first_one_that_now_says_something_else_frees_the_second(store: ContentStore) -> None:
    store.save_many([make("a"), make("b")], seen_at=NOW)
    store.save(make("a", OTHER), seen_at=NOW)
    assert duplicates(store) == {}
    store.save(make("b", OTHER), seen_at=NOW)
    assert duplicates(store) == {"b": "a"}


def test_an_unreviewed_page_does_not_stand_in_the_way_of_a_reviewed_one(store: ContentStore) -> None:
    unreviewed = make("a", reviewed_on=None, status="unreviewed")
    store.save_many([unreviewed, make("b")], seen_at=NOW)
    assert (usable(store), duplicates(store)) == (["b"], {"a": "b"})
    store.save(make("a"), seen_at=NOW)
    assert (usable(store), duplicates(store)) == (["a"], {"b": "a"})


def test_whatever_happened_before_each_page_is_used_once(tmp_path: Path) -> None:
    """After any history the store says the same as one that saw only the last of each article, in order."""
    chance = Random(7)
    for number in range(15):
        with (
            ContentStore(tmp_path / f"{number}.db") as store,
            ContentStore(tmp_path / f"{number}n.db") as new,
        ):
            names = ["a", "b", "c", "d", "e"]
            last = {name: make(name) for name in names}
            store.save_many(last.values(), seen_at=NOW)
            for _ in range(15):
                name = chance.choice(names)
                review = chance.choice([date(2026, 1, 1), None])
                status = chance.choice(["usable", "usable", "withdrawn"])
                last[name] = make(name, chance.choice([TEXT, OTHER]), reviewed_on=review, status=status)
                store.save(last[name], seen_at=NOW)
            new.save_many(last.values(), seen_at=NOW)
            assert (duplicates(store), usable(store)) == (duplicates(new), usable(new))
