"""Kept counts: what they say, and that they say what is there."""

from __future__ import annotations

from datetime import date

from sqlalchemy import text

from newsletter.database import Database
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.count import (
    TRIGGERS,
    Change,
    audience_size,
    changes_by_day,
    counts_by_state,
    differences,
    missing_triggers,
    readers_by_frequency,
    recount,
)
from newsletter.subscribers.store import (
    active_recipients,
    add_subscriber,
    add_subscription,
    apply_event,
    mark_suppressed,
    remove_subscriptions,
    set_frequency,
)
from newsletter.subscribers.subscriber import Event, Frequency, State, Subscription
from newsletter.subscribers.token import new_handle
from tests.conftest import NOW

TODAY = NOW.date()


def reader(
    database: Database, name: str, state: State = State.ACTIVE, newsletter: str = "daily"
) -> Subscription:
    with database.write() as connection:
        who = add_subscriber(
            connection, parse_address(f"{name}@example.org"), handle=new_handle(), suppressed=False, now=NOW
        )
        return add_subscription(connection, who.id, newsletter, state=state, handle=new_handle(), now=NOW)


def days(database: Database, newsletter: str = "daily") -> dict[str, int]:
    with database.read() as connection:
        found = changes_by_day(connection, newsletter, since=date(2000, 1, 1))
    return {str(name): count for name, count in found.get(TODAY, {}).items() if count}


def test_an_audience_is_who_is_active_and_may_be_mailed_at_that_frequency(database: Database):
    ada, bob, cyn = (reader(database, name) for name in ("ada", "bob", "cyn"))
    reader(database, "dan", State.PENDING)
    reader(database, "eve", newsletter="weekly")
    with database.write() as connection:
        set_frequency(connection, bob.id, Frequency.WEEKLY)
        mark_suppressed(connection, cyn.subscriber_id, suppressed=True)
    with database.read() as connection:
        assert audience_size(connection, "daily") == len(active_recipients(connection, "daily")) == 2
        assert audience_size(connection, "daily", "weekly") == 1
        assert audience_size(connection, "nothing") == 0
        assert readers_by_frequency(connection, "daily") == {"daily": 1, "weekly": 1}
        assert counts_by_state(connection)["daily"] == {"active": 2, "pending": 1, "suppressed": 1}
        assert differences(connection) == []
    with database.write() as connection:
        mark_suppressed(connection, cyn.subscriber_id, suppressed=False)
        mark_suppressed(connection, cyn.subscriber_id, suppressed=False)
        remove_subscriptions(connection, [ada.id])
    with database.read() as connection:
        assert audience_size(connection, "daily") == 2
        assert differences(connection) == []


def test_what_is_rolled_back_is_not_counted(database: Database):
    ada = reader(database, "ada")
    with database.read() as connection:
        remove_subscriptions(connection, [ada.id])
    with database.read() as connection:
        assert audience_size(connection, "daily") == 1


def test_days_tell_who_came_and_went(database: Database):
    asked = reader(database, "ada", State.PENDING)
    reader(database, "bob")
    with database.write() as connection:
        apply_event(connection, asked, Event.CONFIRM, now=NOW)
    assert days(database) == {Change.SIGNED_UP: 1, Change.CONFIRMED: 1, Change.IMPORTED: 1}


def test_a_withdrawal_that_was_taken_back_is_none(database: Database):
    ada = reader(database, "ada")
    with database.write() as connection:
        apply_event(connection, ada, Event.WITHDRAW, now=NOW)
    assert days(database)[Change.UNSUBSCRIBED] == 1
    with database.write() as connection:
        gone = Subscription(**{**vars(ada), "state": State.UNSUBSCRIBED})
        apply_event(connection, gone, Event.UNDO, now=NOW)
    assert days(database) == {Change.IMPORTED: 1}


def test_who_complains_has_not_unsubscribed(database: Database):
    ada = reader(database, "ada")
    with database.write() as connection:
        apply_event(connection, ada, Event.WITHDRAW, now=NOW)
        gone = Subscription(**{**vars(ada), "state": State.UNSUBSCRIBED})
        apply_event(connection, gone, Event.COMPLAIN, now=NOW)
    assert days(database) == {Change.IMPORTED: 1, Change.COMPLAINED: 1}


def test_a_difference_is_told_and_a_recount_ends_it(database: Database):
    reader(database, "ada")
    with database.write() as connection:
        connection.execute(text("UPDATE reader_counts SET count = 1007"))
        (found,) = differences(connection)
        assert str(found) == "daily active, daily: 1,007 are kept, 1 are there"
        recount(connection)
        assert differences(connection) == []
        assert audience_size(connection, "daily") == 1


def test_a_lost_trigger_is_found(database: Database):
    with database.write() as connection:
        assert missing_triggers(connection) == set()
        connection.execute(text("DROP TRIGGER count_suppression"))
        assert missing_triggers(connection) == {"count_suppression"} < TRIGGERS
