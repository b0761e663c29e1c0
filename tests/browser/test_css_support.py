"""The table of CSS support is what the data says, and the page has all that our mails use."""

from __future__ import annotations

import json

import pytest

from newsletter.rendering.css_support import BASELINE, support_table, used_css
from tests.browser.css_support import CLIENTS, DATA, PAGE, TABLE, page_of, shown, table_of
from tests.browser.mails import sample_mails


@pytest.mark.skipif(not DATA.is_file(), reason=f"needs the reference data ({DATA})")
def test_the_table_is_what_the_data_says() -> None:
    data = json.loads(DATA.read_text(encoding="utf-8"))
    assert TABLE.read_text(encoding="utf-8") == table_of(data), "run `make css-support`"


def test_the_newest_version_counts_and_of_several_programs_the_one_that_does_least() -> None:
    stats = {
        "apple-mail": {"ios": {"15": "n", "14": "y"}},
        "outlook": {
            "macos": {"2019-02": "y", "16.80": "a #1"},
            "ios": {"2020-01": "y"},
            "android": {"2020-01": "n", "2023-03": "y #3"},
        },
        "yahoo": {"desktop-webmail": {"2020-01": "y"}, "ios": {"2020-01": "y"}, "android": {"2020-01": "n"}},
        "thunderbird": {"windows": {"102.7": "y"}},
    }
    feature = {"slug": "css-x", "category": "css", "title": "x", "keywords": None, "stats": stats}
    row = table_of({"last_update_date": "2026-01-02 00:00", "data": [feature]}).splitlines()[2].split("\t")
    said = dict(zip(CLIENTS, row[2:], strict=True))
    assert row[:2] == ["property", "x"]
    assert said["Apple Mail iOS"] == "n"
    assert said["Outlook macOS"] == "partial"
    assert said["Outlook mobile"] == "y"
    assert said["Yahoo"] == "n"
    assert said["Thunderbird"] == "y"
    assert said["Gmail web"] == "unknown"


def test_every_feature_that_a_mail_uses_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    used = {one for html in sample_mails().values() for one in used_css(html)}
    missing = [one.name for one in sorted(used) if f"| {shown(one)} |" not in page]
    assert missing == [], "run `make css-support`"


def test_the_page_says_why_gaps_harm_nobody_and_where_the_data_is_from() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert all(f"| {shown(feature)} | {reason} |" in page for feature, reason in BASELINE.items())
    assert support_table().source in page
    assert set(page_of(support_table(), {}).splitlines()) <= set(page.splitlines())
