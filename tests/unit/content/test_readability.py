from __future__ import annotations

import pytest

from newsletter.content.readability import grade, sentences, syllables

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
        ("area", 2),
        ("disease", 2),
        ("used", 1),
        ("treated", 2),
        ("inflammation", 4),
        ("people", 2),
    ],
)
def test_syllables_are_counted_as_spoken(word: str, count: int) -> None:
    assert syllables(word) == count
