"""A list whose columns an operator names, where their own names do not tell."""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.errors import SubscriberError
from newsletter.subscribers.transfer import plain
from newsletter.subscribers.transfer.recognise import Format, RecognisedList, shown
from newsletter.subscribers.transfer.table import Table

#: What a column may be said to mean, as plain.rows() calls it.
MEANINGS = {"email": "email", "status": "status 0", "confirmed": "confirmed", "opted in": "opted in"}


def mapped(table: Table, named: Mapping[str, str], *, newsletter: str) -> RecognisedList:
    """*table* as a plain list with the columns that are *named*, by meaning (MEANINGS).

    What else is known of its columns by their names stays, above all who has left.

    Raises:
        SubscriberError: there is no such column, or none holds the address.
    """
    found = dict(plain.columns(table) or {})
    for meaning, column in named.items():
        place = next((at for at, name in enumerate(table.header) if name.strip() == column.strip()), None)
        if place is None:
            raise SubscriberError(
                f"the column {shown(column)!r}", "is not in this file", "Choose one of those it has."
            )
        for taken in [each for each, at in found.items() if at == place and each != "headless"]:
            del found[taken]
        found[MEANINGS[meaning]] = place
    if "email" not in found:
        raise SubscriberError(
            f"the list {table.name}", "has no column for the address", "Choose the column that holds it."
        )
    if "email" in named:
        found.pop("headless", None)
    return RecognisedList(
        table=table, format=Format.PLAIN, columns=found, lists=frozenset(), newsletter=newsletter
    )
