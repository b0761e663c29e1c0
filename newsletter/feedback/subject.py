"""Whom an event is about: by our return path, by a Message-ID of ours, and only then by what a report says.

Anybody can write a report. What only has an address in it is believed where its provider signed it, and
nowhere else: a forged bounce of somebody else's reader changes nobody.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from sqlalchemy import Connection, select

from newsletter.delivery.message import message_id, return_path_handle
from newsletter.delivery.outbox import system_mails
from newsletter.delivery.sent import Sent, sent_since
from newsletter.errors import SubscriberError
from newsletter.feedback.event import Event, Kind
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.member import Member, members_by_address, members_by_handle
from newsletter.subscribers.subscriber import Subscription
from newsletter.subscribers.token import Keyring

#: A server gives up within five days (RFC 5321 4.5.4.1), a person reports a letter while it is at hand.
RECENT = timedelta(days=30)
#: As many Message-IDs of one event are looked at: a report returns one message.
_MOST_IDS = 10
#: What is about one letter, and changes what the ledger says of it.
_OF_A_LETTER = (Kind.BOUNCE, Kind.COMPLAINT)
#: So many octets of a returned letter are searched for our return path: headers come first.
_READ = 200_000
#: What message_id() makes, and nothing else is worth comparing.
_OURS = re.compile(r"<?([0-9a-f]{32})@")


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A reader, and which subscription and delivery of theirs an event is about, as far as that is known."""

    member: Member
    subscription: Subscription | None = None
    sent: Sent | None = None


@dataclass(frozen=True, kw_only=True)
class _Clue:
    """What an event says: a *handle* whose MAC is ours, whom a *mail* of ours went to, whom it names."""

    handle: bytes | None
    mail: str
    named: str
    ids: tuple[str, ...]


class Finder:
    """Finds the subjects of some hundred events at a time, with a handful of queries.

    *mailbox*: settings.return_path. *is_signed*: the maker of the events proved to be who it says, so that an
    address in them counts.
    """

    def __init__(self, connection: Connection, keyring: Keyring, *, mailbox: str, is_signed: bool) -> None:
        self._connection = connection
        self._keyring = keyring
        self._mailbox = mailbox
        self._is_signed = is_signed

    def find(self, events: Sequence[Event], *, today: date, raw: bytes = b"") -> list[Subject | None]:
        """Whom each of *events* is about; None: nobody of ours. *raw*: what one event was read from."""
        mails = self._system_mails(events)
        returned = self._handle_in(raw) if len(events) == 1 else None
        clues = [self._clue(event, mails, returned) for event in events]
        by_handle = members_by_handle(self._connection, {one.handle for one in clues if one.handle})
        addresses = {address for one in clues for address in (one.mail, one.named) if address}
        by_address = members_by_address(self._connection, addresses)
        members = [_member(one, by_handle, by_address) for one in clues]
        # What changes nothing, and needs no proof, is not looked up in the ledger.
        ids = {
            each.id
            for event, member in zip(events, members, strict=True)
            if member and not (self._is_signed and event.kind not in _OF_A_LETTER)
            for each in member.subscriptions
        }
        sent = sent_since(self._connection, ids, since=today - RECENT)
        return [
            self._subject(clue, member, sent) if member else None
            for clue, member in zip(clues, members, strict=True)
        ]

    def _handle_in(self, raw: bytes) -> bytes | None:
        """The handle of a return path of ours in the headers of a letter that was returned.

        A complaint comes to another address. Only who got the letter can have it.
        """
        local, _, domain = self._mailbox.lower().rpartition("@")
        if not domain:
            return None
        before, after = re.escape(f"{local}+").encode(), re.escape(f"@{domain}").encode()
        ours = re.compile(before + rb"[a-z2-7]{20,60}" + after)
        for match in islice(ours.finditer(raw[:_READ].lower()), _MOST_IDS):
            handle = return_path_handle(self._keyring, self._mailbox, match[0].decode("ascii"))
            if handle:
                return handle
        return None

    def _clue(self, event: Event, mails: dict[str, str], returned: bytes | None) -> _Clue:
        ids = event.message_ids[:_MOST_IDS]
        handle = returned
        if self._mailbox and event.return_path:
            handle = return_path_handle(self._keyring, self._mailbox, event.return_path) or returned
        mail = next((mails[one] for one in map(_bracketed, ids) if one in mails), "")
        return _Clue(handle=handle, mail=mail, named=_canonical(event.recipient), ids=ids)

    def _system_mails(self, events: Sequence[Event]) -> dict[str, str]:
        """By Message-ID: whom those of our system mails went to. Nobody else can know such a Message-ID."""
        ids = {_bracketed(one) for event in events for one in event.message_ids[:_MOST_IDS]}
        if not ids:
            return {}
        rows = self._connection.execute(
            select(system_mails.c.message_id, system_mails.c.recipient).where(
                system_mails.c.message_id.in_(ids)
            )
        )
        return {row.message_id: _canonical(row.recipient) for row in rows}

    def _subject(self, clue: _Clue, member: Member, sent: dict[int, list[Sent]]) -> Subject | None:
        theirs = [one for each in member.subscriptions for one in sent.get(each.id, ())]
        named = self._named_by_id(clue.ids, member, theirs)
        by_id = {each.id: each for each in member.subscriptions}
        if named:
            return Subject(member=member, subscription=by_id[named.subscription_id], sent=named)
        subscription = member.subscription_with(clue.handle) if clue.handle else None
        if subscription:
            last = next((one for one in theirs if one.subscription_id == subscription.id), None)
            return Subject(member=member, subscription=subscription, sent=last)
        if clue.mail == member.subscriber.canonical:
            return Subject(member=member)
        # A return path of ours that leads to nobody is about somebody who has gone: whoever it names instead
        # may have come since, or be anybody.
        if not self._is_signed or clue.handle:
            return None
        last = max(theirs, key=lambda one: (one.issued_on, one.id), default=None)
        return Subject(member=member, subscription=by_id[last.subscription_id] if last else None, sent=last)

    def _named_by_id(self, ids: Collection[str], member: Member, theirs: Sequence[Sent]) -> Sent | None:
        """Which of *theirs* has one of these Message-IDs, whatever the sender's domain was then."""
        given = [match[1] for one in ids if (match := _OURS.match(one.strip()))]
        if not given:
            return None
        handles = {each.id: each.handle.hex() for each in member.subscriptions}
        for one in theirs:
            parts = (one.newsletter, one.issued_on.isoformat(), handles[one.subscription_id])
            made = message_id(self._keyring, *parts, domain="x")[1:33]
            if any(hmac.compare_digest(made, each) for each in given):
                return one
        return None


def _member(clue: _Clue, by_handle: dict[bytes, Member], by_address: dict[str, Member]) -> Member | None:
    """Whom it may be about, the strongest clue first; whether it is, is for Finder to prove."""
    found = by_handle.get(clue.handle) if clue.handle else None
    return found or by_address.get(clue.mail) or by_address.get(clue.named)


def _canonical(address: str) -> str:
    try:
        return parse_address(address.strip().strip("<>")).canonical if address else ""
    except SubscriberError:
        return ""


def _bracketed(given: str) -> str:
    return f"<{given.strip().strip('<>')}>"
