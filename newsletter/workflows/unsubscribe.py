"""The exit. It always works: idempotent, without a question, with a key of any age."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from newsletter.subscribers.consent import Action, Actor, ConsentAct
from newsletter.subscribers.journal import Act
from newsletter.subscribers.ledger import record_consent
from newsletter.subscribers.link import LinkKind, spend_links
from newsletter.subscribers.origin import Origin, seal_origin
from newsletter.subscribers.store import (
    apply_event,
    get_subscriber,
    subscription_by_handle,
    subscriptions_of,
)
from newsletter.subscribers.subscriber import Event, State, Subscriber, Subscription
from newsletter.subscribers.suppression import journal_entry
from newsletter.subscribers.token import Purpose
from newsletter.workflows.workplace import Workplace

_HAS_IT = (State.ACTIVE, State.PAUSED)


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
    workplace: Workplace,
    token: str,
    *,
    everything: bool = False,
    door: str,
    evidence: str,
    origin: Origin | None = None,
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
            origin=origin,
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
    actor: Actor = Actor.READER,
    origin: Origin | None = None,
) -> tuple[str, ...]:
    """Switch *subscriptions* (one reader's) off, close their open confirmations, record each withdrawal."""
    keyring, left = workplace.keyring, []
    kept = origin if workplace.settings.keep_origins_days else None
    for subscription in subscriptions:
        # Even of one that is off already: a confirmation asked for before leaving must not bring it back.
        spend_links(connection, subscription.id, LinkKind.CONFIRM, LinkKind.RENEW, now=now)
        if not apply_event(connection, subscription, Event.WITHDRAW, now=now):
            continue
        left.append(subscription.newsletter)
        about = subscription.newsletter
        entry = journal_entry(keyring, subscriber.canonical, Act.LEAVE, about=about, now=now)
        workplace.journal.append(connection, [entry])
        act = ConsentAct(
            newsletter=subscription.newsletter,
            action=Action.WITHDRAW,
            address=subscriber.address,
            door=door,
            evidence=evidence,
            actor=actor,
            acted_at=now,
        )
        sealed = seal_origin(keyring, kept, subscriber_id=subscriber.id)
        record_consent(connection, keyring, subscriber.id, act, origin=sealed)
    return tuple(left)


def _on(subscriptions: Iterable[Subscription]) -> tuple[str, ...]:
    return tuple(each.newsletter for each in subscriptions if each.state in _HAS_IT)
