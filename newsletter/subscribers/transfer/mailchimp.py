"""Mailchimp's four exports: subscribed, unsubscribed, cleaned, and non-subscribed contacts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.transfer.row import (
    ImportRow,
    evidence_of,
    is_moment,
    network_address,
    refused,
    suppressed,
)
from newsletter.subscribers.transfer.table import Table, address_of, cell_of

_OWN = ("leid", "euid")
_COMPLAINTS = ("spam", "abuse")
_MEANINGS = {
    "optintime": "opted in",
    "confirmtime": "confirmed",
    "confirmip": "ip",
    "unsubtime": "unsubscribed",
    "cleantime": "cleaned",
    "unsubreason": "why",
    "unsubreasonother": "why else",
}


def columns(table: Table) -> dict[str, int] | None:
    """The columns of an export of Mailchimp; None when it is none."""
    places = table.places
    if not all(name in places for name in _OWN):
        return None
    # The first column is the address, whatever the audience calls it.
    return {"email": places.get("emailaddress", 0)} | {
        meaning: places[name] for name, meaning in _MEANINGS.items() if name in places
    }


def rows(table: Table, columns: Mapping[str, int]) -> Iterator[ImportRow]:
    """What becomes of each contact; which export it is, says the header, or the file's own name."""
    kind = _kind(table, columns)
    for number, cells in table.records():
        address = address_of(cells, columns)
        if kind == "nonsubscribed":
            yield refused(number, address, "is a contact that has not subscribed where it comes from")
        elif kind == "cleaned":
            yield suppressed(number, address, Reason.BOUNCED)
        elif kind == "unsubscribed":
            why = f"{cell_of(cells, columns, 'why')} {cell_of(cells, columns, 'why else')}".casefold()
            complained = any(word in why for word in _COMPLAINTS)
            yield suppressed(number, address, Reason.COMPLAINED if complained else Reason.IMPORTED)
        else:
            confirmed = cell_of(cells, columns, "confirmed")
            opted_in = cell_of(cells, columns, "opted in")
            yield ImportRow(
                number=number,
                address=address,
                evidence=evidence_of(opted_in=opted_in, confirmed=confirmed),
                # Everybody has a time of confirmation there; that of an answer is not the sign-up's.
                is_proved=is_moment(confirmed) and is_moment(opted_in) and confirmed != opted_in,
                ip=network_address(cell_of(cells, columns, "ip")),
            )


def _kind(table: Table, columns: Mapping[str, int]) -> str:
    name = table.name.casefold()
    if name.startswith("nonsubscribed"):
        return "nonsubscribed"
    if "cleaned" in columns or name.startswith("cleaned_"):
        return "cleaned"
    if "unsubscribed" in columns or name.startswith("unsubscribed_"):
        return "unsubscribed"
    return "subscribed"
