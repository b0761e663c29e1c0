from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.subscribers.limit import ip_block, opens_at, within_any, within_limit
from newsletter.subscribers.schema import limit_counts
from newsletter.subscribers.token import Keyring
from tests.conftest import NOW

HOUR = timedelta(hours=1)
_on_one_database = hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_on_one_database
@given(
    limit=st.integers(0, 5),
    acts=st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 40)), max_size=30),
)
def test_no_window_ever_holds_more_than_the_limit_and_only_a_full_one_refuses(
    database: Database, keyring: Keyring, limit: int, acts: list[tuple[str, int]]
) -> None:
    now = NOW
    taken: dict[str, deque[datetime]] = {"a": deque(), "b": deque()}
    with database.engine.connect().execution_options(writing=True) as connection, connection.begin() as one:
        for who, minutes in acts:
            now += timedelta(minutes=minutes)
            window = taken[who]
            if window and now >= window[0] + HOUR:
                window.clear()
            answer = within_limit(
                connection, keyring, what="test", who=who, limit=limit, window=HOUR, now=now
            )
            assert answer is (len(window) < limit)
            if answer:
                window.append(now)
        open_windows = [each for each in taken.values() if each and now < each[0] + HOUR]
        are_open = select(func.count()).select_from(limit_counts).where(limit_counts.c.ends_at > now)
        assert not limit or connection.execute(are_open).scalar() == len(open_windows)
        one.rollback()


def test_two_things_are_counted_apart_and_no_address_is_kept(
    database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    who = ip_block("192.0.2.7")
    with database.write() as connection:
        for what in ("one", "other"):
            assert within_limit(
                connection, keyring, what=what, who=who, limit=1, window=HOUR, now=clock.now()
            )
        rows = connection.execute(select(limit_counts)).all()
    assert len(rows) == 2
    assert all(b"192.0.2" not in row.key for row in rows)


@_on_one_database
@given(gaps=st.lists(st.integers(0, 40), max_size=30))
def test_no_stretch_of_time_ever_holds_more_than_its_limit(
    database: Database, keyring: Keyring, gaps: list[int]
) -> None:
    day, limits = timedelta(days=1), {timedelta(days=1): 1, timedelta(days=3): 2}
    now, done = NOW, list[datetime]()
    with database.engine.connect().execution_options(writing=True) as connection, connection.begin() as one:
        for hours in gaps:
            now += timedelta(hours=hours)
            may = within_any(connection, keyring, what="test", who="a", limits=limits, now=now, count=False)
            fits = sum(now - at < day for at in done) < 1 and sum(now - at < 3 * day for at in done) < 2
            assert may is fits
            assert within_any(connection, keyring, what="test", who="a", limits=limits, now=now) is fits
            if fits:
                done.append(now)
        one.rollback()


def test_who_is_over_the_limit_may_come_back_when_the_window_ends(
    database: Database, keyring: Keyring
) -> None:
    with database.write() as connection:

        def may(now: datetime) -> bool:
            return within_limit(connection, keyring, what="test", who="a", limit=1, window=HOUR, now=now)

        def back_at(now: datetime) -> datetime:
            return opens_at(connection, keyring, what="test", who="a", limit=1, window=HOUR, now=now)

        assert back_at(NOW) == NOW
        assert may(NOW)
        assert not may(NOW + HOUR / 2)
        assert back_at(NOW + HOUR / 2) == NOW + HOUR
        assert may(NOW + HOUR)


def test_many_at_once_get_exactly_as_much_as_is_allowed(
    database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    def act(_number: int) -> bool:
        with database.write() as connection:
            return within_limit(
                connection, keyring, what="test", who="a", limit=7, window=HOUR, now=clock.now()
            )

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(act, range(20))) == 7


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_in_its_block_of_256_mapped_or_not(address: IPv4Address) -> None:
    block = ip_network(ip_block(str(address)))
    assert address in block
    assert block.num_addresses == 256
    assert ip_block(f"::ffff:{address}") == str(block)


@given(st.ip_addresses(v=6))
def test_an_ipv6_address_is_in_its_block_of_a_household(address: IPv6Address) -> None:
    block = ip_network(ip_block(str(address)))
    if address.ipv4_mapped is None:
        assert address in block
        assert block.prefixlen == 56
    else:
        assert address.ipv4_mapped in block


@given(st.text(max_size=30))
def test_what_is_no_address_is_in_no_block(text: str) -> None:
    try:
        ip_address(text)
    except ValueError:
        assert ip_block(text) == ""
