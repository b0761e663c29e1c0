from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.article import Flag
from newsletter.content.flag import find_flags, is_emergency_topic


@pytest.mark.parametrize(
    "text",
    [
        "Take 500 mg twice a day.",
        "Adults: 1,000 mg.",
        "Stir half a teaspoon of salt and six teaspoons of sugar into a litre of water.",
        "Eat less than 5 g of salt a day, and take 5 mg of it.",
        "500 mg of sodium valproate a day",
        "Take it once a day.",
        "10 ml of glucose",
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
        "Adults should eat less than 5 g of salt a day.",
        "No more than 30 grams of sugars",
        "Up to 14 units of alcohol a week",
        "30 g of fibre a day",
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
        "Keep away from flames after using the cream.",
        "Keep out of reach of children.",
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
    text = "Call 911 after 10 mg. Do not take it if you take other medicines with alcohol. Call 911."
    assert find_flags(text, title="Overdose") == tuple(Flag)


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("It is contraindicated in pregnancy.", Flag.CONTRAINDICATION),
        ("Do not take ibuprofen if you have had a stomach ulcer.", Flag.CONTRAINDICATION),
        ("Aspirin should not be given to children.", Flag.CONTRAINDICATION),
        ("You shouldn’t use it when pregnant.", Flag.CONTRAINDICATION),
        ("It is not suitable for people with asthma.", Flag.CONTRAINDICATION),
        ("Statins interact with grapefruit.", Flag.INTERACTION),
        ("Do not take it with alcohol.", Flag.INTERACTION),
        ("Tell your doctor about all other medicines you take.", Flag.INTERACTION),
        ("It makes other medicines less effective.", Flag.INTERACTION),
        ("Call your doctor if your leg swells.", Flag.RED_FLAG),
        ("Get medical help for a stiff neck.", Flag.RED_FLAG),
        ("Red flags are fever and weight loss.", Flag.RED_FLAG),
        ("Go to hospital straight away.", Flag.RED_FLAG),
    ],
)
def test_what_kind_of_warning_it_is_is_told_and_it_stays_a_warning(text: str, flag: Flag) -> None:
    assert {flag, Flag.WARNING} <= set(find_flags(text))


@pytest.mark.parametrize(
    ("heading", "flag"),
    [
        ("Who should not take it", Flag.CONTRAINDICATION),
        ("Drug interactions", Flag.INTERACTION),
        ("When to see a doctor", Flag.RED_FLAG),
        ("Dosage", Flag.DOSE),
        ("Precautions", Flag.WARNING),
    ],
)
def test_a_heading_says_what_stands_below_it(heading: str, flag: Flag) -> None:
    assert flag in find_flags("Ulcers; asthma.", heading=heading)
    assert find_flags("Ulcers; asthma.", heading="Related conditions") == ()


@pytest.mark.parametrize(
    "text",
    [
        "If you might harm yourself, tell somebody.",
        "Some people think of harming themselves.",
        "You may have thoughts of hurting yourself.",
        "Suicidal thoughts can pass.",
        "She feels like ending her life, or has thoughts of suicide.",
    ],
)
def test_danger_to_oneself_is_private_and_an_emergency(text: str) -> None:
    assert {Flag.EMERGENCY, Flag.SENSITIVE} <= set(find_flags(text))


def test_words_within_words_are_nothing() -> None:
    assert find_flags("A manicure, a therapist, grapes, Aidan and a drapery.", title="Constipation") == ()


@given(st.text(max_size=200), st.text(max_size=40))
def test_any_text_has_flags_in_order_and_no_special_warning_without_the_general_one(
    text: str, heading: str
) -> None:
    flags = find_flags(text, heading=heading)
    assert list(flags) == [flag for flag in Flag if flag in flags]
    if {Flag.CONTRAINDICATION, Flag.INTERACTION, Flag.RED_FLAG} & set(flags):
        assert Flag.WARNING in flags


@pytest.mark.parametrize(
    "text", ["Not in pregnancy.", "Never for children.", "Not if you are breastfeeding."]
)
def test_a_curt_contraindication_counts(text: str) -> None:
    assert Flag.CONTRAINDICATION in find_flags(text)
    assert Flag.WARNING in find_flags(text)


@pytest.mark.parametrize("heading", ["Complications", "Symptoms"])
@pytest.mark.parametrize(
    "text",
    [
        "Stroke",
        "Chest pain and sweating",
        "Anaphylaxis",
        "Sepsis can follow.",
        "Heart attack",
        "Overdose",
        "- Tiredness\n- Signs of a heart attack\n- Swollen ankles",
        "Stroke: part of the brain gets no blood",
        "Severe allergic reaction (anaphylaxis)",
        "Self-harm",
        "Some people feel suicidal.",
    ],
)
def test_a_short_line_that_names_an_emergency_is_flagged(text: str, heading: str) -> None:
    assert Flag.EMERGENCY in find_flags(text, heading=heading, title="High blood pressure")


@pytest.mark.parametrize(
    "text",
    [
        "It raises the risk of stroke.",
        "Stroke risk",
        "- Smoking\n- A family history of heart attack",
        "Chest pain is often caused by a strained muscle.",
        "The tablets help to prevent a heart attack or a stroke.",
        "Stroke and heart attack are less likely when blood pressure is treated.",
        "Meningitis vaccine",
        "Emergency contraception is sold in pharmacies.",
    ],
)
def test_a_mention_of_an_emergency_is_none(text: str) -> None:
    assert Flag.EMERGENCY not in find_flags(text, heading="Complications", title="High blood pressure")


@pytest.mark.parametrize(
    "text",
    [
        "Sudden weakness on one side of the face",
        "Difficulty breathing and swelling of the tongue",
        "Their face may have dropped on one side.",
        "Suddenly slurred speech",
        "Blue lips or grey skin",
        "A person who does not wake up or loses consciousness",
        "Bleeding that will not stop",
        "A rash that does not fade when you press a glass on it",
        "A seizure that lasts longer than 5 minutes",
        "The worst headache of your life",
    ],
)
def test_the_signs_of_an_emergency_are_one_and_a_red_flag(text: str) -> None:
    assert {Flag.EMERGENCY, Flag.RED_FLAG, Flag.WARNING} <= set(find_flags(text))


@pytest.mark.parametrize(
    "text", ["Trouble breathing", "Slurred speech", "You may cough up blood.", "Pain that spreads to the jaw"]
)
def test_signs_that_need_a_doctor_are_a_red_flag(text: str) -> None:
    assert {Flag.RED_FLAG, Flag.WARNING} <= set(find_flags(text))


@pytest.mark.parametrize(
    "text", ["Weakness of the wrist", "A swollen toe", "Bleeding gums", "Breathing exercises"]
)
def test_other_signs_are_neither(text: str) -> None:
    assert find_flags(text) == ()


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("Not to be used in pregnancy.", Flag.CONTRAINDICATION),
        ("Should be avoided in kidney failure.", Flag.CONTRAINDICATION),
        ("Must not be taken by children under 12.", Flag.CONTRAINDICATION),
        ("Tell your doctor if you take warfarin.", Flag.INTERACTION),
        ("Ask a pharmacist first if you are taking blood thinners.", Flag.INTERACTION),
        ("1 tsp, 3x/day", Flag.DOSE),
        ("2 tbsp at night", Flag.DOSE),
        ("One tablet, 2 x daily", Flag.DOSE),
    ],
)
def test_curt_leaflet_wordings_count(text: str, flag: Flag) -> None:
    assert flag in find_flags(text)


@pytest.mark.parametrize(
    "text",
    [
        "Heroin use",
        "An eating disorder",
        "Chlamydia",
        "Genital herpes",
        "Schizophrenia",
        "People who use cocaine",
        "Bipolar disorder",
        "Gonorrhoea or syphilis",
    ],
)
def test_private_matters_named_in_a_block_are_sensitive(text: str) -> None:
    assert Flag.SENSITIVE in find_flags(text, heading="Risk factors", title="Stomach ache")
