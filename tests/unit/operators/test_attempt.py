"""Guessing is slow for whoever guesses, and nobody is locked out for good."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.operators import attempt
from newsletter.operators.attempt import FORGOTTEN, FREE, LONGEST_WAIT, wait_after
from newsletter.operators.schema import operator_attempts
from newsletter.operators.secrecy import Mac

NONE = timedelta()
HOME = "192.0.2.0/24"


def tried(
    database: Database, mac: Mac, now: datetime, *, name: str = "ada", network: str = HOME
) -> timedelta:
    with database.write() as connection:
        return attempt.count(connection, mac, name=name, network=network, now=now)


def test_five_are_free_and_then_each_waits_longer_up_to_a_quarter_of_an_hour(
    database: Database, clock: FixedClock, mac: Mac
) -> None:
    now, waits = clock.now(), []
    for _ in range(FREE):
        assert tried(database, mac, now) == NONE
    for _ in range(9):
        wait = tried(database, mac, now)
        waits.append(wait.total_seconds())
        # Asking meanwhile neither helps nor makes it longer.
        assert tried(database, mac, now) == wait
        now += wait
        assert tried(database, mac, now) == NONE
    assert waits == [15, 30, 60, 120, 240, 480, 900, 900, 900]


def test_a_name_waits_from_whatever_network_and_a_network_for_whatever_name(
    database: Database, clock: FixedClock, mac: Mac
) -> None:
    now = clock.now()
    for number in range(FREE):
        assert tried(database, mac, now, network=f"198.51.{number}.0/24") == NONE
    assert tried(database, mac, now, name="ADA", network="203.0.113.0/24") > NONE
    assert tried(database, mac, now, name="eve", network="203.0.113.0/24") == NONE
    for number in range(FREE):
        assert tried(database, mac, now, name=f"name {number}") == NONE
    assert tried(database, mac, now, name="somebody new") > NONE


def test_success_wipes_out_the_name_and_only_itself_of_the_network(
    database: Database, clock: FixedClock, mac: Mac
) -> None:
    now = clock.now()
    for _ in range(FREE - 1):
        tried(database, mac, now)
    assert tried(database, mac, now) == NONE
    with database.write() as connection:
        attempt.succeeded(connection, mac, name="Ada", network=HOME)
    # The name is as new; the network has one left.
    assert tried(database, mac, now, network="203.0.113.0/24") == NONE
    assert tried(database, mac, now, name="eve") == NONE
    assert tried(database, mac, now, name="eve") > NONE


def test_a_passkey_is_not_held_back_by_what_was_tried_on_the_name(
    database: Database, clock: FixedClock, mac: Mac
) -> None:
    now = clock.now()
    for _ in range(FREE):
        tried(database, mac, now, network="198.51.100.0/24")
    assert tried(database, mac, now, network=HOME) > NONE
    assert tried(database, mac, now, name="", network=HOME) == NONE


def test_after_a_day_all_is_forgotten_and_neither_name_nor_network_is_kept(
    database: Database, clock: FixedClock, mac: Mac
) -> None:
    now = clock.now()
    for _ in range(FREE):
        tried(database, mac, now)
    with database.read() as connection:
        kept = str(connection.execute(select(operator_attempts)).all())
    assert "ada" not in kept
    assert "192.0.2" not in kept
    assert tried(database, mac, now + FORGOTTEN, name="eve", network="203.0.113.0/24") == NONE
    with database.read() as connection:
        assert len(connection.execute(select(operator_attempts)).all()) == 2


def test_many_at_once_gain_nothing(database: Database, clock: FixedClock, mac: Mac) -> None:
    with ThreadPoolExecutor(8) as threads:
        waits = list(threads.map(lambda _: tried(database, mac, clock.now()), range(24)))
    assert waits.count(NONE) == FREE


@given(st.integers(0, 10_000))
def test_the_wait_grows_and_never_passes_its_cap(failures: int) -> None:
    assert NONE <= wait_after(failures) <= wait_after(failures + 1) <= LONGEST_WAIT
