"""When an issue stops by itself: never for one bad address, always for what many receivers say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.verdict import (
    BREAKER_ANSWERS,
    BREAKER_EVENTS,
    CANARY_BLOCKED,
    CANARY_DEFERRED,
    CANARY_REFUSED,
    OutcomeTally,
    canary_size,
    judge_canary,
    judge_run,
)

COUNT = st.integers(0, 60) | st.integers(0, 20_000)


@st.composite
def tallies(draw: st.DrawFn) -> OutcomeTally:
    blocked, unfit, other = draw(COUNT), draw(COUNT), draw(COUNT)
    return OutcomeTally(
        accepted=draw(COUNT),
        deferred=draw(COUNT),
        rejected=blocked + unfit + other,
        blocked=blocked,
        unfit=unfit,
        bounced=draw(COUNT),
        complained=draw(COUNT),
    )


def one_more(tally: OutcomeTally, kind: str, number: int) -> OutcomeTally:
    """*number* more messages are refused: for any reason, or as *kind* says."""
    more = replace(tally, rejected=tally.rejected + number)
    return replace(more, **{kind: getattr(tally, kind) + number}) if kind else more


@pytest.mark.parametrize(
    ("audience", "size"), [(0, 50), (50, 50), (4_999, 50), (5_100, 51), (100_000, 1_000), (1_000_000, 10_000)]
)
def test_a_canary_is_a_hundredth_of_the_readers_and_fifty_at_least(audience, size):
    assert canary_size(audience) == size


@pytest.mark.parametrize(
    "tally",
    [
        OutcomeTally(accepted=50),
        OutcomeTally(accepted=49, rejected=1),
        OutcomeTally(accepted=46, rejected=4),
        OutcomeTally(accepted=48, rejected=2, blocked=2),
        OutcomeTally(accepted=41, deferred=9),
        OutcomeTally(accepted=980, rejected=20),
        OutcomeTally(accepted=800, deferred=200),
        OutcomeTally(),
    ],
)
def test_a_canary_with_a_few_faults_lets_the_rest_go(tally):
    assert judge_canary(tally) == ""


@pytest.mark.parametrize(
    ("tally", "word"),
    [
        (OutcomeTally(accepted=45, rejected=5), "refused for good"),
        (OutcomeTally(accepted=970, rejected=30), "refused for good"),
        (OutcomeTally(accepted=47, rejected=3, blocked=3), "who sends"),
        (OutcomeTally(accepted=47, rejected=3, unfit=3), "what is in them"),
        (OutcomeTally(accepted=30, deferred=20), "put off"),
        (OutcomeTally(deferred=50), "put off"),
    ],
)
def test_a_canary_that_many_receivers_refuse_stops_the_issue_and_says_why(tally, word):
    assert word in judge_canary(tally)


@pytest.mark.parametrize(
    ("tally", "word"),
    [
        (OutcomeTally(accepted=489, rejected=11), "refused for good"),
        (OutcomeTally(accepted=10_000, bounced=150, rejected=60), "refused for good"),
        (OutcomeTally(accepted=494, rejected=6, blocked=6), "who sends"),
        (OutcomeTally(accepted=4_990, complained=10), "reported as spam"),
    ],
)
def test_a_running_issue_stops_when_a_breaker_trips(tally, word):
    assert word in judge_run(tally)


@pytest.mark.parametrize(
    "tally",
    [
        OutcomeTally(accepted=400, rejected=90),
        OutcomeTally(accepted=980, rejected=20),
        OutcomeTally(accepted=495, rejected=5, blocked=5),
        OutcomeTally(accepted=4_996, complained=4),
        OutcomeTally(accepted=100, deferred=900),
    ],
)
def test_a_running_issue_goes_on_within_its_limits_and_when_some_are_put_off(tally):
    assert judge_run(tally) == ""


@given(tallies(), st.sampled_from(["", "blocked", "unfit"]), st.integers(1, 500))
def test_more_refusals_never_turn_a_stop_into_a_go(tally, kind, number):
    for judge in (judge_canary, judge_run):
        if judge(tally):
            assert judge(one_more(tally, kind, number))


@given(tallies(), st.integers(1, 500))
def test_a_message_that_is_refused_instead_of_taken_never_turns_a_stop_into_a_go(tally, number):
    number = min(number, tally.accepted)
    worse = replace(one_more(tally, "", number), accepted=tally.accepted - number)
    for judge in (judge_canary, judge_run):
        if judge(tally):
            assert judge(worse)


@given(tallies(), st.integers(1, 500))
def test_messages_that_are_taken_never_stop_an_issue_that_has_answers_enough(tally, number):
    better = replace(tally, accepted=tally.accepted + number)
    if not judge_canary(tally):
        assert not judge_canary(better)
    if tally.answered >= BREAKER_ANSWERS and not judge_run(tally):
        assert not judge_run(better)


@given(
    st.integers(0, 100_000),
    st.integers(0, CANARY_REFUSED - 1),
    st.integers(0, CANARY_BLOCKED - 1),
    st.integers(0, CANARY_DEFERRED - 1),
)
def test_fewer_than_the_least_events_never_stop_a_canary(accepted, rejected, blocked, deferred):
    tally = OutcomeTally(
        accepted=accepted, rejected=rejected, blocked=min(blocked, rejected), deferred=deferred
    )
    assert judge_canary(tally) == ""


@given(tallies())
def test_a_breaker_acts_on_no_fewer_than_its_least_events_and_answers(tally):
    most = max(tally.refused, tally.complained)
    if judge_run(tally):
        assert tally.answered >= BREAKER_ANSWERS
        assert most >= BREAKER_EVENTS
