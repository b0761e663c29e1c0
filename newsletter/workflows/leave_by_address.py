"""Leave through a link of the system we replaced: it names an address, and cannot be verified any more.

So it can do one thing only, which is to stop mail: at once for a reader, and beforehand for an address that
a later import may bring. Both are answered alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from newsletter.subscribers.address import Address
from newsletter.subscribers.limit import ip_block, within_limit
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.store import find_subscriber, get_subscriber, subscriptions_of
from newsletter.subscribers.subscriber import State
from newsletter.subscribers.suppression import Reason, lift, suppress, suppressed_at, suppression_of
from newsletter.workflows.take_back import UNDO_WITHIN, Offer, lately_left, take_back
from newsletter.workflows.unsubscribe import withdraw
from newsletter.workflows.workplace import Workplace

#: So many addresses may one network take off in an hour (limit.ip_block).
LEAVES_AN_HOUR = 10
#: One-click comes from the few networks of the mail providers, for all their readers, and must be heard (RFC
#: 8058); still, who forges it does not empty a list in an hour.
ONE_CLICKS_AN_HOUR = 300
DOOR = "old MailPoet link"
EVIDENCE = "POST of the page behind an unsubscribe link of MailPoet"
ONE_CLICK_EVIDENCE = "RFC 8058 one-click POST to an unsubscribe link of MailPoet"


@dataclass(frozen=True, kw_only=True)
class Left:
    """Whether it is done (*is_heard*: not too many from that network), and when this very act left something.

    *at* is for the proof that whoever undoes it saw the page that came after. It is None when nothing was
    left by this act: anybody can write such a link, and must not take back what its owner has done.
    """

    is_heard: bool = True
    at: datetime | None = None


def leave_by_address(
    workplace: Workplace, address: Address, *, origin: Origin | None = None, is_one_click: bool = False
) -> Left:
    """Take *address* off every newsletter, and never mail it if it is not here; harmless to repeat.

    *origin* counts towards the limit of its network. It is kept as evidence, but for *is_one_click*: that
    POST comes from the mail provider, not from the reader.
    """
    now, keyring = workplace.clock.now(), workplace.keyring
    with workplace.database.write() as connection:
        if not within_limit(
            connection,
            keyring,
            what="old one-click link" if is_one_click else "old link",
            who=(ip_block(origin.ip) if origin else "") or "unknown",
            limit=ONE_CLICKS_AN_HOUR if is_one_click else LEAVES_AN_HOUR,
            window=timedelta(hours=1),
            now=now,
        ):
            return Left(is_heard=False)
        found = find_subscriber(connection, address.canonical)
        if found is None:
            has_left = suppress(
                connection,
                keyring,
                address.canonical,
                reason=Reason.UNSUBSCRIBED,
                journal=workplace.journal,
                now=now,
            )
        else:
            subscriber = get_subscriber(connection, found.id)
            names = withdraw(
                connection,
                workplace,
                subscriber=subscriber,
                subscriptions=subscriptions_of(connection, subscriber.id),
                door=DOOR,
                evidence=ONE_CLICK_EVIDENCE if is_one_click else EVIDENCE,
                now=now,
                origin=None if is_one_click else origin,
            )
            has_left = bool(names)
        return Left(at=now if has_left else None)


def look_at_address_left(workplace: Workplace, address: Address) -> Left:
    """When the address was left, if that may be taken back now. Changes nothing."""
    with workplace.database.read() as connection:
        return Left(at=_left_at(connection, workplace, address, now=workplace.clock.now()))


def undo_leave_by_address(workplace: Workplace, address: Address, *, offer: Offer) -> None:
    """Make all as it was before the last act, within a day; nothing otherwise.

    The caller has seen that the form of the page which answered that act was sent.
    """
    now, keyring, journal = workplace.clock.now(), workplace.keyring, workplace.journal
    with workplace.database.write() as connection:
        found = find_subscriber(connection, address.canonical)
        if found is None:
            if _left_at(connection, workplace, address, now=now) is not None:
                lift(connection, keyring, address.canonical, journal=journal, now=now)
            return
        subscriber = get_subscriber(connection, found.id)
        last = lately_left(subscriptions_of(connection, subscriber.id), now=now)
        at = max((each.changed_at for each in last), default=None)
        theirs = [each for each in last if each.changed_at == at]  # and nothing that its owner left before
        take_back(connection, workplace, subscriber=subscriber, subscriptions=theirs, offer=offer, now=now)


def _left_at(
    connection: Connection, workplace: Workplace, address: Address, *, now: datetime
) -> datetime | None:
    found = find_subscriber(connection, address.canonical)
    if found is not None:
        theirs = lately_left(subscriptions_of(connection, found.id), now=now)
        return max((each.changed_at for each in theirs if each.state is State.UNSUBSCRIBED), default=None)
    if suppression_of(connection, workplace.keyring, address.canonical) is not Reason.UNSUBSCRIBED:
        return None
    at = suppressed_at(connection, workplace.keyring, address.canonical)
    return at if at is not None and now - at <= UNDO_WITHIN else None
