"""The delivery ledger: what is claimed, begun, finished, taken over and counted, in a real database file."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from newsletter.delivery import booking, ledger
from newsletter.delivery.booking import Begin, Finish
from newsletter.delivery.delivery import OPEN, Event, State
from newsletter.delivery.ending import end_the_rest
from newsletter.delivery.ledger import LEASE, Claimed, deliveries
from newsletter.delivery.retry import retry_after
from newsletter.errors import DeliveryError
from newsletter.issues import store as issue_store
from newsletter.issues.issue import State as IssueState
from newsletter.settings import Audience
from newsletter.subscribers.schema import subscribers
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import add_readers, outcomes, rows_by_address
from tests.unit.factory import issue

ADDRESSES = ("ada@example.org", "bob@example.org", "cyd@example.org", "dan@example.org", "eve@example.org")
ME, OTHER = "here/1/100", "here/2/200"


class Book:
    """The ledger of one issue with five readers."""

    def __init__(self, workplace: Workplace) -> None:
        self.workplace = workplace
        self.now = workplace.clock.now()
        self.readers = add_readers(workplace, *ADDRESSES)
        with workplace.database.write() as connection:
            issue_id = issue_store.add(connection, issue(), composed_at=self.now)
        assert issue_id is not None
        self.issue_id = issue_id

    def queue(self, *, after_id: int = 0, limit: int = 100) -> int | None:
        with self.workplace.database.write() as connection:
            return ledger.queue_page(
                connection,
                self.issue_id,
                Audience("daily", "daily"),
                after_id=after_id,
                limit=limit,
                now=self.now,
            )

    def claim(self, owner: str = ME, *, limit: int = 100, now: datetime | None = None) -> list[Claimed]:
        with self.workplace.database.write() as connection:
            return ledger.claim(connection, self.issue_id, owner=owner, now=now or self.now, limit=limit)

    def begin(self, claimed: Claimed, owner: str = ME, *, now: datetime | None = None) -> bool:
        with self.workplace.database.write() as connection:
            begins = [Begin(claimed)]
            return not booking.begin(connection, self.issue_id, begins, owner=owner, now=now or self.now)

    def finish(
        self, claimed: Claimed, event: Event, owner: str = ME, *, begun: bool = True, **said: Any
    ) -> None:
        finish = Finish(claimed=claimed, event=event, begun=begun, **said)
        with self.workplace.database.write() as connection:
            booking.finish(connection, self.issue_id, [finish], owner=owner, now=self.now)

    def lease(self, owner: str = ME, *, now: datetime | None = None) -> None:
        with self.workplace.database.write() as connection:
            ledger.renew_lease(connection, owner, now=now or self.now)

    def owners(self) -> dict[str, datetime | None]:
        with self.workplace.database.read() as connection:
            return ledger.owners(connection, self.issue_id)

    def take_over(self, *gone: str) -> None:
        with self.workplace.database.write() as connection:
            ledger.take_over(connection, self.issue_id, gone=gone, now=self.now)

    def release(self, *claimed: Claimed, owner: str = ME) -> None:
        with self.workplace.database.write() as connection:
            ledger.release(connection, [one.id for one in claimed], owner=owner)

    def states(self) -> list[str]:
        return [outcomes(self.workplace)[address] for address in ADDRESSES]

    def row(self, address: str = ADDRESSES[0]) -> dict[str, object]:
        return dict(rows_by_address(self.workplace)[address])


@pytest.fixture
def book(workplace: Workplace) -> Book:
    book = Book(workplace)
    book.queue()
    return book


def test_every_active_reader_is_queued_once_however_often_it_is_done(book):
    assert book.queue() is not None
    assert book.states() == ["queued"] * 5


def test_readers_are_queued_page_by_page_to_the_end(workplace):
    book = Book(workplace)
    pages, last = 0, book.queue(limit=2)
    while last is not None:
        pages, last = pages + 1, book.queue(after_id=last, limit=2)
    assert pages == 3
    assert len(outcomes(workplace)) == 5


def test_claiming_takes_so_many_in_order_and_leaves_their_state_alone(book):
    claimed = book.claim(limit=2)
    assert [one.address for one in claimed] == list(ADDRESSES[:2])
    assert book.states() == ["queued"] * 5
    assert book.row()["owner"] == ME


def test_two_owners_never_hold_the_same_delivery(book):
    mine, theirs = book.claim(limit=3), book.claim(OTHER)
    assert {one.id for one in mine}.isdisjoint(one.id for one in theirs)
    assert len(mine) + len(theirs) == 5


def test_beginning_is_written_before_the_message_leaves_and_only_once(book):
    one = book.claim()[0]
    assert book.begin(one)
    assert (book.row()["state"], book.row()["attempts"]) == ("sending", 1)
    assert not book.begin(one)


@pytest.mark.parametrize(
    ("event", "state", "retried"),
    [
        (Event.ACCEPT, "accepted", False),
        (Event.DEFER, "deferred", True),
        (Event.REJECT, "rejected", False),
        (Event.LOSE, "unknown", True),
    ],
)
def test_an_outcome_is_written_with_the_servers_words_and_the_row_is_free(book, event, state, retried):
    one = book.claim()[0]
    book.begin(one)
    book.finish(one, event, code=451, status="4.7.1", reason="greylisted")
    row = book.row()
    assert (row["state"], row["code"], row["status"]) == (state, 451, "4.7.1")
    assert row["reason"] == (None if event is Event.ACCEPT else "greylisted")
    assert (row["owner"], row["attempts"]) == (None, 1)
    wait = retry_after(1, status="4.7.1", delivery_id=one.id)
    assert row["next_at"] == (book.now + wait if retried else None)


def test_what_is_deferred_is_due_again_only_after_its_time_and_each_wait_is_longer(book):
    now, waits = book.now, []
    for _ in range(3):
        mine = book.claim(now=now)
        one = next(other for other in mine if other.address == ADDRESSES[0])
        book.begin(one, now=now)
        book.now = now
        book.finish(one, Event.DEFER)
        next_at = book.row()["next_at"]
        assert isinstance(next_at, datetime)
        others = book.claim(OTHER, now=next_at - timedelta(seconds=1))
        assert one.id not in [other.id for other in others]
        book.release(*others, owner=OTHER)
        book.release(*mine)
        waits.append(next_at - now)
        now = next_at
    assert waits == [retry_after(attempt, delivery_id=1) for attempt in (1, 2, 3)]


def test_an_attempt_that_never_reached_a_relay_does_not_count(book):
    for _ in range(3):
        one = book.claim()[0]
        book.begin(one)
        book.finish(one, Event.RETURN)
    row = book.row()
    assert (row["state"], row["attempts"], row["next_at"]) == ("queued", 0, book.now)


def test_whoever_left_is_skipped_with_the_reason(book):
    one = book.claim()[0]
    book.finish(one, Event.SKIP, begun=False, reason="unsubscribed")
    assert (book.row()["state"], book.row()["reason"], book.row()["attempts"]) == (
        "skipped",
        "unsubscribed",
        0,
    )


def test_what_a_dead_owner_was_sending_is_unknown_and_due_at_once_and_the_rest_is_free(book):
    book.begin(book.claim()[0])
    book.take_over(ME)
    assert book.states() == ["unknown"] + ["queued"] * 4
    again = book.claim(OTHER)
    assert {one.address for one in again} == set(ADDRESSES)
    assert {one.address: one.attempts for one in again}[ADDRESSES[0]] == 1


def test_a_late_word_of_an_owner_that_lost_the_row_does_not_overwrite_the_new_owners_attempt(book):
    mine = book.claim()[0]
    book.begin(mine)
    book.take_over(ME)
    theirs = next(one for one in book.claim(OTHER) if one.id == mine.id)
    book.begin(theirs, OTHER)
    book.finish(mine, Event.DEFER)
    assert book.states()[0] == "sending"
    book.finish(theirs, Event.ACCEPT, OTHER)
    assert book.states()[0] == "accepted"


def test_letting_go_frees_what_was_not_begun_and_nothing_else(book):
    claimed = book.claim()
    book.begin(claimed[0])
    book.release(*claimed)
    assert len(book.claim(OTHER)) == 4
    assert book.row()["owner"] == ME


def test_an_issue_that_ends_closes_what_did_not_arrive_and_leaves_outcomes_alone(book):
    events = (Event.ACCEPT, Event.REJECT, Event.DEFER, Event.LOSE)
    for one, event in zip(book.claim(), events, strict=False):
        book.begin(one)
        book.finish(one, event)
    with book.workplace.database.write() as connection:
        end_the_rest(connection, book.issue_id, IssueState.EXPIRED, now=book.now, reason="too old")
    assert book.states() == ["accepted", "rejected", "expired", "unknown", "expired"]


def test_counts_name_every_state(book):
    book.begin(book.claim()[0])
    with book.workplace.database.read() as connection:
        counts = ledger.counts(connection, book.issue_id)
    assert set(counts) == {state.value for state in State}
    assert (counts["sending"], counts["queued"], sum(counts.values())) == (1, 4, 5)


@pytest.mark.parametrize("state", [state for state in State if state not in OPEN])
def test_nothing_that_is_closed_is_claimed(book, state):
    with book.workplace.database.write() as connection:
        connection.execute(update(deliveries).values(state=state.value))
    assert book.claim() == []


def test_a_transition_that_does_not_exist_is_an_error_and_writes_nothing(book):
    one = book.claim()[0]
    with pytest.raises(DeliveryError, match="cannot bounce"):
        book.finish(one, Event.BOUNCE)
    assert set(book.states()) == {"queued"}


def test_the_ledger_keeps_no_address(book):
    with book.workplace.database.read() as connection:
        rows = str(connection.execute(select(deliveries)).all())
    assert "@" not in rows


def test_a_lease_is_renewed_and_ends_with_its_owner(book):
    book.claim()
    assert book.owners() == {ME: None}
    book.lease()
    book.lease(now=book.now + timedelta(seconds=50))
    assert book.owners() == {ME: book.now + timedelta(seconds=50) + LEASE}
    with book.workplace.database.write() as connection:
        ledger.end_lease(connection, ME)
    assert book.owners() == {ME: None}


def test_owners_are_named_once_each_with_their_leases(book):
    book.claim(limit=2)
    book.claim(OTHER, limit=2)
    book.lease(OTHER)
    assert book.owners() == {ME: None, OTHER: book.now + LEASE}


def test_what_nobody_took_over_stays_with_its_owner(book):
    book.begin(book.claim()[0])
    book.take_over(OTHER)
    assert book.states()[0] == "sending"
    assert book.claim(OTHER) == []


def test_many_results_and_beginnings_are_written_at_once_each_to_its_own_row(book):
    claimed = book.claim()
    with book.workplace.database.write() as connection:
        lost = booking.begin(
            connection, book.issue_id, [Begin(one) for one in claimed], owner=ME, now=book.now
        )
    assert lost == set()
    events = (Event.ACCEPT, Event.DEFER, Event.REJECT, Event.LOSE, Event.RETURN)
    finishes = [
        Finish(claimed=one, event=event, begun=True) for one, event in zip(claimed, events, strict=True)
    ]
    with book.workplace.database.write() as connection:
        booking.finish(connection, book.issue_id, finishes, owner=ME, now=book.now)
    assert book.states() == ["accepted", "deferred", "rejected", "unknown", "queued"]


def test_of_many_beginnings_those_that_another_took_over_are_named_and_the_others_hold(book):
    first, second, *_ = book.claim()
    book.take_over(ME)
    theirs = book.claim(OTHER, limit=1)
    again = book.claim()
    assert theirs[0].id == first.id
    with book.workplace.database.write() as connection:
        lost = booking.begin(
            connection, book.issue_id, [Begin(first), Begin(again[0])], owner=ME, now=book.now
        )
    assert again[0].id == second.id
    assert lost == {first.id}
    assert book.states()[:2] == ["queued", "sending"]


def test_a_refusal_before_anything_left_is_an_attempt_that_began_and_ended_at_once(book):
    one = book.claim()[0]
    book.finish(one, Event.REJECT, begun=False, code=550, status="5.1.1", reason="nobody")
    row = book.row()
    assert (row["state"], row["attempts"], row["owner"]) == ("rejected", 1, None)


def test_what_must_wait_for_its_pace_is_put_back_until_then_and_no_attempt_is_counted(book):
    one, until = book.claim()[0], book.now + timedelta(minutes=10)
    book.finish(one, Event.RETURN, begun=False, wait_until=until)
    row = book.row()
    assert (row["state"], row["attempts"], row["next_at"], row["owner"]) == ("queued", 0, until, None)


def test_a_servers_word_keeps_no_address(book):
    one = book.claim()[0]
    book.finish(one, Event.REJECT, begun=False, reason="<ada@example.org>: no such user ada@example.org here")
    assert book.row()["reason"] == "<(address)>: no such user (address) here"


def test_the_next_that_is_due_is_known_and_what_somebody_holds_is_not_it(book):
    claimed = book.claim()
    soon = book.now + timedelta(seconds=5)
    book.finish(claimed[0], Event.RETURN, begun=False, wait_until=soon)
    with book.workplace.database.read() as connection:
        assert ledger.next_due_at(connection, book.issue_id) == soon


def test_readers_who_are_queued_do_not_include_those_who_left_or_are_suppressed(workplace):
    book = Book(workplace)
    with workplace.database.write() as connection:
        connection.execute(
            update(subscribers).where(subscribers.c.address == ADDRESSES[1]).values(suppressed=True)
        )
        assert ledger.audience_size(connection, Audience("daily", "daily")) == 4
    book.queue()
    assert ADDRESSES[1] not in outcomes(workplace)
