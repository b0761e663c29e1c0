"""Topic editions: none that points at anybody, and one for every reader."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from newsletter.issues.topic_set import (
    MIN_READERS,
    canonical,
    editions_for,
    resolve,
    sets_of,
    subsets,
    topic_set_key,
    topics_in,
)

DAY = date(2026, 3, 3)
TOPICS = tuple("abcdefghijklmnopqrst")

_sets = st.lists(st.sampled_from("abcdef"), max_size=3, unique=True).map(lambda chosen: tuple(sorted(chosen)))
wishes = st.dictionaries(_sets, st.integers(1, 120), max_size=12)


def test_twenty_topics_make_1351_sets():
    assert len(sets_of(TOPICS)) == 1351


@given(wishes)
def test_every_edition_is_sent_to_fifty_readers_or_more_and_everybody_gets_one_within_their_topics(wanted):
    editions = editions_for(wanted)
    sent: Counter[tuple[str, ...]] = Counter()
    for topics, readers in wanted.items():
        edition = resolve(topics, editions)
        assert set(edition) <= set(topics)
        sent[edition] += readers
    assert () in editions
    assert all(sent[topics] >= MIN_READERS for topics in editions if topics)


def test_a_set_that_too_few_chose_is_sent_the_one_within_it_that_most_chose():
    editions = editions_for({("a", "b"): 49, ("a",): 60, ("b",): 55, ("c",): 3})
    assert set(editions) == {(), ("a",), ("b",)}
    assert resolve(("a", "b"), editions) == ("a",)
    assert resolve(("c",), editions) == ()


def test_few_readers_of_several_sets_may_fill_the_set_that_they_share():
    assert ("a",) in editions_for({("a", "b"): 30, ("a", "c"): 30})


def test_of_more_than_three_topics_every_one_has_its_day():
    seen: set[str] = set()
    for ahead in range(5):
        topics = canonical("abcdez", "abcdef", DAY + timedelta(days=ahead))
        assert len(topics) == 3
        assert topics == tuple(sorted(topics))
        seen |= set(topics)
    assert seen == set("abcde")


@given(_sets)
def test_a_sets_name_stands_for_it(topics):
    assert topics_in(topic_set_key(topics)) == topics
    assert len(list(subsets(topics))) == 2 ** len(topics)
