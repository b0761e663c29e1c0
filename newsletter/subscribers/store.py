"""Queries over readers and their subscriptions.

Every function takes a Connection: the caller decides what belongs in one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, false, insert, select, update
from sqlalchemy.sql.dml import ReturningInsert

from newsletter.database import Prepared, upsert
from newsletter.subscribers.address import Address
from newsletter.subscribers.schema import reader_topics, subscribers, subscriptions
from newsletter.subscribers.subscriber import (
    Event,
    Frequency,
    Recipient,
    State,
    Subscriber,
    Subscription,
    next_state,
)


def find_subscriber(connection: Connection, canonical: str) -> Subscriber | None:
    """The reader with this canonical address, or None."""
    row = connection.execute(select(subscribers).where(subscribers.c.canonical == canonical)).first()
    return _subscriber(row) if row else None


def subscriber_by_handle(connection: Connection, handle: bytes) -> Subscriber | None:
    """The reader whose consent chain has this handle, or None."""
    row = connection.execute(select(subscribers).where(subscribers.c.handle == handle)).first()
    return _subscriber(row) if row else None


def get_subscriber(connection: Connection, subscriber_id: int) -> Subscriber:
    """The reader with this id, locked for the transaction (on PostgreSQL)."""
    return _subscriber(
        connection.execute(
            select(subscribers).where(subscribers.c.id == subscriber_id).with_for_update()
        ).one()
    )


def add_subscriber(
    connection: Connection, address: Address, *, handle: bytes, suppressed: bool, now: datetime
) -> Subscriber:
    """A new reader, or the one whom another process added a moment ago."""
    row = connection.execute(
        _unless_known(connection.dialect.name),
        {
            "handle": handle,
            "address": address.given,
            "canonical": address.canonical,
            "created_at": now,
            "suppressed": suppressed,
        },
    ).first()
    if row is None:  # somebody was quicker; theirs is as good
        row = connection.execute(
            select(subscribers).where(subscribers.c.canonical == address.canonical).with_for_update()
        ).one()
    return _subscriber(row)


@cache
def _unless_known(dialect: str) -> ReturningInsert[Any]:
    new = upsert(dialect, subscribers).on_conflict_do_nothing(index_elements=[subscribers.c.canonical])
    return new.returning(*subscribers.c)


def page_of_subscribers(
    connection: Connection, *, after_id: int = 0, limit: int = 1000
) -> list[tuple[Subscriber, list[Subscription]]]:
    """Up to *limit* readers with ids above *after_id*, by id, each with their subscriptions.

    Erased readers are left out.
    """
    found = [
        _subscriber(row)
        for row in connection.execute(
            select(subscribers)
            .where(subscribers.c.id > after_id, subscribers.c.address != "")
            .order_by(subscribers.c.id)
            .limit(limit)
        )
    ]
    theirs: dict[int, list[Subscription]] = {subscriber.id: [] for subscriber in found}
    if found:
        rows = connection.execute(
            select(subscriptions)
            .where(subscriptions.c.subscriber_id.between(found[0].id, found[-1].id))
            .order_by(subscriptions.c.id)
        )
        for row in rows:
            theirs[row.subscriber_id].append(_subscription(row))
    return [(subscriber, theirs[subscriber.id]) for subscriber in found]


def find_subscription(connection: Connection, subscriber_id: int, newsletter: str) -> Subscription | None:
    """What one reader has with one newsletter, or None."""
    asked = {"reader": subscriber_id, "name": newsletter}
    row = connection.execute(_SUBSCRIPTION, asked).first()
    return _subscription(row) if row else None


_SUBSCRIPTION = select(subscriptions).where(
    subscriptions.c.subscriber_id == bindparam("reader"), subscriptions.c.newsletter == bindparam("name")
)


def subscription_by_handle(connection: Connection, handle: bytes) -> Subscription | None:
    """The subscription that a token's handle names, or None when it is gone."""
    row = connection.execute(select(subscriptions).where(subscriptions.c.handle == handle)).first()
    return _subscription(row) if row else None


def get_subscription(connection: Connection, subscription_id: int) -> Subscription:
    """The subscription with this id."""
    return _subscription(
        connection.execute(select(subscriptions).where(subscriptions.c.id == subscription_id)).one()
    )


def subscriptions_of(connection: Connection, subscriber_id: int) -> list[Subscription]:
    """All that one reader has, oldest first, whatever the state."""
    rows = connection.execute(
        select(subscriptions)
        .where(subscriptions.c.subscriber_id == subscriber_id)
        .order_by(subscriptions.c.id)
    )
    return [_subscription(row) for row in rows]


def add_subscription(
    connection: Connection,
    subscriber_id: int,
    newsletter: str,
    *,
    state: State,
    handle: bytes,
    now: datetime,
    frequency: Frequency = Frequency.DAILY,
    site: str = "",
) -> Subscription:
    """A new subscription; the caller holds the reader's lock and found none."""
    return _subscription(
        connection.execute(
            _NEW_SUBSCRIPTION,
            {
                "subscriber_id": subscriber_id,
                "newsletter": newsletter,
                "state": state,
                "handle": handle,
                "created_at": now,
                "changed_at": now,
                "confirmed_at": now if state is State.ACTIVE else None,
                "frequency": frequency,
                "site": site,
            },
        ).one()
    )


_NEW_SUBSCRIPTION = insert(subscriptions).returning(*subscriptions.c)


def apply_event(connection: Connection, subscription: Subscription, event: Event, *, now: datetime) -> bool:
    """Let *event* happen to a subscription; False when the state machine refuses it or nothing changes."""
    state = next_state(subscription.state, event)
    if state is None:
        return False
    values: dict[str, object] = {"confirmed_at": now} if event in (Event.CONFIRM, Event.IMPORT) else {}
    if state is not subscription.state:
        values |= {"state": state, "changed_at": now}
        # Who leaves during a pause and takes it back is in the pause again.
        if state is not State.PAUSED and event is not Event.WITHDRAW:
            values["paused_until"] = None
    if not values:
        return False
    connection.execute(update(subscriptions).where(subscriptions.c.id == subscription.id).values(**values))
    return state is not subscription.state


def pause(connection: Connection, subscription: Subscription, *, until: date, now: datetime) -> bool:
    """No letters before the date *until*; False when the state machine refuses it.

    Pausing again moves the date.
    """
    if next_state(subscription.state, Event.PAUSE) is None:
        return False
    apply_event(connection, subscription, Event.PAUSE, now=now)
    connection.execute(
        update(subscriptions).where(subscriptions.c.id == subscription.id).values(paused_until=until)
    )
    return True


def paused_until(connection: Connection, newsletter: str, day: date, *, limit: int) -> list[int]:
    """Up to *limit* subscriptions whose pause is over on *day*, the date in the newsletter's zone."""
    rows = connection.scalars(
        select(subscriptions.c.id)
        .where(
            subscriptions.c.newsletter == newsletter,
            subscriptions.c.state == State.PAUSED,
            subscriptions.c.paused_until <= day,
        )
        .limit(limit)
    )
    return list(rows)


def resume(connection: Connection, subscription_ids: Sequence[int], *, today: date, now: datetime) -> int:
    """Let Event.RESUME happen to those of the subscriptions whose pause is still over; how many they were."""
    changed = connection.execute(
        update(subscriptions)
        .where(
            subscriptions.c.id.in_(subscription_ids),
            # Read again in this transaction: a reader may have paused anew since they were listed.
            subscriptions.c.state == State.PAUSED,
            subscriptions.c.paused_until <= today,
        )
        .values(state=next_state(State.PAUSED, Event.RESUME), changed_at=now, paused_until=None)
    )
    return changed.rowcount


def set_frequency(connection: Connection, subscription_id: int, frequency: Frequency) -> None:
    """How often the reader wants this newsletter from now on."""
    connection.execute(
        update(subscriptions).where(subscriptions.c.id == subscription_id).values(frequency=frequency)
    )


def set_site(connection: Connection, subscription_id: int, site: str) -> None:
    """Through the form of which site the reader came last; it is told what becomes of this subscription."""
    connection.execute(update(subscriptions).where(subscriptions.c.id == subscription_id).values(site=site))


def set_language(connection: Connection, subscriber_id: int, language: str) -> None:
    """The language of our pages and mails to this reader; "" for that of each newsletter."""
    connection.execute(update(subscribers).where(subscribers.c.id == subscriber_id).values(language=language))


def set_address(connection: Connection, subscriber_id: int, address: Address) -> None:
    """Where this reader's mail goes from now on; the caller knows that nobody else has the address."""
    connection.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id)
        .values(address=address.given, canonical=address.canonical)
    )


def mark_suppressed(connection: Connection, subscriber_id: int, *, suppressed: bool) -> None:
    """Mirror for queries whether the reader's address is suppressed (suppression.py)."""
    connection.execute(
        update(subscribers).where(subscribers.c.id == subscriber_id).values(suppressed=suppressed)
    )


def remove_subscriptions(connection: Connection, subscription_ids: Collection[int]) -> None:
    """Delete subscriptions of which nothing else (links, deliveries) is kept any more."""
    connection.execute(delete(subscriptions).where(subscriptions.c.id.in_(subscription_ids)))


def bury_subscriber(connection: Connection, subscriber_id: int, *, now: datetime) -> None:
    """Leave of a reader, whose subscriptions are gone, nothing but the row that holds the consent chain.

    It counts as made *now*: when somebody came would be a trace of them.
    """
    connection.execute(delete(reader_topics).where(reader_topics.c.subscriber_id == subscriber_id))
    handle = get_subscriber(connection, subscriber_id).handle
    connection.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id)
        .values(address="", canonical=f"#{handle.hex()}", language="", suppressed=False, created_at=now)
    )


def active_subscriptions(newsletter: str, frequency: str | None = None) -> Select[tuple[int]]:
    """The subscriptions of readers to be mailed: active, not suppressed, joined with their subscribers.

    *frequency*: only those who want the newsletter so often; None: however often (settings.Audience).
    """
    wanted = [] if frequency is None else [subscriptions.c.frequency == frequency]
    return (
        select(subscriptions.c.id)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(
            subscriptions.c.newsletter == newsletter,
            subscriptions.c.state == State.ACTIVE,
            subscribers.c.suppressed == false(),
            *wanted,
        )
    )


def active_recipients(
    connection: Connection,
    newsletter: str,
    *,
    frequency: str | None = None,
    after_id: int = 0,
    limit: int = 1000,
) -> list[Recipient]:
    """Up to *limit* readers to be mailed (active_subscriptions), by subscription id above *after_id*."""
    rows = connection.execute(
        active_subscriptions(newsletter, frequency)
        .with_only_columns(
            subscriptions.c.id.label("subscription_id"),
            subscriptions.c.subscriber_id,
            subscribers.c.address,
            subscriptions.c.handle,
        )
        .where(subscriptions.c.id > after_id)
        .order_by(subscriptions.c.id)
        .limit(limit)
    )
    return [Recipient(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name


def why_not(
    connection: Connection, subscription_ids: Collection[int], frequency: str | None = None
) -> dict[int, str]:
    """Why these readers must not be mailed (so often) now; whoever may be is left out.

    Asked before each message.
    """
    found: dict[int, str] = {}
    asked = list(subscription_ids)
    for first in range(0, len(asked), _AT_ONCE):
        some = asked[first : first + _AT_ONCE]
        # Filled up with the last one, so that it is the same statement for any number.
        values = {f"id_{place}": some[min(place, len(some) - 1)] for place in range(_AT_ONCE)}
        for row_id, state, chosen, suppressed in _STANDING.fetch(connection, values):
            found[row_id] = _why_not(state, chosen, frequency, suppressed=bool(suppressed))
    return {one: why for one in asked if (why := found.get(one, _GONE))}


_GONE = "unsubscribed or suppressed meanwhile"
_AT_ONCE = 16
_STANDING = Prepared(
    select(subscriptions.c.id, subscriptions.c.state, subscriptions.c.frequency, subscribers.c.suppressed)
    .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
    .where(subscriptions.c.id.in_([bindparam(f"id_{place}") for place in range(_AT_ONCE)]))
)


def _why_not(state: str, chosen: str, frequency: str | None, *, suppressed: bool) -> str:
    if state == State.PAUSED and not suppressed:
        return "paused meanwhile"
    if state != State.ACTIVE or suppressed:
        return _GONE
    if frequency not in (None, chosen):
        return _CHANGED_TO[Frequency(chosen)]
    return ""


_CHANGED_TO = {
    Frequency.DAILY: "chose every letter in place of the weekly digest meanwhile",
    Frequency.WEEKLY: "chose the weekly digest meanwhile",
}


def _subscriber(row: Row[Any]) -> Subscriber:
    return Subscriber(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name


def _subscription(row: Row[Any]) -> Subscription:
    words = {"state": State(row.state), "frequency": Frequency(row.frequency)}
    return Subscription(**{**row._mapping, **words})  # noqa: SLF001 - as above
