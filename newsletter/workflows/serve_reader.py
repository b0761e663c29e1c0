"""What an operator does for one reader, who asked for it by letter or call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from newsletter.errors import RefusedError, SubscriberError
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.consent import Action, Actor, ConsentAct
from newsletter.subscribers.ledger import record_consent
from newsletter.subscribers.store import (
    get_subscriber,
    pause,
    subscriber_by_handle,
    subscriptions_of,
)
from newsletter.subscribers.subscriber import Subscriber
from newsletter.subscribers.suppression import Reason, suppress
from newsletter.workflows.change_rhythm import pause_limits
from newsletter.workflows.give_data import as_zip, everything_of
from newsletter.workflows.look_up_reader import handle_of
from newsletter.workflows.unsubscribe import withdraw
from newsletter.workflows.workplace import Workplace

DOOR = "console"
EVIDENCE = "an operator at the console, as the reader asked"

#: Writes down who did it, in the transaction of the act.
Record = Callable[[Connection], None]


@dataclass(frozen=True, kw_only=True)
class Serving:
    """For whom (*reader_id*), and how it is written down that it was done."""

    reader_id: str
    record: Record


def pause_reader(workplace: Workplace, serving: Serving, *, until: date) -> tuple[str, ...]:
    """No letters before the date *until*; the newsletters that rest.

    Raises:
        SubscriberError: nobody has this id, or the date is not one of the next 365 days.
        RefusedError: they get nothing that could rest.
    """
    now = workplace.clock.now()
    first, last = pause_limits(workplace.settings, "", now=now)
    if not first <= until <= last:
        raise SubscriberError(
            "the pause", "ends on a date that cannot be chosen", f"Choose one from {first} to {last}."
        )
    with workplace.database.write() as connection:
        subscriber = _reader(connection, serving)
        resting = []
        for each in subscriptions_of(connection, subscriber.id):
            if pause(connection, each, until=until, now=now):
                resting.append(each.newsletter)
                act = ConsentAct(
                    newsletter=each.newsletter,
                    action=Action.CHANGE,
                    address=subscriber.address,
                    door=DOOR,
                    evidence=f"{EVIDENCE}: paused until {until.isoformat()}",
                    actor=Actor.OPERATOR,
                    acted_at=now,
                )
                record_consent(connection, workplace.keyring, subscriber.id, act)
        if not resting:
            raise RefusedError("this reader", "gets no newsletter that could rest", "There is nothing to do.")
        serving.record(connection)
    return tuple(resting)


def unsubscribe_reader(workplace: Workplace, serving: Serving) -> tuple[str, ...]:
    """Take a reader off every newsletter; those that they left.

    Raises:
        SubscriberError: nobody has this id.
    """
    with workplace.database.write() as connection:
        subscriber = _reader(connection, serving)
        left = withdraw(
            connection,
            workplace,
            subscriber=subscriber,
            subscriptions=subscriptions_of(connection, subscriber.id),
            door=DOOR,
            evidence=EVIDENCE,
            actor=Actor.OPERATOR,
            now=workplace.clock.now(),
        )
        serving.record(connection)
    return left


def suppress_reader(workplace: Workplace, serving: Serving) -> None:
    """Never mail a reader again, whatever their subscriptions say.

    Raises:
        SubscriberError: nobody has this id.
    """
    with workplace.database.write() as connection:
        _suppress(connection, workplace, _reader(connection, serving).canonical)
        serving.record(connection)


def suppress_address(workplace: Workplace, address: str, *, record: Record) -> None:
    """Never mail an address, known here or not.

    Raises:
        SubscriberError: it is not an address.
    """
    canonical = parse_address(address).canonical
    with workplace.database.write() as connection:
        _suppress(connection, workplace, canonical)
        record(connection)


def data_of_reader(workplace: Workplace, serving: Serving) -> bytes:
    """All that is kept of a reader, topics as well, as a ZIP file to be sent to them.

    Raises:
        SubscriberError: nobody has this id.
    """
    with workplace.database.write() as connection:
        subscriber = _reader(connection, serving)
        kept = everything_of(connection, workplace, subscriber)
        serving.record(connection)
    return as_zip(kept, made_at=workplace.clock.now())


def reader_to_erase(workplace: Workplace, serving: Serving) -> int:
    """The reader's number, for erase(); that it was asked for is written down before.

    Raises:
        SubscriberError: nobody has this id.
    """
    with workplace.database.write() as connection:
        subscriber = _reader(connection, serving)
        serving.record(connection)
    return subscriber.id


def address_of_reader(workplace: Workplace, reader_id: str) -> str:
    """Where the reader's mail goes.

    Raises:
        SubscriberError: nobody has this id.
    """
    with workplace.database.read() as connection:
        return _reader(connection, Serving(reader_id=reader_id, record=lambda _connection: None)).address


def _suppress(connection: Connection, workplace: Workplace, canonical: str) -> None:
    suppress(
        connection,
        workplace.keyring,
        canonical,
        reason=Reason.OPERATOR,
        journal=workplace.journal,
        now=workplace.clock.now(),
    )


def _reader(connection: Connection, serving: Serving) -> Subscriber:
    handle = handle_of(serving.reader_id)
    found = subscriber_by_handle(connection, handle) if handle else None
    if found is None or not found.address:
        raise SubscriberError("this reader", "is not on the list (any more)", "Look them up by address.")
    return get_subscriber(connection, found.id)
