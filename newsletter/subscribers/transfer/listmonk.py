"""listmonk's export of subscribers, and the file that it imports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from newsletter.subscribers.transfer.row import ImportRow, evidence_of, suppressed, unknown_status
from newsletter.subscribers.transfer.table import Table, address_of, cell_of

_MEANINGS = {"email": "email", "status": "status", "createdat": "opted in"}
_LEFT = ("blocklisted", "blacklisted", "disabled")


def columns(table: Table) -> dict[str, int] | None:
    """The columns of a file of listmonk; None when it is none."""
    places = table.places
    if not {"email", "name", "attributes"} <= places.keys():
        return None
    return {meaning: places[name] for name, meaning in _MEANINGS.items() if name in places}


def rows(table: Table, columns: Mapping[str, int]) -> Iterator[ImportRow]:
    """What becomes of each subscriber; the file says nothing of lists."""
    for number, cells in table.records():
        address = address_of(cells, columns)
        status = cell_of(cells, columns, "status").casefold()
        if status in _LEFT:
            yield suppressed(number, address)
        elif status == "enabled" or "status" not in columns:
            opted_in = cell_of(cells, columns, "opted in")
            yield ImportRow(number=number, address=address, evidence=evidence_of(opted_in=opted_in))
        else:
            yield unknown_status(number, address, status)
