"""The clock: the only reader of time, aware and in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsletter.clock import FixedClock, SystemClock, local_date


def test_the_system_clock_tells_the_present_in_utc():
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta(0)


def test_a_fixed_clock_stands_still_and_tells_utc():
    at = datetime(2026, 7, 1, 9, 0, tzinfo=ZoneInfo("Europe/London"))
    clock = FixedClock(at)
    assert clock.now() == clock.now() == at
    assert clock.now().isoformat() == "2026-07-01T08:00:00+00:00"


def test_a_fixed_clock_without_a_zone_is_refused_for_its_time_would_depend_on_the_machine():
    with pytest.raises(ValueError, match="naive"):
        FixedClock(datetime(2026, 7, 1, 9, 0))  # noqa: DTZ001 - the mistake under test


@pytest.mark.parametrize(
    ("zone", "day"),
    [("Pacific/Kiritimati", 4), ("Asia/Kolkata", 4), ("UTC", 3), ("America/New_York", 3)],
)
def test_the_local_date_is_the_one_on_the_wall_there(zone, day):
    assert local_date(datetime(2026, 3, 3, 20, 0, tzinfo=UTC), zone) == date(2026, 3, day)


def test_the_local_date_of_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="naive"):
        local_date(datetime(2026, 3, 3, 20, 0), "UTC")  # noqa: DTZ001 - the mistake under test
