"""The exit. It always works: idempotent, without a question, with a key of any age."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from newsletter.subscribers.consent import Action, ConsentAct
from newsletter.subscribers.ledger import record_consent
from newsletter.subscribers.store import (
    apply_event,
    get_subscriber,
    spend_requests,
    subscription_by_handle,
    subscriptions_of,
)
from newsletter.subscribers.subscriber import Event, State, Subscriber, Subscription
from newsletter.subscribers.token import Purpose
from newsletter.workflows.workplace import Workplace


@dataclass(frozen=True, kw_only=True)
class Departure:
    """*newsletter*: the one the link is about (None when its reader was erased); *remaining*: still on."""

    newsletter: str | None
    left: tuple[str, ...] = ()
    remaining: tuple[str, ...] = ()


def look_at_departure(workplace: Workplace, token: str) -> Departure:
    """What the page behind an unsubscribe link shows. Changes nothing.

    Raises:
        TokenError: the token is forged.
    """
    handle = workplace.keyring.read(Purpose.UNSUBSCRIBE, token)
    with workplace.database.read() as connection:
        subscription = subscription_by_handle(connection, handle)
        if subscription is None:
            return Departure(newsletter=None)
        theirs = subscriptions_of(connection, subscription.subscriber_id)
    return Departure(newsletter=subscription.newsletter, remaining=_on(theirs))


def unsubscribe(
    workplace: Workplace, token: str, *, everything: bool = False, door: str, evidence: str
) -> Departure:
    """Leave the newsletter that *token* is about, or all of them; again and again if need be.

    Raises:
        TokenError: the token is forged.
    """
    handle = workplace.keyring.read(Purpose.UNSUBSCRIBE, token)
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        subscription = subscription_by_handle(connection, handle)
        if subscription is None:
            return Departure(newsletter=None)
        subscriber = get_subscriber(connection, subscription.subscriber_id)
        theirs = subscriptions_of(connection, subscriber.id)
        left = withdraw(
            connection,
            workplace,
            subscriber=subscriber,
            subscriptions=[each for each in theirs if everything or each.id == subscription.id],
            door=door,
            evidence=evidence,
            now=now,
        )
        remaining = _on(subscriptions_of(connection, subscriber.id))
    return Departure(newsletter=subscription.newsletter, left=left, remaining=remaining)


def withdraw(
    connection: Connection,
    workplace: Workplace,
    *,
    subscriber: Subscriber,
    subscriptions: Iterable[Subscription],
    door: str,
    evidence: str,
    now: datetime,
) -> tuple[str, ...]:
    """Switch *subscriptions* (one reader's) off, close their open confirmations, record each withdrawal."""
    left = []
    for subscription in subscriptions:
        # Even of one that is off already: a confirmation asked for before leaving must not bring it back.
        spend_requests(connection, subscription.id, now=now)
        if not apply_event(connection, subscription, Event.WITHDRAW, now=now):
            continue
        left.append(subscription.newsletter)
        act = ConsentAct(
            newsletter=subscription.newsletter,
            action=Action.WITHDRAW,
            address=subscriber.address,
            door=door,
            evidence=evidence,
            acted_at=now,
        )
        record_consent(connection, workplace.keyring, subscriber.id, act)
    return tuple(left)


def _on(subscriptions: Iterable[Subscription]) -> tuple[str, ...]:
    return tuple(each.newsletter for each in subscriptions if each.state is State.ACTIVE)
