"""Rate and time left, from two samples."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.delivery import State
from newsletter.delivery.speed import Sample, answered, left_s, rate

NOW = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)


def sample(seconds: float = 0, **counts: int) -> Sample:
    return Sample(NOW + timedelta(seconds=seconds), {state.value: 0 for state in State} | counts)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (sample(10, accepted=70, queued=30), 2.0),
        (sample(5, accepted=60, rejected=5, deferred=5, unknown=5, queued=25), 5.0),
        (sample(10, accepted=50, queued=50), 0.0),
        # The clock of a machine may be set back.
        (sample(0, accepted=70, queued=30), None),
        (sample(-3, accepted=70, queued=30), None),
    ],
)
def test_the_rate_is_what_was_answered_in_the_time_between(last, expected):
    assert rate(sample(accepted=50, queued=50), last) == expected


def test_what_was_put_off_and_is_taken_now_counts():
    assert rate(sample(accepted=50, deferred=10), sample(5, accepted=60)) == 2.0


@pytest.mark.parametrize(
    ("counts", "speed", "expected"),
    [
        ({"queued": 90, "sending": 10}, 4.0, 25.0),
        ({"queued": 90}, 0.0, None),
        ({"queued": 90}, None, None),
        ({"accepted": 90, "deferred": 10}, None, 0.0),
    ],
)
def test_the_time_left_is_that_of_those_who_were_not_tried_yet(counts, speed, expected):
    assert left_s(sample(**counts).counts, speed) == expected


@given(st.dictionaries(st.sampled_from([*State]), st.integers(0, 1000)), st.floats(0.001, 3600))
def test_a_rate_is_never_negative_and_nothing_takes_a_negative_time(counts, seconds):
    first, last = sample(), sample(seconds, **{state.value: count for state, count in counts.items()})
    speed = rate(first, last)
    assert speed is not None
    assert speed >= 0
    assert (rate(last, sample(seconds + 1)) or 0) >= 0
    assert (left_s(last.counts, speed) or 0) >= 0
    assert 0 <= answered(last.counts) <= sum(last.counts.values())
