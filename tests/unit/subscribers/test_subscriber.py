from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import SubscriberError
from newsletter.subscribers.subscriber import (
    Event,
    State,
    Subscription,
    next_state,
    overall_state,
    parse_address,
    wire_address,
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


@given(EVENTS)
def test_no_sequence_of_requests_and_imports_brings_back_a_reader_who_left(events: list[Event]) -> None:
    by_others = [event for event in events if event in (Event.REQUEST, Event.IMPORT)]
    assert _run(State.UNSUBSCRIBED, by_others) is State.UNSUBSCRIBED


@given(EVENTS)
def test_leaving_works_from_wherever_one_is(events: list[Event]) -> None:
    state = _run(State.PENDING, events)
    assert next_state(state, Event.WITHDRAW) is State.UNSUBSCRIBED


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        ("  ada@example.org\n", "ada@example.org"),
        ("a.d.a+news@example.org", "a.d.a+news@example.org"),
        ("ada@Bücher.example", "ada@xn--bcher-kva.example"),
        ("Straße@example.org", "strasse@example.org"),
        ("o'hara@example.test", "o'hara@example.test"),
    ],
)
def test_an_address_is_kept_as_given_and_compared_in_one_form(text: str, canonical: str) -> None:
    address = parse_address(text)
    assert address.given == text.strip()
    assert address.canonical == canonical


def test_composed_and_decomposed_spellings_of_an_address_are_the_same() -> None:
    assert (
        parse_address("jos\u00e9@example.org").canonical == parse_address("jose\u0301@example.org").canonical
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "a da@example.org",
        "ada@localhost",
        "ada@[127.0.0.1]",
        "ada@x..org",
        "ada@example.org\nBcc: b@example.org",
        "Ada <ada@example.org>",
        "a" * 65 + "@example.org",
        "a@b.invalid",
    ],
)
def test_what_is_no_address_is_refused_with_its_fault(text: str) -> None:
    with pytest.raises(SubscriberError) as refused:
        parse_address(text)
    assert refused.value.reason
    assert refused.value.next_step


@given(st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9+_-]{0,20}@[a-zA-Z0-9]{1,20}\.(org|com)", fullmatch=True))
def test_letter_case_never_makes_two_readers_of_one(text: str) -> None:
    try:
        address = parse_address(text)
    except SubscriberError:
        return
    assert parse_address(text.upper()).canonical == address.canonical
    assert parse_address(address.canonical).canonical == address.canonical


def test_an_international_domain_travels_as_a_labels_and_an_international_name_as_it_is() -> None:
    assert wire_address("ada@bücher.example") == "ada@xn--bcher-kva.example"
    assert wire_address("josé@example.org") == "josé@example.org"


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
