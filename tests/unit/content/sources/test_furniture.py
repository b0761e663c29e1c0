"""Furniture in mid-page takes nothing of the article with it, and none of it stays inside a section."""

from __future__ import annotations

import pytest

from newsletter.content.article import Article
from newsletter.content.sources.capture import parse_capture

HEAD = "Ankle sprain\n\nAn ankle sprain is a torn ligament.\n\n"


def parse_body(body: str) -> Article:
    return parse_capture(f"{HEAD}{body}\n", name="ankle-sprain")


def headings(article: Article) -> list[str]:
    return [section.heading for section in article.sections[1:]]


def said(article: Article) -> str:
    return "\n".join(f"{section.heading}\n{section.text}" for section in article.sections)


@pytest.mark.parametrize(
    "box",
    [
        "Subscribe to our newsletter",
        "Share this article",
        "Download our app",
        "Subscribe to our newsletter\n\nWe don't spam!\n\nFollow us on Facebook",
        "© Getty Images",
    ],
)
def test_sections_below_a_box_in_mid_page_are_kept(box: str) -> None:
    article = parse_body(
        f"Causes:\n\n  1. A twist\n  2. A fall\n\n{box}\n\nTreatment:\n\nIbuprofen 400 mg, at most "
        "1.2 g a day.\n\nPrevention:\n\nTape the ankle."
    )
    assert headings(article) == ["Causes", "Treatment", "Prevention"]
    assert "1.2 g a day." in said(article)
    assert "Tape the ankle." in said(article)
    assert box.split("\n", 1)[0] not in said(article)


@pytest.mark.parametrize(
    "line",
    [
        "Call 999 if the foot is cold and blue.",
        "Raise the foot",
        "Do Not Walk",
        "Rest.",
        "Tape it:",
        "Ice Packs for 10 minutes",
    ],
)
@pytest.mark.parametrize("end", ["", "\n\n© 2026 Harbour Press. All rights reserved.\nHarbour Press\nLogo"])
def test_a_last_line_below_a_share_line_is_kept(line: str, end: str) -> None:
    article = parse_body(f"Treatment:\n\nRest the foot.\n\nShare this article\n\n{line}{end}")
    assert line.rstrip(":") in said(article)
    assert "Harbour" not in said(article)


@pytest.mark.parametrize("line", ["Call 999 if it is blue", "Treatment", "Max 40 mg", "- Rest", "Ice helps."])
def test_what_says_something_is_no_publisher_though_it_stands_below_the_copyright_line(line: str) -> None:
    article = parse_body(f"Causes:\n\nA twist.\n\n© 2026 Harbour Press\n\n{line}\n\nMore of it.")
    assert line.lstrip("- ") in said(article)


def test_the_publishers_name_and_logo_at_the_end_are_left_out() -> None:
    article = parse_body(
        "Causes:\n\nA twist.\n\nGet our newsletter\nHarbourHealth\n"
        "© 2026 Harbour Health Ltd.\nCare Letters\nLogo"
    )
    assert said(article).endswith("Causes\nA twist.")


@pytest.mark.parametrize("heading", ["Contact", "Home", "Help", "Search", "Image", "More in Women"])
def test_a_word_of_menus_above_text_within_the_article_is_a_heading(heading: str) -> None:
    article = parse_body(f"Causes:\n\nA twist.\n\n{heading}\n\nA blow from outside does it too.")
    assert headings(article) == ["Causes", heading]


@pytest.mark.parametrize(
    "line",
    [
        "Next: see your doctor within 7 days",
        "Follow us closely: your mood may drop in the first two weeks.",
        "Next Steps After a Flare",
        "Previous heart attack",
        "Search for ticks on the skin.",
        "Source: contaminated water",
        "Image: both ankles from the side",
        "Also in children: 2 mg",
    ],
)
def test_a_line_of_the_article_that_begins_like_furniture_is_kept(line: str) -> None:
    assert line in said(parse_body(f"Treatment:\n\nRest the foot.\n\n{line}\n\nThen walk again."))


@pytest.mark.parametrize(
    "line",
    [
        "Photo: Getty Images",
        "Image by Ann Example from Pixabay",
        "Source: ExampleHealth",
        "Source: Example Heart Association",
        "You might be interested in: Heel pain",
        "Read also: Heel pain",
        "Share",
        "Next post: Heel pain",
    ],
)
def test_credits_and_links_to_other_pages_are_left_out_of_sections(line: str) -> None:
    article = parse_body(f"Treatment:\n\n  1. Rest\n\n{line}\n\n  2. Ice\n\nThen walk again.")
    assert line not in said(article)
    assert article.sections[1].text == "1. Rest\n2. Ice\n\nThen walk again."


def test_menus_are_furniture_at_both_ends_of_the_page() -> None:
    menu = "Home\nSearch\nHelp\nContact\n"
    article = parse_capture(
        f"{menu}\n{HEAD}Causes:\n\nA twist.\n\nPrivacy policy\n{menu}© 2026 Harbour Press", name="x"
    )
    assert article.title == "Ankle sprain"
    assert said(article).endswith("Causes\nA twist.")


INTRO = (
    "An ankle sprain is a torn ligament that most people get when they step on uneven ground, and it heals "
    "in a few weeks with rest and ice."
)
SECTIONS = "Causes:\n\nA twist.\n\nTreatment:\n\nRest.\n\nConclusion:\n\n" + INTRO


@pytest.mark.parametrize("top", ["Ankle sprain\n\n", "Harbour Health\nAnkle sprain\n\n"])
@pytest.mark.parametrize(
    "takeaways", ["", "  • You will read about Causes.\n  • You will read about Treatment.\n\n"]
)
@pytest.mark.parametrize(
    ("first", "second", "third"),
    [("Listen Now", "Summary", "Highlights"), ("Tools", "In short", "At a glance"), ("A", "About", "Notes")],
)
def test_a_tool_widget_is_known_by_the_copies_of_the_intro(
    top: str, takeaways: str, first: str, second: str, third: str
) -> None:
    widget = (
        f"{first}\n\nTap the button to hear this page.\n\nTranslate\n\n{INTRO[:70]}...\n\n"
        f"If it gets worse, seek urgent medical care.\n\n{second}\n\n{INTRO}\n\n{third}\n\n{takeaways}"
    )
    article = parse_capture(f"{top}Last reviewed: 14 May 2026\n{widget}{INTRO}\n\n{SECTIONS}", name="x")
    assert article.title == "Ankle sprain"
    assert [(section.heading, section.text) for section in article.sections] == [
        ("Ankle sprain", INTRO),
        ("Causes", "A twist."),
        ("Treatment", "Rest."),
        ("Conclusion", INTRO),
    ]
    assert article.reviewed_on is not None


def test_an_intro_that_is_the_conclusion_too_hides_nothing_between() -> None:
    article = parse_capture(f"Ankle sprain\n\n{INTRO}\n\n{SECTIONS}", name="x")
    assert headings(article) == ["Causes", "Treatment", "Conclusion"]
    assert article.sections[0].text == INTRO


def test_amounts_calls_and_lists_between_copies_are_kept() -> None:
    article = parse_capture(
        f"Ankle sprain\n\n{INTRO[:70]}...\n\nCall 999 if the foot is blue.\n\nTake 400 mg.\n\nNotes\n\n"
        f"{INTRO}\n\nCauses:\n\nA twist.",
        name="x",
    )
    assert "Call 999 if the foot is blue." in said(article)
    assert "Take 400 mg." in said(article)
    assert "Notes" not in said(article)


def test_short_paragraphs_between_repetitions_of_a_definition_are_kept() -> None:
    article = parse_capture(
        f"Ankle sprain\n\n{INTRO}\n\nDo not walk on it.\n\n{INTRO}\n\n"
        f"It swells.\n\n{INTRO}\n\nCauses:\n\nA twist.",
        name="x",
    )
    assert article.sections[0].text == f"Do not walk on it.\n\nIt swells.\n\n{INTRO}"


def test_a_list_of_facts_between_copies_is_kept_though_it_names_a_heading() -> None:
    facts = "  • Most causes are falls.\n  • Early treatment shortens it."
    article = parse_capture(f"Ankle sprain\n\n{INTRO[:70]}...\n\n{facts}\n\n{INTRO}\n\n{SECTIONS}", name="x")
    assert "Early treatment shortens it." in said(article)
    assert "Most causes are falls." in said(article)


@pytest.mark.parametrize("last", ["Email", "Print", "Save"])
def test_the_last_button_of_a_share_box_is_furniture_and_the_call_below_it_is_not(last: str) -> None:
    article = parse_body(
        f"Treatment:\n\nRest the foot.\n\nShare\nTweet\nPin\n{last}\n\nCall 999 if the foot is cold and blue."
    )
    assert article.sections[-1].text == "Rest the foot.\n\nCall 999 if the foot is cold and blue."


def test_an_appeal_above_a_page_without_title_line_is_no_title() -> None:
    page = "Donate now to keep this site free\n\nAn ankle sprain is a torn ligament.\n\nCauses:\n\nA twist.\n"
    assert parse_capture(page, name="ankle-sprain").title == "Ankle sprain"
