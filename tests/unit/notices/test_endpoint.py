"""When the receiver of a site is left alone, and when it is switched off."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.notices.endpoint import Endpoint, enable, endpoint_of, note_answer, webhook_status
from newsletter.notices.webhook import DISABLE_AFTER, WAITS, Answer

DOWN, WELL, NO = Answer(503), Answer(200), Answer(404)


@pytest.fixture
def now(clock: FixedClock) -> datetime:
    return clock.now()


class Ward:
    """One receiver over time."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database = database
        self.now = now

    def answers(self, answer: Answer, *, after: timedelta = timedelta()) -> str:
        """What comes of an answer that comes *after* the one before."""
        self.now += after
        with self.database.write() as connection:
            return note_answer(connection, "clinic", answer, now=self.now)

    @property
    def endpoint(self) -> Endpoint:
        with self.database.read() as connection:
            return endpoint_of(connection, "clinic")

    def fails_for(self, duration: timedelta, answer: Answer = DOWN) -> str:
        """Why it is off after answering so, whenever it is tried, for *duration*."""
        ends_at, why = self.now + duration, self.answers(answer)
        while self.now < ends_at and not why:
            why = self.answers(answer, after=timedelta(hours=3))
        return why


@pytest.fixture
def ward(database: Database, now: datetime) -> Ward:
    return Ward(database, now)


def test_one_that_was_never_tried_is_well(ward: Ward, now: datetime) -> None:
    assert ward.endpoint == Endpoint(site="clinic")
    assert ward.endpoint.is_open(now)


def test_each_failure_makes_it_wait_longer_and_a_success_ends_that(ward: Ward) -> None:
    waited = []
    for wait in (*WAITS, WAITS[-1]):
        ward.answers(DOWN)
        next_at = ward.endpoint.next_at
        assert next_at
        waited.append(next_at - ward.now)
        assert not ward.endpoint.is_open(next_at - timedelta(seconds=1))
        assert ward.endpoint.is_open(next_at)
        ward.now += wait
    assert waited == [*WAITS, WAITS[-1]]
    ward.answers(WELL)
    assert ward.endpoint == Endpoint(site="clinic")


def test_retry_after_is_heeded(ward: Ward) -> None:
    ward.answers(Answer(429, retry_after=timedelta(hours=1)))
    assert ward.endpoint.next_at == ward.now + timedelta(hours=1)


def test_it_is_off_after_five_days_and_not_before(ward: Ward) -> None:
    assert ward.fails_for(DISABLE_AFTER - timedelta(hours=3)) == ""
    why = ward.answers(DOWN, after=timedelta(hours=3))
    assert why == "it has taken nothing for 5 days; the last answer was: 503"
    assert ward.endpoint.disabled_at == ward.now
    assert ward.endpoint.reason == why
    assert not ward.endpoint.is_open(ward.now + timedelta(days=9))


def test_one_that_refuses_everything_does_not_wait_but_is_off_after_five_days(ward: Ward) -> None:
    ward.answers(NO)
    assert ward.endpoint.is_open(ward.now)
    assert "404" in ward.fails_for(DISABLE_AFTER, NO)


def test_one_event_that_is_refused_among_others_that_are_taken_switches_nothing_off(ward: Ward) -> None:
    for _ in range(60):
        assert ward.answers(NO, after=timedelta(hours=3)) == ""
        ward.answers(WELL)
    assert ward.endpoint.failing_since is None


def test_days_in_which_nothing_was_tried_are_not_days_of_failure(ward: Ward) -> None:
    ward.answers(DOWN)
    assert ward.answers(DOWN, after=timedelta(days=10)) == ""
    assert ward.endpoint.failing_since == ward.now
    assert ward.endpoint.failures == 1


def test_gone_is_off_at_once_and_is_told_once(ward: Ward) -> None:
    assert "410" in ward.answers(Answer(410))
    assert ward.answers(Answer(410)) == ""
    ward.answers(WELL)
    assert ward.endpoint.disabled_at is not None


def test_a_person_switches_it_on_again_and_it_starts_afresh(ward: Ward) -> None:
    ward.fails_for(DISABLE_AFTER)
    with ward.database.write() as connection:
        assert enable(connection, "clinic")
        assert not enable(connection, "clinic")
        assert not enable(connection, "other")
    assert ward.endpoint == Endpoint(site="clinic")
    ward.answers(DOWN)
    assert ward.endpoint.failures == 1


def test_its_status_counts_what_waits(ward: Ward) -> None:
    ward.answers(Answer(410))
    with ward.database.read() as connection:
        status = webhook_status(connection, "clinic")
    assert status.endpoint == ward.endpoint
    assert status.waiting == 0
