"""What came back, kept once: whatever brings it again, its key is known."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from newsletter.feedback.event import DIAGNOSTIC_CHARACTERS, Event
from newsletter.feedback.policy import Consequence
from newsletter.feedback.schema import SEALED_RAWS, feedback_events
from newsletter.subscribers.seal import Sealer

#: Whose events have a name that no stranger can give: providers, which sign, and our own ledger.
SIGNED = frozenset({"smtp", "ses", "sendgrid", "postmark", "mailgun", "resend", "generic"})
#: What a server repeats of an address does not belong into words that outlive it.
_ADDRESS = re.compile(r"[^\s<>]+@[^\s<>]+")


def event_key(event: Event, *, source: str, raw: bytes, place: int) -> bytes:
    """What tells a repeat of *event*, the one numbered *place* of those that *raw* was read as.

    By the name that a provider gave it; of mail, which anybody can give a name, by every octet of it.
    """
    if source in SIGNED and event.remote_id:
        return _digest(source.encode(), event.remote_id.encode())
    return _digest(b"raw", hashlib.sha256(raw).digest() if raw else repr(event).encode(), b"%d" % place)


def known_keys(connection: Connection, keys: Collection[bytes]) -> set[bytes]:
    """Those of some hundred keys that are kept."""
    return set(connection.scalars(select(feedback_events.c.key).where(feedback_events.c.key.in_(list(keys)))))


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """An event as it is kept. *raw*: what it was read from, as far as that is kept."""

    key: bytes
    event: Event
    source: str
    consequence: Consequence
    subscriber_id: int | None = None
    issue_id: int | None = None
    raw: bytes | None = None


def record(connection: Connection, sealer: Sealer, events: Iterable[Recorded], *, now: datetime) -> None:
    """Keep *events*, whose keys are not known."""
    rows = [_row(one, sealer, now) for one in events]
    if rows:
        connection.execute(insert(feedback_events), rows)


def forget_raws(connection: Connection, *, before: datetime, most: int) -> int:
    """Delete what events of before that moment were read from, and all but the newest *most*; how many."""
    newest = (
        select(feedback_events.c.id)
        .where(feedback_events.c.raw.is_not(None))
        .order_by(feedback_events.c.id.desc())
        .offset(most)
        .limit(1)
    )
    last = connection.scalar(newest) or 0
    over = (feedback_events.c.taken_at < before) | (feedback_events.c.id <= last)
    return connection.execute(
        update(feedback_events).where(feedback_events.c.raw.is_not(None), over).values(raw=None)
    ).rowcount


def forget_records(connection: Connection, *, before: datetime, limit: int) -> int:
    """Delete up to *limit* events that were taken before that moment; how many."""
    old = select(feedback_events.c.id).where(feedback_events.c.taken_at < before).limit(limit)
    return connection.execute(delete(feedback_events).where(feedback_events.c.id.in_(old))).rowcount


def records_of(connection: Connection, subscriber_id: int) -> Sequence[Any]:
    """Everything that came back about a reader, oldest first; what it was read from stays sealed."""
    return connection.execute(
        select(feedback_events)
        .where(feedback_events.c.subscriber_id == subscriber_id)
        .order_by(feedback_events.c.id)
    ).all()


def raw_of(connection: Connection, sealer: Sealer, event_id: int) -> str:
    """What the event with that number was read from; "" where that is not kept."""
    owner, sealed = SEALED_RAWS.owner, SEALED_RAWS.sealed
    row = connection.execute(select(owner, sealed).where(SEALED_RAWS.key == event_id)).first()
    return sealer.open(row[1], owner=row[0]) if row and row[1] else ""


def without_addresses(text: str) -> str:
    """*text* with every address in it replaced, cut to what is kept of a diagnostic."""
    return _ADDRESS.sub("(address)", text)[:DIAGNOSTIC_CHARACTERS]


def _row(one: Recorded, sealer: Sealer, now: datetime) -> dict[str, Any]:
    event, owner = one.event, one.subscriber_id
    raw = sealer.seal(one.raw.decode("latin-1"), owner=owner) if one.raw and owner else None
    happened_at = event.happened_at if event.happened_at and event.happened_at <= now else now
    return {
        "key": one.key,
        "source": one.source,
        "kind": event.kind.value,
        "permanence": event.permanence.value,
        "reason": event.reason.value,
        "status": event.status[:12],
        "diagnostic": without_addresses(event.diagnostic) if owner else "",
        "consequence": one.consequence.value,
        "happened_at": happened_at,
        "taken_at": now,
        "subscriber_id": owner,
        "issue_id": one.issue_id,
        "raw": raw,
    }


def _digest(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(b"%d:%b" % (len(part), part) for part in parts)).digest()
