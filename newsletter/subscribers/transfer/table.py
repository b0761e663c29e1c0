"""A file of comma-, semicolon- or tab-separated values, read again and again without being held in memory."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import BinaryIO

from newsletter.errors import SubscriberError
from newsletter.subscribers.transfer.cell import unguard

Record = tuple[int, list[str]]

_DELIMITERS = ",;\t"
_BLOCK = 1 << 20
_SAMPLE = 200
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(frozen=True, kw_only=True)
class Table:
    """One file. *header*: its first record, as it is written; *sha256*: of its bytes, in hex.

    *is_quoted*: its first cell stands in quotes, as all do in an export of MailPoet.
    """

    name: str
    opened: Callable[[], BinaryIO] = field(repr=False)
    sha256: str
    encoding: str
    delimiter: str
    is_quoted: bool
    header: tuple[str, ...]

    @property
    def places(self) -> dict[str, int]:
        """The columns by their folded names; of two with one name the first."""
        return {fold(name): place for place, name in reversed(list(enumerate(self.header))) if name.strip()}

    def records(self, *, backslash: bool = False, headless: bool = False) -> Iterator[Record]:
        r"""Every record below the header with its number from 1 (the header's); empty ones are skipped.

        *backslash*: quotes in a cell are written as \\" (MailPoet). *headless*: the first is a record, too.

        Raises:
            SubscriberError: the text is not CSV, or a cell is longer than 131,072 characters.
        """
        with (
            self.opened() as octets,
            io.TextIOWrapper(octets, encoding=self.encoding, newline="") as text,
        ):
            escape = "\\" if backslash else None
            parsed = csv.reader(text, delimiter=self.delimiter, escapechar=escape, doublequote=not backslash)
            try:
                for number, cells in enumerate(parsed, start=1):
                    if (headless or number > 1) and (any(cells) and any(cell.strip() for cell in cells)):
                        yield number, cells
            except csv.Error as error:
                raise SubscriberError(
                    f"the list {self.name}",
                    f"is not CSV from line {parsed.line_num} on: {error}",
                    "Export it again as CSV; a quotation mark that is never closed is the usual cause.",
                ) from error

    def sample(self, *, backslash: bool = False) -> list[list[str]]:
        """The cells of the first records below the header, by which columns are told apart."""
        return [cells for _, cells in islice(self.records(backslash=backslash), _SAMPLE)]


def read_table(opened: Callable[[], BinaryIO], name: str) -> Table:
    """Look through the file that *opened* opens (again and again) for its encoding, hash and header.

    Raises:
        SubscriberError: it is not text in UTF-8 or UTF-16, holds NUL characters, or its first line is not
            CSV.
    """
    sha256, encoding = _hash_and_encoding(opened, name)
    with opened() as octets, io.TextIOWrapper(octets, encoding=encoding, newline="") as text:
        first = text.readline(_BLOCK)
        delimiter = max(_DELIMITERS, key=first.count)
    table = Table(
        name=name,
        opened=opened,
        sha256=sha256,
        encoding=encoding,
        delimiter=delimiter,
        is_quoted=first.startswith('"'),
        header=(),
    )
    _, header = next(table.records(headless=True), (1, []))
    return replace(table, header=tuple(header))


def fold(name: str) -> str:
    """A column's name without case, spaces, "-" and "_"."""
    return name.strip().casefold().translate(_IGNORED)


_IGNORED = str.maketrans("", "", " -_\u00a0")


def cell_of(cells: Sequence[str], columns: Mapping[str, int], meaning: str) -> str:
    """What a record says in the column with this *meaning*; "" when it has none."""
    place = columns.get(meaning, -1)
    return cells[place].strip() if 0 <= place < len(cells) else ""


def address_of(cells: Sequence[str], columns: Mapping[str, int]) -> str:
    """The address of a record, without a formula guard."""
    return unguard(cell_of(cells, columns, "email"))


def first_of(places: Mapping[str, int], names: Sequence[str]) -> int | None:
    """The place of the first of *names* (folded) that there is."""
    return next((places[name] for name in names if name in places), None)


def _hash_and_encoding(opened: Callable[[], BinaryIO], name: str) -> tuple[str, str]:
    """SHA-256 of the bytes in hex, and their encoding, which all of them keep to."""
    digest = hashlib.sha256()
    with opened() as octets:
        block = octets.read(_BLOCK)
        encoding = next((of_it for bom, of_it in _BOMS.items() if block.startswith(bom)), "utf-8")
        decoder = codecs.getincrementaldecoder(encoding)()
        line = 1
        while True:
            digest.update(block)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                line += error.object[: error.start].count(b"\n")
                raise _unreadable(name, line, "is not UTF-8 text") from None
            if "\0" in text:
                line += text[: text.index("\0")].count("\n")
                raise _unreadable(name, line, "holds a NUL character, which no list does")
            if not block:
                return digest.hexdigest(), encoding
            line += text.count("\n")
            block = octets.read(_BLOCK)


def _unreadable(name: str, line: int, why: str) -> SubscriberError:
    return SubscriberError(
        f"the list {name}", f"{why} (line {line})", "Save it again as CSV in UTF-8; nothing was imported."
    )
