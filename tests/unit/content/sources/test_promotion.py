"""Headings that nothing marks as such: bold lines, items of lists, numbered lines."""

from __future__ import annotations

import pytest

from newsletter.content.article import Flag, Kind, ListBlock, Section
from newsletter.content.sources.html import parse_html
from newsletter.content.sources.markdown import parse_markdown

LISTED = [("Symptoms", "Pain."), ("Treatment", "Colchicine 0.5 mg.")]


def sections(body: str) -> tuple[Section, ...]:
    """The sections of *body*, which is HTML where it begins with an element, else Markdown."""
    if body.startswith("<"):
        return parse_html(f"<main><h1>Gout</h1>{body}</main>", name="gout").sections
    return parse_markdown(f"---\ntitle: Gout\n---\n{body}", name="gout").sections


def said(body: str) -> list[tuple[str, str]]:
    return [(section.heading, section.text) for section in sections(body)]


@pytest.mark.parametrize(
    "body",
    [
        (
            "**Symptoms**\n\n- Pain\n\n## Treatment\n\nRest.\n\n**Prevention**\n\nDrink.\n\n"
            "__When to see a doctor:__\n\nFever."
        ),
        (
            "<p><b>Symptoms</b></p><ul><li>Pain</li></ul><h2>Treatment</h2><p>Rest.</p><p><b>Prevention</b></p>"
            "<p>Drink.</p><p><strong>When to see a doctor:</strong></p><p>Fever.</p>"
        ),
    ],
)
def test_a_bold_line_of_a_known_kind_is_a_heading_among_others(body: str) -> None:
    found = sections(body)
    assert [section.heading for section in found] == [
        "Symptoms",
        "Treatment",
        "Prevention",
        "When to see a doctor",
    ]
    assert Flag.RED_FLAG in found[-1].flags


@pytest.mark.parametrize(
    "body",
    [
        "1. **Symptoms**\n\n   Pain.\n\n2. **Treatment**\n\n   Colchicine 0.5 mg.",
        "1. **Symptoms**\n   Pain.\n2. **Treatment**\n   Colchicine 0.5 mg.",
        "1. **Symptoms**\n\nPain.\n\n2. **Treatment**\n\nColchicine 0.5 mg.",
        "1. Symptoms\n\nPain.\n\n2. Treatment\n\nColchicine 0.5 mg.",
        "1. Symptoms\n\n   Pain.\n\n2. Treatment\n\n   Colchicine 0.5 mg.",
        "- ### Symptoms\n\n  Pain.\n- ### Treatment\n\n  Colchicine 0.5 mg.",
        "**Symptoms**\nPain.\n\n**Treatment**\nColchicine 0.5 mg.",
        "**Symptoms\nof gout**\n\nPain.\n\n**Treatment**\nColchicine 0.5 mg.",
        "1. __Symptoms:__\n\n   Pain.\n\n2. __Treatment:__\n\n   Colchicine 0.5 mg.",
        "<ol><li><strong>Symptoms</strong><p>Pain.<li><b>Treatment</b><p>Colchicine 0.5 mg.</ol>",
        "<ul><li><b>Symptoms</b><br>Pain.</li><li><b>Treatment</b><br>Colchicine 0.5 mg.</li></ul>",
        "<ul><li><p><b>Symptoms</b></p><p>Pain.</p></li><li><h3>Treatment</h3>Colchicine 0.5 mg.</li></ul>",
    ],
)
def test_items_that_are_headings_with_their_text_start_sections(body: str) -> None:
    assert [(heading.split(" of")[0].split("\n")[0], text) for heading, text in said(body)] == LISTED


def test_a_heading_in_an_item_keeps_the_list_below_it() -> None:
    assert said("- ### Symptoms\n  - Pain\n- ### Treatment\n  - Rest") == [
        ("Symptoms", "- Pain"),
        ("Treatment", "- Rest"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        "- **Trauma:** a blow\n- **Age:** over 40",
        "- **Trauma**\n\n  A blow.\n- **Age**\n\n  Over 40.",
        "- **Symptoms:** pain\n- **Treatment:** rest",
        "<ul><li><strong>Trauma</strong><p>A blow.</p></li><li><strong>Age</strong><p>Over 40.</p></li></ul>",
        "1. Take your tablet\n\n   With water.\n\n2. Lie down\n\n   For an hour.",
    ],
)
def test_an_ordinary_list_with_labels_stays_a_list(body: str) -> None:
    (section,) = sections(body)
    (block,) = section.blocks
    assert isinstance(block, ListBlock)
    assert len(block.items) == 2


@pytest.mark.parametrize("around", ["Treatment", "The blue one"])
def test_parts_of_what_a_heading_is_about_stay_below_it(around: str) -> None:
    body = f"## {around}\n\n- **Medicines**\n\n  Zokamab.\n- **Surgery**\n\n  A cut.\n\n## Outlook\n\nGood."
    assert [section.heading for section in sections(body)] == [around, "Outlook"]


def test_a_document_that_uses_bold_lines_as_headings_has_unknown_ones_too() -> None:
    lines = "**Symptoms**\n\nPain.\n\n**Zokamab and you**\n\nIt helps.\n\n**Treatment**\n\nRest."
    marked = "".join(
        f"<p>{part.replace('**', '<b>', 1).replace('**', '</b>')}</p>" for part in lines.split("\n\n")
    )
    for body in (lines, marked):
        assert said(body) == [("Symptoms", "Pain."), ("Zokamab and you", "It helps."), ("Treatment", "Rest.")]


def test_a_bold_order_is_no_heading() -> None:
    body = "**Symptoms**\n\nPain.\n\n**Treatment**\n\nRest.\n\n**Never take zokamab twice**\n\nIt harms."
    found = sections(body)
    assert [section.kind for section in found] == [Kind.SYMPTOMS, Kind.TREATMENT]
    assert "Never take zokamab twice" in found[1].text


def test_a_bold_heading_after_a_part_apart_starts_a_section_again() -> None:
    body = "## Symptoms\n\nPain.\n\n**Disclaimer**\n\nNo advice.\n\n**Treatment**\n\nRest."
    assert said(body) == [("Symptoms", "Pain."), ("Treatment", "Rest.")]


def test_paragraphs_that_count_up_are_a_list() -> None:
    (section,) = sections("<p>Do this:</p><p>1. Rest</p><p>2. Take 5 mg</p><p>4. Call</p><p>Then wait.</p>")
    assert section.html == (
        "<p>Do this:</p>\n<ol><li>Rest</li><li>Take 5 mg</li></ol>\n<p>4. Call</p>\n<p>Then wait.</p>"
    )


def test_when_to_seek_help_is_no_part_of_the_bold_line_before() -> None:
    body = (
        "## Treatment\n\nRest.\n\n**The blue one**\n\nIce.\n\n"
        "**When to see a doctor**\n\nFever.\n\n## Outlook\n\nGood."
    )
    assert [heading for heading, _ in said(body)] == ["Treatment", "When to see a doctor", "Outlook"]


def test_headings_in_quotations_and_nested_items_are_headings_too() -> None:
    assert said("> ## Symptoms\n>\n> Pain.\n\n## Treatment\n\nRest.") == [
        ("Symptoms", "Pain."),
        ("Treatment", "Rest."),
    ]
    assert said("- **Symptoms**\n\n  Pain.\n\n  - **Causes**\n\n    Age.") == [
        ("Symptoms", "Pain."),
        ("Causes", "Age."),
    ]
