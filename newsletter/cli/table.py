"""Tables for people: what is read first comes first, ids as short as a command takes them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from newsletter.cli.output import console

#: Shorter beginnings of ids are hard to recognise.
MIN_ID = 8


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, whole: int = 0) -> None:
    """Print *rows* under *columns*; the column numbered *whole* is neither cut nor wrapped."""
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE)
    for number, name in enumerate(columns):
        # What a person copies stays in one piece.
        is_whole = number == whole % len(columns)
        table.add_column(name, no_wrap=is_whole, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console().print(table)


def short_ids(ids: Collection[str]) -> dict[str, str]:
    """Each of *ids* cut to a beginning that no other has, at the end of a word where one is near.

    >>> list(short_ids(["high-blood-pressure-99ff00", "high-blood-sugar-0a0b0c", "migraine-1a2b3c"]).values())
    ['high-blood-pressure', 'high-blood-sugar', 'migraine']
    """
    ordered = sorted(ids)
    shortened = {}
    for place, one in enumerate(ordered):
        beside = ordered[max(0, place - 1) : place] + ordered[place + 1 : place + 2]
        need = max([MIN_ID, *(_common(one, other) + 1 for other in beside)])
        # An id that another begins with is given whole: that alone names it.
        end = one.find("-", need) if "-" in one[need:] else len(one)
        shortened[one] = one[:end] if end <= need + MIN_ID else one[:need]
    return shortened


def _common(one: str, other: str) -> int:
    """How many letters both begin with."""
    return next(
        (place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )
