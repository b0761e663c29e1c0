"""Buttondown's export of subscribers, with its older and its newer name of the address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.transfer.row import (
    NEVER_CONFIRMED,
    ImportRow,
    evidence_of,
    network_address,
    refused,
    suppressed,
    unknown_status,
)
from newsletter.subscribers.transfer.table import Table, address_of, cell_of, first_of

_MEANINGS = {
    "subscribertype": "type",
    "unsubscriptiondate": "left",
    "subscriptiondate": "opted in",
    "ipaddress": "ip",
}
_SUPPRESSED = {
    "unsubscribed": Reason.IMPORTED,
    "removed": Reason.IMPORTED,
    "blocked": Reason.IMPORTED,
    "undeliverable": Reason.BOUNCED,
    "complained": Reason.COMPLAINED,
    "spammy": Reason.COMPLAINED,
}
#: Who gets the letters, paying or not (the types of its API).
_READERS = ("regular", "premium", "gifted", "trialed", "unpaid", "past_due", "churning", "churned")


def columns(table: Table) -> dict[str, int] | None:
    """The columns of an export of Buttondown; None when it is none."""
    places = table.places
    email = first_of(places, ("email", "emailaddress"))
    if email is None or "subscribertype" not in places:
        return None
    found = {meaning: places[name] for name, meaning in _MEANINGS.items() if name in places}
    return {"email": email} | found


def rows(table: Table, columns: Mapping[str, int]) -> Iterator[ImportRow]:
    """What becomes of each subscriber."""
    for number, cells in table.records():
        address = address_of(cells, columns)
        kind = cell_of(cells, columns, "type").casefold()
        if kind in _SUPPRESSED:
            yield suppressed(number, address, _SUPPRESSED[kind])
        elif cell_of(cells, columns, "left"):
            yield suppressed(number, address)
        elif kind == "unactivated":
            yield refused(number, address, NEVER_CONFIRMED)
        elif kind in _READERS:
            opted_in = cell_of(cells, columns, "opted in")
            yield ImportRow(
                number=number,
                address=address,
                evidence=evidence_of(opted_in=opted_in),
                ip=network_address(cell_of(cells, columns, "ip")),
            )
        else:
            yield unknown_status(number, address, kind)
