"""The delivery ledger: what is claimed, begun, finished, taken over and counted, in a real database file."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from newsletter.delivery import ledger
from newsletter.delivery.delivery import OPEN, RETRY_AFTER, Event, State
from newsletter.delivery.ledger import LEASE, Claimed, deliveries
from newsletter.errors import DeliveryError
from newsletter.issues import store as issue_store
from newsletter.settings import Audience
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
            return ledger.begin(connection, claimed, owner=owner, now=now or self.now)

    def finish(self, claimed: Claimed, event: Event, owner: str = ME, **said: object) -> None:
        with self.workplace.database.write() as connection:
            ledger.finish(connection, claimed, event, owner=owner, now=self.now, **said)  # type: ignore[arg-type]

    def take_over(self, *, dead: tuple[str, ...] = (), live: tuple[str, ...] = (), after: timedelta) -> None:
        with self.workplace.database.write() as connection:
            ledger.take_over(connection, self.issue_id, dead=dead, live=live, now=self.now + after)

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


def test_a_claim_whose_lease_ran_out_goes_to_the_next_who_asks(book):
    mine = book.claim()
    theirs = book.claim(OTHER, now=book.now + LEASE + timedelta(seconds=1))
    assert len(theirs) == 5
    assert not book.begin(mine[0]), "who lost a row must not send it"
    assert book.begin(theirs[0], OTHER)


def test_beginning_is_written_before_the_message_leaves_and_only_once(book):
    one = book.claim()[0]
    assert book.begin(one)
    assert (book.row()["state"], book.row()["attempts"]) == ("sending", 1)
    assert not book.begin(one)


def test_every_message_renews_the_lease_on_what_is_still_to_come(book):
    claimed = book.claim()
    later = book.now + timedelta(seconds=50)
    book.begin(claimed[0], now=later)
    assert book.claim(OTHER, now=book.now + LEASE + timedelta(seconds=1)) == []
    assert book.row(ADDRESSES[4])["leased_until"] == later + LEASE


def test_a_message_that_was_begun_and_never_finished_does_not_have_its_lease_renewed_by_others(book):
    stuck, following = book.claim()[:2]
    book.begin(stuck)
    book.begin(following, now=book.now + timedelta(seconds=30))
    assert book.row()["leased_until"] == book.now + LEASE


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
    assert (row["state"], row["code"], row["status"], row["reason"]) == (state, 451, "4.7.1", "greylisted")
    assert (row["owner"], row["leased_until"], row["attempts"]) == (None, None, 1)
    assert row["next_at"] == (book.now + RETRY_AFTER[0] if retried else None)


def test_what_is_deferred_is_due_again_only_after_its_time_and_each_wait_is_longer(book):
    now, waits = book.now, []
    for _ in range(3):
        one = book.claim(now=now)[0]
        assert one.address == ADDRESSES[0]
        book.begin(one, now=now)
        book.now = now
        book.finish(one, Event.DEFER)
        next_at = book.row()["next_at"]
        assert isinstance(next_at, datetime)
        assert one.id not in [other.id for other in book.claim(OTHER, now=next_at - timedelta(seconds=1))]
        with book.workplace.database.write() as connection:
            ledger.release(connection, owner=OTHER)
            ledger.release(connection, owner=ME)
        waits.append(next_at - now)
        now = next_at
    assert waits == list(RETRY_AFTER[:3])


def test_an_attempt_that_never_reached_a_relay_does_not_count(book):
    for _ in range(3):
        one = book.claim()[0]
        book.begin(one)
        book.finish(one, Event.RETURN)
    row = book.row()
    assert (row["state"], row["attempts"], row["next_at"]) == ("queued", 0, None)


def test_whoever_left_is_skipped_with_the_reason(book):
    one = book.claim()[0]
    book.finish(one, Event.SKIP, reason="unsubscribed")
    assert (book.row()["state"], book.row()["reason"], book.row()["attempts"]) == (
        "skipped",
        "unsubscribed",
        0,
    )


def test_what_a_dead_owner_was_sending_is_unknown_and_due_at_once_and_the_rest_is_free(book):
    book.begin(book.claim()[0])
    book.take_over(dead=(ME,), after=timedelta(0))
    assert book.states() == ["unknown"] + ["queued"] * 4
    again = book.claim(OTHER)
    assert [one.address for one in again] == list(ADDRESSES)
    assert again[0].attempts == 1


def test_what_a_live_owner_holds_is_left_alone_until_its_lease_runs_out(book):
    book.begin(book.claim()[0])
    book.take_over(after=LEASE - timedelta(seconds=1))
    assert book.states()[0] == "sending"
    assert book.claim(OTHER) == []


def test_what_a_live_owner_on_this_host_is_sending_stays_its_own_however_long_the_relay_takes(book):
    book.begin(book.claim()[0])
    book.take_over(live=(ME,), after=timedelta(hours=1))
    assert book.states()[0] == "sending"


def test_what_an_owner_elsewhere_was_sending_is_unknown_once_its_lease_ran_out(book):
    book.begin(book.claim()[0])
    book.take_over(after=LEASE + timedelta(seconds=1))
    assert book.states()[0] == "unknown"


def test_a_late_word_of_an_owner_that_lost_the_row_does_not_overwrite_the_new_owners_attempt(book):
    mine = book.claim()[0]
    book.begin(mine)
    book.take_over(dead=(ME,), after=timedelta(0))
    theirs = book.claim(OTHER)[0]
    book.begin(theirs, OTHER)
    book.finish(mine, Event.DEFER)
    assert book.states()[0] == "sending"
    book.finish(theirs, Event.ACCEPT, OTHER)
    assert book.states()[0] == "accepted"


def test_letting_go_frees_what_was_not_begun_and_nothing_else(book):
    book.begin(book.claim()[0])
    with book.workplace.database.write() as connection:
        ledger.release(connection, owner=ME)
    assert len(book.claim(OTHER)) == 4
    assert book.row()["owner"] == ME


def test_an_expired_issue_closes_whatever_is_open_and_leaves_outcomes_alone(book):
    events = (Event.ACCEPT, Event.REJECT, Event.DEFER, Event.LOSE)
    for one, event in zip(book.claim(), events, strict=False):
        book.begin(one)
        book.finish(one, event)
    with book.workplace.database.write() as connection:
        ledger.expire(connection, book.issue_id, now=book.now, reason="too old")
    assert book.states() == ["accepted", "rejected", "expired", "expired", "expired"]


def test_counts_name_every_state(book):
    book.begin(book.claim()[0])
    with book.workplace.database.read() as connection:
        counts = ledger.counts(connection, book.issue_id)
    assert set(counts) == {state.value for state in State}
    assert (counts["sending"], counts["queued"], sum(counts.values())) == (1, 4, 5)


def test_owners_are_named_once_each(book):
    book.claim(limit=2)
    book.claim(OTHER, limit=2)
    with book.workplace.database.read() as connection:
        assert ledger.owners(connection, book.issue_id) == [ME, OTHER]


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
