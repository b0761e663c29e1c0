"""The delivery machine: every (state, event) pair is decided, and the docs draw the same."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from newsletter.delivery import delivery
from newsletter.delivery.delivery import (
    OPEN,
    Event,
    State,
    following_state,
    next_state,
)
from newsletter.errors import DeliveryError

ROOT = Path(__file__).parents[3]

#: The decision for every pair; what is not named here changes nothing.
DECIDED = {
    (State.QUEUED, Event.SEND): State.SENDING,
    (State.QUEUED, Event.SKIP): State.SKIPPED,
    (State.QUEUED, Event.EXPIRE): State.EXPIRED,
    (State.SENDING, Event.ACCEPT): State.ACCEPTED,
    (State.SENDING, Event.DEFER): State.DEFERRED,
    (State.SENDING, Event.REJECT): State.REJECTED,
    (State.SENDING, Event.LOSE): State.UNKNOWN,
    (State.SENDING, Event.RETURN): State.QUEUED,
    (State.DEFERRED, Event.SEND): State.SENDING,
    (State.DEFERRED, Event.SKIP): State.SKIPPED,
    (State.DEFERRED, Event.EXPIRE): State.EXPIRED,
    (State.UNKNOWN, Event.SEND): State.SENDING,
    (State.UNKNOWN, Event.SKIP): State.SKIPPED,
    (State.UNKNOWN, Event.BOUNCE): State.BOUNCED,
    (State.UNKNOWN, Event.COMPLAIN): State.COMPLAINED,
    (State.ACCEPTED, Event.BOUNCE): State.BOUNCED,
    (State.ACCEPTED, Event.COMPLAIN): State.COMPLAINED,
    (State.BOUNCED, Event.COMPLAIN): State.COMPLAINED,
}


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_every_pair_of_state_and_event_is_decided(state, event):
    assert next_state(state, event) is DECIDED.get((state, event))


def test_a_message_leaves_only_from_an_open_state_and_through_sending():
    assert {state for state, event in DECIDED if event is Event.SEND} == set(OPEN)
    assert all(DECIDED[state, Event.SEND] is State.SENDING for state in OPEN)


def test_nothing_that_was_accepted_or_refused_is_ever_sent_again():
    final = {State.ACCEPTED, State.REJECTED, State.BOUNCED, State.COMPLAINED, State.EXPIRED, State.SKIPPED}
    reached = set(final)
    for _ in State:
        reached |= {after for (state, _), after in DECIDED.items() if state in reached}
    assert reached == final


def test_whatever_is_open_can_be_skipped_and_can_expire_but_for_what_may_have_arrived():
    for state in OPEN:
        assert next_state(state, Event.SKIP) is State.SKIPPED
    assert {state for state in State if next_state(state, Event.EXPIRE)} == set(OPEN) - {State.UNKNOWN}


def test_the_picture_in_the_docs_names_every_state_and_event():
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md")]
    for picture in (
        *[page for page in pages if "deferred" in page and "unknown ─" in page],
        delivery.__doc__ or "",
    ):
        for word in (*State, *Event):
            assert word.value in picture, f"{word.value} is not drawn"


def test_several_events_follow_each_other():
    assert following_state(State.QUEUED, Event.SEND, Event.REJECT) is State.REJECTED
    assert following_state(State.QUEUED) is State.QUEUED


def test_what_cannot_happen_is_an_error_that_says_so():
    with pytest.raises(DeliveryError, match="delivery in state queued: cannot bounce"):
        following_state(State.QUEUED, Event.BOUNCE)
