"""Titles of other pages below "Related Posts": none stays in a section, and no advice goes with them."""

from __future__ import annotations

import pytest

from newsletter.content.article import Article
from newsletter.content.sources.capture import parse_capture

HEAD = "Gout\n\nGout is a painful kind of arthritis.\n\nTreatment Options:\n\n  1. Rest the joint.\n\n"


def parse(body: str) -> Article:
    return parse_capture(f"{HEAD}{body}", name="gout")


@pytest.mark.parametrize(
    "heading",
    [
        "Related Posts",
        "Related articles:",
        "You may also like",
        "Popular posts",
        "Recommended for you",
        "More from this category",
        "Readers also viewed",
    ],
)
@pytest.mark.parametrize(
    "titles", ["  - Asthma attack\n  - Hives", "Asthma attack\nHives", "• Asthma attack\n\n• Hives"]
)
@pytest.mark.parametrize(
    "end", ["", "\n\nReferences\n\n  1. Example A. 2020.\n", "\n\nConclusion:\n\nIt goes.\n"]
)
def test_titles_of_related_pages_are_in_no_section(heading: str, titles: str, end: str) -> None:
    article = parse(f"{heading}\n\n{titles}{end}")
    assert article.sections[1].text == "1. Rest the joint."
    assert {"title of a related page"} == {left.why for left in article.left_out if "Hives" in left.line}
    assert len(article.references) == ("References" in end)


@pytest.mark.parametrize("heading", ["Read more", "More from BodyWise", "See also"])
def test_what_may_be_a_button_heads_titles_in_capitals_only(heading: str) -> None:
    assert parse(f"{heading}\n\n- Asthma Attack\n- Hives\n").sections[-1].text == "1. Rest the joint."
    assert "Raise the leg" in parse(f"{heading}\n\n- Raise the leg\n- Tape it\n").sections[-1].text


@pytest.mark.parametrize(
    "advice",
    [
        "- Call 999 if you cannot breathe",
        "- Take 400 mg with food",
        "Do not stop allopurinol",
        "Rest comes first.",
        "  2. Raise the leg",
        "Prevention",
        "What to drink\n\nDrink water.",
    ],
)
def test_advice_below_related_titles_is_kept(advice: str) -> None:
    said = "\n".join(
        f"{one.heading}\n{one.text}" for one in parse(f"Related Posts\n\n{advice}\n\nIt helps.\n").sections
    )
    assert all(line.lstrip("- 2.") in said for line in advice.split("\n"))


def test_titles_without_marks_end_where_a_list_or_paragraph_begins() -> None:
    article = parse("Related Posts\nHives\nRaine syndrome\n\nPrevention\n\nDrink water.\n")
    assert [one.text for one in article.sections[1:]] == ["1. Rest the joint.", "Drink water."]


def test_a_list_that_goes_on_behind_a_button_is_kept_and_one_of_sentences_is_none() -> None:
    between = "- Raise the leg\n- Tape it\n\nRelated Posts\n\n- Ice in a towel\n- Warm socks\n"
    assert "Warm socks" in parse(between).sections[-1].text
    ended = "- Raise the leg. who.intheart.org\n\nRelated Posts\n\n- hives\n- long QT syndrome 8\n"
    assert "hives" not in parse(ended).sections[-1].text
