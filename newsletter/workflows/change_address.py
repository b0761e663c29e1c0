"""A reader moves to another address: asked for on their own page, answered from the new mailbox.

The page says the same whether or not the new address is a reader's already: it tells nobody who reads us.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from newsletter.errors import TokenError
from newsletter.subscribers.address import Address, parse_address
from newsletter.subscribers.consent import Action, ConsentAct
from newsletter.subscribers.ledger import record_consent
from newsletter.subscribers.link import (
    LinkKind,
    MailedLink,
    count_mailed,
    link_by_handle,
    spend_links,
)
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.store import (
    find_subscriber,
    get_subscriber,
    get_subscription,
    set_address,
    subscriptions_of,
)
from newsletter.subscribers.subscriber import Subscriber, Subscription
from newsletter.subscribers.suppression import Reason, lift, suppress, suppression_of
from newsletter.subscribers.token import Purpose
from newsletter.workflows.mail_link import mail_link
from newsletter.workflows.open_profile import open_profile
from newsletter.workflows.workplace import Workplace

#: So many mails to new addresses may one reader cause in a day.
ASKS_A_DAY = 3
DOOR = "address page"


class Asked(StrEnum):
    """What asking for a change led to. For operators and tests, but for SAME and STOPPED, which are told."""

    MAILED = "mailed"
    TAKEN = "another reader has it, or it is suppressed"
    TOO_OFTEN = "asked too often today"
    SAME = "the reader has it already"
    STOPPED = "the reader's own address is suppressed"


class Answer(StrEnum):
    """Where a change of address stands, or what pressing its button did."""

    OPEN = "open"
    CHANGED = "changed"
    EXPIRED = "expired"
    REFUSED = "refused"  # another reader has the address by now, or one of the two is suppressed


@dataclass(frozen=True, kw_only=True)
class AddressChange:
    """The answer, the newsletter (its name) that mailed the link, and the reader's own *language* or ""."""

    answer: Answer
    newsletter: str
    language: str = ""


def ask_address(workplace: Workplace, token: str, *, new: str) -> Asked:
    """Mail a link to the *new* address of the reader with the fresh link *token*.

    Raises:
        TokenError: the fresh link does not work.
        SubscriberError: *new* is not an address.
    """
    address = parse_address(new)
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        profile = open_profile(connection, workplace, token)
        subscriber = profile.subscriber
        if address.given == subscriber.address:
            return Asked.SAME
        if subscriber.suppressed:
            return Asked.STOPPED
        if not _is_free(connection, workplace, address, subscriber):
            return Asked.TAKEN
        since = now - timedelta(days=1)
        if count_mailed(connection, subscriber.id, LinkKind.ADDRESS, since=since) >= ASKS_A_DAY:
            return Asked.TOO_OFTEN
        mail_link(
            connection,
            workplace,
            LinkKind.ADDRESS,
            subscriber=subscriber,
            subscription=profile.subscription,
            leaves_at=now,
            new_address=address.given,
        )
    return Asked.MAILED


def look_at_address(workplace: Workplace, token: str) -> AddressChange:
    """What the page behind the link shows. Changes nothing, and never tells the old address.

    Raises:
        TokenError: the token is forged, or its reader is gone.
    """
    handle = workplace.keyring.read(Purpose.ADDRESS, token)
    with workplace.database.read() as connection:
        link, subscription = _find(connection, handle)
        subscriber = get_subscriber(connection, subscription.subscriber_id)
        answer = _standing(connection, workplace, link, subscriber)
    return AddressChange(answer=answer, newsletter=subscription.newsletter, language=subscriber.language)


def change_address(workplace: Workplace, token: str, *, origin: Origin | None = None) -> AddressChange:
    """Send this reader's mail to the address that the link was mailed to, once; all their open links close.

    The caller has seen that the form of the page was sent, not just any POST.

    Raises:
        TokenError: the token is forged, or its reader is gone.
    """
    handle = workplace.keyring.read(Purpose.ADDRESS, token)
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        _, seen = _find(connection, handle)
        subscriber = get_subscriber(connection, seen.subscriber_id)  # locks: read the rest after it
        link, subscription = _find(connection, handle)
        answer = _standing(connection, workplace, link, subscriber)
        if answer is Answer.OPEN:
            _move(connection, workplace, subscriber, link, origin=origin, now=now)
            answer = Answer.CHANGED
    return AddressChange(answer=answer, newsletter=subscription.newsletter, language=subscriber.language)


def _move(
    connection: Connection,
    workplace: Workplace,
    subscriber: Subscriber,
    link: MailedLink,
    *,
    origin: Origin | None,
    now: datetime,
) -> None:
    address = parse_address(link.new_address)
    keyring, journal = workplace.keyring, workplace.journal
    # The press came from the new mailbox: as good as a fresh opt-in there.
    lift(connection, keyring, address.canonical, journal=journal, now=now)
    set_address(connection, subscriber.id, address)
    if address.canonical != subscriber.canonical:
        # No old list and no backup brings back the address that was given up.
        suppress(
            connection, keyring, subscriber.canonical, reason=Reason.UNSUBSCRIBED, journal=journal, now=now
        )
    for subscription in subscriptions_of(connection, subscriber.id):
        # Links that lie in the old mailbox, which may have another owner by now, are worth nothing more.
        spend_links(connection, subscription.id, *LinkKind, now=now)
    act = ConsentAct(
        newsletter=get_subscription(connection, link.subscription_id).newsletter,
        action=Action.CHANGE,
        address=address.given,
        door=DOOR,
        page_url=f"{workplace.settings.base_url}/address/",
        message_id=link.message_id,
        evidence="change of address: the form of the page behind the link mailed to the new one was sent",
        acted_at=now,
    )
    sealed = workplace.seal_origin(origin, subscriber_id=subscriber.id)
    record_consent(connection, workplace.keyring, subscriber.id, act, origin=sealed)


def _find(connection: Connection, handle: bytes) -> tuple[MailedLink, Subscription]:
    link = link_by_handle(connection, handle)
    if link is None or link.kind is not LinkKind.ADDRESS:
        raise TokenError("this link", "belongs to a reader who is gone", "Sign up again.")
    return link, get_subscription(connection, link.subscription_id)


def _standing(
    connection: Connection, workplace: Workplace, link: MailedLink, subscriber: Subscriber
) -> Answer:
    if link.spent_at is not None:
        return Answer.CHANGED if subscriber.address == link.new_address else Answer.EXPIRED
    if not link.is_open(workplace.clock.now()):
        return Answer.EXPIRED
    address = parse_address(link.new_address)
    if subscriber.suppressed or not _is_free(connection, workplace, address, subscriber):
        return Answer.REFUSED
    return Answer.OPEN


def _is_free(connection: Connection, workplace: Workplace, address: Address, subscriber: Subscriber) -> bool:
    owner = find_subscriber(connection, address.canonical)
    if owner is not None and owner.id != subscriber.id:
        return False
    reason = suppression_of(connection, workplace.keyring, address.canonical)
    return reason is None or reason.lifted_by_opt_in
