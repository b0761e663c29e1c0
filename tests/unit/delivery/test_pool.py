"""How channels are shared out over relays."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.pool import shared_out


def test_channels_go_by_weight():
    assert Counter(shared_out([3, 1], 8)) == {0: 6, 1: 2}
    assert Counter(shared_out([1, 1, 1], 3)) == {0: 1, 1: 1, 2: 1}


def test_a_relay_of_weight_nought_gets_none_unless_there_is_no_other():
    assert shared_out([1, 0], 4) == [0] * 4
    assert Counter(shared_out([0, 0], 4)) == {0: 2, 1: 2}


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=8), st.integers(1, 100))
def test_every_channel_belongs_to_a_relay_and_no_share_is_off_by_more_than_one(weights, number):
    homes = shared_out(weights, number)
    assert len(homes) == number
    total = sum(weights)
    for one, weight in enumerate(weights):
        share = weight * number / total if total else number / len(weights)
        assert abs(homes.count(one) - share) < 1
