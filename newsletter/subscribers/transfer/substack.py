"""Substack's exports of subscribers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from newsletter.subscribers.subscriber import Frequency
from newsletter.subscribers.transfer.row import ImportRow, evidence_of, suppressed, unknown_status
from newsletter.subscribers.transfer.table import Table, address_of, cell_of

_MEANINGS = {
    "email": "email",
    "emaildisabled": "disabled",
    "preferdigests": "digests",
    "createdat": "opted in",
}


def columns(table: Table) -> dict[str, int] | None:
    """The columns of an export of Substack; None when it is none."""
    places = table.places
    if not {"email", "emaildisabled"} <= places.keys():
        return None
    return {meaning: places[name] for name, meaning in _MEANINGS.items() if name in places}


def rows(table: Table, columns: Mapping[str, int]) -> Iterator[ImportRow]:
    """What becomes of each subscriber: who prefers digests gets the weekly one."""
    for number, cells in table.records():
        address = address_of(cells, columns)
        disabled = cell_of(cells, columns, "disabled").casefold()
        if disabled == "true":
            yield suppressed(number, address)
        elif disabled == "false":
            weekly = cell_of(cells, columns, "digests").casefold() == "true"
            yield ImportRow(
                number=number,
                address=address,
                evidence=evidence_of(opted_in=cell_of(cells, columns, "opted in")),
                frequency=Frequency.WEEKLY if weekly else Frequency.DAILY,
            )
        else:
            yield unknown_status(number, address, disabled)
