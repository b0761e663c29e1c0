"""One person, for an operator who was asked something by them: everything but what they read about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newsletter.delivery.history import SentLetter, last_letters
from newsletter.feedback.record import KeptEvent, records_of
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.store import find_subscriber, subscriber_by_handle, subscriptions_of
from newsletter.subscribers.subscriber import State, Subscriber, Subscription, overall_state
from newsletter.subscribers.suppression import Reason, suppressed_at, suppression_of
from newsletter.subscribers.token import Keyring, Purpose
from newsletter.workflows.prove_consent import ConsentProof, prove_consent
from newsletter.workflows.workplace import Workplace

_SHOWN_LETTERS = 30


@dataclass(frozen=True, kw_only=True)
class Suppressed:
    """Why an address is never mailed, and since when."""

    reason: Reason
    since: datetime

    @property
    def may_be_lifted(self) -> bool:
        """Whether an operator may end it: not where its owner was erased."""
        return self.reason is not Reason.ERASED


@dataclass(frozen=True, kw_only=True)
class Stranger:
    """An address that nobody on the list has; whether it is suppressed all the same."""

    address: str
    suppressed: Suppressed | None


@dataclass(frozen=True, kw_only=True)
class ReaderFile:
    """One reader. *letters*: the last ones, newest first; *returned*: what came back, newest first.

    What they read about is not in it: nobody needs that to answer.
    """

    subscriber: Subscriber
    subscriptions: tuple[Subscription, ...]
    suppressed: Suppressed | None
    proof: ConsentProof
    letters: tuple[SentLetter, ...]
    returned: tuple[KeptEvent, ...]

    @property
    def id(self) -> str:
        """What names the reader in paths and in the audit: it says nothing about them."""
        return self.subscriber.handle.hex()

    @property
    def state(self) -> State:
        """One word for all of their newsletters."""
        return overall_state(self.subscriptions)


def find_reader(workplace: Workplace, address: str) -> str | Stranger:
    """The id of the reader with this address, or what is known of the address without one.

    Raises:
        SubscriberError: it is not an address.
    """
    canonical = parse_address(address).canonical
    with workplace.database.read() as connection:
        found = find_subscriber(connection, canonical)
        if found is not None:
            return found.handle.hex()
        reason = suppression_of(connection, workplace.keyring, canonical)
        since = suppressed_at(connection, workplace.keyring, canonical)
    suppressed = Suppressed(reason=reason, since=since) if reason and since else None
    return Stranger(address=address.strip(), suppressed=suppressed)


def open_reader(workplace: Workplace, reader_id: str) -> ReaderFile | None:
    """The reader whom *reader_id* names; None where there is none, or they were erased. Changes nothing."""
    handle = handle_of(reader_id)
    with workplace.database.read() as connection:
        subscriber = subscriber_by_handle(connection, handle) if handle else None
        if subscriber is None or not subscriber.address:
            return None
        theirs = subscriptions_of(connection, subscriber.id)
        reason = suppression_of(connection, workplace.keyring, subscriber.canonical)
        since = suppressed_at(connection, workplace.keyring, subscriber.canonical)
        ids = [each.id for each in theirs]
        letters = [
            letter
            for name in sorted({each.newsletter for each in theirs})
            for letter in last_letters(connection, name, ids, limit=_SHOWN_LETTERS)
        ]
        returned = records_of(connection, subscriber.id)
    proof = prove_consent(workplace, subscriber.address)
    if proof is None:  # erased a moment ago
        return None
    letters.sort(key=lambda letter: letter.issued_on, reverse=True)
    return ReaderFile(
        subscriber=subscriber,
        subscriptions=tuple(theirs),
        suppressed=Suppressed(reason=reason, since=since) if reason and since else None,
        proof=proof,
        letters=tuple(letters[:_SHOWN_LETTERS]),
        returned=tuple(reversed(returned)),
    )


def handle_of(reader_id: str) -> bytes | None:
    """The handle that an id in a path stands for; None where it is none."""
    try:
        handle = bytes.fromhex(reader_id)
    except ValueError:
        return None
    return handle if len(handle) == 12 else None


def hash_of(keyring: Keyring, address: str) -> str:
    """What stands for an address of nobody on the list in the audit: a keyed hash, cut short.

    Raises:
        SubscriberError: it is not an address.
    """
    canonical = parse_address(address).canonical
    return f"address {keyring.mac(Purpose.SUPPRESSION, canonical.encode()).hex()[:24]}"
