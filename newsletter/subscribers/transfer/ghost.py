"""Ghost's export of members."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from newsletter.subscribers.transfer.row import ImportRow, evidence_of, suppressed, unknown_status
from newsletter.subscribers.transfer.table import Table, address_of, cell_of

_MEANINGS = {
    "email": "email",
    "subscribedtoemails": "subscribed",
    "deletedat": "deleted",
    "createdat": "opted in",
}


def columns(table: Table) -> dict[str, int] | None:
    """The columns of an export of Ghost; None when it is none."""
    places = table.places
    if not {"email", "subscribedtoemails"} <= places.keys():
        return None
    return {meaning: places[name] for name, meaning in _MEANINGS.items() if name in places}


def rows(table: Table, columns: Mapping[str, int]) -> Iterator[ImportRow]:
    """What becomes of each member."""
    for number, cells in table.records():
        address = address_of(cells, columns)
        wants = cell_of(cells, columns, "subscribed").casefold()
        if wants == "false" or cell_of(cells, columns, "deleted"):
            yield suppressed(number, address)
        elif wants == "true":
            opted_in = cell_of(cells, columns, "opted in")
            yield ImportRow(number=number, address=address, evidence=evidence_of(opted_in=opted_in))
        else:
            yield unknown_status(number, address, wants)
