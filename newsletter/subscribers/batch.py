"""Queries over some thousand readers at once, for whoever brings many in; in the caller's transaction."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Dialect, LargeBinary, Table, delete, insert, select, true
from sqlalchemy.types import TypeEngine

from newsletter.subscribers.address import Address
from newsletter.subscribers.consent import SALT_BYTES, ConsentAct, append_record
from newsletter.subscribers.count import count_joined, without_trigger
from newsletter.subscribers.ledger import end_row, newest_records, row_of
from newsletter.subscribers.schema import consent_ends, consents, subscribers, subscriptions
from newsletter.subscribers.subscriber import Frequency, State, Subscriber, Subscription
from newsletter.subscribers.token import Keyring, new_handle


@dataclass(frozen=True, slots=True)
class Known:
    """A reader who is here already, and all that they have."""

    subscriber: Subscriber
    subscriptions: list[Subscription]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader's records go: the row's number, and the handle that names the chain."""

    subscriber_id: int
    handle: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Joining:
    """A subscription to be made. *paused_until*: None for an active one."""

    subscriber_id: int
    frequency: Frequency = Frequency.DAILY
    paused_until: date | None = None


def known_among(connection: Connection, canonicals: Collection[str]) -> dict[str, Known]:
    """Those of *canonicals* that are here; in two queries."""
    rows = connection.execute(select(subscribers).where(subscribers.c.canonical.in_(canonicals)))
    found = {row.id: Known(Subscriber(**row._mapping), []) for row in rows}  # noqa: SLF001 - SQLAlchemy's public name
    if found:
        theirs = connection.execute(
            select(subscriptions).where(subscriptions.c.subscriber_id.in_(found)).order_by(subscriptions.c.id)
        )
        for row in theirs:
            words = {"state": State(row.state), "frequency": Frequency(row.frequency)}
            one = Subscription(**{**row._mapping, **words})  # noqa: SLF001 - as above
            found[row.subscriber_id].subscriptions.append(one)
    return {known.subscriber.canonical: known for known in found.values()}


def add_readers(connection: Connection, readers: Mapping[Address, str], *, now: datetime) -> dict[str, Place]:
    """New readers, each with their language; where they stand, by canonical address."""
    if not readers:
        return {}
    rows = [
        {
            "handle": new_handle(),
            "address": address.given,
            "canonical": address.canonical,
            "created_at": now,
            "language": language,
        }
        for address, language in readers.items()
    ]
    insert_many(connection, subscribers, rows)
    places = connection.execute(
        select(subscribers.c.canonical, subscribers.c.id, subscribers.c.handle).where(
            subscribers.c.canonical.in_([address.canonical for address in readers])
        )
    )
    return {canonical: Place(number, handle) for canonical, number, handle in places}


def add_joined(connection: Connection, newsletter: str, joining: Sequence[Joining], *, now: datetime) -> None:
    """Confirmed subscriptions of readers who have none to *newsletter*."""
    if not joining:
        return
    rows = [
        {
            "subscriber_id": one.subscriber_id,
            "newsletter": newsletter,
            "state": State.PAUSED if one.paused_until else State.ACTIVE,
            "handle": new_handle(),
            "created_at": now,
            "changed_at": now,
            "confirmed_at": now,
            "frequency": one.frequency,
            "paused_until": one.paused_until,
        }
        for one in joining
    ]
    with without_trigger(connection):
        insert_many(connection, subscriptions, rows)
    readers = [one.subscriber_id for one in joining]
    suppressed = set(
        connection.scalars(
            select(subscribers.c.id).where(subscribers.c.id.in_(readers), subscribers.c.suppressed == true())
        )
    )
    new = Counter(
        (str(row["state"]), str(row["frequency"]), row["subscriber_id"] in suppressed) for row in rows
    )
    count_joined(connection, newsletter, new, now.astimezone(UTC).date())


def record_many(
    connection: Connection,
    keyring: Keyring,
    acts: Mapping[Place, ConsentAct],
    *,
    origins: Mapping[int, bytes],
    new: Collection[Place],
) -> None:
    """Append one act to each of these chains. *origins*: sealed, by subscriber; *new*: chains without any."""
    if not acts:
        return
    older = [place.subscriber_id for place in acts if place not in new]
    last = newest_records(connection, older) if older else {}
    rows: list[dict[str, Any]] = []
    ends: list[dict[str, Any]] = []
    for place, act in acts.items():
        record = append_record(
            act,
            subscriber=place.handle,
            last=last.get(place.subscriber_id),
            salt=secrets.token_bytes(SALT_BYTES),
            keyring=keyring,
        )
        row = row_of(record, place.subscriber_id)
        row["origin"] = origins.get(place.subscriber_id)
        rows.append(row)
        ends.append(end_row(record, place.subscriber_id, keyring))
    insert_many(connection, consents, rows)
    if older:
        connection.execute(delete(consent_ends).where(consent_ends.c.subscriber_id.in_(older)))
    insert_many(connection, consent_ends, ends)


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert *rows*, which all have the same columns.

    SQLAlchemy looks at every value of every row anew, which takes longer than SQLite does. Where parameters
    are told by their place, each column is looked at once.
    """
    if not rows:
        return
    dialect = connection.dialect
    compiled = insert(table).compile(dialect=dialect, column_keys=list(rows[0]))
    if compiled.positiontup is None or dialect.paramstyle != "qmark":
        connection.execute(insert(table), list(rows))
        return
    columns = [
        _values([row[name] for row in rows], table.c[name].type, dialect) for name in compiled.positiontup
    ]
    connection.exec_driver_sql(str(compiled), list(zip(*columns, strict=True)))


def _values(values: list[Any], kind: TypeEngine[Any], dialect: Dialect) -> list[Any]:
    """What the driver takes for these values of one column. Of equal ones the first is looked at."""
    process = None
    if not isinstance(kind, LargeBinary):  # sqlite3 takes bytes as they are
        process = kind.dialect_impl(dialect).bind_processor(dialect)
    if process is None:
        return values
    taken = {value: process(value) for value in set(values)}
    return [taken[value] for value in values]
