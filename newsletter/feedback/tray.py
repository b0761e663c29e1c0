"""The tray: what came back and matched nothing of ours, until an operator has looked, or its time is over."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from newsletter.errors import RefusedError, SubscriberError
from newsletter.feedback.event import Event, Kind, Reason
from newsletter.feedback.schema import feedback_tray
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.token import Keyring, Purpose

#: What is nobody's and of no use to look at: it changes nobody, and there is much of it.
_PASSED = (Kind.DELIVERED, Kind.DELAYED, Kind.AUTO_REPLY)


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing in the tray. *octets*: how long it was before it was cut to what is kept."""

    id: int
    source: str
    kind: Kind
    reason: Reason
    status: str
    received_at: datetime
    octets: int


def belongs(event: Event) -> bool:
    """Whether *event*, which is about nobody of ours, is for an operator to look at."""
    return event.kind not in _PASSED


def add(
    connection: Connection, keyring: Keyring, event: Event, *, source: str, raw: bytes, most_octets: int,
    now: datetime,
) -> int:  # fmt: skip
    """Put *event* and *raw*, cut to *most_octets*, into the tray; its number.

    Without *raw*, or where more people are in it, the event itself is kept in its place.
    """
    kept = raw or json.dumps(asdict(event), indent=2, default=str).encode()
    result = connection.execute(
        insert(feedback_tray).values(
            source=source,
            kind=event.kind.value,
            reason=event.reason.value,
            status=event.status[:12],
            received_at=now,
            octets=len(kept),
            about=_about(keyring, event.recipient),
        )
    )
    item_id = int(result.inserted_primary_key[0])  # type: ignore[index] # one row, one key
    # The number of its row is sealed with it.
    sealed = Sealer(keyring, Purpose.FEEDBACK).seal(kept[:most_octets].decode("latin-1"), owner=item_id)
    connection.execute(update(feedback_tray).where(feedback_tray.c.id == item_id).values(sealed=sealed))
    return item_id


def items(connection: Connection, *, before: int | None = None, limit: int | None = None) -> list[Item]:
    """What is in the tray, newest first: all, or the *limit* that came before the one with that number."""
    query = select(*_SHOWN).order_by(feedback_tray.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(feedback_tray.c.id < before)
    rows = connection.execute(query)
    return [_item(row) for row in rows]


def _item(row: Row[Any]) -> Item:
    return Item(**{**row._mapping, "kind": Kind(row.kind), "reason": Reason(row.reason)})  # noqa: SLF001 - public


_SHOWN = tuple(
    feedback_tray.c[name] for name in ("id", "source", "kind", "reason", "status", "received_at", "octets")
)


def item(connection: Connection, item_id: int) -> Item:
    """The one with that number.

    Raises:
        RefusedError: there is none.
    """
    row = connection.execute(select(*_SHOWN).where(feedback_tray.c.id == item_id)).one_or_none()
    if row is None:
        raise _absent(item_id)
    return _item(row)


def content(connection: Connection, keyring: Keyring, item_id: int) -> str:
    """What is kept of one item, an octet a character.

    Raises:
        RefusedError: there is none with that number.
        SubscriberError: it was sealed under a key that is gone.
    """
    sealed = connection.scalar(select(feedback_tray.c.sealed).where(feedback_tray.c.id == item_id))
    if sealed is None:
        raise _absent(item_id)
    return Sealer(keyring, Purpose.FEEDBACK).open(sealed, owner=item_id)


def dismiss(connection: Connection, item_id: int) -> None:
    """Take one item out of the tray. What brings it again is known and changes nothing.

    Raises:
        RefusedError: there is none with that number.
    """
    if not connection.execute(delete(feedback_tray).where(feedback_tray.c.id == item_id)).rowcount:
        raise _absent(item_id)


def forget_items(connection: Connection, *, before: datetime, most: int) -> int:
    """Delete what came before that moment, and all but the newest *most*; how many."""
    oldest = select(feedback_tray.c.id).order_by(feedback_tray.c.id.desc()).offset(most).limit(1)
    last = connection.scalar(oldest) or 0
    over = (feedback_tray.c.received_at < before) | (feedback_tray.c.id <= last)
    return connection.execute(delete(feedback_tray).where(over)).rowcount


def forget_about(connection: Connection, keyring: Keyring, canonicals: Collection[str]) -> int:
    """Delete what names one of these addresses; how many."""
    digests = [
        keyring.mac(Purpose.FEEDBACK, canonical.encode(), kid=kid)
        for canonical in canonicals
        for kid in keyring.key_ids
    ]
    return connection.execute(delete(feedback_tray).where(feedback_tray.c.about.in_(digests))).rowcount


def _about(keyring: Keyring, recipient: str) -> bytes | None:
    try:
        canonical = parse_address(recipient.strip().strip("<>")).canonical
    except SubscriberError:
        return None
    return keyring.mac(Purpose.FEEDBACK, canonical.encode())


def _absent(item_id: int) -> RefusedError:
    return RefusedError(
        f"item {item_id} of the tray", "is not there", "See what is: newsletter feedback tray list"
    )
