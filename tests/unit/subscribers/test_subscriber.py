from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.subscribers.subscriber import (
    Event,
    State,
    Subscription,
    next_state,
    overall_state,
)

STATES: list[State | None] = [None, *State]
EVENTS = st.lists(st.sampled_from(list(Event)), max_size=12)


@pytest.mark.parametrize(("state", "event"), list(itertools.product(STATES, Event)))
def test_every_state_has_an_answer_to_every_event(state: State | None, event: Event) -> None:
    assert next_state(state, event) in STATES


def _run(state: State | None, events: Sequence[Event]) -> State | None:
    for event in events:
        state = next_state(state, event) or state
    return state


@given(EVENTS)
def test_nobody_becomes_active_without_a_confirmation_or_an_import_with_a_basis(events: list[Event]) -> None:
    granted = {Event.CONFIRM, Event.IMPORT, Event.UNDO}  # undo: the workflow asks that it was confirmed once
    assert _run(None, [event for event in events if event not in granted]) is not State.ACTIVE


GONE = (State.UNSUBSCRIBED, State.BOUNCED, State.COMPLAINED, State.ERASED)
BY_OTHERS = (Event.REQUEST, Event.IMPORT, Event.RESUME, Event.PAUSE, Event.BOUNCE, Event.READMIT)


@pytest.mark.parametrize("state", GONE)
@given(events=EVENTS)
def test_nothing_that_others_do_brings_back_a_reader_who_is_gone(state: State, events: list[Event]) -> None:
    assert _run(state, [event for event in events if event in BY_OTHERS]) in GONE


@given(EVENTS)
def test_leaving_works_from_wherever_one_is(events: list[Event]) -> None:
    state = _run(State.PENDING, events)
    assert (next_state(state, Event.WITHDRAW) or state) in GONE


@given(EVENTS)
def test_a_complaint_is_ended_by_an_operator_alone_and_then_by_a_fresh_opt_in(events: list[Event]) -> None:
    without = [event for event in events if event not in (Event.READMIT, Event.ERASE)]
    assert _run(State.COMPLAINED, without) is State.COMPLAINED
    assert _run(State.COMPLAINED, [Event.READMIT]) is State.UNSUBSCRIBED
    assert _run(State.COMPLAINED, [Event.READMIT, Event.REQUEST, Event.CONFIRM]) is State.ACTIVE


@given(EVENTS)
def test_an_erased_reader_stays_erased(events: list[Event]) -> None:
    assert _run(State.ERASED, events) is State.ERASED


def _subscription(state: State) -> Subscription:
    at = datetime(2026, 3, 3, tzinfo=UTC)
    return Subscription(
        id=1,
        subscriber_id=1,
        newsletter="daily",
        state=state,
        handle=b"x",
        created_at=at,
        changed_at=at,
        confirmed_at=None,
    )


@pytest.mark.parametrize(
    ("states", "overall"),
    [
        ([], State.UNSUBSCRIBED),
        ([State.UNSUBSCRIBED], State.UNSUBSCRIBED),
        ([State.UNSUBSCRIBED, State.PENDING], State.PENDING),
        ([State.PENDING, State.ACTIVE], State.ACTIVE),
    ],
)
def test_a_reader_is_unsubscribed_once_no_newsletter_is_left(states: list[State], overall: State) -> None:
    assert overall_state([_subscription(state) for state in states]) is overall


def test_the_page_of_states_shows_the_table_as_it_is() -> None:
    page = Path("docs/reference/subscription-states.md").read_text(encoding="utf-8")
    rows = [
        f"| {event} | " + " | ".join(next_state(state, event) or "–" for state in (None, *State)) + " |"
        for event in Event
    ]
    assert "\n".join(rows) in page
    for state in State:
        assert f"| `{state}` |" in page
