"""Reads the files in which lists of addresses travel."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from newsletter.errors import SubscriberError

DELIMITERS = ",;\t"
#: Header names that mean the address, best first; compared without case, spaces, "-" and "_".
ADDRESS_NAMES = ("email", "emailaddress", "subscriberemail", "mail", "address")
STATUS_NAMES = ("status", "subscriptionstatus", "subscriberstatus", "globalstatus", "liststatus")
#: What a status column says of somebody who is subscribed where the file comes from.
SUBSCRIBED = frozenset({"", "subscribed", "active", "confirmed", "enabled"})


@dataclass(frozen=True, kw_only=True)
class ImportRow:
    """One record. *number* counts the header as 1, as a spreadsheet does; *status* is in lower case."""

    number: int
    address: str
    status: str = ""


def read_rows(lines: Iterable[str]) -> Iterator[ImportRow]:
    """The records of a CSV or TSV text with a header row; empty records are skipped.

    Raises:
        SubscriberError: there is no header that names an address column, or the text is not CSV.
    """
    source = iter(lines)
    header_line = next(source, "").removeprefix("\ufeff")
    delimiter = max(DELIMITERS, key=header_line.count)
    header = [_bare(name) for name in next(csv.reader([header_line], delimiter=delimiter), [])]
    address_at = _column(header, ADDRESS_NAMES)
    status_at = _column(header, STATUS_NAMES)
    if address_at is None:
        raise SubscriberError(
            "the list",
            "has no column for the address in its first row",
            "Name one of its columns email, e-mail or address.",
        )
    try:
        for number, cells in enumerate(csv.reader(source, delimiter=delimiter), start=2):
            if not any(cell.strip() for cell in cells):
                continue
            yield ImportRow(
                number=number,
                address=cells[address_at].strip() if address_at < len(cells) else "",
                status=cells[status_at].strip().casefold()
                if status_at is not None and status_at < len(cells)
                else "",
            )
    except csv.Error as error:
        raise SubscriberError("the list", f"is not CSV: {error}", "Export it again as CSV.") from error


def _bare(name: str) -> str:
    return name.strip().casefold().translate(str.maketrans("", "", " -_"))


def _column(header: list[str], names: tuple[str, ...]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)
