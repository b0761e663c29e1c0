"""What a reader may ask never to be sent, found wherever it is spoken of."""

from __future__ import annotations

import pytest

from newsletter.content.article import Flag
from newsletter.content.private_topic import PRIVATE_TOPICS, private_topics


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Coping after a miscarriage", "pregnancy loss"),
        ("When you lose a baby, grief can be strong.", "pregnancy loss"),
        ("Infertility: causes", "fertility"),
        ("Chlamydia is common.", "sexual health"),
        ("Living with depression", "mental health"),
        ("If you think of harming yourself, call.", "suicide and self-harm"),
        ("Anorexia and bulimia", "eating disorders"),
        ("Opioid use disorder", "addiction"),
        ("Signs of domestic abuse", "abuse and violence"),
    ],
)
def test_a_private_topic_is_found_by_its_words(text, topic):
    assert topic in private_topics(text, ())


@pytest.mark.parametrize(
    "text",
    ["Gout hurts.", "Take it with a glass of water.", "The capital of loss adjusters", "Therapeutic doses"],
)
def test_an_ordinary_text_is_about_none(text):
    assert private_topics(text, ()) == ()


def test_what_is_sensitive_for_an_unknown_reason_counts_as_every_private_topic():
    assert private_topics("A quiet matter.", (Flag.SENSITIVE,)) == tuple(PRIVATE_TOPICS)
    assert private_topics("A quiet matter.", (Flag.DOSE,)) == ()
