"""Short lines, doses and lettered lists of saved pages: none may be lost or leave its section."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.article import Article, Kind
from newsletter.content.sources.capture import parse_capture
from tests.unit.content.sources.test_capture import section_items


def parse_body(body: str) -> Article:
    return parse_capture(f"Gout\n\nGout is a painful disease.\n\n{body}\n", name="gout")


def texts(article: Article) -> list[tuple[str, str]]:
    """Heading and text of each section but the overview."""
    return [(section.heading, section.text) for section in article.sections if section.position]


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
@pytest.mark.parametrize(
    "lines",
    [
        ["Take it daily.", "Maximum 40 mg", "Not in pregnancy"],
        ["Adults: 5 mg", "Children: 2 mg", "Infants: none"],
        ["Take it daily.", "2.5 mg for children", "3.5 mg is too much", "Half of it helps"],
        ["Take it daily.", "Pregnancy: avoid", "Do not take it with milk", "Never on an empty stomach"],
        ["Rest", "Exercise", "Surgery"],
        ["Rest", "Wash the foot", "Cool the foot", "Lift the foot"],
    ],
)
@pytest.mark.parametrize("last", [True, False])
def test_short_lines_without_full_stop_stay_in_their_section(
    gap: str, lines: list[str], *, last: bool
) -> None:
    article = parse_body(f"Treatment:\n\n{gap.join(lines)}" + ("" if last else "\n\nPrevention:\n\nWash."))
    assert texts(article)[0] == ("Treatment", "\n\n".join(lines))
    assert len(texts(article)) == (1 if last else 2)
    assert article.left_out == ()


def test_headings_with_a_colon_inside_are_headings() -> None:
    body = "Step 1: Causes\n\nKidneys.\n\nGout: treatment\n\nRest.\n\nPrevention: Food and Drink\n\nEat less."
    assert [section.kind for section in parse_body(body).sections[1:]] == [
        Kind.CAUSES,
        Kind.TREATMENT,
        Kind.PREVENTION,
    ]


def test_unknown_headings_above_text_are_still_headings() -> None:
    body = "Causes:\n\nKidneys.\n\nA day in the clinic\n\nIt is busy.\n\n7 Facts for Families\n\n- One\n- Two"
    assert [heading for heading, _ in texts(parse_body(body))] == [
        "Causes",
        "A day in the clinic",
        "7 Facts for Families",
    ]


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
@pytest.mark.parametrize(
    "marks",
    [
        ["a.", "b.", "c."],
        ["a)", "b)", "c)"],
        ["(a)", "(b)", "(c)"],
        ["i.", "ii.", "iii.", "iv.", "v.", "vi.", "vii.", "viii.", "ix.", "x.", "xi."],
        ["(i)", "(ii)"],
        ["A.", "B."],
        ["I.", "II.", "III."],
        list("hijk"),
    ],
)
def test_lists_with_letters_or_roman_numerals_keep_their_items_and_marks(gap: str, marks: list[str]) -> None:
    marks = [mark if not mark.isalpha() else f"{mark}." for mark in marks]
    lines = [f"{mark} Lift foot {number}" for number, mark in enumerate(marks, 1)]
    article = parse_body(f"Treatment:\n\nDo this:\n\n{gap.join(lines)}\n\nPrevention:\n\nWash.")
    assert [(item.label, item.html) for item in section_items(article, Kind.TREATMENT)] == [
        ("", line) for line in lines
    ]


def test_letters_below_numbers_are_nested_and_their_numerals_below_them() -> None:
    lines = "1. One\na. Lift\n   i. high\n   ii. low\nb. Hold\n2. Two"
    assert texts(parse_body(f"Treatment:\n\n{lines}"))[0][1] == (
        "1. One\n  - a. Lift\n    - i. high\n    - ii. low\n  - b. Hold\n2. Two"
    )


def test_letters_that_count_nothing_are_text_and_those_of_headings_are_headings() -> None:
    body = "A. Causes\n\nE. coli is one.\n\nB. Treatment\n\nRest."
    assert texts(parse_body(body)) == [("Causes", "E. coli is one."), ("Treatment", "Rest.")]


WORDS = st.sampled_from(
    [
        "rest",
        "cool",
        "joint",
        "foot",
        "water",
        "daily",
        "children",
        "adults",
        "infants",
        "kidney",
        "wash",
        "surgery",
    ]
)
AMOUNTS = st.builds(
    "{}{}".format,
    st.one_of(st.integers(1, 500), st.sampled_from(["2.5", "0.25", "1-2", "7.35–7.45", "1,000"])),
    st.sampled_from(
        [" mg", " ml", "\u00a0g", "mg", "%", " mmol/L", " mg/kg", " tablets", " times", " hours", ""]
    ),
)
PHRASES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
MARKS = ["a.", "b.", "c.", "(a)", "(b)", "i.", "ii.", "(i)", "a)", "b)"]
ORDERS = ["Maximum", "Not more than", "Avoid", "Take", "Never"]
BODY_LINES = st.one_of(
    PHRASES.map(str.capitalize),
    PHRASES.map(lambda words: f"{words.capitalize()}."),
    st.builds("{} {}".format, st.sampled_from(ORDERS), AMOUNTS),
    st.builds("{} for {}".format, AMOUNTS, PHRASES),
    st.builds("{}: {}".format, PHRASES.map(str.capitalize), st.one_of(AMOUNTS, PHRASES)),
    st.builds("{} {}".format, st.sampled_from(MARKS), PHRASES),
    st.builds("{} {}".format, st.sampled_from(["-", "•", "  ◦"]), st.one_of(AMOUNTS, PHRASES)),
    st.builds("It is {}{}".format, AMOUNTS, st.sampled_from([".nih.gov", "nih.gov", ". webmd.com"])),
)  # fmt: skip


GLUED = "source names or addresses glued after the sentence"
EMPTY = "a heading without text of its own"


@given(
    st.lists(st.tuples(BODY_LINES, st.booleans()), min_size=1, max_size=12),
    st.sampled_from(["Treatment:", "Dosage", "Self-care"]),
    st.sampled_from(["", "Prevention:\n\nWash.", "Outlook\n\nIt is good."]),
)
def test_every_word_and_number_of_the_body_is_in_a_section_once(
    lines: list[tuple[str, bool]], heading: str, end: str
) -> None:
    body = "".join(line + ("\n\n" if blank else "\n") for line, blank in lines)
    article = parse_body(f"{heading}\n\n{body}\n{end}")
    found: Counter[str] = Counter()
    for section in article.sections:
        found.update(words(f"{section.heading}\n{section.text}"))
    for left in article.left_out:
        # The one exception: a heading of the tables with nothing below it.
        assert left.why == GLUED or (left.why == EMPTY and left.line.strip(":") in KNOWN), left
        found.update(words(left.line))
    assert found == Counter(words(f"Gout Gout is a painful disease. {heading} {body} {end}"))


KNOWN = frozenset({"Treatment", "Dosage", "Self-care", "Surgery"})


def words(text: str) -> list[str]:
    """The words, numbers and units of *text*, in small letters, apart from the address after them."""
    apart = re.sub(r"(?:nih\.gov|webmd\.com)", r" \g<0>", text)
    return re.findall(r"\d+(?:[.,–-]\d+)*|[^\W\d_]+(?:/[^\W\d_]+)?|%", apart.lower())
