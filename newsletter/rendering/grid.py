"""Tables in a mail: in columns where these fit a phone, else row by row with each cell's header."""

from __future__ import annotations

from itertools import zip_longest

from newsletter.content.article import Table, plain_text

#: Characters that the longest words of all columns may have together: about 290 px of 15 px type, beside the
#: room between columns, in a letter on a phone of 375 px.
PHONE_CHARACTERS = 34
#: What the room between two columns is worth, in characters.
_GAP = 2


def fits_phone(table: Table) -> bool:
    """Whether no word of *table* would have to be broken, and no phone be scrolled, to show its columns."""
    columns = zip_longest(*(row for row in (table.header, *table.rows) if row), fillvalue="")
    widths = [max(_longest_word(cell) for cell in column) for column in columns]
    return sum(widths) + _GAP * len(widths) <= PHONE_CHARACTERS


def labelled(table: Table) -> list[list[tuple[str, str]]]:
    """The rows of *table*, each cell as (header or "", its inline HTML, "–" for an empty one with a header).

    A row may be longer than the header, or shorter: neither loses a word.
    """
    rows = [list(zip_longest(table.header, row, fillvalue="")) for row in table.rows]
    return [[(head, cell or ("–" if head else "")) for head, cell in row if head or cell] for row in rows]


def _longest_word(cell: str) -> int:
    return max((len(word) for word in plain_text(cell).split()), default=0)
