"""Mail a reader a fresh link: to their preferences, or to everything we keep of them.

The link in a letter is forwarded with it, so it may only ask for this one, which goes to the stored address.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from newsletter.errors import TokenError
from newsletter.settings import Settings
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.limit import ip_block, within_limit
from newsletter.subscribers.link import LinkKind, count_mailed, last_mailed_at, link_by_handle
from newsletter.subscribers.store import (
    find_subscriber,
    get_subscriber,
    get_subscription,
    subscription_by_handle,
    subscriptions_of,
)
from newsletter.subscribers.subscriber import STANDING, Subscriber, Subscription
from newsletter.subscribers.suppression import suppression_of
from newsletter.subscribers.token import Purpose
from newsletter.workflows.mail_link import mail_link
from newsletter.workflows.open_profile import open_profile
from newsletter.workflows.workplace import Workplace

#: One fresh link of a kind per reader in this time, over all newsletters and doors.
ASK_AGAIN_AFTER = timedelta(hours=1)
#: So many fresh links of a kind is one reader mailed in a day, whoever asks for them.
LINKS_A_DAY = 6
#: So many addresses may one network type in an hour (limit.ip_block).
ASKS_AN_HOUR = 10


class Asked(StrEnum):
    """What asking led to. For operators and tests; a visitor without a fresh link is told the same always."""

    MAILED = "mailed"
    ASKED_LATELY = "asked within the hour"
    NOBODY = "nobody here has this address"
    SUPPRESSED = "never to be mailed"
    TOO_MANY = "this network asked too often"


@dataclass(frozen=True, kw_only=True)
class LetterLink:
    """What may be known of a link that anybody may hold: the newsletter it came with, and the way out.

    *language*: the reader's own choice, or "". *was_fresh*: it was a fresh link once.
    """

    newsletter: str
    language: str
    unsubscribe_token: str
    was_fresh: bool


def look_at_link(workplace: Workplace, token: str) -> LetterLink:
    """What the page behind the link of a letter, or behind a fresh link that is over, shows.

    Raises:
        TokenError: the token is forged, or its reader is gone.
    """
    with workplace.database.read() as connection:
        subscription, was_fresh = _behind(connection, workplace, token)
        language = get_subscriber(connection, subscription.subscriber_id).language
    return LetterLink(
        newsletter=subscription.newsletter,
        language=language,
        unsubscribe_token=workplace.keyring.token(Purpose.UNSUBSCRIBE, subscription.handle),
        was_fresh=was_fresh,
    )


def ask_link(workplace: Workplace, token: str) -> Asked:
    """Mail a fresh link to the reader behind *token*: of a letter, or of a fresh link that is over.

    Raises:
        TokenError: the token is forged, or its reader is gone.
    """
    with workplace.database.write() as connection:
        subscription, _ = _behind(connection, workplace, token)
        subscriber = get_subscriber(connection, subscription.subscriber_id)
        return _mail(connection, workplace, LinkKind.PROFILE, subscriber, first=subscription)


def ask_link_by_address(workplace: Workplace, given: str, *, ip: str = "") -> Asked:
    """Mail a fresh link to the address *given*, if a reader has it: also one who left, or bounced.

    *ip*: the visitor's, of whose network only ASKS_AN_HOUR are heard; "" for none.

    Raises:
        SubscriberError: it is not an address.
    """
    address = parse_address(given)
    with workplace.database.write() as connection:
        if (who := ip_block(ip) or ip) and not within_limit(
            connection,
            workplace.keyring,
            what="fresh link",
            who=who,
            limit=ASKS_AN_HOUR,
            window=timedelta(hours=1),
            now=workplace.clock.now(),
        ):
            return Asked.TOO_MANY
        found = find_subscriber(connection, address.canonical)
        if found is None:
            return Asked.NOBODY
        subscriber = get_subscriber(connection, found.id)
        return _mail(connection, workplace, LinkKind.PROFILE, subscriber)


def ask_data(workplace: Workplace, token: str) -> Asked:
    """Mail the reader with the fresh link *token* a link to everything that is kept of them.

    Raises:
        TokenError: the fresh link does not work.
    """
    with workplace.database.write() as connection:
        profile = open_profile(connection, workplace, token)
        return _mail(connection, workplace, LinkKind.DATA, profile.subscriber, first=profile.subscription)


def _mail(
    connection: Connection,
    workplace: Workplace,
    kind: LinkKind,
    subscriber: Subscriber,
    *,
    first: Subscription | None = None,
) -> Asked:
    now = workplace.clock.now()
    theirs = subscriptions_of(connection, subscriber.id)
    about = _about(workplace.settings, [first, *theirs] if first else theirs)
    if about is None:
        return Asked.NOBODY
    reason = suppression_of(connection, workplace.keyring, subscriber.canonical)
    if reason is not None and not reason.lifted_by_opt_in:
        return Asked.SUPPRESSED
    # One that was used up, or closed by a change of address, keeps nobody waiting for the next.
    if _is_lately(last_mailed_at(connection, subscriber.id, kind, unspent=True), now):
        return Asked.ASKED_LATELY
    if count_mailed(connection, subscriber.id, kind, since=now - timedelta(days=1)) >= LINKS_A_DAY:
        return Asked.ASKED_LATELY
    mail_link(connection, workplace, kind, subscriber=subscriber, subscription=about, leaves_at=now)
    return Asked.MAILED


def _about(settings: Settings, subscriptions: Sequence[Subscription]) -> Subscription | None:
    """In whose newsletter's name the mail goes: one that still exists, and that they have if possible."""
    names = {newsletter.name for newsletter in settings.newsletters}
    possible = [each for each in subscriptions if each.newsletter in names]
    return next((each for each in possible if each.state in STANDING), possible[0] if possible else None)


def _is_lately(asked_at: datetime | None, now: datetime) -> bool:
    return asked_at is not None and now - asked_at < ASK_AGAIN_AFTER


def _behind(connection: Connection, workplace: Workplace, token: str) -> tuple[Subscription, bool]:
    """Whose link it is, and whether it was a fresh one."""
    try:
        handle = workplace.keyring.read(Purpose.PROFILE, token)
    except TokenError:
        handle = workplace.keyring.read(Purpose.PREFERENCES, token)
        if subscription := subscription_by_handle(connection, handle):
            return subscription, False
    else:
        link = link_by_handle(connection, handle)
        if link is not None and link.kind is LinkKind.PROFILE:
            return get_subscription(connection, link.subscription_id), True
    raise TokenError("this link", "belongs to a reader who is gone", "Sign up again.")
