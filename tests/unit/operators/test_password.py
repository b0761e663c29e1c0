"""Passwords: what may be chosen, and that a hash tells nothing, not even whether there is an operator."""

from __future__ import annotations

import threading
import time
import unicodedata

import pytest

from newsletter.errors import OperatorError
from newsletter.operators.password import MOST, Hasher, check_password

GOOD = "correct horse battery"


@pytest.mark.parametrize(
    ("password", "has_second_factor"),
    [
        (GOOD, False),
        ("k9#Tz!2pWq", True),
        ("gewiß können wir das", False),
        ("почтовый голубь летит", False),
        ("dragon master summer", False),  # words of the list, but several
        ("🦊🐢🎻🌋🥕🚲🎷🧭🪁🛶🎡🏺🧩🎈🪵", False),
        ("x7 " * 5 + "quite long and yet with something of its own", False),
    ],
)
def test_what_is_long_and_not_obvious_is_welcome(password: str, has_second_factor: bool) -> None:  # noqa: FBT001 - a value of the table
    check_password(password, name="Ada", has_second_factor=has_second_factor)


@pytest.mark.parametrize(
    ("password", "has_second_factor", "why"),
    [
        ("fourteen chars", False, "shorter than 15"),
        ("seven77", True, "shorter than 8"),
        (GOOD * 7, False, "longer than 128"),
        ("a" * 20, False, "again and again"),
        ("abcabcabcabcabcabc", False, "again and again"),
        ("12345678901234567", False, "again and again"),
        ("qwertyuiopasdfgh", False, "again and again"),
        ("zyxwvutsrqponmlk", False, "again and again"),
        ("passwordpassword", False, "anybody would try"),
        ("P4$$w0rd2026!!!", False, "anybody would try"),
        ("!!!sunshine!!!2026", False, "anybody would try"),
        ("letmein1", True, "anybody would try"),
        ("Tr0ub4dor\x00 and more", False, "cannot be typed"),
        ("Grace Hopper 1906", False, "your name"),
        ("dailyhealthnewsletter1", False, "that of this program"),
    ],
)
def test_what_anybody_would_try_is_refused_with_the_reason(
    password: str,
    has_second_factor: bool,  # noqa: FBT001 - a value of the table
    why: str,
) -> None:
    with pytest.raises(OperatorError, match=why):
        check_password(password, name="Grace Hopper", has_second_factor=has_second_factor)


def test_no_error_repeats_the_password() -> None:
    with pytest.raises(OperatorError) as error:
        check_password("hunter2hunter2hunter2", name="Ada", has_second_factor=False)
    assert "hunter2" not in str(error.value)


def test_the_right_password_is_the_one_and_no_other(hasher: Hasher) -> None:
    stored = hasher.hash(GOOD)
    assert stored.startswith("$argon2id$")
    assert stored != hasher.hash(GOOD)
    assert hasher.verify(stored, GOOD)
    assert not hasher.verify(stored, GOOD + " ")
    assert not hasher.verify("no hash at all", GOOD)


def test_every_character_counts_up_to_the_longest(hasher: Hasher) -> None:
    longest = (GOOD * 7)[: MOST - 1]
    assert not hasher.verify(hasher.hash(longest + "a"), longest + "b")


def test_a_password_is_the_same_however_a_keyboard_composes_it(hasher: Hasher) -> None:
    composed = unicodedata.normalize("NFC", "crème brûlée à gogo")
    apart = unicodedata.normalize("NFD", composed)
    assert composed != apart
    assert hasher.verify(hasher.hash(apart), composed)


def test_an_unknown_name_takes_as_long_as_a_wrong_password() -> None:
    hasher = Hasher(time_cost=2, memory_kib=8192)
    stored = hasher.hash(GOOD)
    hasher.verify(None, GOOD)  # makes the hash of nobody

    def took(against: str | None) -> float:
        began = time.perf_counter()
        assert not hasher.verify(against, "wrong all the same")
        return time.perf_counter() - began

    known, unknown = min(took(stored) for _ in range(5)), min(took(None) for _ in range(5))
    assert 0.4 < unknown / known < 2.5


def test_not_even_the_password_of_nobody_lets_anybody_in(hasher: Hasher) -> None:
    assert not hasher.verify(None, "nobody has this password")


def test_a_hash_of_weaker_parameters_is_told(hasher: Hasher) -> None:
    stronger = Hasher(time_cost=2, memory_kib=128)
    assert stronger.is_outdated(hasher.hash(GOOD))
    assert not stronger.is_outdated(stronger.hash(GOOD))


def test_no_more_are_hashed_at_once_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = Hasher(at_once=2, time_cost=1, memory_kib=64)
    running, most, counted = 0, 0, threading.Lock()
    whole = hasher._argon2

    class Watched:
        def hash(self, password: str) -> str:
            nonlocal running, most
            with counted:
                running += 1
                most = max(most, running)
            try:
                return whole.hash(password)
            finally:
                with counted:
                    running -= 1

    monkeypatch.setattr(hasher, "_argon2", Watched())
    threads = [threading.Thread(target=hasher.hash, args=(GOOD,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= most <= 2
