from __future__ import annotations

import pytest

from newsletter.content.article import Flag
from newsletter.content.flag import find_flags, is_emergency_topic


@pytest.mark.parametrize(
    "text",
    [
        "Take 500 mg twice a day.",
        "Adults: 1,000 mg.",
        "2.5 mg/kg of body weight",
        "two puffs when you need them",
        "Use 100\u202fmcg.",
        "1–2 tablets every 4 to 6 hours",
        "10 units before meals",
        "half a tablet? No: half tablet",
        "The maximum daily dose is printed on the box.",
    ],
)
def test_a_number_with_a_medical_unit_is_a_dose(text: str) -> None:
    assert Flag.DOSE in find_flags(text)


@pytest.mark.parametrize(
    "text",
    [
        "About 3 in 10 people have it.",
        "A sugar above 126 mg/dL or 7 mmol/L is high.",
        "Nodules of 4 mm are common.",
        "3. Patch tests can help.",
        "It lasts 10 minutes.",
    ],
)
def test_other_numbers_are_no_doses(text: str) -> None:
    assert Flag.DOSE not in find_flags(text)


@pytest.mark.parametrize(
    "text",
    [
        "Do not take it with alcohol.",
        "Don’t stop the tablets.",
        "It is contraindicated in pregnancy.",
        "You must not stop it suddenly.",
        "Grapefruit interacts with statins.",
        "You should not drive.",
        "Seek emergency care for a swollen face.",
        "See a doctor if your hand is numb, and go right away.",
        "Ask before taking it if you are pregnant.",
        "Warning signs: fever and a stiff neck.",
    ],
)
def test_warnings_are_found(text: str) -> None:
    assert Flag.WARNING in find_flags(text)


@pytest.mark.parametrize(
    "text",
    [
        "Most people do not need treatment.",
        "The spots do not itch.",
        "Rest and ice help.",
        "Doctors may suggest a test.",
    ],
)
def test_plain_advice_is_no_warning(text: str) -> None:
    assert Flag.WARNING not in find_flags(text)


@pytest.mark.parametrize(
    "text",
    ["Call 999.", "Call your local emergency number.", "Go straight to the nearest emergency department."],
)
def test_sending_the_reader_to_the_emergency_services_is_an_emergency(text: str) -> None:
    assert Flag.EMERGENCY in find_flags(text)


def test_a_title_makes_a_whole_article_about_an_emergency_but_a_mention_does_not() -> None:
    mention = "High blood pressure raises the risk of stroke and heart attack."
    assert Flag.EMERGENCY not in find_flags(mention, heading="Complications", title="High Blood Pressure")
    assert Flag.EMERGENCY in find_flags("It blocks a vessel.", heading="Causes", title="Stroke")
    assert is_emergency_topic("Anaphylaxis")
    assert not is_emergency_topic("Sunstroked skin")


def test_private_matters_are_sensitive_by_topic_and_few_words_by_themselves() -> None:
    assert find_flags("Talk to someone.", title="Depression") == (Flag.SENSITIVE,)
    assert Flag.SENSITIVE in find_flags("Thoughts of suicide can pass.", title="Insomnia")
    assert find_flags("Tiredness and depression are common.", title="Underactive thyroid") == ()


def test_flags_come_once_and_in_one_order() -> None:
    text = "Call 911 after 10 mg. Do not take 20 mg more. Call 911."
    assert find_flags(text, title="Overdose") == tuple(Flag)
