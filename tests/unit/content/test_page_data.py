from __future__ import annotations

from datetime import date

import pytest

from newsletter.content.page_data import cut_date, page_datum, split_review


@pytest.mark.parametrize(
    ("line", "reviewer", "day"),
    [
        ("Last reviewed: 14 May 2026", "", date(2026, 5, 14)),
        ("Page last reviewed: 14th May, 2026", "", date(2026, 5, 14)),
        ("Reviewed on May 14, 2026", "", date(2026, 5, 14)),
        ("Reviewed 2026-05-14", "", date(2026, 5, 14)),
        ("Medically reviewed by Dr Ann Example, MD on 14 May 2026", "Dr Ann Example, MD", date(2026, 5, 14)),
        ("Reviewed by: Ann Example | 25/05/2026", "Ann Example", date(2026, 5, 25)),
        ("Last reviewed: May 2026", "", None),
        ("Last reviewed: 04/05/2026", "", None),
        ("Last reviewed: 31 February 2026", "", None),
    ],
)
def test_a_review_line_gives_reviewer_and_date_when_they_are_sure(
    line: str, reviewer: str, day: date | None
) -> None:
    datum = page_datum(line)
    assert datum is not None
    assert datum.what == "review"
    if day is not None or "/" not in line:
        assert split_review(datum.value)[1] == day
    assert day is None or split_review(datum.value) == (reviewer, day)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("Saved from https://x.example/a", "url"),
        ("Source URL: https://x.example/a", "url"),
        ("URL: https://x.example/?p=12", "url"),
        ("https://x.example/a", "url"),
        ("Last updated: 2 June 2026", "update"),
        ("Published on 2 June 2026", "publication"),
        ("Next review due: 14 May 2029", "next review"),
        ("Written by Ann Example", "author"),
        ("Tags: elbow, pain", "topics"),
    ],
)
def test_other_lines_about_the_page_are_told_apart(line: str, what: str) -> None:
    datum = page_datum(line)
    assert datum is not None
    assert datum.what == what


@pytest.mark.parametrize(
    "line",
    [
        "Review your medicines with a pharmacist.",
        "Reviewed by a doctor, the scan can show more.",
        "Updated guidelines are used.",
        "By the time it hurts, rest.",
        "Categories",
        "Date of birth matters.",
    ],
)
def test_sentences_are_no_page_data(line: str) -> None:
    assert page_datum(line) is None


def test_a_date_is_read_in_one_way_or_not_at_all() -> None:
    assert cut_date("on 05/05/2026")[0] == date(2026, 5, 5)
    assert cut_date("on 13/05/2026 or so") == (date(2026, 5, 13), "on  or so")
    assert cut_date("on 05/13/2026")[0] == date(2026, 5, 13)
    assert cut_date("on 05/04/2026")[0] is None
    assert cut_date("no date")[0] is None
