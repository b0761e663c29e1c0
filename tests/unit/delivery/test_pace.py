"""How fast mail may leave: rates that processes share, slow domains, the warm-up of a sender."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from timeit import repeat
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import delete, event, select

from newsletter.database import Database
from newsletter.delivery.pace import AHEAD, GO, Admission, Pace, Wait, pace_slots, relay_days
from newsletter.delivery.slow_domain import ACCEPTED_FOR_ONE_MORE, release, slow_domains
from newsletter.settings import Settings
from tests.conftest import NOW

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def settings(**values: Any) -> Settings:
    return Settings.model_validate(values)


class Run:
    """One process that sends, over its own connections to the one file."""

    def __init__(self, database: Database, **values: Any) -> None:
        self.database = database
        self.pace = Pace(settings(**values))

    def admit(self, domain: str, now: datetime, in_flight: int = 0) -> Admission:
        with self.database.write() as connection:
            return self.pace.admit(connection, domain, now=now, in_flight=in_flight)

    def heard(self, domain: str, reply: str, now: datetime, times: int = 1) -> None:
        code, _, status = reply.partition(" ")
        with self.database.write() as connection:
            for _ in range(times):
                self.pace.heard(connection, domain, code=int(code), status=status, now=now)

    def at_once(self, domain: str, now: datetime) -> int:
        """How many messages to *domain* this run may have under way; 0: it is held."""
        later = now + 2 * SECOND  # what another process learned is read once a second
        admitted = [number for number in range(20) if self.admit(domain, later, in_flight=number) == GO]
        return len(admitted)


def test_without_limits_mail_goes_and_the_database_is_read_once_a_second(database: Database) -> None:
    run = Run(database)
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with database.write() as connection:
        asked.clear()
        for number in range(3000):
            now = NOW + number * timedelta(milliseconds=1)
            assert run.pace.admit(connection, "example.org", now=now, in_flight=9) is GO
            run.pace.heard(connection, "example.org", code=250, status="2.0.0", now=now)
            run.pace.sent(connection, 1, now)
    assert len(asked) == 3


def test_without_limits_asking_costs_next_to_nothing(database: Database) -> None:
    run = Run(database)
    with database.write() as connection:
        run.pace.admit(connection, "example.org", now=NOW, in_flight=0)
        took = repeat(
            lambda: run.pace.admit(connection, "example.org", now=NOW, in_flight=0), number=10_000, repeat=7
        )
    # A hundred times less than a query; the machine may be busy with something else meanwhile.
    assert min(took) / 10_000 < 5e-6


@pytest.mark.parametrize(
    ("values", "an_hour"),
    [
        ({"messages_per_second": 0.3}, 1080),
        ({"domain_rates": [{"domain": "a.example", "per_minute": 7}]}, 420),
    ],
)
def test_three_processes_share_one_rate(database: Database, values: dict[str, Any], an_hour: int) -> None:
    runs = [Run(database, **values) for _ in range(3)]
    departures = []
    # Each asks as soon as its last message has left, and again when it was put back.
    ready = dict.fromkeys(runs, NOW)
    while (now := min(ready.values())) < NOW + HOUR:
        run = min(runs, key=lambda one: ready[one])
        admission = run.admit("a.example", now)
        if admission.until is None:
            departures.append((run, admission.at or now))
        ready[run] = admission.until or (admission.at or now) + timedelta(milliseconds=1)
    times = [at for _, at in departures if at < NOW + HOUR]
    assert an_hour - 1 <= len(times) <= an_hour + 1
    shares = Counter(run for run, _ in departures)
    assert min(shares.values()) > an_hour / 5


def test_mail_leaves_evenly_and_is_told_its_turn_two_seconds_ahead(database: Database) -> None:
    run = Run(database, messages_per_second=2)
    turns = [run.admit("example.org", NOW) for _ in range(6)]
    assert turns[0] == GO
    assert [one.at for one in turns[1:5]] == [NOW + number * SECOND / 2 for number in range(1, 5)]
    assert turns[5] == Admission(until=NOW + 2.5 * SECOND, why=Wait.RATE)
    assert run.admit("example.org", NOW + 2.5 * SECOND) == GO


def test_what_waits_for_a_rate_does_not_come_back_all_at_once(database: Database) -> None:
    run = Run(database, domain_rates=[{"domain": "a.example", "per_minute": 60}])
    untils = [run.admit("a.example", NOW).until for _ in range(103)][3:]
    gaps = {later - earlier for earlier, later in pairwise(each for each in untils if each)}
    assert gaps == {SECOND / 2}


def test_the_rate_of_a_domain_is_its_own(database: Database) -> None:
    run = Run(database, domain_rates=[{"domain": "a.example", "per_minute": 1}])
    assert run.admit("a.example", NOW) == GO
    put_back = run.admit("a.example", NOW)
    assert (put_back.until, put_back.why) == (NOW + MINUTE, Wait.DOMAIN_RATE)
    assert all(run.admit("b.example", NOW) is GO for _ in range(100))


def test_a_domain_whose_turn_comes_late_takes_none_of_all_mail(database: Database) -> None:
    run = Run(database, messages_per_second=10, domain_rates=[{"domain": "a.example", "per_minute": 60}])
    assert run.admit("a.example", NOW) == GO
    assert run.admit("a.example", NOW).until == NOW + SECOND
    assert run.admit("b.example", NOW).at == NOW + SECOND / 10


def test_a_confirmation_leaves_at_once_and_the_issue_waits_instead(database: Database) -> None:
    run, other = Run(database, messages_per_second=1), Run(database, messages_per_second=1)
    assert run.admit("example.org", NOW) == GO
    with database.write() as connection:
        other.pace.overtake(connection, "example.org", now=NOW)
    assert run.admit("example.org", NOW).at == NOW + 2 * SECOND


def test_a_domain_that_asks_for_less_is_held_and_others_are_not(database: Database) -> None:
    run, other = Run(database), Run(database)
    run.heard("gmail.example", "421 4.7.28", NOW)
    for each in (run, other):
        put_back = each.admit("gmail.example", NOW)
        assert (put_back.until, put_back.why) == (NOW + 10 * MINUTE, Wait.HELD)
        assert each.admit("example.org", NOW) is GO
    assert run.admit("gmail.example", NOW + 10 * MINUTE) is GO
    with database.read() as connection:
        (slow,) = slow_domains(connection)
    assert (slow.domain, slow.at_once, slow.reason) == ("gmail.example", 1, "421 4.7.28: sent too fast")


def test_what_one_process_heard_another_heeds_within_a_second(database: Database) -> None:
    run, other = Run(database), Run(database)
    assert other.admit("gmail.example", NOW) is GO
    run.heard("gmail.example", "421 4.7.28", NOW)
    assert other.admit("gmail.example", NOW + SECOND).why is Wait.HELD
    with database.write() as connection:
        assert release(connection, ["gmail.example"]) == 1
    assert other.admit("gmail.example", NOW + 2 * SECOND) is GO


def test_after_the_hold_one_at_a_time_goes_and_one_more_after_every_twenty(database: Database) -> None:
    run, now = Run(database, connections=4), NOW + 10 * MINUTE
    run.heard("gmail.example", "421 4.7.28", NOW)
    grown = []
    for _ in range(4):
        grown.append(run.at_once("gmail.example", now))
        run.heard("gmail.example", "250 2.0.0", now, times=ACCEPTED_FOR_ONE_MORE - 1)
        grown.append(run.at_once("gmail.example", now))
        run.heard("gmail.example", "250 2.0.0", now)
    assert grown[:6] == [1, 1, 2, 2, 3, 3]
    assert grown[6:] == [20, 20]
    with database.read() as connection:
        assert slow_domains(connection) == []


def test_every_process_counts_towards_recovery(database: Database) -> None:
    runs, now = [Run(database), Run(database)], NOW + 10 * MINUTE
    runs[0].heard("gmail.example", "421 4.7.28", NOW)
    for run in runs:
        assert run.at_once("gmail.example", now) == 1
        run.heard("gmail.example", "250 2.0.0", now, times=ACCEPTED_FOR_ONE_MORE // 2)
    assert runs[0].at_once("gmail.example", now + 5 * SECOND) == 2


def test_a_hold_doubles_up_to_two_hours_and_what_was_under_way_is_no_further_strike(
    database: Database,
) -> None:
    run, now, holds = Run(database), NOW, []
    for _ in range(6):
        run.heard("gmail.example", "421 4.7.28", now)
        run.heard("gmail.example", "421 4.7.28", now + SECOND, times=4)
        until = run.admit("gmail.example", now + SECOND).until
        assert until is not None
        holds.append((until - now) / MINUTE)
        now = until
    assert holds == [10, 20, 40, 80, 120, 120]


def test_what_is_accepted_while_a_domain_is_held_does_not_end_the_caution(database: Database) -> None:
    run = Run(database)
    run.heard("gmail.example", "421 4.7.28", NOW)
    run.heard("gmail.example", "250 2.0.0", NOW, times=100)
    assert run.at_once("gmail.example", NOW) == 0
    assert run.at_once("gmail.example", NOW + 10 * MINUTE) == 1


def test_what_waits_for_a_held_domain_comes_back_one_by_one(database: Database) -> None:
    run = Run(database)
    run.heard("gmail.example", "421 4.7.28", NOW)
    untils = [run.admit("gmail.example", NOW).until for _ in range(1000)]
    assert len(set(untils)) == 1000
    assert untils[0] == NOW + 10 * MINUTE
    assert max(each for each in untils if each) < NOW + 11 * MINUTE


def test_the_number_of_a_warm_up_day_holds_until_the_next_utc_midnight(database: Database) -> None:
    run = Run(database, warm_up=[50, 100], warm_up_from=NOW.date())
    midnight = NOW.replace(hour=0, minute=0) + timedelta(days=1)
    for now, number in ((NOW, 50), (midnight, 100)):
        for _ in range(number):
            assert run.admit("example.org", now) == GO
            with database.write() as connection:
                run.pace.sent(connection, 1, now)
        full = run.admit("example.org", now)
        assert full.why is Wait.WARM_UP
        assert full.until == now.replace(hour=0, minute=0) + timedelta(days=1)
    assert all(run.admit("example.org", midnight + timedelta(days=1)) is GO for _ in range(200))


def test_what_was_admitted_and_is_not_yet_sent_counts_for_the_warm_up(database: Database) -> None:
    run = Run(database, warm_up=[3], warm_up_from=NOW.date())
    assert [run.admit("example.org", NOW).why for _ in range(4)] == [None, None, None, Wait.WARM_UP]
    assert run.admit("example.org", NOW + 11 * MINUTE) == GO  # none of them left after all


def test_a_warm_up_begins_on_its_first_day_and_counts_mails_of_every_process(database: Database) -> None:
    values: dict[str, Any] = {"warm_up": [2], "warm_up_from": NOW.date() + timedelta(days=1)}
    run, other = Run(database, **values), Run(database, **values)
    assert all(run.admit("example.org", NOW) is GO for _ in range(5))
    tomorrow = NOW + timedelta(days=1)
    with database.write() as connection:
        other.pace.sent(connection, 2, tomorrow)
    assert run.admit("example.org", tomorrow).why is Wait.WARM_UP


def test_without_a_warm_up_nothing_is_counted(database: Database) -> None:
    with database.write() as connection:
        Pace(settings()).sent(connection, 5, NOW)
        assert connection.execute(select(relay_days)).all() == []
        Pace(settings(warm_up=[9], warm_up_from=date(2026, 1, 1))).sent(connection, 5, NOW)
        assert connection.execute(select(relay_days)).all() == [(NOW.date(), 5)]


ASKED = st.tuples(st.integers(0, 2), st.sampled_from("ab"), st.booleans(), st.integers(0, 9000))


@hypothesis.settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    asked=st.lists(ASKED, min_size=5, max_size=60),
    per_second=st.sampled_from([0.0, 0.3, 0.7, 3.0, 100.0]),
    per_minute=st.sampled_from([1, 7, 60, 1000]),
)
def test_in_no_window_more_is_admitted_than_the_rates_allow(
    database: Database, asked: list[tuple[int, str, bool, int]], per_second: float, per_minute: int
) -> None:
    rates = [{"domain": "a.example", "per_minute": per_minute}]
    runs = [Run(database, messages_per_second=per_second, domain_rates=rates) for _ in range(3)]
    now, departures = NOW, []
    with database.write() as connection:
        connection.execute(delete(pace_slots))
        for number, letter, together, gap in asked:
            # Some ask in the same moment, others a while after the one before.
            now += timedelta(milliseconds=0 if together else gap)
            domain = f"{letter}.example"
            admission = runs[number].pace.admit(connection, domain, now=now, in_flight=0)
            if admission.until is None:
                departures.append((admission.at or now, domain))
                assert now <= departures[-1][0] <= now + AHEAD
            else:
                assert admission.until > now
    of_a = sorted(at for at, domain in departures if domain == "a.example")
    assert_within(of_a, per_minute / 60)
    if per_second:
        assert_within(sorted(at for at, _ in departures), per_second)


def assert_within(times: list[datetime], rate: float) -> None:
    """In every window no more than its length times *rate* (a second), and one."""
    for first in range(len(times)):
        for last in range(first, len(times)):
            window = (times[last] - times[first]).total_seconds()
            assert last - first + 1 <= window * rate + 1 + 1e-6
