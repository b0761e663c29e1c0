"""When a message is tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.delivery import EXPIRES_AFTER
from newsletter.delivery.retry import BY_STATUS, USUAL, retry_after


def test_waits_grow_from_half_an_hour_and_stay_at_the_longest():
    waits = [retry_after(attempts) for attempts in range(1, 10)]
    assert waits[0] >= timedelta(minutes=30)
    assert waits == sorted(waits)
    assert waits[-1] == USUAL.waits[-1]


def test_all_usual_retries_fall_within_the_life_of_an_issue():
    assert sum(USUAL.waits, timedelta()) * 1.1 < EXPIRES_AFTER


@pytest.mark.parametrize("status", sorted(BY_STATUS))
def test_a_rule_of_its_own_names_its_source_and_grows(status):
    rule = BY_STATUS[status]
    assert rule.source
    assert list(rule.waits) == sorted(rule.waits)
    assert retry_after(1, status=status) == rule.waits[0]


def test_a_full_mailbox_is_left_alone_for_hours():
    assert retry_after(1, status="4.2.2") >= timedelta(hours=4)


@given(st.integers(1, 10**9), st.integers(1, 20))
def test_the_same_delivery_waits_the_same_and_never_more_than_a_tenth_longer(delivery_id, attempts):
    least = retry_after(attempts)
    wait = retry_after(attempts, delivery_id=delivery_id)
    assert wait == retry_after(attempts, delivery_id=delivery_id)
    assert least <= wait <= least * 1.1


def test_what_failed_together_does_not_come_back_together():
    waits = {retry_after(1, delivery_id=one) for one in range(1, 101)}
    assert len(waits) > 50
