"""Our own export, written and taken back: one row per reader and newsletter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date

from newsletter.subscribers.address import compared
from newsletter.subscribers.subscriber import STANDING, Frequency, State
from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.transfer.row import (
    NEVER_CONFIRMED,
    ImportRow,
    Wish,
    evidence_of,
    is_moment,
    refused,
    suppressed,
    unknown_status,
)
from newsletter.subscribers.transfer.table import Table, address_of, cell_of, fold
from newsletter.wording import LANGUAGES

#: The columns of the export, in its order. Topics are never among them.
COLUMNS = (
    "email",
    "newsletter",
    "state",
    "frequency",
    "paused_until",
    "confirmed_at",
    "created_at",
    "language",
    "suppressed",
)
_MINE = ("email", "newsletter", "state", "frequency", "suppressed")
_REASONS = {State.BOUNCED: Reason.BOUNCED, State.COMPLAINED: Reason.COMPLAINED}


def columns(table: Table) -> dict[str, int] | None:
    """The columns of our export; None when it is none."""
    places = table.places
    if not all(name in places for name in _MINE):
        return None
    return {name: places[fold(name)] for name in COLUMNS if fold(name) in places}


def rows(table: Table, columns: Mapping[str, int], newsletter: str) -> Iterator[ImportRow]:
    """What becomes of each row of *newsletter*; the rows of others are left out."""
    standing = _with_something(table, columns)
    for number, cells in table.records():
        address = address_of(cells, columns)
        state = cell_of(cells, columns, "state")
        if cell_of(cells, columns, "suppressed") == "yes" or state in _REASONS:
            # Of a reader who was suppressed, the reason is not in the file.
            reason = _REASONS[State(state)] if state in _REASONS else Reason.IMPORTED
            yield suppressed(number, address, reason)
        elif cell_of(cells, columns, "newsletter") != newsletter:
            yield ImportRow(number=number, address=address, wish=Wish.LEAVE_OUT)
        elif state == State.UNSUBSCRIBED and hash(compared(address)) in standing:
            yield refused(number, address, "has left this newsletter, and has another")
        elif state == State.UNSUBSCRIBED:
            yield suppressed(number, address)
        elif state == State.PENDING:
            yield refused(number, address, NEVER_CONFIRMED)
        elif state in (State.ACTIVE, State.PAUSED):
            yield _reader(number, address, cells, columns)
        else:
            yield unknown_status(number, address, state)


def _reader(number: int, address: str, cells: list[str], columns: Mapping[str, int]) -> ImportRow:
    confirmed = cell_of(cells, columns, "confirmed_at")
    paused_until = None
    if cell_of(cells, columns, "state") == State.PAUSED:
        with suppress(ValueError):
            paused_until = date.fromisoformat(cell_of(cells, columns, "paused_until"))
        if paused_until is None:
            return refused(number, address, "is paused, and the file does not say until when")
    frequency = cell_of(cells, columns, "frequency") or Frequency.DAILY
    if frequency not in list(Frequency):
        return refused(number, address, "its frequency is neither daily nor weekly")
    language = cell_of(cells, columns, "language")
    return ImportRow(
        number=number,
        address=address,
        evidence=evidence_of(opted_in=cell_of(cells, columns, "created_at"), confirmed=confirmed),
        is_proved=is_moment(confirmed),
        frequency=Frequency(frequency),
        paused_until=paused_until,
        language=language if language in LANGUAGES else "",
    )


def _with_something(table: Table, columns: Mapping[str, int]) -> set[int]:
    """The hashes of addresses that have left one newsletter and still have another."""
    left = {_key(cells, columns) for cells in _in_state(table, columns, State.UNSUBSCRIBED)}
    if not left:
        return left
    return {key for cells in _in_state(table, columns, *STANDING) if (key := _key(cells, columns)) in left}


def _in_state(table: Table, columns: Mapping[str, int], *states: State) -> Iterator[list[str]]:
    return (cells for _, cells in table.records() if cell_of(cells, columns, "state") in states)


def _key(cells: list[str], columns: Mapping[str, int]) -> int:
    return hash(compared(address_of(cells, columns)))
