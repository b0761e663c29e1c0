"""Leave nothing of a reader but a row without an address and an emptied consent chain.

It is done in the caller's transaction: for the reader who asked (erase.py), by the clock (retain.py), and
again after a restore (replay_journal.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from newsletter.database import owe_clean_up
from newsletter.delivery.outbox import forget_mails_to
from newsletter.delivery.total import fold_subscriptions
from newsletter.errors import SubscriberError
from newsletter.feedback.record import forget_feedback_of
from newsletter.feedback.tray import forget_about
from newsletter.notices.queue import forget_events_of
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.consent import Action, Actor, ConsentAct
from newsletter.subscribers.count import note_erasure
from newsletter.subscribers.journal import Journal
from newsletter.subscribers.ledger import addresses_named, forget_content, mails_named, record_consent
from newsletter.subscribers.link import forget_links
from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.store import (
    bury_subscriber,
    find_subscriber,
    get_subscriber,
    remove_subscriptions,
    subscriptions_of,
)
from newsletter.subscribers.subscriber import State, Subscriber
from newsletter.subscribers.suppression import Reason, suppress_erased
from newsletter.subscribers.token import Keyring
from newsletter.subscribers.topics import TopicChoice, set_topics


@dataclass(frozen=True, kw_only=True)
class Wiping:
    """Why and by whose hand. *reason*: why the addresses are never mailed again; None where they may be.

    *door* and *evidence* outlive the reader's data, so they hold none of it.
    """

    reason: Reason | None
    door: str
    evidence: str
    actor: Actor
    now: datetime


def wipe(
    connection: Connection, keyring: Keyring, journal: Journal, subscriber_id: int, wiping: Wiping
) -> str:
    """Delete all that is kept of a reader, and record that; the address it was kept under.

    Empty when it was done before. Raises sqlalchemy's NoResultFound when there never was such a reader.
    """
    subscriber = get_subscriber(connection, subscriber_id)
    if not subscriber.address:
        return ""
    theirs = _addresses(connection, subscriber)
    if wiping.reason is not None:
        for canonical in sorted(set(theirs.values())):
            suppress_erased(
                connection, keyring, canonical, reason=wiping.reason, journal=journal, now=wiping.now
            )
    for each in subscriptions_of(connection, subscriber_id):
        if each.state in (State.ACTIVE, State.PAUSED):
            note_erasure(connection, each.newsletter, wiping.now.date())
    subscription_ids = _forget_past(connection, keyring, subscriber_id, theirs)
    remove_subscriptions(connection, subscription_ids)
    bury_subscriber(connection, subscriber_id, now=wiping.now)
    _record(connection, keyring, subscriber_id, wiping)
    return subscriber.address


def wipe_past(connection: Connection, keyring: Keyring, subscriber: Subscriber, wiping: Wiping) -> None:
    """Delete what is kept of a reader who was erased and has come back since, but for what they get now."""
    set_topics(connection, Sealer(keyring), subscriber.id, TopicChoice(), now=wiping.now)
    _forget_past(connection, keyring, subscriber.id, _addresses(connection, subscriber))
    _record(connection, keyring, subscriber.id, wiping)


def _forget_past(
    connection: Connection, keyring: Keyring, subscriber_id: int, theirs: Mapping[str, str]
) -> list[int]:
    """Delete links, mails, events, deliveries, what came back and the content of the chain.

    The subscriptions stay; they are returned, by id.
    """
    subscription_ids = [each.id for each in subscriptions_of(connection, subscriber_id)]
    mails = forget_links(connection, subscription_ids) | mails_named(connection, subscriber_id)
    forget_mails_to(connection, theirs, message_ids=mails)
    forget_events_of(connection, subscriber_id)
    forget_feedback_of(connection, subscriber_id)
    forget_about(connection, keyring, theirs.values())
    fold_subscriptions(connection, subscription_ids)
    forget_content(connection, subscriber_id)
    return subscription_ids


def _record(connection: Connection, keyring: Keyring, subscriber_id: int, wiping: Wiping) -> None:
    act = ConsentAct(
        newsletter="",
        action=Action.ERASE,
        address="",
        door=wiping.door,
        evidence=wiping.evidence,
        actor=wiping.actor,
        acted_at=wiping.now,
    )
    record_consent(connection, keyring, subscriber_id, act)
    owe_clean_up(connection)


def _addresses(connection: Connection, subscriber: Subscriber) -> dict[str, str]:
    """The reader's address and those that the chain names as theirs, as given, with their canonical forms."""
    named = addresses_named(connection, subscriber.id) | {subscriber.address}
    return {given: canonical for given in sorted(named) if (canonical := _own(connection, given, subscriber))}


def _own(connection: Connection, given: str, subscriber: Subscriber) -> str:
    """The canonical form of an address that the chain of *subscriber* names; empty when it is not theirs.

    One that was given up may have become somebody else's, who is on the list on their own. One that we would
    not take today was changed in the chain: it goes with it, and there is nobody to mail.
    """
    if given == subscriber.address:
        return subscriber.canonical
    try:
        canonical = parse_address(given).canonical
    except SubscriberError:
        return ""
    owner = find_subscriber(connection, canonical)
    return canonical if owner is None or owner.id == subscriber.id else ""
