"""Reads and appends consent records; one function empties them, and none changes or removes one."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from newsletter.subscribers.consent import (
    SALT_BYTES,
    Action,
    Actor,
    ConsentAct,
    ConsentRecord,
    Subject,
    append_record,
)
from newsletter.subscribers.schema import consents, subscribers
from newsletter.subscribers.token import Keyring

_CONTENT = (
    "newsletter",
    "purpose",
    "action",
    "address",
    "wording",
    "locale",
    "policy_version",
    "policy_sha256",
    "door",
    "page_url",
    "message_id",
    "template_sha256",
    "evidence",
    "actor",
    "software",
)


def record_consent(
    connection: Connection,
    keyring: Keyring,
    subscriber_id: int,
    act: ConsentAct,
    *,
    origin: bytes | None = None,
) -> ConsentRecord:
    """Append *act* to the chain of one subscriber, in the caller's writing transaction.

    *origin*: where it came from, sealed (origin.py); deleted after its time.
    """
    subscriber: bytes = connection.execute(
        # The lock keeps two appends to one chain apart on PostgreSQL; SQLite has one writer anyway.
        select(subscribers.c.handle).where(subscribers.c.id == subscriber_id).with_for_update()
    ).scalar_one()
    newest = connection.execute(
        _of(subscriber_id).order_by(consents.c.sequence.desc()).limit(1)
    ).one_or_none()
    record = append_record(
        act,
        subscriber=subscriber,
        last=_record(newest) if newest else None,
        salt=secrets.token_bytes(SALT_BYTES),
        keyring=keyring,
    )
    connection.execute(insert(consents).values(**row_of(record, subscriber_id), origin=origin))
    return record


def row_of(record: ConsentRecord, subscriber_id: int) -> dict[str, Any]:
    """*record* (whose content is there) as a row of the table, for inserting many at once."""
    return {
        **vars(record.content),
        "wording_sha256": record.content.wording_sha256,
        "subscriber_id": subscriber_id,
        "sequence": record.sequence,
        "format": record.format,
        "salt": record.salt,
        "content_digest": record.content_digest,
        "previous": record.previous,
        "link": record.link,
        "key_id": record.key_id,
        "mac": record.mac,
    }


def consent_records(connection: Connection, subscriber_id: int) -> list[ConsentRecord]:
    """One subscriber's chain, oldest first."""
    return [_record(row) for row in connection.execute(_of(subscriber_id).order_by(consents.c.sequence))]


def newest_records(connection: Connection, subscriber_ids: Sequence[int]) -> dict[int, ConsentRecord]:
    """The last record of each of these chains (at most some thousand), by subscriber id; in one query."""
    rows = connection.execute(
        select(consents, subscribers.c.handle.label("subscriber"))
        .join(subscribers, subscribers.c.id == consents.c.subscriber_id)
        .where(consents.c.subscriber_id.in_(subscriber_ids))
        .order_by(consents.c.subscriber_id, consents.c.sequence)
    )
    return {row.subscriber_id: _record(row) for row in rows}


def mails_named(connection: Connection, subscriber_id: int) -> set[str]:
    """The Message-IDs of the mails that a chain speaks of."""
    found = select(consents.c.message_id).where(
        consents.c.subscriber_id == subscriber_id, consents.c.message_id != ""
    )
    return set(connection.scalars(found))


def addresses_named(connection: Connection, subscriber_id: int) -> set[str]:
    """Every address that stands in a chain, as it was given."""
    found = select(consents.c.address).where(
        consents.c.subscriber_id == subscriber_id, consents.c.address != ""
    )
    return set(connection.scalars(found))


def forget_content(connection: Connection, subscriber_id: int) -> None:
    """Empty every record of a chain: content, salt and origin go, and digests, links and MACs stay."""
    connection.execute(
        update(consents)
        .where(consents.c.subscriber_id == subscriber_id)
        .values(**dict.fromkeys(_CONTENT, ""), wording_sha256="", acted_at=None, salt=None, origin=None)
    )


def forget_origins(connection: Connection, *, before: datetime) -> int:
    """Delete where acts before that moment came from; how many there were."""
    return connection.execute(
        update(consents)
        .where(consents.c.origin.is_not(None), consents.c.acted_at < before)
        .values(origin=None)
    ).rowcount


def _of(subscriber_id: int) -> Select[Any]:
    return (
        select(consents, subscribers.c.handle.label("subscriber"))
        .join(subscribers, subscribers.c.id == consents.c.subscriber_id)
        .where(consents.c.subscriber_id == subscriber_id)
    )


def _record(row: Row[Any]) -> ConsentRecord:
    return ConsentRecord(
        subscriber=row.subscriber,
        sequence=row.sequence,
        format=row.format,
        act=None if row.salt is None or row.acted_at is None else _act(row),
        salt=row.salt,
        content_digest=row.content_digest,
        previous=row.previous,
        link=row.link,
        key_id=row.key_id,
        mac=row.mac,
        origin=row.origin,
    )


def _act(row: Row[Any]) -> ConsentAct:
    values = {name: getattr(row, name) for name in _CONTENT}
    if row.format == 1:  # what came later has no meaning for an old record
        values |= {"purpose": Subject.NEWSLETTER, "actor": Actor.READER}
    for name, words in (("purpose", Subject), ("action", Action), ("actor", Actor)):
        # A word that was changed in the table stays as it is, for the chain to find.
        with suppress(ValueError):
            values[name] = words(values[name])
    return ConsentAct(**values, acted_at=row.acted_at)
