"""A plain list: a column with addresses, perhaps one with a status, perhaps not even a header.

Curated, Medium, tiny newsletters and spreadsheets come this way. A status that means "gone" suppresses, and
one that is not known refuses: nobody is mailed on a guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.transfer.row import (
    NEVER_CONFIRMED,
    ImportRow,
    evidence_of,
    is_moment,
    refused,
    suppressed,
    unknown_status,
)
from newsletter.subscribers.transfer.table import Table, address_of, cell_of, first_of

#: Names (folded) that mean the address, best first.
ADDRESS_NAMES = ("email", "emailaddress", "subscriberemail", "mail", "address")
STATUS_NAMES = ("status", "subscriptionstatus", "subscriberstatus", "globalstatus", "liststatus", "state")
_OPTED_IN_NAMES = (
    "optintime", "optinat", "subscribedat", "subscriptiontime", "subscriptiondate", "timestampsignup",
    "dateadded", "createdat",
)  # fmt: skip
_CONFIRMED_NAMES = (
    "confirmtime", "confirmedat", "confirmationtime", "confirmationdate", "consentedat", "timestampopt",
)  # fmt: skip
#: Columns in which any entry means that the reader is gone.
_GONE_NAMES = {
    "unsubscribedat": Reason.IMPORTED,
    "unsubscriptiondate": Reason.IMPORTED,
    "unsubtime": Reason.IMPORTED,
    "optouttime": Reason.IMPORTED,
    "deletedat": Reason.IMPORTED,
    "cleantime": Reason.BOUNCED,
    "bouncedat": Reason.BOUNCED,
}
SUBSCRIBED = frozenset({"", "subscribed", "active", "confirmed", "enabled"})
_WAITING = frozenset({"pending", "unconfirmed", "unactivated", "not confirmed", "opt-in pending"})
_GONE = (
    dict.fromkeys(
        (
            "unsubscribed", "unsubscribe", "opted out", "opted-out", "optout", "opt-out", "removed",
            "deleted", "cancelled", "canceled", "disabled", "blocklisted", "blacklisted", "blocked",
            "suppressed",
        ),
        Reason.IMPORTED,
    )
    | dict.fromkeys(
        ("bounced", "cleaned", "undeliverable", "invalid", "hard bounce", "hard bounced"), Reason.BOUNCED
    )
    | dict.fromkeys(
        ("complained", "complaint", "spam", "abuse", "spammy", "marked as spam"), Reason.COMPLAINED
    )
)  # fmt: skip
#: Words that nobody is called by and that mean "gone" in a column without a name that is known.
_TELLING = frozenset(
    written
    for word in ("unsubscribed", "bounced", "complained", "blocklisted", "undeliverable")
    for written in (word, word.upper(), word.capitalize())
)
_KNOWN = SUBSCRIBED | _WAITING | _GONE.keys()


def columns(table: Table) -> dict[str, int] | None:
    """The columns of a plain list; None when none of them is known to hold addresses."""
    places = table.places
    email = first_of(places, ADDRESS_NAMES)
    if email is None:
        return {"email": 0, "headless": 0} if _is_address(table.header) else None
    found = {"email": email}
    statuses = [name for name in STATUS_NAMES if name in places and _holds_status(table, name)]
    found |= {f"status {order}": places[name] for order, name in enumerate(statuses)}
    found |= {f"gone {name}": places[name] for name in _GONE_NAMES if name in places}
    for meaning, names in (("opted in", _OPTED_IN_NAMES), ("confirmed", _CONFIRMED_NAMES)):
        place = first_of(places, names)
        if place is not None:
            found[meaning] = place
    return found


def rows(table: Table, columns: Mapping[str, int]) -> Iterator[ImportRow]:
    """What becomes of each row."""
    statuses = [place for meaning, place in columns.items() if meaning.startswith("status ")]
    gone = {
        place: _GONE_NAMES[meaning.removeprefix("gone ")]
        for meaning, place in columns.items()
        if meaning.startswith("gone ")
    }
    for number, cells in table.records(headless="headless" in columns):
        address = address_of(cells, columns)
        # A row without a status, of which there may be millions, is quickly told.
        if statuses or gone or not _TELLING.isdisjoint(cells):
            said = [cells[place].strip().casefold() for place in statuses if place < len(cells)]
            left = [reason for place, reason in gone.items() if place < len(cells) and cells[place].strip()]
            if not statuses:
                said = [cell.casefold() for cell in cells if cell in _TELLING]
            judged = _judged(number, address, said, left)
            if judged is not None:
                yield judged
                continue
        confirmed = cell_of(cells, columns, "confirmed")
        yield ImportRow(
            number=number,
            address=address,
            evidence=evidence_of(opted_in=cell_of(cells, columns, "opted in"), confirmed=confirmed),
            is_proved=is_moment(confirmed),
        )


def _judged(number: int, address: str, said: list[str], left: list[Reason]) -> ImportRow | None:
    """The row when one of its statuses, or a date of leaving, speaks against it: the strictest counts."""
    reasons = list(chain(left, (_GONE[status] for status in said if status in _GONE)))
    if reasons:
        return suppressed(number, address, max(reasons, key=_STRICTNESS.index))
    for status in said:
        if status in _WAITING:
            return refused(number, address, NEVER_CONFIRMED)
        if status not in SUBSCRIBED:
            return unknown_status(number, address, status)
    return None


_STRICTNESS = (Reason.IMPORTED, Reason.BOUNCED, Reason.COMPLAINED)


def _holds_status(table: Table, name: str) -> bool:
    """A column "state" may be of an address: it counts when it speaks of subscriptions."""
    if name != "state":
        return True
    place = table.places[name]
    said = {cells[place].strip().casefold() for cells in table.sample() if place < len(cells)} - {""}
    return bool(said & (_KNOWN | {"inactive"}))


def _is_address(header: tuple[str, ...]) -> bool:
    return len(header) > 0 and header[0].count("@") == 1 and " " not in header[0].strip()
