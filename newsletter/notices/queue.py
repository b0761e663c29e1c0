"""What sites are still to be told, queued with the act that it is about.

    queued ──claim──▶ sending ──2xx──▶ done          refused for GIVE_UP_AFTER ──▶ failed
      ▲                  │
      └─ no, or not now ─┘

A row is ``sending`` before anything leaves. When the process dies there, the row is taken again after
ABANDONED_AFTER under the same id, by which the receiver drops what it had: each event arrives at least once.
What is told of one reader to one site is told in order; one event of a site is on its way at a time.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, func, insert, select, update

from newsletter.notices.schema import webhook_events
from newsletter.notices.webhook import GIVE_UP_AFTER, EventType, event_body, subscriber_id, wait_after
from newsletter.subscribers.subscriber import Subscriber
from newsletter.subscribers.token import Keyring

#: An event that has been "sending" for longer has lost its sender, which waits a fraction of that.
ABANDONED_AFTER = timedelta(minutes=1)


class EventState(StrEnum):
    """Where the telling of an event stands."""

    QUEUED = "queued"
    SENDING = "sending"
    DONE = "done"
    FAILED = "failed"


_OPEN = (EventState.QUEUED, EventState.SENDING)


@dataclass(frozen=True, kw_only=True)
class WebhookEvent:
    """One thing to tell *site*. *next_at*: when to (re)try, or when its sender counts as dead.

    *refused_since*: when the receiver first said no to this very event. The body is gone once it is over.
    """

    id: int
    site: str
    event_id: str
    type: EventType
    subscriber_id: int
    body: str
    created_at: datetime
    state: EventState
    attempts: int
    next_at: datetime
    last_reply: str
    refused_since: datetime | None


def new_event_id() -> str:
    """A random name for an event, without the full stop that parts what is signed."""
    return f"evt_{secrets.token_hex(16)}"


def queue_event(
    connection: Connection,
    keyring: Keyring,
    *,
    site: str,
    event_type: EventType,
    newsletter: str,
    subscriber: Subscriber,
    now: datetime,
    event_id: str,
    leaves_at: datetime | None = None,
) -> None:
    """Queue what happened at *now* in the transaction in which it happens; it leaves then, or at *leaves_at*.

    *site* and *newsletter* are keys of the settings.
    """
    body = event_body(
        event_id=event_id,
        event_type=event_type,
        site=site,
        newsletter=newsletter,
        email=subscriber.address,
        subscriber=subscriber_id(keyring, site=site, handle=subscriber.handle),
        now=now,
    )
    connection.execute(
        insert(webhook_events).values(
            site=site,
            event_id=event_id,
            type=event_type,
            subscriber_id=subscriber.id,
            body=body,
            created_at=now,
            state=EventState.QUEUED,
            attempts=0,
            next_at=leaves_at or now,
            last_reply="",
        )
    )


def next_due(connection: Connection, site: str, *, now: datetime) -> WebhookEvent | None:
    """The oldest event of *site* whose turn it is, or None. Changes nothing.

    Not before an earlier one of the same reader is over, nor while one of the site is on its way.
    """
    earlier = webhook_events.alias("earlier")
    away = webhook_events.alias("away")
    row = connection.execute(
        select(webhook_events)
        .where(
            webhook_events.c.site == site,
            _open(),
            webhook_events.c.next_at <= now,
            ~exists().where(
                earlier.c.subscriber_id == webhook_events.c.subscriber_id,
                earlier.c.site == webhook_events.c.site,
                earlier.c.state.in_(_OPEN),
                earlier.c.id < webhook_events.c.id,
            ),
            ~exists().where(
                away.c.site == webhook_events.c.site,
                away.c.state == EventState.SENDING,
                away.c.next_at > now,
            ),
        )
        .order_by(webhook_events.c.id)
        .limit(1)
    ).first()
    return _event(row) if row else None


def claim(connection: Connection, event: WebhookEvent, *, now: datetime) -> bool:
    """Make *event* this process's to send; False when another was quicker, or its reader was erased."""
    return (
        connection.execute(
            update(webhook_events)
            .where(
                # By this name, not by the row's number: a number comes again once its row is deleted.
                webhook_events.c.event_id == event.event_id,
                webhook_events.c.state == event.state,
                webhook_events.c.attempts == event.attempts,
            )
            .values(state=EventState.SENDING, attempts=event.attempts + 1, next_at=now + ABANDONED_AFTER)
        ).rowcount
        == 1
    )


def finish(connection: Connection, event: WebhookEvent, *, reply: str) -> None:
    """The receiver took it."""
    _end(connection, event, EventState.DONE, reply=reply)


def fail(connection: Connection, event: WebhookEvent, *, reply: str) -> None:
    """Give it up, so that what comes after it goes on."""
    _end(connection, event, EventState.FAILED, reply=reply)


def put_back(connection: Connection, event: WebhookEvent, *, reply: str, next_at: datetime) -> None:
    """Queue *event* (as it was before the claim) for another try."""
    _put_back(connection, event, last_reply=reply, next_at=next_at)


def refuse(connection: Connection, event: WebhookEvent, *, reply: str, now: datetime) -> EventState:
    """The receiver said no to this one: queue it for another try, or give it up after GIVE_UP_AFTER."""
    since = event.refused_since or now
    if now - since >= GIVE_UP_AFTER:
        fail(connection, event, reply=reply)
        return EventState.FAILED
    next_at = now + wait_after(event.attempts + 1)
    _put_back(connection, event, last_reply=reply, next_at=next_at, refused_since=since)
    return EventState.QUEUED


def count_events(connection: Connection, site: str) -> dict[EventState, int]:
    """How many events of *site* there are in each state."""
    rows = connection.execute(
        select(webhook_events.c.state, func.count())
        .where(webhook_events.c.site == site)
        .group_by(webhook_events.c.state)
    )
    return dict.fromkeys(EventState, 0) | {EventState(state): count for state, count in rows}


def events_of(connection: Connection, subscriber_id: int) -> list[WebhookEvent]:
    """All that sites were or are to be told of one reader, oldest first."""
    rows = connection.execute(
        select(webhook_events)
        .where(webhook_events.c.subscriber_id == subscriber_id)
        .order_by(webhook_events.c.id)
    )
    return [_event(row) for row in rows]


def away_until(connection: Connection, subscriber_id: int, *, now: datetime) -> datetime:
    """By when nothing about this reader is on its way any more, whatever becomes of its sender."""
    latest = connection.scalar(
        select(func.max(webhook_events.c.next_at)).where(
            webhook_events.c.subscriber_id == subscriber_id, webhook_events.c.state == EventState.SENDING
        )
    )
    return max(latest, now) if latest else now


def has_untold(connection: Connection, *, before: datetime) -> bool:
    """Whether something from before that moment was never taken, so that its body is still there."""
    old = exists().where(webhook_events.c.created_at < before, webhook_events.c.body != "")
    return bool(connection.scalar(select(old)))


def forget_events(connection: Connection, *, before: datetime) -> int:
    """Delete what happened before that moment, told or not; how many events that was."""
    return connection.execute(delete(webhook_events).where(webhook_events.c.created_at < before)).rowcount


def forget_events_of(connection: Connection, subscriber_id: int) -> None:
    """Delete all that sites were or are to be told of one reader."""
    connection.execute(delete(webhook_events).where(webhook_events.c.subscriber_id == subscriber_id))


def _end(connection: Connection, event: WebhookEvent, state: EventState, *, reply: str) -> None:
    connection.execute(
        update(webhook_events)
        .where(webhook_events.c.event_id == event.event_id, _open())
        .values(state=state, last_reply=reply, body="")
    )


def _put_back(connection: Connection, event: WebhookEvent, **values: object) -> None:
    connection.execute(
        update(webhook_events)
        .where(
            webhook_events.c.event_id == event.event_id,
            # Not when another process has taken it over meanwhile.
            webhook_events.c.attempts == event.attempts + 1,
            webhook_events.c.state == EventState.SENDING,
        )
        .values(state=EventState.QUEUED, **values)
    )


def _open() -> ColumnElement[bool]:
    return webhook_events.c.state.in_(_OPEN)


def _event(row: Row[Any]) -> WebhookEvent:
    words = {"state": EventState(row.state), "type": EventType(row.type)}
    return WebhookEvent(**{**row._mapping, **words})  # noqa: SLF001 - public there
