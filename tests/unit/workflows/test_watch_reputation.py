"""When receivers do not like us: sending pauses there, the operator is told, and no reader is blamed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from newsletter.delivery.delivery import State
from newsletter.delivery.outbox import system_mails
from newsletter.delivery.slow_domain import release, slow_domains
from newsletter.feedback.count import Place, count_at
from newsletter.feedback.counted import note
from newsletter.feedback.reputation import Scope, rates
from newsletter.issues.issue import State as IssueState
from newsletter.issues.store import issues
from newsletter.workflows.settle_feedback import settle_feedback
from newsletter.workflows.take_feedback import take
from newsletter.workflows.watch_reputation import watch_reputation
from newsletter.workflows.workplace import Workplace
from tests.unit.feedback.mailing import MAILBOX, Mailing, bounce, complaint

Later = Callable[..., Workplace]


@pytest.fixture
def mailing(workplace: Workplace) -> Mailing:
    words = {"return_path": MAILBOX, "alert_address": "ops@example.org"}
    return Mailing(replace(workplace, settings=workplace.settings.model_copy(update=words)))


def counted(mailing: Mailing, *, days_ago: int = 0, relay: str = "main", **numbers: int) -> Place:
    day = mailing.workplace.clock.now().date() - timedelta(days=days_ago)
    place = Place(mailing.send(on=day), "example.net", relay)
    with mailing.workplace.database.write() as connection:
        count_at(connection, {place: numbers})
        note(connection, place.issue_id, after=0, at=mailing.workplace.clock.now())
    return place


def judge(mailing: Mailing, place: Place) -> list[tuple[str, int]]:
    now = mailing.workplace.clock.now()
    with mailing.workplace.database.write() as connection:
        found = watch_reputation(connection, mailing.workplace, [place], now=now)
    return [(str(one.scope), one.days) for one in found]


def held(mailing: Mailing) -> list[str]:
    with mailing.workplace.database.read() as connection:
        return [one.domain for one in slow_domains(connection)]


def alerts(mailing: Mailing) -> list[str]:
    with mailing.workplace.database.read() as connection:
        return list(connection.scalars(select(system_mails.c.reason).where(system_mails.c.kind == "alert")))


def set_state(mailing: Mailing, issue_id: int, state: IssueState) -> None:
    with mailing.workplace.database.write() as connection:
        connection.execute(update(issues).where(issues.c.id == issue_id).values(state=state))


def state_of(mailing: Mailing, issue_id: int) -> str | None:
    with mailing.workplace.database.read() as connection:
        return connection.scalar(select(issues.c.state).where(issues.c.id == issue_id))


@pytest.mark.parametrize(
    "numbers",
    [
        {"accepted": 1000, "rejected": 25},
        {"accepted": 1000, "returned": 25},
        {"accepted": 5000, "complained": 6},
        {"accepted": 1000, "rejected": 12, "blocked": 12},
    ],
)
def test_a_domain_with_too_many_of_something_is_held_and_the_operator_is_told(mailing, numbers):
    assert judge(mailing, counted(mailing, **numbers))
    assert held(mailing) == ["example.net"]
    assert any("domain example.net" in one and "too many" in one for one in alerts(mailing))


@pytest.mark.parametrize(
    "numbers",
    [
        {"accepted": 1000, "rejected": 20},
        {"accepted": 480, "rejected": 15},
        {"accepted": 600, "complained": 4},
    ],
)
def test_few_letters_few_events_and_small_shares_stop_nothing(mailing, numbers):
    assert judge(mailing, counted(mailing, **numbers)) == []
    assert (held(mailing), alerts(mailing)) == ([], [])


def test_small_days_add_up_over_a_week(mailing):
    places = [counted(mailing, days_ago=days_ago, accepted=190, returned=5) for days_ago in (1, 3, 6)]
    assert judge(mailing, places[0]) == [("domain", 7), ("relay", 7)]


def test_what_is_older_than_a_week_does_not_count(mailing):
    counted(mailing, days_ago=7, accepted=1000, returned=500)
    assert judge(mailing, counted(mailing, accepted=1000, returned=1)) == []


def test_a_bad_relay_pauses_the_letter_that_is_going_out(mailing):
    place = counted(mailing, accepted=1000, rejected=12, blocked=12)
    set_state(mailing, place.issue_id, IssueState.SENDING)
    assert ("relay", 1) in judge(mailing, place)
    assert state_of(mailing, place.issue_id) == IssueState.PAUSED


def test_a_bad_relay_that_nothing_goes_over_is_told_and_still_pauses_what_begins_later(mailing):
    place = counted(mailing, accepted=1000, rejected=12, blocked=12)
    assert ("relay", 1) in judge(mailing, place)
    assert any("relay main" in one for one in alerts(mailing))
    set_state(mailing, place.issue_id, IssueState.SENDING)
    assert ("relay", 1) in judge(mailing, place)
    assert state_of(mailing, place.issue_id) == IssueState.PAUSED


def test_what_is_refused_while_a_letter_goes_out_is_not_yet_a_share_of_anything(mailing):
    place = Place(mailing.send(), "example.net", "main")
    with mailing.workplace.database.write() as connection:
        count_at(connection, {place: {"rejected": 500}})
    assert judge(mailing, place) == []


def test_a_breaker_acts_once_a_day_so_that_an_operators_word_holds(mailing, later: Later):
    place = counted(mailing, accepted=1000, returned=100)
    assert judge(mailing, place)
    with mailing.workplace.database.write() as connection:
        release(connection, ["example.net"])
    assert judge(mailing, place) == []
    assert held(mailing) == []
    mailing.workplace = later(mailing.workplace, days=1, seconds=1)
    assert judge(mailing, place)


def test_rates_come_from_what_was_counted_when_an_issue_ended_and_when_something_came_back(mailing):
    readers = [f"r{place}@example.net" for place in range(6)]
    mailing.join(*readers)
    mailing.send(*readers[:5], relay="main")
    mailing.send(readers[5], state=State.REJECTED, relay="main", code=550, status="5.1.1", reason="5.1.1 no")
    settle_feedback(mailing.workplace)
    settle_feedback(mailing.workplace)
    events = [bounce(return_path=mailing.path(readers[0])), complaint(return_path=mailing.path(readers[1]))]
    for _ in range(2):
        take(mailing.workplace, events, source="mailbox", raw=b"two")
    today = mailing.workplace.clock.now().date()
    with mailing.workplace.database.read() as connection:
        (rate,) = rates(connection, Scope.DOMAIN, today=today, days=1)
        relays = rates(connection, Scope.RELAY, today=today, days=1)
    numbers = (rate.accepted, rate.rejected, rate.returned, rate.complained)
    assert (rate.name, numbers) == ("example.net", (5, 1, 1, 1))
    assert {one.name: one.accepted for one in relays} == {"main": 5, "*": 5}


def test_what_comes_back_because_of_a_letter_pauses_it_while_it_goes_out(mailing):
    readers = [f"r{place}@example.net" for place in range(520)]
    mailing.join(*readers)
    issue_id = mailing.send(*readers)
    set_state(mailing, issue_id, IssueState.SENDING)
    events = [bounce(status="5.6.0", return_path=mailing.path(one), remote_id=one) for one in readers[:6]]
    take(mailing.workplace, events, source="mailbox", raw=b"six")
    settle_feedback(mailing.workplace)
    assert state_of(mailing, issue_id) == IssueState.PAUSED
    assert mailing.suppressed(readers[:6]) == set()
