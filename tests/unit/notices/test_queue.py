"""The queue of what sites are told: its order, and one sender at a time."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.notices.queue import (
    ABANDONED_AFTER,
    EventState,
    WebhookEvent,
    away_until,
    claim,
    count_events,
    events_of,
    fail,
    finish,
    forget_events,
    forget_events_of,
    has_untold,
    new_event_id,
    next_due,
    put_back,
    queue_event,
    refuse,
)
from newsletter.notices.webhook import GIVE_UP_AFTER, EventType
from newsletter.subscribers.subscriber import Subscriber
from newsletter.subscribers.token import Keyring


@pytest.fixture
def now(clock: FixedClock) -> datetime:
    return clock.now()


def reader(number: int, now: datetime) -> Subscriber:
    address = f"reader{number}@example.org"
    handle = number.to_bytes(12, "big")
    return Subscriber(
        id=number, handle=handle, address=address, canonical=address, created_at=now, suppressed=False
    )


class Desk:
    """The queue, each act in a transaction of its own."""

    def __init__(self, database: Database, keyring: Keyring, now: datetime) -> None:
        self.database = database
        self.keyring = keyring
        self.now = now

    def queue(self, number: int, event_type: EventType = EventType.CONFIRMED, *, site: str = "clinic") -> str:
        event_id = new_event_id()
        with self.database.write() as connection:
            queue_event(
                connection,
                self.keyring,
                site=site,
                event_type=event_type,
                newsletter="daily",
                subscriber=reader(number, self.now),
                now=self.now,
                event_id=event_id,
            )
        return event_id

    def due(self, *, after: timedelta = timedelta(), site: str = "clinic") -> WebhookEvent | None:
        with self.database.read() as connection:
            return next_due(connection, site, now=self.now + after)

    def due_id(self, *, after: timedelta = timedelta(), site: str = "clinic") -> str:
        event = self.due(after=after, site=site)
        return event.event_id if event else ""

    def claimed(self, *, after: timedelta = timedelta()) -> WebhookEvent:
        event = self.due(after=after)
        assert event
        with self.database.write() as connection:
            assert claim(connection, event, now=self.now + after)
        return event

    def only(self, number: int) -> WebhookEvent:
        with self.database.read() as connection:
            (event,) = events_of(connection, number)
        return event


@pytest.fixture
def desk(database: Database, keyring: Keyring, now: datetime) -> Desk:
    return Desk(database, keyring, now)


def test_an_event_is_due_at_its_time_for_its_site_and_has_one_sender(desk: Desk) -> None:
    event_id = desk.queue(1)
    assert desk.due_id(after=-timedelta(seconds=1)) == ""
    assert desk.due_id(site="other") == ""
    event = desk.due()
    assert event
    assert (event.event_id, json.loads(event.body)["id"]) == (event_id, event_id)
    with desk.database.write() as connection:
        assert claim(connection, event, now=desk.now)
        assert not claim(connection, event, now=desk.now)
    assert desk.due() is None


def test_what_is_told_of_one_reader_waits_for_what_happened_before(desk: Desk) -> None:
    first, second = desk.queue(1), desk.queue(1, EventType.UNSUBSCRIBED)
    assert desk.due_id() == first
    event = desk.claimed()
    with desk.database.write() as connection:
        put_back(connection, event, reply="400", next_at=desk.now + timedelta(hours=1))
    assert desk.due_id() == ""
    assert desk.due_id(after=timedelta(hours=1)) == first
    event = desk.claimed(after=timedelta(hours=1))
    with desk.database.write() as connection:
        finish(connection, event, reply="200")
    assert desk.due_id() == second


def test_another_reader_or_another_site_does_not_wait_for_it(desk: Desk) -> None:
    desk.queue(1)
    other, elsewhere = desk.queue(2), desk.queue(1, site="elsewhere")
    event = desk.claimed()
    assert desk.due_id() == ""  # one at a time for a site
    assert desk.due_id(site="elsewhere") == elsewhere
    with desk.database.write() as connection:
        put_back(connection, event, reply="400", next_at=desk.now + timedelta(hours=1))
    assert desk.due_id() == other


def test_an_event_whose_sender_died_is_taken_again_and_the_late_sender_changes_nothing(desk: Desk) -> None:
    event_id = desk.queue(1)
    lost = desk.claimed()
    assert desk.due_id(after=ABANDONED_AFTER - timedelta(seconds=1)) == ""
    assert desk.due_id(after=ABANDONED_AFTER) == event_id
    desk.claimed(after=ABANDONED_AFTER)
    with desk.database.write() as connection:
        put_back(connection, lost, reply="late", next_at=desk.now)
    assert desk.only(1).state is EventState.SENDING


@pytest.mark.parametrize("state", [EventState.DONE, EventState.FAILED])
def test_what_is_over_holds_no_address(desk: Desk, state: EventState) -> None:
    desk.queue(1)
    event = desk.claimed()
    with desk.database.write() as connection:
        (finish if state is EventState.DONE else fail)(connection, event, reply="200")
    after = desk.only(1)
    assert (after.body, after.state) == ("", state)
    assert desk.due(after=timedelta(days=9)) is None


def test_a_refused_event_comes_ever_later_and_is_given_up_three_days_after_the_first_no(desk: Desk) -> None:
    desk.queue(1)
    following = desk.queue(1, EventType.UNSUBSCRIBED)
    # It was down for a week before: that does not count against the event.
    at = timedelta(days=7)
    tries, state = 0, EventState.QUEUED
    while state is EventState.QUEUED:
        event = desk.claimed(after=at)
        with desk.database.write() as connection:
            state = refuse(connection, event, reply="422", now=desk.now + at)
        tries += 1
        at += timedelta(hours=3)
    assert state is EventState.FAILED
    assert at - timedelta(days=7) == GIVE_UP_AFTER + timedelta(hours=3)
    assert tries == GIVE_UP_AFTER / timedelta(hours=3) + 1
    assert desk.due_id(after=at) == following


def test_an_event_that_was_deleted_is_not_sent_and_a_late_answer_does_not_touch_its_successor(
    desk: Desk,
) -> None:
    desk.queue(1)
    event = desk.due()
    assert event
    with desk.database.write() as connection:
        forget_events_of(connection, 1)
        assert not claim(connection, event, now=desk.now)
    # SQLite gives the next row the same number.
    following = desk.queue(2)
    assert desk.only(2).id == event.id
    with desk.database.write() as connection:
        finish(connection, event, reply="200")
    assert desk.due_id() == following


def test_old_events_are_forgotten_told_or_not(desk: Desk) -> None:
    desk.queue(1)
    event = desk.claimed()
    with desk.database.write() as connection:
        finish(connection, event, reply="200")
        assert not has_untold(connection, before=desk.now + timedelta(days=1))
    desk.queue(2)
    with desk.database.write() as connection:
        assert count_events(connection, "clinic")[EventState.DONE] == 1
        assert has_untold(connection, before=desk.now + timedelta(days=1))
        assert forget_events(connection, before=desk.now) == 0
        assert forget_events(connection, before=desk.now + timedelta(seconds=1)) == 2
        assert sum(count_events(connection, "clinic").values()) == 0


def test_it_is_known_by_when_nothing_of_a_reader_is_on_its_way(desk: Desk) -> None:
    desk.queue(1)
    with desk.database.read() as connection:
        assert away_until(connection, 1, now=desk.now) == desk.now
    desk.claimed()
    with desk.database.read() as connection:
        assert away_until(connection, 1, now=desk.now) == desk.now + ABANDONED_AFTER
