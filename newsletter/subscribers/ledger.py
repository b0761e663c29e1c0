"""Reads and appends consent records; nothing here changes or removes one."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select

from newsletter.subscribers.consent import SALT_BYTES, Action, ConsentAct, ConsentRecord, append_record
from newsletter.subscribers.schema import consents, subscribers
from newsletter.subscribers.token import Keyring


def record_consent(
    connection: Connection, keyring: Keyring, subscriber_id: int, act: ConsentAct
) -> ConsentRecord:
    """Append *act* to the chain of one subscriber, in the caller's writing transaction."""
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
    connection.execute(
        insert(consents).values(
            subscriber_id=subscriber_id,
            sequence=record.sequence,
            **asdict(act),
            wording_sha256=act.wording_sha256,
            salt=record.salt,
            content_digest=record.content_digest,
            previous=record.previous,
            link=record.link,
            key_id=record.key_id,
            mac=record.mac,
        )
    )
    return record


def consent_records(connection: Connection, subscriber_id: int) -> list[ConsentRecord]:
    """One subscriber's chain, oldest first."""
    return [_record(row) for row in connection.execute(_of(subscriber_id).order_by(consents.c.sequence))]


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
        act=ConsentAct(
            newsletter=row.newsletter,
            action=Action(row.action),
            address=row.address,
            wording=row.wording,
            policy_version=row.policy_version,
            policy_sha256=row.policy_sha256,
            door=row.door,
            page_url=row.page_url,
            message_id=row.message_id,
            evidence=row.evidence,
            acted_at=row.acted_at,
        ),
        salt=row.salt,
        content_digest=row.content_digest,
        previous=row.previous,
        link=row.link,
        key_id=row.key_id,
        mac=row.mac,
    )
