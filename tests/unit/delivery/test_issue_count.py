"""The count of an issue that is kept beside its deliveries says at every step what is in them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from newsletter.delivery import booking, ledger, sent
from newsletter.delivery.booking import Begin, Finish
from newsletter.delivery.delivery import Event, State
from newsletter.delivery.ending import CANCELLED
from newsletter.delivery.issue_count import SHARDS, count_change, issue_count, issue_counts
from newsletter.delivery.ledger import deliveries
from newsletter.delivery.total import fold_subscriptions
from newsletter.issues import store as issue_store
from newsletter.workflows.compose import compose
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import add_readers, fill
from tests.unit.kept import counted

DAY = date(2026, 3, 3)
ME, OTHER = "host/1/1/a", "host/2/2/b"
EVENTS = (Event.ACCEPT, Event.ACCEPT, Event.DEFER, Event.REJECT, Event.LOSE, Event.RETURN)


@pytest.fixture
def issue_id(workplace: Workplace) -> int:
    """An issue that has begun, for nine readers who are not queued yet."""
    fill(workplace.settings.content_path)
    add_readers(workplace, *(f"reader{number}@example.org" for number in range(9)))
    found = compose(workplace, workplace.settings.newsletter(), DAY).id
    with workplace.database.write() as connection:
        issue_store.start(connection, found, started_at=workplace.clock.now())
    return found


def test_the_kept_count_follows_every_step_of_an_issue(workplace, issue_id):
    now, audience = workplace.clock.now(), workplace.settings.newsletter().audience

    def kept() -> dict[str, int]:
        with workplace.database.read() as connection:
            found = issue_count(connection, issue_id)
            assert {State(one): number for one, number in found.items() if number} == counted(connection)[
                issue_id
            ]
        return {one: number for one, number in found.items() if number}

    with workplace.database.write() as connection:
        for _ in range(2):  # a page that is run again queues nobody twice
            ledger.queue_page(connection, issue_id, audience, after_id=0, limit=9, now=now)
    assert kept() == {"queued": 9}
    with workplace.database.write() as connection:
        claimed = ledger.claim(connection, issue_id, owner=ME, now=now, limit=7)
        booking.begin(connection, issue_id, [Begin(one) for one in claimed], owner=ME, now=now)
    assert kept() == {"queued": 2, "sending": 7}
    with workplace.database.write() as connection:
        finishes = [
            Finish(claimed=one, event=event, begun=True) for one, event in zip(claimed, EVENTS, strict=False)
        ]
        booking.finish(connection, issue_id, finishes, owner=ME, now=now)
        booking.finish(connection, issue_id, finishes, owner=ME, now=now)  # written again: nothing is there
    assert kept() == {
        "queued": 3, "sending": 1, "accepted": 2, "deferred": 1, "rejected": 1, "unknown": 1
    }  # fmt: skip
    with workplace.database.write() as connection:
        ledger.take_over(connection, issue_id, gone=[ME], now=now)
        found = sent.sent_since(connection, [claimed[0].subscription_id], since=DAY)
        [delivery] = found[claimed[0].subscription_id]
        sent.report(connection, [(delivery, Event.BOUNCE), (delivery, Event.COMPLAIN)], now=now)
    assert kept() == {
        "queued": 3, "accepted": 1, "deferred": 1, "rejected": 1, "unknown": 2, "complained": 1
    }  # fmt: skip
    with workplace.database.write() as connection:
        states = (State.QUEUED, State.DEFERRED)
        ledger.end(connection, issue_id, Event.SKIP, now=now, reason=CANCELLED, states=states)
    assert kept() == {"accepted": 1, "rejected": 1, "unknown": 2, "skipped": 4, "complained": 1}


def test_whoever_is_erased_still_counts_and_what_was_on_its_way_is_of_unknown_outcome(workplace, issue_id):
    now, audience = workplace.clock.now(), workplace.settings.newsletter().audience
    with workplace.database.write() as connection:
        ledger.queue_page(connection, issue_id, audience, after_id=0, limit=9, now=now)
        claimed = ledger.claim(connection, issue_id, owner=ME, now=now, limit=2)
        booking.begin(connection, issue_id, [Begin(one) for one in claimed], owner=ME, now=now)
        fold_subscriptions(connection, [one.subscription_id for one in claimed[:1]])
        fold_subscriptions(connection, list(connection.scalars(select(deliveries.c.subscription_id)))[-3:])
        found = issue_count(connection, issue_id)
    assert {one: number for one, number in found.items() if number} == {
        "queued": 4, "sending": 1, "unknown": 1, "skipped": 3
    }  # fmt: skip


def test_senders_are_spread_over_a_few_rows_and_their_sum_is_the_count(workplace, issue_id):
    with workplace.database.write() as connection:
        for run in range(40):
            count_change(connection, issue_id, {State.QUEUED: 1}, owner=f"host/{run}/1/a")
        count_change(connection, issue_id, {})
        rows = connection.execute(select(issue_counts)).all()
        assert issue_count(connection, issue_id)["queued"] == 40
    assert 1 < len(rows) < SHARDS
    with workplace.database.read() as connection:
        assert sum(issue_count(connection, issue_id + 1).values()) == 0


def test_an_issue_that_another_took_over_is_counted_once(workplace, issue_id):
    now, audience = workplace.clock.now(), workplace.settings.newsletter().audience
    with workplace.database.write() as connection:
        ledger.queue_page(connection, issue_id, audience, after_id=0, limit=9, now=now)
        claimed = ledger.claim(connection, issue_id, owner=ME, now=now, limit=1)
        booking.begin(connection, issue_id, [Begin(one) for one in claimed], owner=ME, now=now)
        ledger.take_over(connection, issue_id, gone=[ME], now=now)
        later = now + timedelta(minutes=1)
        late = Finish(claimed=claimed[0], event=Event.ACCEPT, begun=True)
        booking.finish(connection, issue_id, [late], owner=ME, now=later)
        again = ledger.claim(connection, issue_id, owner=OTHER, now=later, limit=1, states=(State.UNKNOWN,))
        booking.begin(connection, issue_id, [Begin(one) for one in again], owner=OTHER, now=later)
        assert {State(one): n for one, n in issue_count(connection, issue_id).items() if n} == {
            State.QUEUED: 8, State.SENDING: 1
        }  # fmt: skip
        assert counted(connection)[issue_id][State.SENDING] == 1
