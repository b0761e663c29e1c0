"""Proof of work, solved here by the library's own solver; tests/browser/test_doors.py uses a browser's."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from altcha import Challenge, solve_challenge
from hypothesis import given
from hypothesis import strategies as st

from newsletter.database import Database
from newsletter.subscribers.challenge import LASTS, new_challenge, read_solution, spend
from newsletter.subscribers.token import Keyring


def solved(challenge: dict[str, Any]) -> str:
    solution = solve_challenge(Challenge.from_dict(challenge))
    assert solution is not None
    answer = {"counter": solution.counter, "derivedKey": solution.derived_key}
    return base64.b64encode(json.dumps({"challenge": challenge, "solution": answer}).encode()).decode()


def test_a_solution_is_good_for_once(database: Database, keyring: Keyring) -> None:
    now = datetime.now(UTC)
    found = read_solution(keyring, solved(new_challenge(keyring, now=now)), now=now)
    assert found is not None
    assert found.ends_at - now <= LASTS
    with database.write() as connection:
        assert spend(connection, found)
        assert not spend(connection, found)


def test_a_solution_is_too_old_by_our_clock(keyring: Keyring) -> None:
    now = datetime.now(UTC)
    payload = solved(new_challenge(keyring, now=now))
    assert read_solution(keyring, payload, now=now + LASTS - timedelta(seconds=2)) is not None
    assert read_solution(keyring, payload, now=now + LASTS) is None


def test_a_changed_or_foreign_challenge_is_worth_nothing(keyring: Keyring) -> None:
    now = datetime.now(UTC)
    easy = new_challenge(keyring, now=now)
    easy["parameters"]["keyPrefix"] = "00"
    assert read_solution(keyring, solved(easy), now=now) is None
    longer = new_challenge(keyring, now=now)
    longer["parameters"]["expiresAt"] += 3600
    assert read_solution(keyring, solved(longer), now=now) is None
    foreign = new_challenge(Keyring({"k1": bytes(32)}), now=now)
    assert read_solution(keyring, solved(foreign), now=now) is None


def test_an_answer_that_was_not_worked_for_is_refused(keyring: Keyring) -> None:
    now = datetime.now(UTC)
    challenge = new_challenge(keyring, now=now)
    guess = {"counter": 1, "derivedKey": challenge["parameters"]["keyPrefix"].ljust(64, "0")}
    said = base64.b64encode(json.dumps({"challenge": challenge, "solution": guess}).encode()).decode()
    assert read_solution(keyring, said, now=now) is None


@given(
    st.one_of(st.text(max_size=60), st.binary(max_size=60).map(lambda raw: base64.b64encode(raw).decode()))
)
def test_what_is_no_solution_is_refused_without_a_fault(payload: str) -> None:
    assert read_solution(Keyring.example(), payload, now=datetime.now(UTC)) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    )
)
def test_nor_is_any_json_in_its_place(said: object) -> None:
    for one in (said, {"challenge": said, "solution": said}, {"challenge": {"parameters": said}}):
        payload = base64.b64encode(json.dumps(one).encode()).decode()
        assert read_solution(Keyring.example(), payload, now=datetime.now(UTC)) is None
