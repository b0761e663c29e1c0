from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.duplicate import (
    ALIKE_PERCENT,
    GROUPS,
    Likeness,
    alike_percent,
    are_duplicates,
    likeness,
)

WORDS = [f"{first}{second}" for first in "bdfgklmnprst" for second in ("a", "e", "in", "or", "us", "ith")]
TEXT = " ".join(WORDS[n * n * n % 1009 % len(WORDS)] for n in range(400))


def test_a_page_with_a_new_date_is_still_the_same_page() -> None:
    again = TEXT.replace(" ", " 2026 ", 1) + " last seen in june"
    assert are_duplicates(likeness("Gout", TEXT), likeness("GOUT ", again))
    assert likeness("Gout", TEXT).bands() & likeness("Gout", again).bands()


def test_one_title_over_two_texts_makes_no_duplicate() -> None:
    other = " ".join(reversed(TEXT.split()))
    assert not are_duplicates(likeness("Gout", TEXT), likeness("Gout", other))


def test_two_forms_of_a_disease_may_have_nearly_the_same_text() -> None:
    one, two = likeness("Type 1", TEXT + " one"), likeness("Type 2", TEXT + " two")
    assert alike_percent(one, two) >= ALIKE_PERCENT
    assert not are_duplicates(one, two)
    assert not one.bands() & two.bands()


def test_a_page_under_a_new_title_is_the_same_when_every_word_is_but_a_stub_is_not() -> None:
    assert are_duplicates(likeness("Heart attack", TEXT), likeness("Myocardial infarction", TEXT.upper()))
    stub = "This page is being written."
    assert not are_duplicates(likeness("Heart attack", stub), likeness("Gout", stub))
    assert are_duplicates(
        likeness("Gout", "Rest for a week or two."), likeness("Gout", "Rest for a week or two.")
    )


def test_what_is_kept_comes_back_from_bytes_the_same_on_any_machine() -> None:
    kept = likeness("Gout", TEXT)
    assert Likeness.unpacked(kept.title, kept.text, kept.packed()) == kept
    assert min(kept.bands()) == -7573537877345453012
    assert len(kept.minima) == GROUPS


@given(st.text(max_size=300), st.text(max_size=300))
def test_likeness_is_mutual_and_whole_to_oneself(one: str, other: str) -> None:
    left, right = likeness("T", one), likeness("T", other)
    assert alike_percent(left, right) == alike_percent(right, left)
    assert alike_percent(left, left) in (0, 100)
    assert all(-(2**63) <= band < 2**63 for band in left.bands())
