"""The blocklist by rule: it catches the thousand spellings of one word, and no phrase."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.operators.common_password import is_common, is_mostly_named, own_length, unit

WORDS = ("password", "dragon", "sunshine", "welcome", "letmein", "liverpool")


@given(
    word=st.sampled_from(WORDS),
    before=st.text("0123456789!._-# ", max_size=4),
    after=st.text("0123456789!._-# ", max_size=8),
    times=st.integers(1, 3),
    upper=st.booleans(),
)
def test_a_common_word_is_found_whatever_stands_around_it(
    word: str,
    before: str,
    after: str,
    times: int,
    upper: bool,  # noqa: FBT001 - drawn by the test
) -> None:
    inner = word * times
    assert is_common(before + (inner.upper() if upper else inner) + after)


@pytest.mark.parametrize("password", ["p4ssw0rd", "Dr4g0n!", "$un$h1ne99", "we1c0me", "l3tm3in", "1l0veyou"])
def test_digits_for_letters_hide_nothing(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize("password", ["dragon and horse", "the password of my aunt", "sunflower", "x7kpq2mz"])
def test_phrases_and_rare_words_are_not_common(password: str) -> None:
    assert not is_common(password)


def test_what_is_left_without_the_names_must_be_something() -> None:
    assert is_mostly_named("ada lovelace 1815", ("Ada Lovelace",))
    assert is_mostly_named("ADA-newsletter-99", ("Ada", "newsletter"))
    assert not is_mostly_named("ada rode a yellow bicycle", ("Ada Lovelace",))
    assert not is_mostly_named("correct horse battery", ("Al",))


@given(st.text(min_size=1, max_size=8), st.integers(2, 5))
def test_a_repeated_part_counts_once(part: str, times: int) -> None:
    assert len(unit(part * times)) <= len(part)
    assert own_length(part * times) <= len(part.casefold())
