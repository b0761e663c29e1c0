"""Blocks as plain text, from the same view as the HTML part: written, not converted.

Links are numbered, with their addresses below the section; tables stand in columns where these fit.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata

from newsletter.content.article import Block, Item, ListBlock, Paragraph, Table, plain_text
from newsletter.rendering.grid import fits_phone, labelled

WIDTH = 72
_LINK = re.compile(r'<a\b[^>]*?\bhref="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_GAP = "  "


class Links:
    """The links of one mail, in the order met; an address met again keeps its number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._told = 0

    def number(self, address: str) -> int:
        """The number of *address*, from 1."""
        return self._numbers.setdefault(address, len(self._numbers) + 1)

    def told(self) -> str:
        """A line for each address met since the last time: ``[1] https://…``."""
        lines = [f"[{number}] {address}" for address, number in self._numbers.items() if number > self._told]
        self._told = len(self._numbers)
        return "\n".join(lines)


def block_text(block: Block, links: Links, indent: str = "") -> str:
    """A block as wrapped text; each link gets its number behind its words."""
    if isinstance(block, Paragraph):
        return wrap(_inline(block.html, links), indent)
    if isinstance(block, ListBlock):
        return "\n".join(_list_lines(block, links, indent=indent))
    return _table_text(block, links, indent)


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


def _list_lines(block: ListBlock, links: Links, *, indent: str) -> list[str]:
    lines: list[str] = []
    for number, item in enumerate(block.items, block.start):
        mark = f"{number}. " if block.ordered else "- "
        under = indent + " " * len(mark)
        lines.append(wrap(_item_line(item, links), under, indent + mark) or (indent + mark).rstrip())
        for nested in item.blocks:
            lines += block_text(nested, links, under).splitlines()
    return lines


def _item_line(item: Item, links: Links) -> str:
    own = _inline(item.html, links)
    return f"{item.label}: {own}".rstrip() if item.label else own


def _table_text(table: Table, links: Links, indent: str) -> str:
    """Columns, if they fit; else each row as a list item of cells with their headers."""
    heads = [_inline(cell, links) for cell in table.header]
    rows = [[_inline(cell, links) for cell in row] for row in table.rows]
    columns = _columns(heads, rows, indent) if fits_phone(table) else ""
    return columns or _labelled(table, links, indent)


def _columns(heads: list[str], rows: list[list[str]], indent: str) -> str:
    whole = [row for row in (heads, *rows) if row]
    if not whole or len({len(row) for row in whole}) > 1:
        return ""
    widths = [max(_width(cell) for cell in column) for column in zip(*whole, strict=True)]
    if len(indent) + sum(widths) + len(_GAP) * (len(widths) - 1) > WIDTH:
        return ""
    lines = [_line(row, widths) for row in whole]
    if heads:
        lines.insert(1, _GAP.join("-" * width for width in widths))
    return "\n".join(f"{indent}{line}".rstrip() for line in lines)


def _line(row: list[str], widths: list[int]) -> str:
    return _GAP.join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))


def _width(cell: str) -> int:
    """How many columns *cell* takes on a screen: marks that stand over or in a letter take none."""
    return sum(not unicodedata.combining(letter) and unicodedata.category(letter) != "Mn" for letter in cell)


def _labelled(table: Table, links: Links, indent: str) -> str:
    if not table.rows:
        return wrap("; ".join(_inline(cell, links) for cell in table.header), indent)
    lines = []
    for row in labelled(table):
        said = [(_inline(head, links), _inline(cell, links)) for head, cell in row]
        cells = [f"{head}: {cell}" if head else cell for head, cell in said]
        lines.append(wrap("; ".join(cells), f"{indent}  ", f"{indent}- "))
    return "\n".join(lines)


def _inline(markup: str, links: Links) -> str:
    def numbered(match: re.Match[str]) -> str:
        address, words = match.groups()
        if plain_text(words) in ("", plain_text(address)):
            return address
        # The address is markup ("&amp;"), like the words; told() prints it as it is to be clicked.
        return f"{words} [{links.number(plain_text(address))}]"

    return plain_text(_LINK.sub(numbered, markup))
