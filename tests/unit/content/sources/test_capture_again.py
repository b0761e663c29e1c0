"""Properties of reading saved pages: reading twice changes nothing, and every item and number comes once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.article import Article, Block, ListBlock, Paragraph, plain_text
from newsletter.content.sources.capture import parse_capture
from newsletter.content.sources.document import read_document
from tests.unit.content.page import CAPTURE, reference


def written(article: Article) -> str:
    """The article as a page saved as text."""
    lines = [article.title]
    for section in article.sections:
        lines += [f"{section.heading}:"] if section.position or section.heading != article.title else []
        lines += [text for block in section.blocks for text in block_text(block)]
    return "\n\n".join(lines) + "\n"


def block_text(block: Block) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield block.plain()
    elif isinstance(block, ListBlock):
        yield "\n".join(list_lines(block, indent=2))
    else:
        rows = [block.header] if block.header else []
        yield "\n".join("\t".join(map(plain_text, row)) for row in (*rows, *block.rows))


def list_lines(block: ListBlock, *, indent: int) -> Iterator[str]:
    for number, item in enumerate(block.items, block.start):
        yield " " * indent + (f"{number}. " if block.ordered else "• ") + item.plain()
        for below in item.blocks:
            if isinstance(below, ListBlock):
                yield from list_lines(below, indent=indent + 2)
            else:
                yield " " * (indent + 4) + below.plain()


def said(article: Article) -> list[tuple[str, str, str]]:
    return [(section.heading, section.kind.value, section.text) for section in article.sections]


SENTENCES = st.sampled_from(
    [
        "Never take more than 4 g of paracetamol a day.",
        "Call 999 if the foot is cold and blue.",
        "Most sprains come from sport.",
        "It is worst after 36 hours.",
    ]
)
NAMES = ["Paracetamol", "Ibuprofen", "A twist", "A fall", "Sunlight", "Cold water", "Standing", "Heat"]
FURNITURE = st.sampled_from(
    [
        "Subscribe to our newsletter",
        "Share this article",
        "Read also: Heel pain",
        "Photo: Getty Images",
        "You might be interested in: Heel pain",
        "Download our app",
        "Follow us on Facebook",
    ]
)
HEADINGS = st.permutations(["Causes:", "Symptoms:", "Treatment:", "Prevention:"]).map(lambda all_: all_[:3])


@st.composite
def lists(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """The lines of a list with furniture between, and its items as they are read."""
    labelled = draw(st.booleans())
    numbered = draw(st.booleans())
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6))
    gap = draw(st.sampled_from([[], [""]]))
    lines: list[str] = []
    items: list[str] = []
    for number, name in enumerate(names, 1):
        text = f"{name} {number}: {draw(SENTENCES)}" if labelled else f"{name} {number}"
        lines += [(f"  {number}. " if numbered else "  • ") + text, *gap]
        items.append(text)
        if draw(st.integers(0, 3)) == 0:
            lines += ["", draw(FURNITURE), ""]
    return lines, items


@st.composite
def pages(draw: st.DrawFn) -> tuple[str, dict[str, tuple[list[str], list[str]]]]:
    """A page, and for each of its headings the items and paragraphs below it."""
    lines = ["Ankle sprain", "", "An ankle sprain is a torn ligament.", ""]
    sections: dict[str, tuple[list[str], list[str]]] = {}
    for heading in draw(HEADINGS):
        body, items = draw(lists())
        after = draw(st.lists(SENTENCES, max_size=2, unique=True))
        lines += [heading, "", *body, ""]
        for paragraph in after:
            lines += [paragraph, ""]
        if draw(st.booleans()):
            lines += [draw(FURNITURE), ""]
        sections[heading.rstrip(":")] = (items, after)
    return "\n".join(lines), sections


@given(pages())
def test_every_item_and_paragraph_is_read_once_in_its_section(
    page: tuple[str, dict[str, tuple[list[str], list[str]]]],
) -> None:
    text, sections = page
    article = parse_capture(text, name="ankle-sprain")
    assert [section.heading for section in article.sections[1:]] == list(sections)
    for section in article.sections[1:]:
        items, paragraphs = sections[section.heading]
        found = [
            item.plain() for block in section.blocks if isinstance(block, ListBlock) for item in block.items
        ]
        assert found == items
        assert [block.plain() for block in section.blocks if isinstance(block, Paragraph)] == paragraphs


@given(pages())
def test_every_number_of_the_sections_is_read_once(
    page: tuple[str, dict[str, tuple[list[str], list[str]]]],
) -> None:
    text, _ = page
    article = parse_capture(text, name="ankle-sprain")
    numbers = Counter(re.findall(r"\d+(?! ?\.)", re.sub(r"(?m)^  \d+\. ", "", text)))
    read = "\n".join(re.sub(r"(?m)^\d+\. ", "", section.text) for section in article.sections)
    assert Counter(re.findall(r"\d+(?! ?\.)", read)) == numbers


@given(pages())
def test_reading_what_was_read_changes_nothing(
    page: tuple[str, dict[str, tuple[list[str], list[str]]]],
) -> None:
    once = parse_capture(page[0], name="ankle-sprain")
    twice = parse_capture(written(once), name="ankle-sprain")
    assert said(twice) == said(once)
    assert twice.left_out == ()


def test_reading_a_whole_page_again_changes_nothing() -> None:
    once = parse_capture(CAPTURE, name="tennis-elbow")
    assert said(parse_capture(written(once), name="tennis-elbow")) == said(once)
    table = "Gout\n\nGout hurts.\n\nTreatment:\n\nMedicine\tDose\nIbuprofen\t400 mg\n\nRest."
    once = parse_capture(table, name="gout")
    assert said(parse_capture(written(once), name="gout")) == said(once)


def test_reading_the_reference_pages_again_changes_nothing() -> None:
    for path in sorted(reference("captures").glob("*.txt")):
        once = read_document(path)
        assert said(parse_capture(written(once), name=path.stem)) == said(once), path.name


def test_a_question_with_addresses_glued_to_it_names_no_section() -> None:
    page = (
        "Gout\n\nGout is a kind of arthritis.\n\nIs Gout Inherited?\n\n"
        "How is gout inherited? who.intheart.org\n\n  - It runs in families.\n\nTreatment of Gout\n\nRest.\n"
    )
    article = parse_capture(page, name="gout")
    assert [one.heading for one in article.sections] == ["Gout", "Is Gout Inherited?", "Treatment of Gout"]
    assert article.sections[1].text == "How is gout inherited?\n\n- It runs in families."
