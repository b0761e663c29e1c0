"""beehiiv's export of subscribers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.transfer.row import (
    NEVER_CONFIRMED,
    ImportRow,
    evidence_of,
    refused,
    suppressed,
    unknown_status,
)
from newsletter.subscribers.transfer.table import Table, address_of, cell_of

_MEANINGS = {"email": "email", "status": "status", "unsubscribedat": "left", "createdat": "opted in"}


def columns(table: Table) -> dict[str, int] | None:
    """The columns of an export of beehiiv; None when it is none."""
    places = table.places
    if not {"email", "status", "tier", "unsubscribedat"} <= places.keys():
        return None
    return {meaning: places[name] for name, meaning in _MEANINGS.items() if name in places}


def rows(table: Table, columns: Mapping[str, int]) -> Iterator[ImportRow]:
    """What becomes of each subscriber."""
    for number, cells in table.records():
        address = address_of(cells, columns)
        status = cell_of(cells, columns, "status").casefold()
        if status == "invalid":
            yield suppressed(number, address, Reason.BOUNCED)
        elif status == "inactive" or cell_of(cells, columns, "left"):
            yield suppressed(number, address)
        elif status in ("pending", "validating"):
            yield refused(number, address, NEVER_CONFIRMED)
        elif status == "active":
            opted_in = cell_of(cells, columns, "opted in")
            yield ImportRow(number=number, address=address, evidence=evidence_of(opted_in=opted_in))
        else:
            yield unknown_status(number, address, status)
