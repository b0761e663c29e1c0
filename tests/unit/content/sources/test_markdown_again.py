"""Properties of the Markdown parser: what it gives reads back as what it was; nothing is lost or doubled."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content.article import Article, Block, ListBlock, Paragraph, block_html
from newsletter.content.sources.markdown import parse_markdown
from tests.unit.content.sources.test_fragment import TEXT

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~:>])")
_ENTITY = re.compile(r"(&[a-z]+;|&#\d+;|<[^>]*>)")


def escaped(inline: str) -> str:
    """Inline XHTML as Markdown: its elements as they are, what is special in its text behind a backslash."""
    parts = _ENTITY.split(inline)
    return "".join(part if place % 2 else _SPECIAL.sub(r"\\\1", part) for place, part in enumerate(parts))


def block_markdown(block: Block) -> str:
    """*block* as Markdown; a table as the HTML that Markdown may hold."""
    if isinstance(block, Paragraph):
        return escaped(block.html)
    if not isinstance(block, ListBlock):
        return block_html(block)
    items = []
    for number, item in enumerate(block.items, block.start):
        mark = f"{number}. " if block.ordered else "- "
        label = f"**{escaped(item.label)}:** " if item.label else ""
        parts = [f"{label}{escaped(item.html)}", *(block_markdown(below) for below in item.blocks)]
        indented = "\n\n".join(part for part in parts if part).replace("\n", f"\n{' ' * len(mark)}")
        items.append(f"{mark}{indented}")
    return "\n\n".join(items)


def markdown_of(article: Article) -> str:
    """*article* written back as Markdown."""
    parts = [f"---\ntitle: {article.title}\n---"]
    for section in article.sections:
        if section.position or section.heading != article.title:
            parts.append(f"## {escaped(section.heading.replace('<', '&lt;'))}")
        # Two lists that follow each other would be one.
        parts.extend(f"{block_markdown(block)}\n\n<!-- -->" for block in section.blocks)
    return "\n\n".join(parts)


def said(article: Article) -> list[tuple[str, str, str]]:
    return [(section.heading, section.kind.value, section.html) for section in article.sections]


HEADS = st.sampled_from(["Causes", "Symptoms", "Treatment:", "Odd words"])


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A Markdown article, and the marks (each a word of its own) that it holds, in order."""
    marks: list[str] = []

    def marked() -> str:
        marks.append(f"m{len(marks)}n")
        return f"{draw(TEXT)} {marks[-1]} {draw(st.integers(0, 900))} mg"

    def listing(indent: str) -> str:
        ordered = draw(st.booleans())
        lines = []
        for number in range(draw(st.integers(1, 3))):
            mark = f"{number + 4}. " if ordered else "- "
            label = draw(st.sampled_from(["", "**Label:** ", "Name: ", "**Symptoms**\n\n", "### Causes\n\n"]))
            deeper = f"{indent}{' ' * len(mark)}"
            own = label.replace("\n\n", f"\n\n{deeper}")
            lines.append(f"{indent}{mark}{own}{marked()}")
            if len(indent) < 9 and draw(st.booleans()):
                lines.append(listing(deeper))
        return "\n".join(lines)

    makers: tuple[Callable[[], str], ...] = (
        lambda: f"{'#' * draw(st.integers(2, 4))} {draw(HEADS)}",
        lambda: f"**{draw(HEADS)}**",
        lambda: f"{marked()}\n*{marked()}*.",
        lambda: listing(""),
        lambda: f"| {marked()} | {marked()} |\n|---|---|\n| {marked()} | **{marked()}** |",
        lambda: f"> {marked()}",
    )
    parts = [draw(st.sampled_from(makers))() for _ in range(draw(st.integers(1, 7)))]
    return "\n\n".join(parts), marks


@given(documents())
@settings(max_examples=100)
def test_no_item_or_number_is_lost_or_doubled(document: tuple[str, list[str]]) -> None:
    body, marks = document
    if not marks:
        return
    article = parse_markdown(f"---\ntitle: Gout\n---\n{body}", name="gout")
    text = "\n".join(section.text for section in article.sections)
    assert re.findall(r"m\d+n", text) == marks
    amounts = Counter(re.findall(r"(?<= )(\d+) mg", body))
    assert Counter(re.findall(r"(?<= )(\d+) mg", text)) == amounts


@given(documents())
@settings(max_examples=100)
def test_what_was_read_and_written_back_reads_as_the_same(document: tuple[str, list[str]]) -> None:
    body, marks = document
    if not marks:
        return
    article = parse_markdown(f"---\ntitle: Gout\n---\n{body}", name="gout")
    again = parse_markdown(markdown_of(article), name="gout")
    assert said(again) == said(article)
