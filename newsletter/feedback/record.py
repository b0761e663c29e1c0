"""What came back, kept once: whatever brings it again, its key is known."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from newsletter.feedback.event import DIAGNOSTIC_CHARACTERS, Event
from newsletter.feedback.policy import Consequence
from newsletter.feedback.schema import SEALED_RAWS, feedback_events, reader_failures
from newsletter.subscribers.seal import Sealer

#: What relays answered when letters were sent, read from the ledger.
SMTP = "smtp"
#: Whose events have a name that no stranger can give: providers, which sign, and our own ledger.
SIGNED = frozenset({SMTP, "ses", "sendgrid", "postmark", "mailgun", "resend", "generic"})
#: RFC 5321 4.5.3.1.3 allows a path of 256 octets; and RFC 5322 2.1.1 a line of 998.
_LONGEST_ADDRESS, _LONGEST_ID = 320, 998
#: What a server repeats of an address does not belong into words that outlive it.
_ADDRESS = re.compile(r"[^\s<>]+@[^\s<>]+")


def event_key(event: Event, *, source: str, raw: bytes, place: int) -> bytes:
    """What tells a repeat of *event*, the one numbered *place* of those that *raw* was read as.

    By the name that a provider gave it; of mail, which anybody can give a name, by every octet of it.
    """
    if source in SIGNED and event.remote_id:
        return _digest(source.encode(), event.remote_id.encode(errors="replace"))
    whole = hashlib.sha256(raw).digest() if raw else repr(event).encode(errors="replace")
    return _digest(b"raw", whole, b"%d" % place)


def tidy(event: Event) -> Event:
    """*event* as a database takes it: strangers write NULs, halves of characters and times without a zone."""
    moment = event.happened_at
    return replace(
        event,
        recipient=_text(event.recipient, most=_LONGEST_ADDRESS),
        status=_text(event.status, most=12),
        diagnostic=_text(event.diagnostic[:DIAGNOSTIC_CHARACTERS]),
        return_path=_text(event.return_path, most=_LONGEST_ADDRESS),
        message_ids=tuple(one for each in event.message_ids if (one := _text(each, most=_LONGEST_ID))),
        remote_id=_text(event.remote_id, most=_LONGEST_ID),
        happened_at=moment if moment and moment.utcoffset() is not None else None,
    )


def _text(said: str, *, most: int | None = None) -> str:
    """*said* without what is no text; "" when it is longer than *most*: then it is not what it should be."""
    if most is not None and len(said) > most:
        return ""
    return said.replace("\0", "").encode(errors="replace").decode()


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


#: How long a provider may tell an event again: so long its key is kept where nothing else is of use.
REPEATED_FOR = timedelta(days=14)


def forget_records(connection: Connection, *, before: datetime, now: datetime, limit: int) -> int:
    """Delete up to *limit* events that were taken before that moment; how many.

    Those of which nothing followed go after REPEATED_FOR.
    """
    is_old = feedback_events.c.taken_at < before
    is_empty = (feedback_events.c.consequence == Consequence.NOTHING) & (
        feedback_events.c.taken_at < now - REPEATED_FOR
    )
    old = select(feedback_events.c.id).where(is_old | is_empty).limit(limit)
    return connection.execute(delete(feedback_events).where(feedback_events.c.id.in_(old))).rowcount


def forget_feedback_of(connection: Connection, subscriber_id: int) -> None:
    """Delete all that came back about a reader, and what is held against them."""
    for table in (feedback_events, reader_failures):
        connection.execute(delete(table).where(table.c.subscriber_id == subscriber_id))


@dataclass(frozen=True, kw_only=True)
class KeptEvent:
    """An event about a reader as it is kept. *has_raw*: what it was read from is kept, too."""

    id: int
    source: str
    kind: str
    permanence: str
    reason: str
    status: str
    diagnostic: str
    consequence: str
    happened_at: datetime
    taken_at: datetime
    subscriber_id: int
    has_raw: bool


_KEPT = (*(feedback_events.c[name] for name in KeptEvent.__annotations__ if name != "has_raw"),)


def records_of(connection: Connection, subscriber_id: int) -> list[KeptEvent]:
    """Everything that came back about a reader, oldest first; what it was read from stays sealed."""
    return _kept(connection, feedback_events.c.subscriber_id == subscriber_id)


def record_by_id(connection: Connection, event_id: int) -> KeptEvent | None:
    """The event about a reader with that number, or None."""
    mine = (feedback_events.c.id == event_id) & feedback_events.c.subscriber_id.is_not(None)
    return next(iter(_kept(connection, mine)), None)


def _kept(connection: Connection, which: ColumnElement[bool]) -> list[KeptEvent]:
    rows = connection.execute(
        select(*_KEPT, feedback_events.c.raw.is_not(None).label("has_raw"))
        .where(which)
        .order_by(feedback_events.c.id)
    )
    return [KeptEvent(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name


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
