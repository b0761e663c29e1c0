from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.article import (
    REVIEW_LIMIT,
    Article,
    Item,
    Kind,
    Paragraph,
    Section,
    plain_text,
    review_reason,
    review_state,
)

DAY = date(2026, 6, 1)


def reviewed(on: date | None) -> Article:
    return Article(id="a", source="s", slug="a", title="A", sections=(), reviewed_on=on)


@pytest.mark.parametrize(
    ("on", "state", "reason"),
    [
        (DAY, "reviewed", ""),
        (DAY - REVIEW_LIMIT, "reviewed", ""),
        (date(2023, 6, 1), "overdue", "reviewed on 2023-06-01, more than 1,095 days before 2026-06-01"),
        (None, "missing", "gives no review date"),
        (date(2027, 1, 1), "missing", "gives 2027-01-01 as its review date, which is after 2026-06-01"),
    ],
)
def test_a_review_holds_for_three_years_and_not_before_its_day(
    on: date | None, state: str, reason: str
) -> None:
    assert review_state(reviewed(on), DAY) == state
    assert review_reason(reviewed(on), DAY) == reason


def test_a_site_may_want_its_reviews_younger() -> None:
    month = timedelta(days=30)
    assert review_state(reviewed(DAY - month), DAY, limit=month) == "reviewed"
    assert review_state(reviewed(DAY - 2 * month), DAY, limit=month) == "overdue"


@given(st.dates() | st.none(), st.dates())
def test_there_is_a_reason_exactly_when_the_review_does_not_hold(reviewed_on: date | None, on: date) -> None:
    article = reviewed(reviewed_on)
    assert bool(review_reason(article, on)) == (review_state(article, on) != "reviewed")


def test_text_is_read_out_of_inline_markup() -> None:
    assert plain_text("Take <b>one</b><br/>&amp; wait &lt; 5") == "Take one & wait < 5"
    assert plain_text(" no markup &#8804; ") == "no markup ≤"


@pytest.mark.parametrize(
    ("inline", "text"),
    [
        ("150 × 10<sup>9</sup>/L", "150 × 10^9/L"),
        ("10<sup>−3</sup>", "10^−3"),
        ("<b>10</b><sup><i>9</i></sup>", "10^9"),
        ("min<sup>-1</sup>", "min^-1"),
        ("1<sup>1</sup>/<sub>2</sub> cup", "1 1/2 cup"),
        ("1 <sup>1</sup>⁄<sub>2</sub> cup", "1 1/2 cup"),
        ("1<sup>1</sup>⁄2 cup", "1 1/2 cup"),
        ("2<sup>1/2</sup> tablets", "2 1/2 tablets"),
        ("<sup>3</sup>/<sub>4</sub> cup", "3/4 cup"),
        ("2.5–5 mg/kg<sup>a</sup>", "2.5–5 mg/kg[a]"),
        ("20<sup>b</sup> mg", "20[b] mg"),
        ("once.<sup>1,2</sup>", "once.[1,2]"),
        ("<sup>1</sup> Adults only", "[1] Adults only"),
        ("rest<sup>[3]</sup>", "rest[3]"),
        ("40 mg<sup>*</sup>", "40 mg*"),
        ("Ca<sup>2+</sup> and Na<sup>+</sup>", "Ca2+ and Na+"),
        ("<sup>131</sup>I", "131I"),
        ("37<sup>o</sup>C", "37°C"),
        ("1.73 m<sup>2</sup>", "1.73 m2"),
        ("the 1<sup>st</sup> day", "the 1st day"),
        ("CO<sub>2</sub> and H<sub>2</sub>O", "CO2 and H2O"),
        ("10<sub>2</sub>", "10_2"),
        ("p<sup>&lt;b&gt;</sup>", "p[<b>]"),
        ("none<sup></sup>", "none"),
    ],
)
def test_what_is_raised_or_lowered_makes_no_other_number(inline: str, text: str) -> None:
    assert plain_text(inline) == text
    item = Item(label="Dose", html=inline)
    assert item.plain() == f"Dose: {text}"


def test_a_sections_hash_is_over_its_markup() -> None:
    section = Section(
        position=0, heading="Dose", kind=Kind.OTHER, blocks=(Paragraph(html="10<sup>9</sup> cells"),)
    )
    assert section.hash == "b12e05c2909915d1f578b9e836ef08bf5aaf737bf65b0f3dc245c8d45da27f9d"
    assert section.text == "10^9 cells"
