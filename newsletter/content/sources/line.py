"""The lines of a page saved as plain text: their numbers, indents, list marks and neighbours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from newsletter.content.cleaning import clean_text
from newsletter.content.heading import heading_kind

Mark = Literal["", "bullet", "number"]

#: How many letters of a nested list may stand between two of the outer one, where both look alike.
_NESTED_LETTERS = 12

#: A table has at least two rows of two cells.
MIN_ROWS = 2
MIN_CELLS = 2

_TAB = "    "
_BULLET = re.compile(r"^([•◦▪▫■□●○‣⁃∙·➢➤►✓✔*+–—-])(?:\s+|$)")
_BULLET_GLUED = re.compile(r"^([•◦▪▫■□●○‣⁃∙➢➤►✓✔])(?=\S)")
_NUMBER = re.compile(r"^\(?(\d{1,3})(?:[.)।]|(?<=[٠-٩])\s?[-–])(?:\s+|$)(?!\d)")
_LETTER = re.compile(r"^(?P<sign>\(?)(?P<letter>[a-z]|[ivx]{1,5}|[A-Z]|[IVX]{1,5})(?P<end>[.)])\s+\S")
_ROMAN = {"i": 1, "v": 5, "x": 10}
_DASHES = re.compile(r"^[-–—*_=~•\s]{3,}$")
_MARKDOWN_HEADING = re.compile(r"^#{1,6}\s+")


@dataclass(frozen=True)
class Line:
    """One line that says something. *number* counts from 1; *text* is without indent and list mark.

    *cells* are those of a table's row, which tabs stand between; the lines around it are rows, too.
    """

    number: int
    raw: str
    text: str
    indent: int = 0
    mark: Mark = ""
    ordinal: int = 0
    blank_before: bool = False
    blank_after: bool = False
    mark_alone: bool = False
    cells: tuple[str, ...] = ()

    @property
    def words(self) -> int:
        """How many words the text has."""
        return len(self.text.split())

    @property
    def ends_sentence(self) -> bool:
        """Whether the text ends as a sentence or clause does, and a heading does not."""
        return bool(re.search(r"[.!;,…।॥۔،؛][\"'”’)\]]*$", self.text))


def read_lines(text: str) -> list[Line]:
    """The lines of *text* that say something, in order.

    A list mark alone on its line is joined to the text on the next; a mark with nothing after it (where
    a page closed a nested list) and a rule of dashes say nothing and are dropped.
    """
    raws = clean_text(text).split("\n")
    lines: list[Line] = []
    blank = True
    pending: Line | None = None
    for number, raw in enumerate(raws, 1):
        if not raw.strip():
            blank, pending = True, None
            if lines:
                lines[-1] = replace(lines[-1], blank_after=True)
            continue
        line = _read(number, raw, blank_before=blank)
        if line is None:
            continue
        if line.mark and not line.text:
            pending, blank = line, blank or line.blank_before
            continue
        if pending is not None and not line.mark:
            line = replace(
                line, mark=pending.mark, ordinal=pending.ordinal, indent=pending.indent,
                blank_before=pending.blank_before, mark_alone=True,
            )  # fmt: skip
        pending, blank = None, False
        lines.append(line)
    if lines:
        lines[-1] = replace(lines[-1], blank_after=True)
    return _mark_letters(_mark_rows(lines))


def _mark_rows(lines: Sequence[Line]) -> list[Line]:
    """*lines* with the cells of those alone that are rows of a table: at least two with as many cells."""
    marked: list[Line] = []
    for count, group in groupby(lines, key=_count_cells):
        rows = list(group)
        if count < MIN_CELLS or len(rows) < MIN_ROWS:
            marked += [replace(line, cells=()) if line.cells else line for line in rows]
            continue
        # A tab that all rows begin with is their indent.
        empty = {at for at in range(count) if not any(line.cells[at] for line in rows)}
        for line in rows:
            cells = tuple(cell for at, cell in enumerate(line.cells) if at not in empty)
            # The number before a row is its first cell.
            text = _tidy(" ".join(cells))
            marked.append(replace(line, cells=cells, text=text, mark="", ordinal=0))
    return marked


def _count_cells(line: Line) -> int:
    """How many cells *line* has; a list item with a tab after its mark has none."""
    numbered = bool(line.mark) and len(line.cells) <= MIN_CELLS
    return 0 if numbered else len(line.cells)


def _read_cells(raw: str) -> tuple[str, ...]:
    if "\t" not in raw.strip():
        return ()
    return tuple(_tidy(cell) for cell in raw.strip(" ").split("\t"))


def _mark_letters(lines: Sequence[Line]) -> list[Line]:
    """*lines* with those of lists that count "a. b. c." or "i. ii. iii." marked as items.

    Their letters stay in the text, which may speak of them. A letter with no neighbour to count on with is
    text ("E. coli"), and letters may also number headings ("A. Causes").
    """
    series: dict[tuple[object, ...], list[tuple[int, str]]] = {}
    items: set[int] = set()
    headings: set[tuple[object, ...]] = set()
    for index, line in enumerate(lines):
        match = None if line.mark else _LETTER.match(line.text)
        if match is None:
            continue
        style = (match["sign"], match["end"], match["letter"].isupper(), line.indent)
        lone = line.blank_before and line.blank_after and not line.ends_sentence
        if lone and not line.text[0].islower() and heading_kind(line.text) is not None:
            headings.add(style)
        earlier = series.setdefault(style, [])
        letter = match["letter"].lower()
        items.update(
            number
            for before, former in earlier[-_NESTED_LETTERS:]
            if _follows(former, letter)
            for number in (before, index)
        )
        earlier.append((index, letter))
    numbered = {index for style in headings for index, _ in series[style]}
    return [
        replace(line, mark="bullet") if index in items - numbered else line
        for index, line in enumerate(lines)
    ]


def _follows(former: str, letter: str) -> bool:
    """Whether *letter* is the next after *former*, in the alphabet or among the roman numerals."""
    alphabet = len(former) == len(letter) == 1 and ord(letter) == ord(former) + 1
    return alphabet or (_roman(former) > 0 and _roman(letter) == _roman(former) + 1)


def _roman(numeral: str) -> int:
    """The value of a small roman numeral; 0 for other letters."""
    if not set(numeral) <= _ROMAN.keys():
        return 0
    values = [_ROMAN[letter] for letter in numeral]
    return sum(-value if value < max(values[index:]) else value for index, value in enumerate(values))


def _read(number: int, raw: str, *, blank_before: bool) -> Line | None:
    expanded = raw.replace("\t", _TAB)
    body = expanded.strip()
    indent = len(expanded) - len(expanded.lstrip())
    cells = _read_cells(raw)
    line = Line(number, raw=raw.strip(), text=body, indent=indent, blank_before=blank_before, cells=cells)
    if match := _NUMBER.match(body):
        text = body[match.end() :].strip()
        return replace(line, mark="number", ordinal=int(match[1]), text=_tidy(text))
    if match := _BULLET.match(body) or _BULLET_GLUED.match(body):
        text = body[match.end(1) :].strip()
        if text and _DASHES.match(text):
            return None
        return replace(line, mark="bullet", text=_tidy(text))
    if _DASHES.match(body):
        return None
    return replace(line, text=_tidy(_MARKDOWN_HEADING.sub("", body)))


def _tidy(text: str) -> str:
    """*text* with single plain spaces, less the dash that is left where two list items run together.

    No-break spaces stay: they hold a number and its unit together.
    """
    text = re.sub(r"[ \t]+", " ", text).strip()
    return re.sub(r"(?<=[.!?:)\w])\s+[-–•]$", "", text)


def neighbours(lines: Sequence[Line], index: int) -> tuple[Line | None, Line | None]:
    """The lines before and after the one at *index*."""
    before = lines[index - 1] if index > 0 else None
    after = lines[index + 1] if index + 1 < len(lines) else None
    return before, after
