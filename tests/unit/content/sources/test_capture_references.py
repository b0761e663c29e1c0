"""The reference list at a saved page's end: every entry once and whole, and nothing else in it."""

from __future__ import annotations

import pytest

from newsletter.content.article import Article
from newsletter.content.sources.capture import parse_capture

HEAD = "Heel pain\n\nIt hurts.\n\nTreatment:\n\nRest.\n\n"
END = "\n\nGet our newsletter\n© 2026 Harbour Press\nHarbour Press\n"


def parse(references: str) -> Article:
    article = parse_capture(f"{HEAD}{references}{END}", name="heel-pain")
    assert [section.heading for section in article.sections] == ["Heel pain", "Treatment"]
    return article


def test_entries_that_go_on_below_are_one_each() -> None:
    article = parse(
        "References\n\n  1. First of all. 2019.\n  2. NICE guideline on heels\n     https://nice.example.org/heel\n"
        "  3. Bateman A. Heels and the people who have them, in town and in the country\n     2021;96:1-9. "
        "PMID: 1234\n4. Unindented B. Heels of people who walk a lot, in any kind of shoe\n2020;1:2-3."
    )
    assert [one.text for one in article.references] == [
        "First of all. 2019.",
        "NICE guideline on heels",
        "Bateman A. Heels and the people who have them, in town and in the country 2021;96:1-9. PMID: 1234",
        "Unindented B. Heels of people who walk a lot, in any kind of shoe 2020;1:2-3.",
    ]
    assert article.references[1].url == "https://nice.example.org/heel"


def test_entries_a_line_each_stay_apart() -> None:
    lines = [
        "Author A. Heels. 2010. PMID: 2000",
        "https://example.org/a?ref=2",
        "https://example.org/a?ref=3",
    ]
    assert [one.text for one in parse("References\n\n" + "\n".join(lines)).references] == lines


@pytest.mark.parametrize(
    "line",
    [
        "Example Heart Association",
        "National Institute of Examples",
        "Royal College of Heels",
        "Buchbinder R. Heel pain. Lancet",
        "Smith AB, van Dam C. Heel pain.",
    ],
)
@pytest.mark.parametrize("heading", ["Sources:", "References"])
def test_names_of_societies_and_citations_without_a_year_are_references(heading: str, line: str) -> None:
    assert [one.text for one in parse(f"{heading}\n\n{line}").references] == [line]


@pytest.mark.parametrize("heading", ["Related Topics", "Next Steps", "More Information"])
def test_links_below_the_references_are_no_section(heading: str) -> None:
    article = parse(f"References\n\n1. Example A. 2020.\n\n{heading}\n\nFibromyalgia\nLupus")
    assert len(article.references) == 1
    assert {"Fibromyalgia", "Lupus"} <= {left.line for left in article.left_out}


def test_what_a_reader_needs_is_kept_though_it_stands_below_the_references() -> None:
    article = parse("References\n\n1. Example A. 2020.\n\nNever take more than 4 g of paracetamol a day.")
    assert article.sections[-1].text == "Rest.\n\nNever take more than 4 g of paracetamol a day."
    page = f"{HEAD}References\n\n1. Example A. 2020.\n\nPrevention\n\nWear shoes."
    assert parse_capture(page, name="x").sections[-1].heading == "Prevention"


def test_lines_of_the_site_below_the_references_are_none() -> None:
    article = parse(
        "References\n\n  1. First of all. 2019.\n  2. A long title of an article about heels and the many "
        "people who have them, in towns\n\nDownload Mobile Apps\nKeep well with us\n\nBodyWise 2023\n\n"
        "BodyWise © 2023\n\nExplore\n\n  - Raine syndrome\n\nRelated Posts\n\n  - Fallen arches"
    )
    assert [one.text for one in article.references] == [
        "First of all. 2019.",
        "A long title of an article about heels and the many people who have them, in towns",
    ]


def test_an_entry_goes_on_below_a_blank_line_where_it_is_indented_or_an_address_follows() -> None:
    article = parse(
        "References\n\n  1. Heels\n\n     of people\n\n  2. Heels. 2019.\n\nhttps://nes.example.org/heel\n\n"
        "https://nes.example.org/other"
    )
    assert [one.text for one in article.references] == [
        "Heels of people",
        "Heels. 2019.",
        "https://nes.example.org/other",
    ]


@pytest.mark.parametrize(
    ("heading", "advice"),
    [
        ("When to seek urgent help", "Go to A&E if you have a fever."),
        ("When to call 999", "If you cannot breathe."),
        ("Next steps", "Do not stop allopurinol."),
        ("Next steps", "Take no more than 40 mg"),
    ],
)
def test_advice_below_the_references_is_a_section_again(heading: str, advice: str) -> None:
    page = f"{HEAD}References\n\n  1. NICE. 2020. https://nice.example.org/x\n\n{heading}\n\n{advice}{END}"
    article = parse_capture(page, name="heel-pain")
    assert (article.sections[-1].heading, article.sections[-1].text) == (heading, advice)
    assert [one.text for one in article.references] == ["NICE. 2020."]
