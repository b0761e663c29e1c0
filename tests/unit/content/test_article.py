from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.article import REVIEW_LIMIT, Article, plain_text, review_reason, review_state

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
