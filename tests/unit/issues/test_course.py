"""The course of an issue: every (state, event) pair is decided, and the docs draw the same."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from newsletter.issues import course
from newsletter.issues.course import GOING_OUT, Event, goes_on, next_state
from newsletter.issues.issue import State

PAGE = Path(__file__).parents[3] / "docs/reference/delivery-states.md"

#: The decision for every pair; what is not named here changes nothing.
DECIDED = {
    (State.PLANNED, Event.COMPOSE): State.COMPOSED,
    (State.PLANNED, Event.HOLD): State.HELD,
    (State.PLANNED, Event.SKIP): State.SKIPPED,
    (State.COMPOSED, Event.WAIT): State.WAITING,
    (State.WAITING, Event.APPROVE): State.APPROVED,
    (State.WAITING, Event.HOLD): State.HELD,
    (State.WAITING, Event.CANCEL): State.CANCELLED,
    (State.WAITING, Event.DISCARD): State.PLANNED,
    (State.APPROVED, Event.WAIT): State.WAITING,
    (State.HELD, Event.WAIT): State.WAITING,
    (State.COMPOSED, Event.APPROVE): State.APPROVED,
    (State.COMPOSED, Event.HOLD): State.HELD,
    (State.COMPOSED, Event.DISCARD): State.PLANNED,
    (State.APPROVED, Event.START): State.SENDING,
    (State.APPROVED, Event.PAUSE): State.PAUSED,
    (State.APPROVED, Event.CANCEL): State.CANCELLED,
    (State.APPROVED, Event.DISCARD): State.PLANNED,
    (State.SENDING, Event.FINISH): State.SENT,
    (State.SENDING, Event.PAUSE): State.PAUSED,
    (State.SENDING, Event.STOP): State.HELD,
    (State.SENDING, Event.CANCEL): State.CANCELLED,
    (State.SENDING, Event.EXPIRE): State.EXPIRED,
    (State.PAUSED, Event.APPROVE): State.APPROVED,
    (State.PAUSED, Event.RESUME): State.SENDING,
    (State.PAUSED, Event.STOP): State.HELD,
    (State.PAUSED, Event.CANCEL): State.CANCELLED,
    (State.PAUSED, Event.EXPIRE): State.EXPIRED,
    (State.HELD, Event.APPROVE): State.APPROVED,
    (State.HELD, Event.RESUME): State.SENDING,
    (State.HELD, Event.CANCEL): State.CANCELLED,
    (State.HELD, Event.DISCARD): State.PLANNED,
    (State.HELD, Event.EXPIRE): State.EXPIRED,
    (State.SKIPPED, Event.DISCARD): State.PLANNED,
    (State.CANCELLED, Event.DISCARD): State.PLANNED,
}


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_every_pair_of_state_and_event_is_decided(state, event):
    assert next_state(state, event) is DECIDED.get((state, event))


def test_every_state_can_be_reached_from_a_plan_and_every_event_happens_somewhere():
    reached = {State.PLANNED}
    for _ in State:
        reached |= {after for (before, _), after in DECIDED.items() if before in reached}
    assert reached == set(State)
    assert {event for _, event in DECIDED} == set(Event)


@pytest.mark.parametrize("state", [State.SENT, State.EXPIRED])
def test_what_has_ended_by_itself_has_ended(state):
    assert all(next_state(state, event) is None for event in Event)


@pytest.mark.parametrize("state", GOING_OUT)
def test_whatever_goes_out_can_be_cancelled(state):
    assert next_state(state, Event.CANCEL) is State.CANCELLED


@pytest.mark.parametrize("state", [State.PAUSED, State.HELD])
def test_what_was_stopped_goes_on_where_it_was(state):
    assert next_state(state, goes_on(begun=False)) is State.APPROVED
    assert next_state(state, goes_on(begun=True)) is State.SENDING


def test_the_picture_in_the_docs_names_every_state_and_event():
    of_issues = PAGE.read_text(encoding="utf-8").partition("## An issue")[2]
    for picture in (of_issues.split("```")[1], course.__doc__ or ""):
        for word in (*State, *Event):
            assert word.value in picture, f"{word.value} is not drawn"


def test_the_docs_say_what_every_state_means():
    of_issues = PAGE.read_text(encoding="utf-8").partition("## An issue")[2]
    for state in State:
        assert f"\n| {state.value} | " in of_issues, state
