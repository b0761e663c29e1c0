"""Reads and appends consent records; one function empties them, and none changes or removes one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Insert,
    Integer,
    LargeBinary,
    Select,
    bindparam,
    cast,
    insert,
    select,
    update,
)

from newsletter.database import upsert
from newsletter.subscribers.consent import (
    SALT_BYTES,
    Action,
    Actor,
    ChainEnd,
    ConsentAct,
    ConsentRecord,
    Subject,
    append_record,
    seal_end,
)
from newsletter.subscribers.schema import consent_ends, consents, subscribers
from newsletter.subscribers.seal import SealedColumn
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
#: Where origins are sealed. They are beside the chain, not in it.
SEALED_ORIGINS = SealedColumn(consents.c.id, consents.c.subscriber_id, consents.c.origin)
#: Empty in rows of format 1, whose digest does not cover them.
_LATER_TEXTS = ("purpose", "locale", "template_sha256", "actor", "software")
_TEXTS = (*_CONTENT, "wording_sha256", "acted_at", "key_id")


def record_consent(
    connection: Connection,
    keyring: Keyring,
    subscriber_id: int,
    act: ConsentAct,
    *,
    origin: bytes | None = None,
    first: bytes | None = None,
) -> ConsentRecord:
    """Append *act* to the chain of one subscriber, in the caller's writing transaction.

    *origin*: where it came from, sealed (origin.py); deleted after its time. *first*: the handle of a
    subscriber whom this transaction has made, and who has no chain yet.
    """
    asked = {"reader": subscriber_id}
    subscriber: bytes = first or connection.execute(_LOCKED, asked).scalar_one()
    newest = None if first else connection.execute(_NEWEST, asked).mappings().one_or_none()
    record = append_record(
        act,
        subscriber=subscriber,
        last=_record(newest) if newest else None,
        salt=secrets.token_bytes(SALT_BYTES),
        keyring=keyring,
    )
    connection.execute(insert(consents), row_of(record, subscriber_id) | {"origin": origin})
    keep_end(connection, keyring, subscriber_id, record)
    return record


def keep_end(connection: Connection, keyring: Keyring, subscriber_id: int, newest: ConsentRecord) -> None:
    """Seal the end of a chain anew, behind the record that was just appended."""
    connection.execute(_anew(connection.dialect.name), end_row(newest, subscriber_id, keyring))


@cache
def _anew(dialect: str) -> Insert:
    end = upsert(dialect, consent_ends)
    return end.on_conflict_do_update(
        index_elements=[consent_ends.c.subscriber_id],
        set_={"sequence": end.excluded.sequence, "mac": end.excluded.mac},
    )


def end_row(newest: ConsentRecord, subscriber_id: int, keyring: Keyring) -> dict[str, Any]:
    """The end of a chain as a row of its table, for inserting many at once."""
    return {"subscriber_id": subscriber_id, **vars(seal_end(newest, keyring))}


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
    """One subscriber's chain, oldest first. Whatever was done to a row shows in it, and stops nothing."""
    rows = connection.execute(_raw(connection, subscriber_id).order_by(consents.c.sequence)).mappings()
    return [_record(_read(row)) for row in rows]


def chain_end(connection: Connection, subscriber_id: int) -> ChainEnd | None:
    """What is kept of the end of a chain; None for one that nothing was appended to since ends are kept."""
    row = connection.execute(
        select(consent_ends.c.sequence, consent_ends.c.mac).where(
            consent_ends.c.subscriber_id == subscriber_id
        )
    ).one_or_none()
    return ChainEnd(sequence=row.sequence, mac=row.mac) if row else None


def newest_records(connection: Connection, subscriber_ids: Sequence[int]) -> dict[int, ConsentRecord]:
    """The last record of each of these chains (at most some thousand), by subscriber id; in one query."""
    rows = connection.execute(
        select(consents, subscribers.c.handle.label("subscriber"))
        .join(subscribers, subscribers.c.id == consents.c.subscriber_id)
        .where(consents.c.subscriber_id.in_(subscriber_ids))
        .order_by(consents.c.subscriber_id, consents.c.sequence)
    )
    return {row["subscriber_id"]: _record(row) for row in rows.mappings()}


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


def _of(subscriber_id: int | BindParameter[int]) -> Select[Any]:
    return (
        select(consents, subscribers.c.handle.label("subscriber"))
        .join(subscribers, subscribers.c.id == consents.c.subscriber_id)
        .where(consents.c.subscriber_id == subscriber_id)
    )


# The lock keeps two appends to one chain apart on PostgreSQL; SQLite has one writer anyway.
_LOCKED = (
    select(subscribers.c.handle)
    .where(subscribers.c.id == bindparam("reader", type_=Integer))
    .with_for_update()
)
_NEWEST = _of(bindparam("reader", type_=Integer)).order_by(consents.c.sequence.desc()).limit(1)


def _raw(connection: Connection, subscriber_id: int) -> Select[Any]:
    """A chain as it is stored: SQLite keeps whatever is put into a column, and its driver stops at it."""
    if connection.dialect.name != "sqlite":
        return _of(subscriber_id)
    columns = [
        cast(column, LargeBinary).label(column.name) if column.name in _TEXTS else column
        for column in consents.c
    ]
    return (
        select(*columns, subscribers.c.handle.label("subscriber"))
        .join(subscribers, subscribers.c.id == consents.c.subscriber_id)
        .where(consents.c.subscriber_id == subscriber_id)
    )


def _read(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row of _raw with texts as texts and the moment as a moment; "is_altered" where it cannot be ours."""
    values = {
        name: value.decode(errors="surrogateescape") if name in _TEXTS and isinstance(value, bytes) else value
        for name, value in row.items()
    }
    stored = values["acted_at"]
    if isinstance(stored, str):
        values["acted_at"] = _moment(stored)
    is_forgotten = values["salt"] is None or values["acted_at"] is None
    must_be_empty: tuple[str, ...] = (*_CONTENT, "wording_sha256") if is_forgotten else ()
    if values["format"] == 1:
        must_be_empty += _LATER_TEXTS
    is_half_forgotten = is_forgotten and not (stored is None and values["salt"] is None)
    values["is_altered"] = is_half_forgotten or any(values[name] != "" for name in must_be_empty)
    return values


def _moment(stored: str) -> datetime | None:
    """A moment as SQLAlchemy writes it into SQLite; None for any other spelling."""
    with suppress(ValueError):
        moment = datetime.fromisoformat(stored)
        if moment.tzinfo is None and f"{moment:%Y-%m-%d %H:%M:%S.%f}" == stored:
            return moment.replace(tzinfo=UTC)
    return None


def _record(row: Mapping[Any, Any]) -> ConsentRecord:
    act = None if row["salt"] is None or row["acted_at"] is None else _act(row)
    is_altered = row.get("is_altered", False) or (
        act is not None and act.wording_sha256 != row["wording_sha256"]
    )
    chain = ("subscriber", "sequence", "format", "salt", "content_digest", "previous", "link")
    return ConsentRecord(
        **{name: row[name] for name in (*chain, "key_id", "mac", "origin")}, act=act, is_altered=is_altered
    )


def _act(row: Mapping[Any, Any]) -> ConsentAct:
    values = {name: row[name] for name in _CONTENT}
    if row["format"] == 1:  # what came later has no meaning for an old record
        values |= {"purpose": Subject.NEWSLETTER, "actor": Actor.READER}
    for name, words in (("purpose", Subject), ("action", Action), ("actor", Actor)):
        # A word that was changed in the table stays as it is, for the chain to find.
        with suppress(ValueError):
            values[name] = words(values[name])
    return ConsentAct(**values, acted_at=row["acted_at"])
