"""Replay: what the journal says beyond what the database knows is applied, so that no restore forgets it.

A database that was restored from a backup does not know who has left since. The journal beside it does: it
names addresses by keyed hash, and the readers are found by hashing the list.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from newsletter.clock import Clock
from newsletter.database import Database
from newsletter.subscribers.consent import Action, Actor, ConsentAct
from newsletter.subscribers.journal import Act, Entry, Journal, advance, known_octets
from newsletter.subscribers.ledger import record_consent
from newsletter.subscribers.link import LinkKind, spend_links
from newsletter.subscribers.standing import Standing
from newsletter.subscribers.store import apply_event, mark_suppressed, page_of_subscribers
from newsletter.subscribers.subscriber import STANDING, Event, State, Subscriber, Subscription
from newsletter.subscribers.suppression import (
    apply_suppression,
    digests,
    every_suppression,
    forget_suppression,
    journal_entry,
    suppression_of,
)
from newsletter.subscribers.token import Keyring
from newsletter.workflows.wipe import Wiping, wipe, wipe_past

log = logging.getLogger(__name__)

DOOR = "journal"
EVIDENCE = "replayed from the journal"


class Place(Protocol):
    """What of a workplace is needed; it is not open yet when it is replayed into."""

    @property
    def clock(self) -> Clock: ...  # noqa: D102 - as in Workplace
    @property
    def database(self) -> Database: ...  # noqa: D102
    @property
    def keyring(self) -> Keyring: ...  # noqa: D102
    @property
    def journal(self) -> Journal: ...  # noqa: D102


def replay(place: Place) -> int:
    """Apply what the journal says beyond the database's knowledge; how many entries that was.

    Quick when there is nothing: one look at the file and one query. Harmless to do again. A journal that is
    shorter than it was is told of in the log, and is written anew from what the database knows.

    Raises:
        OSError: the journal cannot be read, or not be written anew.
    """
    with place.database.read() as connection:
        if known_octets(connection) == place.journal.size:
            return 0
    with place.database.write() as connection:
        # Another process may have been in the middle of what it wrote to the journal.
        known, size = known_octets(connection, lock=True), place.journal.size
        if size < known:
            _write_anew(connection, place, known)
            return 0
        entries = list(place.journal.read(known))
        if entries:
            _apply(connection, place, entries)
        advance(connection, size)
    if entries:
        log.info("the journal told the database %d things that it did not know", len(entries))
        place.database.clean_up()
    return len(entries)


def _apply(connection: Connection, place: Place, entries: list[Entry]) -> None:
    by_digest: dict[bytes, list[Entry]] = {}
    for entry in entries:
        by_digest.setdefault(entry.digest, []).append(entry)
    place_of = {id(entry): number for number, entry in enumerate(entries)}
    for own in by_digest.values():
        standing = Standing.after(own)
        apply_suppression(connection, own[-1], standing.reasons, lifted=standing.lifted)
    for subscriber, theirs in _readers(connection):
        hashed = digests(place.keyring, subscriber.canonical).values()
        told = [entry for digest in hashed for entry in by_digest.get(digest, ())]
        if told:
            # An address that was hashed under two keys has two stories, which are one.
            told.sort(key=lambda entry: place_of[id(entry)])
            _apply_to_reader(connection, place, subscriber, theirs, Standing.after(told))


def _apply_to_reader(
    connection: Connection,
    place: Place,
    subscriber: Subscriber,
    theirs: list[Subscription],
    standing: Standing,
) -> None:
    now = place.clock.now()
    # Without a reason: the journal has it already.
    wiping = Wiping(reason=None, door=DOOR, evidence=EVIDENCE, actor=Actor.CLOCK, now=now)
    if standing.is_erased:
        wipe(connection, place.keyring, place.journal, subscriber.id, wiping)
        return
    if standing.was_erased:
        wipe_past(connection, place.keyring, subscriber, wiping)
    for subscription in theirs:
        if standing.has_left(subscription.newsletter):
            _withdraw(connection, place.keyring, subscriber, subscription, now=now)
    if standing.lifted and standing.reason is None:
        forget_suppression(connection, place.keyring, subscriber.canonical)
    reason = suppression_of(connection, place.keyring, subscriber.canonical)
    mark_suppressed(connection, subscriber.id, suppressed=reason is not None)


def _withdraw(
    connection: Connection,
    keyring: Keyring,
    subscriber: Subscriber,
    subscription: Subscription,
    *,
    now: datetime,
) -> None:
    """What workflows/unsubscribe.py does, without telling the journal, which told us."""
    spend_links(connection, subscription.id, LinkKind.CONFIRM, LinkKind.RENEW, now=now)
    if apply_event(connection, subscription, Event.WITHDRAW, now=now):
        act = ConsentAct(
            newsletter=subscription.newsletter,
            action=Action.WITHDRAW,
            address=subscriber.address,
            door=DOOR,
            evidence=EVIDENCE,
            actor=Actor.CLOCK,
            acted_at=now,
        )
        record_consent(connection, keyring, subscriber.id, act)


def _write_anew(connection: Connection, place: Place, known: int) -> None:
    """Append all that the database knows, behind the length that the journal had.

    No backup knows more of it than that length: each will read every line.
    """
    log.warning(
        "the journal %s was lost or replaced: it is shorter than it was (%d octets, known are %d). "
        "It was written anew from what the database knows. If you have restored the database too, put "
        "back the journal's own backup: whoever left since may be mailed",
        place.journal.path,
        place.journal.size,
        known,
    )
    now = place.clock.now()
    told = {entry.digest for entry in place.journal.read()}
    lines = list(every_suppression(connection))
    for subscriber, theirs in _readers(connection):
        # What an older copy of the journal says of those who came back since is answered.
        is_told = not told.isdisjoint(digests(place.keyring, subscriber.canonical).values())
        lines += _entries_of(place.keyring, subscriber, theirs, is_told=is_told, now=now)
    place.journal.pad(known)
    place.journal.append(connection, lines)
    advance(connection, place.journal.size)


def _entries_of(
    keyring: Keyring, subscriber: Subscriber, theirs: list[Subscription], *, is_told: bool, now: datetime
) -> Iterator[Entry]:
    canonical = subscriber.canonical
    if is_told and not subscriber.suppressed:
        yield journal_entry(keyring, canonical, Act.LIFT, now=now)
    for each in theirs:
        if each.state in (State.UNSUBSCRIBED, State.BOUNCED, State.COMPLAINED):
            yield journal_entry(keyring, canonical, Act.LEAVE, about=each.newsletter, now=now)
        elif is_told and each.state in STANDING:
            yield journal_entry(keyring, canonical, Act.JOIN, about=each.newsletter, now=now)


def _readers(connection: Connection) -> Iterator[tuple[Subscriber, list[Subscription]]]:
    after_id = 0
    while page := page_of_subscribers(connection, after_id=after_id):
        yield from page
        after_id = page[-1][0].id
