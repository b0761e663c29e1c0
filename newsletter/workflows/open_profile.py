"""A reader comes with a fresh link: it was mailed within 24 hours, so whoever has it reads that mailbox."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from newsletter.errors import TokenError
from newsletter.subscribers.link import LinkKind, link_by_handle
from newsletter.subscribers.store import get_subscriber, get_subscription, subscriptions_of
from newsletter.subscribers.subscriber import Subscriber, Subscription
from newsletter.subscribers.token import Purpose
from newsletter.workflows.workplace import Workplace


@dataclass(frozen=True, kw_only=True)
class OpenProfile:
    """The *subscriber*, everything they have, and the *subscription* whose newsletter mailed the link."""

    subscriber: Subscriber
    subscription: Subscription
    subscriptions: tuple[Subscription, ...]


def open_profile(connection: Connection, workplace: Workplace, token: str) -> OpenProfile:
    """Whose the fresh link is; the reader is locked for the transaction. It may be opened again and again.

    Raises:
        TokenError: the token is forged or for another purpose, its time is over, it was closed, or its
            reader is gone.
    """
    handle = workplace.keyring.read(Purpose.PROFILE, token)
    link = link_by_handle(connection, handle)
    if link is None or link.kind is not LinkKind.PROFILE:
        raise TokenError("this link", "belongs to a reader who is gone", "Sign up again.")
    seen = get_subscription(connection, link.subscription_id)
    subscriber = get_subscriber(connection, seen.subscriber_id)  # locks: read the rest after it
    link = link_by_handle(connection, handle)
    if link is None or not subscriber.address:
        raise TokenError("this link", "belongs to a reader who is gone", "Sign up again.")
    if not link.is_open(workplace.clock.now()):
        raise TokenError("this link", "is older than 24 hours, or was closed", "Ask for a fresh one.")
    subscription = get_subscription(connection, link.subscription_id)
    theirs = subscriptions_of(connection, subscriber.id)
    return OpenProfile(subscriber=subscriber, subscription=subscription, subscriptions=tuple(theirs))


def profile_owner(workplace: Workplace, token: str) -> int:
    """The id of the reader with the fresh link *token*. Changes nothing.

    Raises:
        TokenError: as open_profile.
    """
    with workplace.database.read() as connection:
        return open_profile(connection, workplace, token).subscriber.id
