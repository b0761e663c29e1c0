"""A reader switches newsletters on or off, from the link in their letters.

Off is at once. On needs a fresh confirmation by mail, because a letter may have been forwarded and its
links with it; only a switch-off of the last day can be taken back right there.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from newsletter.errors import TokenError
from newsletter.subscribers.consent import Action, ConsentAct
from newsletter.subscribers.journal import Act
from newsletter.subscribers.ledger import record_consent
from newsletter.subscribers.policy import PrivacyPolicy, keep_policy
from newsletter.subscribers.store import apply_event, get_subscriber, subscription_by_handle, subscriptions_of
from newsletter.subscribers.subscriber import Event, State, Subscriber, Subscription
from newsletter.subscribers.suppression import journal_entry
from newsletter.subscribers.token import Purpose
from newsletter.workflows.subscribe import (
    Asked,
    SignUp,
    current_policy,
    request_confirmation,
)
from newsletter.workflows.take_back import can_take_back
from newsletter.workflows.unsubscribe import withdraw
from newsletter.workflows.workplace import Workplace

DOOR = "preferences page"


class Change(StrEnum):
    """What became of one newsletter's switch."""

    NONE = "unchanged"
    ON = "switched on"
    OFF = "switched off"
    ASKED = "confirmation mailed"
    ASKED_TODAY = "confirmation was mailed within a day"
    REFUSED = "never to be mailed"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One newsletter on the preferences page.

    *waiting*: asked for, not confirmed yet; *can_undo*: switched off so lately that a tick brings it back.
    """

    newsletter: str
    title: str
    on: bool
    waiting: bool = False
    can_undo: bool = False
    change: Change = Change.NONE


def newsletter_of_link(workplace: Workplace, token: str) -> str:
    """The newsletter in whose letters the link stands: its language is the page's.

    Raises:
        TokenError: the token is forged, or its reader is gone.
    """
    handle = workplace.keyring.read(Purpose.PREFERENCES, token)
    with workplace.database.read() as connection:
        return _find(connection, handle).newsletter


def look_at_preferences(workplace: Workplace, token: str) -> list[Choice]:
    """Every configured newsletter and whether this reader gets it. Changes nothing.

    Raises:
        TokenError: the token is forged, or its reader is gone.
    """
    handle = workplace.keyring.read(Purpose.PREFERENCES, token)
    with workplace.database.read() as connection:
        subscription = _find(connection, handle)
        theirs = subscriptions_of(connection, subscription.subscriber_id)
    return _choices(workplace, theirs, {}, now=workplace.clock.now())


def change_preferences(
    workplace: Workplace, token: str, *, on: Collection[str], wording: str, page_url: str
) -> list[Choice]:
    """Make *on* the newsletters (names) that this reader gets; *wording* is what the page says of that.

    Raises:
        TokenError: the token is forged, or its reader is gone.
    """
    handle = workplace.keyring.read(Purpose.PREFERENCES, token)
    policy = current_policy(workplace)
    now = workplace.clock.now()
    changes: dict[str, Change] = {}
    with workplace.database.write() as connection:
        subscriber = get_subscriber(connection, _find(connection, handle).subscriber_id)
        theirs = {each.newsletter: each for each in subscriptions_of(connection, subscriber.id)}
        for newsletter in workplace.settings.newsletters:
            current = theirs.get(newsletter.name)
            if newsletter.name in on:
                changes[newsletter.name] = _switch_on(
                    connection,
                    workplace,
                    subscriber=subscriber,
                    subscription=current,
                    newsletter=newsletter.name,
                    wording=wording,
                    page_url=page_url,
                    policy=policy,
                    now=now,
                )
            elif current is not None and current.state is State.ACTIVE:
                left = withdraw(
                    connection,
                    workplace,
                    subscriber=subscriber,
                    subscriptions=[current],
                    door=DOOR,
                    evidence="POST of the preferences page",
                    now=now,
                )
                changes.update(dict.fromkeys(left, Change.OFF))
        return _choices(workplace, subscriptions_of(connection, subscriber.id), changes, now=now)


def _switch_on(
    connection: Connection,
    workplace: Workplace,
    *,
    subscriber: Subscriber,
    subscription: Subscription | None,
    newsletter: str,
    wording: str,
    page_url: str,
    policy: PrivacyPolicy,
    now: datetime,
) -> Change:
    if subscriber.suppressed:
        return Change.REFUSED
    if subscription is not None and subscription.state is State.ACTIVE:
        return Change.NONE
    if subscription is not None and can_take_back(subscription, now=now):
        apply_event(connection, subscription, Event.UNDO, now=now)
        entry = journal_entry(workplace.keyring, subscriber.canonical, Act.JOIN, about=newsletter, now=now)
        workplace.journal.append(connection, [entry])
        keep_policy(connection, policy, now=now)
        act = ConsentAct(
            newsletter=newsletter,
            action=Action.CONFIRM,
            address=subscriber.address,
            wording=wording,
            policy_version=policy.version,
            policy_sha256=policy.sha256,
            door=DOOR,
            page_url=page_url,
            evidence="POST of the preferences page: a withdrawal taken back within 24 hours",
            acted_at=now,
        )
        record_consent(connection, workplace.keyring, subscriber.id, act)
        return Change.ON
    asked = request_confirmation(
        connection,
        workplace,
        subscriber=subscriber,
        signup=SignUp(
            address=subscriber.address,
            newsletter=newsletter,
            door=DOOR,
            page_url=page_url,
            wording=wording,
            evidence="POST of the preferences page",
        ),
        policy=policy,
        now=now,
    )
    return Change.ASKED if asked is Asked.MAILED else Change.ASKED_TODAY


def _find(connection: Connection, handle: bytes) -> Subscription:
    subscription = subscription_by_handle(connection, handle)
    if subscription is None:
        raise TokenError("this link", "belongs to a reader who is gone", "Sign up again.")
    return subscription


def _choices(
    workplace: Workplace, subscriptions: list[Subscription], changes: dict[str, Change], *, now: datetime
) -> list[Choice]:
    states = {each.newsletter: each.state for each in subscriptions}
    undoable = {each.newsletter for each in subscriptions if can_take_back(each, now=now)}
    return [
        Choice(
            newsletter=newsletter.name,
            title=newsletter.title,
            on=states.get(newsletter.name) is State.ACTIVE,
            waiting=states.get(newsletter.name) is State.PENDING,
            can_undo=newsletter.name in undoable,
            change=changes.get(newsletter.name, Change.NONE),
        )
        for newsletter in workplace.settings.newsletters
    ]
