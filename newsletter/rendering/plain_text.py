"""The plain part of a mail, from the same view as the HTML part: written, not converted."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from functools import cache
from itertools import zip_longest

from jinja2 import Environment, TemplateError

from newsletter.content.article import Block, Item, ListBlock, Paragraph, Table, plain_text
from newsletter.errors import RenderError
from newsletter.rendering.template import text_environment

WIDTH = 72
_MANY_BLANK_LINES = re.compile(r"\n{3,}")
_LINK = re.compile(r'<a\b[^>]*?\bhref="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)


def render_text(template: str, context: Mapping[str, object]) -> str:
    """Render the text *template* of templates/email with *context*; lines end in LF, at most one is blank.

    Raises:
        RenderError: a name is undefined.
    """
    try:
        text = _templates().get_template(template).render(context)
    except TemplateError as error:
        raise RenderError(f"template {template}", str(error), "Mend the template.") from error
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return _MANY_BLANK_LINES.sub("\n\n", lines).strip() + "\n"


@cache
def _templates() -> Environment:
    environment = text_environment("email")
    environment.filters["wrap"] = wrap
    environment.filters["block"] = block_text
    return environment


def block_text(block: Block, indent: str = "") -> str:
    """A block as wrapped text; links keep their address in brackets behind their words."""
    if isinstance(block, Paragraph):
        return wrap(_inline(block.html), indent)
    if isinstance(block, ListBlock):
        return "\n".join(_list_lines(block, indent=indent))
    return _table_text(block, indent)


def wrap(text: str, indent: str = "", first: str | None = None) -> str:
    """*text* filled to WIDTH; long words (addresses) stay whole, so that they can be clicked."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _list_lines(block: ListBlock, *, indent: str) -> list[str]:
    lines: list[str] = []
    for number, item in enumerate(block.items, block.start):
        mark = f"{number}. " if block.ordered else "- "
        under = indent + " " * len(mark)
        lines.append(wrap(_item_line(item), under, indent + mark) or (indent + mark).rstrip())
        for nested in item.blocks:
            lines += block_text(nested, under).splitlines()
    return lines


def _item_line(item: Item) -> str:
    own = _inline(item.html)
    return f"{item.label}: {own}".rstrip() if item.label else own


def _table_text(table: Table, indent: str) -> str:
    """Each row as its header-labelled cells: aligned columns would not survive a phone."""
    heads = [_inline(cell) for cell in table.header]
    lines = [] if table.rows else [wrap("; ".join(heads), indent)]
    for row in table.rows:
        # A row may be longer than the header, or shorter: neither loses a word.
        cells = zip_longest(heads, (_inline(cell) for cell in row), fillvalue="")
        said = [f"{head}: {cell or '–'}" if head else cell for head, cell in cells]
        lines.append(wrap("; ".join(filter(None, said)), f"{indent}  ", f"{indent}- "))
    return "\n".join(lines)


def _inline(markup: str) -> str:
    def with_address(match: re.Match[str]) -> str:
        address, words = match.groups()
        if plain_text(words) in ("", plain_text(address)):
            return address
        return f"{words} ({address})"

    return plain_text(_LINK.sub(with_address, markup))
