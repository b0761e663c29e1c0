"""The exit. It always works: idempotent, without a question, with a key of any age."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from newsletter.delivery.departure import note_departure
from newsletter.notices.webhook import EventType
from newsletter.subscribers.consent import Action, Actor, ConsentAct
from newsletter.subscribers.journal import Act
from newsletter.subscribers.ledger import record_consent
from newsletter.subscribers.link import LinkKind, spend_links
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.store import (
    apply_event,
    get_subscriber,
    subscription_by_handle,
    subscriptions_of,
)
from newsletter.subscribers.subscriber import Event, Frequency, State, Subscriber, Subscription
from newsletter.subscribers.suppression import journal_entry
from newsletter.subscribers.token import Purpose
from newsletter.workflows.take_back import SAME_ACT, Offer, can_take_back, lately_left, take_back
from newsletter.workflows.tell_site import tell_site
from newsletter.workflows.workplace import Workplace

_HAS_IT = (State.ACTIVE, State.PAUSED)


@dataclass(frozen=True, kw_only=True)
class Departure:
    """*newsletter*: the one the link is about (None when its reader was erased); *remaining*: still on.

    *undo*: those that may be taken back now, after they were left at *left_at*; *weekly*: the one of the link
    may come once a week instead; *back*: those that were. *language*: the reader's own choice, or "".
    """

    newsletter: str | None
    left: tuple[str, ...] = ()
    remaining: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()
    left_at: datetime | None = None
    weekly: bool = False
    back: tuple[str, ...] = ()
    language: str = ""


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
        subscriber = get_subscriber(connection, subscription.subscriber_id)
        return _departure(connection, workplace, subscriber, subscription.newsletter)


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
        found = _departure(connection, workplace, subscriber, subscription.newsletter)
    return replace(found, left=left)


def has_just_left(gone: Departure, *, now: datetime) -> bool:
    """Whether the act that led to *gone* left something: also when its button was pressed twice."""
    return bool(gone.left) or (gone.left_at is not None and now - gone.left_at <= SAME_ACT)


def undo_unsubscribe(workplace: Workplace, token: str, *, is_weekly: bool = False, offer: Offer) -> Departure:
    """Take back what the reader's last act left, within a day; *is_weekly*: only the one of the link, weekly.

    Causes no mail. The caller has seen that the form of the page which answered that act was sent: the token
    alone is in the hands of everybody whom the letter was forwarded to.

    Raises:
        TokenError: the token is forged.
    """
    handle = workplace.keyring.read(Purpose.UNSUBSCRIBE, token)
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        subscription = subscription_by_handle(connection, handle)
        if subscription is None:
            return Departure(newsletter=None)
        name = subscription.newsletter
        subscriber = get_subscriber(connection, subscription.subscriber_id)
        found = _departure(connection, workplace, subscriber, name)
        wanted = found.undo if not is_weekly else (name,) if found.weekly else ()
        back = take_back(
            connection,
            workplace,
            subscriber=subscriber,
            subscriptions=[
                each for each in subscriptions_of(connection, subscriber.id) if each.newsletter in wanted
            ],
            offer=offer,
            now=now,
            frequency=Frequency.WEEKLY if is_weekly else None,
        )
        return replace(_departure(connection, workplace, subscriber, name), back=back)


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
    is_complaint: bool = False,
) -> tuple[str, ...]:
    """Switch *subscriptions* (one reader's) off, close their open confirmations, record each withdrawal.

    *is_complaint*: it is counted as that, by the caller, and not as leaving after a letter.
    """
    keyring, left = workplace.keyring, []
    for subscription in subscriptions:
        # Even of one that is off already: a confirmation asked for before leaving must not bring it back.
        spend_links(connection, subscription.id, LinkKind.CONFIRM, LinkKind.RENEW, now=now)
        if not apply_event(connection, subscription, Event.WITHDRAW, now=now):
            continue
        tell_site(connection, workplace, subscription, EventType.UNSUBSCRIBED, now=now)
        left.append(subscription.newsletter)
        if subscription.state in _HAS_IT and not is_complaint:
            note_departure(connection, subscription, at=now)
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
        sealed = workplace.seal_origin(origin, subscriber_id=subscriber.id)
        record_consent(connection, keyring, subscriber.id, act, origin=sealed)
    return tuple(left)


def _departure(
    connection: Connection, workplace: Workplace, subscriber: Subscriber, newsletter: str
) -> Departure:
    """How things stand for a reader, seen from the link of *newsletter*."""
    now = workplace.clock.now()
    theirs = subscriptions_of(connection, subscriber.id)
    of_link = next(each for each in theirs if each.newsletter == newsletter)
    settings = {each.name: each for each in workplace.settings.newsletters}
    may_undo = not subscriber.suppressed and can_take_back(of_link, now=now)
    undo = [each.newsletter for each in lately_left(theirs, now=now) if each.newsletter in settings]
    return Departure(
        newsletter=newsletter,
        remaining=_on(theirs),
        undo=tuple(undo) if may_undo else (),
        left_at=of_link.changed_at if may_undo else None,
        weekly=may_undo
        and of_link.frequency is Frequency.DAILY
        and newsletter in settings
        and settings[newsletter].offers_weekly,
        language=subscriber.language,
    )


def _on(subscriptions: Iterable[Subscription]) -> tuple[str, ...]:
    return tuple(each.newsletter for each in subscriptions if each.state in _HAS_IT)
