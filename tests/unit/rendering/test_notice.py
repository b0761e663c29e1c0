"""The confirmation mail: one purpose, one button, nothing hostile in it works."""

from __future__ import annotations

import re
from typing import Any

import pytest

from newsletter.rendering.notice import (
    CONFIRM_WITHIN_HOURS,
    Notice,
    address_notice,
    confirmation_notice,
    data_notice,
    erased_notice,
    preferences_notice,
    renewal_notice,
    welcome_notice,
)
from newsletter.settings import NewsletterSettings, Settings

SITE = "https://letter.example"
CONFIRM = f"{SITE}/confirm/v1.k1.aaaa.bbbb"
PRIVACY = f"{SITE}/privacy"
HERE, DAILY = Settings(base_url=SITE), NewsletterSettings()
HOSTILE = "\"><script>alert(1)</script><mj-section> & 'x' {{ 7*7 }}"


def notice(newsletter: dict[str, Any] | None = None, **settings: Any) -> Notice:
    """The mail that asks for a confirmation."""
    return confirmation_notice(
        Settings(**settings),
        NewsletterSettings(**(newsletter or {})),
        confirm_url=CONFIRM,
        privacy_url=PRIVACY,
    )


def test_the_subject_says_what_is_to_be_done_and_for_what():
    assert notice({"title": "Good Morning"}).subject == "Please confirm: Good Morning"


def test_both_parts_hold_the_link_the_reason_the_privacy_policy_and_who_sends_it():
    made = notice({"title": "Good Morning"}, publisher="Clinic", postal_address="7 Road, Town")
    for part in (made.html, made.text):
        words = " ".join(re.sub(r"</?span[^>]*>", "", part).split())
        assert CONFIRM in part
        assert part.count(PRIVACY) == 1
        for saying in (
            "asked for Good Morning at this address",
            "If it was not you, do nothing",
            f"The link works for {CONFIRM_WITHIN_HOURS} hours",
            "Clinic · 7 Road, Town",
        ):
            assert saying in words
        assert "privacy policy" in words


def test_the_link_stands_on_a_line_of_its_own_in_the_text():
    assert CONFIRM in notice().text.splitlines()


def test_the_page_has_language_title_and_one_heading():
    html = notice({"title": "Good Morning"}).html
    assert re.search(r'<html [^>]*lang="en"', html)
    assert "<title>Please confirm: Good Morning</title>" in html
    assert re.findall(r"<h[1-6][^>]*>([^<]*)", html) == ["Please confirm your address"]


def test_it_holds_no_mark_to_fill_and_nothing_that_is_fetched():
    made = notice()
    assert "@@" not in made.html + made.text
    assert not re.search(r"<(img|script|link|iframe)\b|url\(", made.html)


@pytest.mark.parametrize("name", ["publisher", "postal_address"])
def test_hostile_settings_are_shown_and_do_nothing(name: str):
    hostile: dict[str, Any] = {name: HOSTILE}
    made = notice(**hostile)
    assert "<script" not in made.html
    assert "<mj-" not in made.html
    assert HOSTILE in " ".join(made.text.split())


def test_a_hostile_title_is_shown_and_does_nothing():
    made = notice({"title": HOSTILE[:60]})
    assert "<script" not in made.html
    assert HOSTILE[:60] in " ".join(made.text.split())


def test_the_text_is_72_wide_but_for_addresses():
    lines = notice({"title": "Ten words " * 6}).text.splitlines()
    assert all(len(line) <= 72 or "http" in line for line in lines)


def test_the_same_request_gives_the_same_bytes():
    assert notice() == notice()


@pytest.mark.parametrize(
    "made",
    [
        confirmation_notice(HERE, DAILY, confirm_url=CONFIRM, privacy_url=PRIVACY),
        renewal_notice(HERE, DAILY, confirm_url=CONFIRM, privacy_url=PRIVACY),
        welcome_notice(
            HERE,
            DAILY,
            latest_url=None,
            preferences_url=f"{SITE}/preferences/x",
            unsubscribe_url=f"{SITE}/u/x",
        ),
        preferences_notice(HERE, DAILY, preferences_url=f"{SITE}/preferences/x"),
        data_notice(HERE, DAILY, download_url=f"{SITE}/data/x"),
        address_notice(HERE, DAILY, confirm_url=f"{SITE}/address/x"),
        erased_notice(HERE, DAILY),
    ],
    ids=["confirmation", "renewal", "welcome", "preferences", "data", "address", "erased"],
)
def test_every_mail_to_a_reader_links_the_privacy_policy_in_both_parts(made: Notice):
    assert PRIVACY in made.text.splitlines()
    assert f'href="{PRIVACY}"' in made.html
    assert made.errors == ()
