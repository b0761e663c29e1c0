"""An operator lets an address sign up again that complained, or that an operator had stopped."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from newsletter.errors import RefusedError
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.consent import Action, Actor, ConsentAct
from newsletter.subscribers.ledger import record_consent
from newsletter.subscribers.store import apply_event, find_subscriber, get_subscriber, subscriptions_of
from newsletter.subscribers.subscriber import Event
from newsletter.subscribers.suppression import Reason, lift, suppression_of
from newsletter.workflows.workplace import Workplace

DOOR = "command line"


def readmit(
    workplace: Workplace,
    given: str,
    *,
    why: str,
    door: str = DOOR,
    record: Callable[[Connection], None] = lambda _connection: None,
) -> Reason:
    """End the suppression of the address *given*; the reason that it had. Nobody is switched on by it.

    Its owner may then sign up as everybody does. *why* is kept in their consent record, if they have one.
    *record*: writes down who did it, in the same transaction.

    Raises:
        SubscriberError: it is not an address.
        RefusedError: it is not suppressed, or was erased: then only its owner can end that, by signing up.
    """
    canonical, now = parse_address(given).canonical, workplace.clock.now()
    with workplace.database.write() as connection:
        reason = suppression_of(connection, workplace.keyring, canonical)
        if reason is None:
            raise RefusedError("this address", "is not suppressed", "Its owner can sign up as it is.")
        if reason is Reason.ERASED:
            raise RefusedError(
                "this address",
                "was erased at its owner's wish",
                "Only its owner can come back: by signing up.",
            )
        lift(connection, workplace.keyring, canonical, journal=workplace.journal, now=now, by_operator=True)
        found = find_subscriber(connection, canonical)
        if found is not None:
            subscriber = get_subscriber(connection, found.id)
            for each in subscriptions_of(connection, subscriber.id):
                if not apply_event(connection, each, Event.READMIT, now=now):
                    continue
                act = ConsentAct(
                    newsletter=each.newsletter,
                    action=Action.CHANGE,
                    address=subscriber.address,
                    door=door,
                    evidence=f"readmitted by an operator: {why}",
                    actor=Actor.OPERATOR,
                    acted_at=now,
                )
                record_consent(connection, workplace.keyring, subscriber.id, act)
        record(connection)
    return reason
