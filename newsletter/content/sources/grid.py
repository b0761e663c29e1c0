"""An HTML table to a table of inline XHTML cells; what spans rows stands in each of them."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from newsletter.content.article import Table
from newsletter.content.sources.inline import InlineWriter

MAX_COLUMNS = 60
MAX_SPAN = 200
#: Longer cells are not repeated in the rows that they span, nor more than so much of one table.
MAX_REPEATED = 300
MAX_REPEATS = 20_000

_SPAN = re.compile(r"\s*(\d{1,4})")


def is_layout(node: LexborNode) -> bool:
    """Whether a table only arranges the page: a single column, headings or tables in its cells."""
    if node.css_first("h1,h2,h3,h4,h5,h6,table table") is not None:
        return True
    return all(sum(cell.tag in ("td", "th") for cell in row.iter()) <= 1 for row in node.css("tr"))


class Grid:
    """The cells of one table, row by row."""

    def __init__(self, inline: InlineWriter, node: LexborNode) -> None:
        self.caption = ""
        self._header: tuple[str, ...] = ()
        self._rows: list[tuple[str, ...]] = []
        # By column: the rows that a cell still reaches down, and what it says.
        self._below: dict[int, tuple[int, str]] = {}
        self._group = 0
        self._repeats = MAX_REPEATS
        caption = node.css_first("caption")
        if caption is not None:
            self.caption = inline.content(caption)
        for row in node.css("tr"):
            self._add(row, inline)

    def table(self) -> Table | None:
        """The table; None when nothing is in it."""
        width = max((len(row) for row in (self._header, *self._rows)), default=0)
        header, *rows = (row + ("",) * (width - len(row)) for row in (self._header, *self._rows))
        if not any(header):
            header = ()
        return Table(header=header, rows=tuple(rows)) if header or rows else None

    def _add(self, row: LexborNode, inline: InlineWriter) -> None:
        cells = [cell for cell in row.iter() if cell.tag in ("td", "th")]
        group = row.parent.mem_id if row.parent is not None else 0
        if group != self._group:
            self._group, self._below = group, {}
        line: list[str] = []
        says = False
        for cell in cells:
            self._fill(line)
            content = inline.content(cell)
            says = says or bool(content)
            if len(line) >= MAX_COLUMNS:
                line[-1] = " ".join(part for part in (line[-1], content) if part)
                continue
            columns = min(_span(cell, "colspan"), MAX_COLUMNS - len(line))
            if (rows := _span(cell, "rowspan")) > 1:
                self._below |= dict.fromkeys(range(len(line), len(line) + columns), (rows, ""))
                self._below[len(line)] = rows, content
            line.extend([content, *[""] * (columns - 1)])
        self._fill(line)
        self._below = {column: (left - 1, said) for column, (left, said) in self._below.items() if left > 1}
        if not says:
            return
        in_head = row.parent is not None and row.parent.tag == "thead"
        first = not self._header and not self._rows
        if first and (in_head or all(cell.tag == "th" for cell in cells)):
            self._header = tuple(line)
        else:
            self._rows.append(tuple(line))

    def _fill(self, line: list[str]) -> None:
        """Add the cells of rows above that reach down: a dose means nothing without its weight."""
        while len(line) in self._below and len(line) < MAX_COLUMNS:
            said = self._below[len(line)][1]
            if len(said) > min(MAX_REPEATED, self._repeats):
                said = ""
            self._repeats -= len(said)
            line.append(said)


def _span(cell: LexborNode, name: str) -> int:
    match = _SPAN.match(cell.attributes.get(name) or "")
    return max(1, min(int(match[1]), MAX_SPAN)) if match else 1
