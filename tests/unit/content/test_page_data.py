from __future__ import annotations

import time
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
        (
            "Last reviewed: 3 May 2026 by Dr. Ann O'Example, MBBS, Ph.D",
            "Dr. Ann O'Example, MBBS, Ph.D",
            date(2026, 5, 3),
        ),
        (
            "Medically reviewed by Ann Example, consultant cardiologist, on 3 May 2026",
            "Ann Example, consultant cardiologist",
            date(2026, 5, 3),
        ),
        ("Reviewed by our clinical team on 3 May 2026.", "our clinical team", date(2026, 5, 3)),
        ("Reviewed by আনা উদাহরণ on 3 May 2026", "আনা উদাহরণ", date(2026, 5, 3)),
        ("Next review due: 3 March 2029. Page last reviewed: 3 March 2026", "", date(2026, 3, 3)),
        ("Page last reviewed: 3 March 2026 Next review due: 3 March 2029", "", date(2026, 3, 3)),
        ("Last reviewed: 3 March 2026 (next review due 3 March 2029)", "", date(2026, 3, 3)),
        (
            "Written by Bob Example. Reviewed by Ann Example, MD on 3 March 2026.",
            "Ann Example, MD",
            date(2026, 3, 3),
        ),
        ("Reviewed by Ann Example Next Review Due 3 March 2029", "Ann Example", None),
        ("Last reviewed: 03/2026", "", None),
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
        ("Review by 14 May 2029", "next review"),
        ("Last updated: June 2, 2026, 3:15 PM EST", "update"),
        ("Last updated: 2 June 2026 | 5 min read", "update"),
        ("Published 2 June 2026 by Ann Example", "publication"),
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
        "Last reviewed: 3 May 2026. Stop at 40 mg.",
        "Last reviewed: 3 May 2026. Seek Help Now",
        "Last updated: 3 May 2026. Stop at 40 mg.",
        "Reviewed 3 May 2026: 12 studies of zokamab were reviewed.",
        "Reviewed 3 May 2026 by Dr Ann Example, stop at once if you bleed",
        "Reviewed by Ann Example, MD. Take Zokamab Now 3 May 2026",
        "Page last reviewed: 3 March 2026. Next review due: 3 March 2029. Stop at 40 mg.",
        "Written by a doctor: stop at 40 mg.",
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


@pytest.mark.parametrize(
    "line",
    [
        "Last reviewed: " + "-" * 390,
        "Last reviewed by " + "a- " * 20,
        "Last reviewed: " + "-,;:" * 90 + "x",
        "Last reviewed by A" + "--- ---" * 12 + "!",
        "Last reviewed by " + "A.B" * 100_000,
        "Last reviewed 3 May 2026 " + "Last reviewed 3 May 2026 " * 4 + "!",
    ],
)
def test_odd_lines_are_refused_at_once(line: str) -> None:
    started = time.perf_counter()
    assert page_datum(line) is None
    assert time.perf_counter() - started < 1
