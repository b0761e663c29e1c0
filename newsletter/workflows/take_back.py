"""A reader takes a withdrawal back, soon after it: without a mail, and exactly what they left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from newsletter.delivery.departure import note_departure
from newsletter.notices.webhook import EventType
from newsletter.subscribers.consent import Action, ConsentAct
from newsletter.subscribers.journal import Act
from newsletter.subscribers.ledger import consent_records, record_consent
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.store import apply_event, pause, set_frequency
from newsletter.subscribers.subscriber import Event, Frequency, State, Subscriber, Subscription
from newsletter.subscribers.suppression import journal_entry
from newsletter.workflows.tell_site import tell_site
from newsletter.workflows.workplace import Workplace

UNDO_WITHIN = timedelta(hours=24)
#: A button pressed twice, or one for this newsletter and then the one for all, is one act.
SAME_ACT = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What a page said beside the button: the exact *wording*, in the language *locale*."""

    wording: str
    locale: str
    door: str
    page_url: str
    origin: Origin | None = None


def can_take_back(subscription: Subscription, *, now: datetime) -> bool:
    """Whether this one was left so lately that the reader may have it back without being asked by mail."""
    return (
        subscription.state is State.UNSUBSCRIBED
        # Never confirmed means that there is nothing to go back to.
        and subscription.confirmed_at is not None
        and now - subscription.changed_at <= UNDO_WITHIN
    )


def lately_left(subscriptions: Iterable[Subscription], *, now: datetime) -> tuple[Subscription, ...]:
    """Of one reader's: those that the last act left, if that can be taken back."""
    left = [each for each in subscriptions if can_take_back(each, now=now)]
    last = max((each.changed_at for each in left), default=now)
    return tuple(each for each in left if last - each.changed_at <= SAME_ACT)


def take_back(
    connection: Connection,
    workplace: Workplace,
    *,
    subscriber: Subscriber,
    subscriptions: Iterable[Subscription],
    offer: Offer,
    now: datetime,
    frequency: Frequency | None = None,
) -> tuple[str, ...]:
    """Switch *subscriptions* (one reader's) on as they were, or at *frequency*; the names of those that are.

    Nothing for a reader who is suppressed. A pause that has not ended goes on.
    """
    back: list[str] = []
    for subscription in subscriptions if not subscriber.suppressed else ():
        if not (can_take_back(subscription, now=now) and _switch_on(connection, subscription, now=now)):
            continue
        tell_site(connection, workplace, subscription, EventType.CONFIRMED, now=now)
        note_departure(connection, subscription, at=subscription.changed_at, number=-1)
        name = subscription.newsletter
        entry = journal_entry(workplace.keyring, subscriber.canonical, Act.JOIN, about=name, now=now)
        workplace.journal.append_after(connection, [entry])
        record = partial(_record, connection, workplace, subscriber, name, offer=offer, now=now)
        record(action=Action.CONFIRM, evidence="POST of the page: withdrawal taken back")
        if frequency is not None:
            set_frequency(connection, subscription.id, frequency)
            record(action=Action.CHANGE, evidence=f"POST of the page: {frequency} from now on")
        back.append(name)
    return tuple(back)


def _switch_on(connection: Connection, subscription: Subscription, *, now: datetime) -> bool:
    if not apply_event(connection, subscription, Event.UNDO, now=now):
        return False
    until = subscription.paused_until
    if until is not None and until > now.date():
        pause(connection, replace(subscription, state=State.ACTIVE), until=until, now=now)
    return True


def _record(
    connection: Connection,
    workplace: Workplace,
    subscriber: Subscriber,
    newsletter: str,
    *,
    offer: Offer,
    action: Action,
    evidence: str,
    now: datetime,
) -> None:
    version, sha256 = _agreed_policy(connection, subscriber.id, newsletter)
    act = ConsentAct(
        newsletter=newsletter,
        action=action,
        address=subscriber.address,
        wording=offer.wording,
        locale=offer.locale,
        policy_version=version,
        policy_sha256=sha256,
        door=offer.door,
        page_url=offer.page_url,
        evidence=evidence,
        acted_at=now,
    )
    sealed = workplace.seal_origin(offer.origin, subscriber_id=subscriber.id)
    record_consent(connection, workplace.keyring, subscriber.id, act, origin=sealed)


def _agreed_policy(connection: Connection, subscriber_id: int, newsletter: str) -> tuple[str, str]:
    """Version and hash of the policy that this newsletter's last consent was given under.

    That consent is what comes back: the page asks nobody to agree with anything newer.
    """
    acts = [record.act for record in consent_records(connection, subscriber_id)]
    for act in reversed(acts):
        if act and act.newsletter == newsletter and act.action is Action.CONFIRM:
            return act.policy_version, act.policy_sha256
    return "", ""
