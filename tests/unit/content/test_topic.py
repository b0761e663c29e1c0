from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.sources.markdown import parse_markdown
from newsletter.content.topic import topics_for, with_topics


@pytest.mark.parametrize(
    ("title", "topics"),
    [
        ("Asthma", ("lungs",)),
        ("Winer’s Nodular Calcinosis", ("skin",)),
        ("High Blood Pressure", ("blood pressure", "heart")),
        ("Type 2 diabetes", ("hormones", "metabolism")),
        ("A day in the clinic", ()),
        ("Earth sciences", ()),
        ("Hay fever", ("allergies",)),
        ("Fever in children, and what is not hay fever", ("allergies", "children", "infections")),
    ],
)
def test_a_title_gives_the_topics_it_speaks_of(title: str, topics: tuple[str, ...]) -> None:
    assert topics_for(title) == topics


def test_categories_come_first_in_the_houses_words() -> None:
    assert topics_for("Eczema", ["Respiratory System", "Uncategorized"]) == ("lungs", "skin")
    assert topics_for("Eczema", ["Skin", "SKIN ", "skin"]) == ("skin",)


def test_a_category_that_the_table_does_not_know_stays_in_lower_case() -> None:
    assert topics_for("Sailing", ["Sea Voyages"]) == ("sea voyages",)
    assert topics_for("Sailing", ["best doctors for sailors with bad luck near me"]) == ()


def test_only_an_article_without_topics_gets_some() -> None:
    bare = parse_markdown("---\ntitle: Asthma\n---\nIt wheezes.\n", name="a")
    named = parse_markdown("---\ntitle: Asthma\ntopics: [sport]\n---\nIt wheezes.\n", name="a")
    assert with_topics(bare).topics == ("lungs",)
    assert with_topics(with_topics(bare)) == with_topics(bare)
    assert with_topics(named) is named


@given(st.text(max_size=60), st.lists(st.text(max_size=40), max_size=4))
def test_any_title_and_categories_give_each_topic_once_in_lower_case(
    title: str, categories: list[str]
) -> None:
    topics = topics_for(title, categories)
    assert len(set(topics)) == len(topics)
    assert all(topic == topic.lower().strip() != "" for topic in topics)
