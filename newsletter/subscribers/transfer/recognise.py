"""Tells where a list comes from by its columns, and gives its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from newsletter.errors import SubscriberError
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.transfer import (
    beehiiv,
    buttondown,
    ghost,
    listmonk,
    mailchimp,
    mailpoet,
    own,
    plain,
    substack,
)
from newsletter.subscribers.transfer.row import ImportRow, Wish, suppressed
from newsletter.subscribers.transfer.table import Table

_SHOWN_COLUMNS = 30
_SHOWN_CHARACTERS = 40


class Format(StrEnum):
    """Where a list comes from, most telling columns first."""

    OWN = "own"
    MAILCHIMP = "mailchimp"
    GHOST = "ghost"
    SUBSTACK = "substack"
    BUTTONDOWN = "buttondown"
    BEEHIIV = "beehiiv"
    LISTMONK = "listmonk"
    MAILPOET = "mailpoet"
    PLAIN = "plain"


_COLUMNS: dict[Format, Callable[[Table], dict[str, int] | None]] = {
    Format.OWN: own.columns,
    Format.MAILCHIMP: mailchimp.columns,
    Format.GHOST: ghost.columns,
    Format.SUBSTACK: substack.columns,
    Format.BUTTONDOWN: buttondown.columns,
    Format.BEEHIIV: beehiiv.columns,
    Format.LISTMONK: listmonk.columns,
    Format.MAILPOET: mailpoet.columns,
    Format.PLAIN: plain.columns,
}
_ROWS: dict[Format, Callable[[Table, Mapping[str, int]], Iterator[ImportRow]]] = {
    Format.MAILCHIMP: mailchimp.rows,
    Format.GHOST: ghost.rows,
    Format.SUBSTACK: substack.rows,
    Format.BUTTONDOWN: buttondown.rows,
    Format.BEEHIIV: beehiiv.rows,
    Format.LISTMONK: listmonk.rows,
    Format.PLAIN: plain.rows,
}


@dataclass(frozen=True, kw_only=True)
class RecognisedList:
    """A file whose format is known. Iterating reads it from its start, each time anew.

    *lists*: the names (casefolded) to which a MailPoet export is restricted; empty for all. *newsletter*:
    the one that is imported, for our own export, which holds several.
    """

    table: Table
    format: Format
    columns: Mapping[str, int]
    lists: frozenset[str]
    newsletter: str

    def __iter__(self) -> Iterator[ImportRow]:
        """Its rows; whoever has left by one row of the file does not come in by another."""
        gone = self._gone()
        if not gone:
            yield from self._rows()
            return
        for row in self._rows():
            reason = gone.get(_key(row.address)) if row.wish is Wish.SUBSCRIBE else None
            yield row if reason is None else suppressed(row.number, row.address, reason)

    @property
    def unused(self) -> list[str]:
        """The columns that are not read, as the file names them; none of a file without a header."""
        read = set(self.columns.values())
        header = [] if "headless" in self.columns else self.table.header
        return [shown(name) for place, name in enumerate(header) if place not in read and name.strip()]

    @property
    def used(self) -> dict[str, str]:
        """The columns that are read, by their meaning, as the file names them."""
        header = self.table.header
        if "headless" in self.columns:
            return {"email": "(no header)"}
        return {
            meaning: shown(header[place]) for meaning, place in self.columns.items() if place < len(header)
        }

    def _rows(self) -> Iterator[ImportRow]:
        if self.format is Format.MAILPOET:
            return mailpoet.rows(self.table, self.columns, self.lists)
        if self.format is Format.OWN:
            return own.rows(self.table, self.columns, self.newsletter)
        return _ROWS[self.format](self.table, self.columns)

    def _gone(self) -> dict[int, Reason]:
        """Hashes of the addresses that some row suppresses; each row of MailPoet is judged by all of them."""
        if self.format is Format.MAILPOET:
            return {}
        return {_key(row.address): row.reason for row in self._rows() if row.wish is Wish.SUPPRESS}


def shown(column: str) -> str:
    """The name of a column as it may be written to a terminal."""
    return "".join(each if each.isprintable() else "?" for each in column.strip())[:_SHOWN_CHARACTERS]


def recognise(
    table: Table, *, wanted: Format | None = None, lists: tuple[str, ...] = (), newsletter: str = ""
) -> RecognisedList:
    """What *table* is; *wanted*: what the operator says it is.

    Raises:
        SubscriberError: its columns are of no format that is known, or not of the wanted one.
    """
    for each in (wanted,) if wanted else Format:
        found = _COLUMNS[each](table)
        if found is None:
            continue
        if lists and (each is not Format.MAILPOET or "list" not in found):
            raise SubscriberError(
                "--list", "needs a MailPoet export with a column for the list", "Leave it out."
            )
        if lists:
            _must_have(mailpoet.list_names(table, found), lists)
        return RecognisedList(
            table=table,
            format=each,
            columns=found,
            lists=frozenset(name.strip().casefold() for name in lists),
            newsletter=newsletter,
        )
    # A first row with an address in it is no header: it tells of a person.
    is_header = not any("@" in name for name in table.header)
    named = ", ".join(shown(name) for name in table.header[:_SHOWN_COLUMNS] if is_header) or "none"
    raise SubscriberError(
        f"the list {table.name}",
        f"has no column for the address that is known (columns: {named}; known: {_known(wanted)})",
        "Name one of its columns email, or export it again as CSV with a header row.",
    )


def _known(wanted: Format | None) -> str:
    return f"those of {wanted}" if wanted else ", ".join(Format)


def _key(address: str) -> int:
    try:
        return hash(parse_address(address).canonical)
    except SubscriberError:
        return hash(address)


def _must_have(names: list[str], lists: tuple[str, ...]) -> None:
    """A list that is misspelled would leave everybody out."""
    known = {name.casefold() for name in names}
    for name in lists:
        if name.strip().casefold() not in known:
            raise SubscriberError(
                f"--list {name.strip()!r}",
                f"is none of the lists in this file: {', '.join(map(shown, names)) or 'it names none'}",
                "Spell it as the file does.",
            )
