from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.readability import Readability, grade, measure, sentences, smog, syllables

EASY = "The cat sat on the mat. The dog ran to the cat. The cat ran up a tree. The dog sat by the tree."
HARD = (
    "Hypercalcaemia attributable to autonomous parathyroid hyperfunction characteristically necessitates "
    "multidisciplinary biochemical investigation preceding consideration of definitive surgical "
    "intervention, notwithstanding asymptomatic presentation in a considerable proportion of individuals."
)


def test_simple_sentences_have_a_low_grade_and_scholarly_ones_a_high_one() -> None:
    easy, hard = grade(EASY), grade(HARD)
    assert easy is not None
    assert hard is not None
    assert easy < 3
    assert hard > 18
    assert easy == round(easy, 1)


def test_a_few_words_have_no_grade() -> None:
    assert grade("Rest, ice and time.") is None
    assert grade("") is None


def test_list_items_count_as_sentences() -> None:
    assert sentences("1. Ice: Wrap it.\n2. Rest\n\nCall Dr. Example at 5.30 pm.") == [
        "Ice: Wrap it.",
        "Rest",
        "Call Dr.",
        "Example at 5.30 pm.",
    ]


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("cat", 1),
        ("area", 3),
        ("disease", 2),
        ("used", 1),
        ("treated", 2),
        ("inflammation", 4),
        ("people", 2),
        ("symptoms", 2),
        ("treatment", 2),
        ("called", 1),
        ("muscle", 2),
        ("diet", 2),
        ("patients", 2),
        ("anemia", 4),
        ("management", 3),
    ],
)
def test_syllables_are_counted_as_spoken(word: str, count: int) -> None:
    assert syllables(word) == count


def test_smog_needs_ten_sentences_and_is_scaled_up_from_fewer_than_thirty() -> None:
    sentence = "Medication is expensive. "
    assert smog(sentence * 9) is None
    assert smog(sentence * 10) == smog(sentence * 30) == round(1.0430 * (60**0.5) + 3.1291, 1)
    assert smog("The cat sat. " * 30) == 3.1


def test_both_grades_come_of_one_count() -> None:
    text = f"{EASY} {EASY} {HARD}"
    assert measure(text) == Readability(flesch_kincaid=grade(text), smog=smog(text))
    assert measure("") == Readability(flesch_kincaid=None, smog=None)


@given(st.text(max_size=200))
def test_any_text_can_be_measured_and_words_always_sound(text: str) -> None:
    measure(text)
    assert syllables(text[:20]) >= 1
