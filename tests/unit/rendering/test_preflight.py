"""Preflight: every check has something that makes it speak up; failures hold the issue."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from newsletter.issues.issue import Issue
from newsletter.rendering.edition import Edition
from newsletter.rendering.preflight import WARN_HTML_BYTES, Check, failures, preflight
from newsletter.settings import NewsletterSettings, Settings
from tests.unit.factory import article, edition, issue, issue_with, paragraph

#: As for a real newsletter: nothing to complain about.
READY: dict[str, Any] = {
    "base_url": "https://letter.example",
    "smtp_url": "smtp://mail.example:587?tls=starttls",
    "postal_address": "7 Road, Town",
    "privacy_policy": Path("privacy.md"),
    "privacy_version": "2026-03",
}
#: Checks that only inform, as the module says.
INFORMATION = {"edition"}


def checks(
    made: Issue | None = None,
    shown: Edition | None = None,
    *,
    sender: str = "A <a@letter.example>",
    quiet: bool = False,
    **settings: Any,
) -> dict[str, Check]:
    """Every check by name."""
    made = made or issue()
    ready = Settings(**{**READY, **settings})
    found = preflight(
        made,
        shown or edition(made, settings=ready),
        settings=ready,
        newsletter=NewsletterSettings(sender=sender, quiet_dates=(made.issued_on,) if quiet else ()),
    )
    assert len({one.name for one in found}) == len(found)
    return {one.name: one for one in found}


def without(word: str) -> Edition:
    """The example edition in which no reader sees *word*, though addresses and marks still hold it."""
    made = edition()
    hide = {"unsubscribe": "Unsubscribe", "preferences": "Preferences", "privacy": "Privacy policy"}
    visible = hide.get(word, word)
    return replace(made, html=made.html.replace(visible, "…"), text=made.text.replace(visible, "…"))


#: For each check: what makes it speak up, and how loud.
TROUBLE: dict[str, tuple[str, dict[str, Any]]] = {
    "size": ("warn", {"shown": replace(edition(), html="x" * (WARN_HTML_BYTES + 1))}),
    "wording: privacy": ("fail", {"shown": without("privacy")}),
    "wording: unsubscribe": ("fail", {"shown": without("unsubscribe")}),
    "wording: preferences": ("fail", {"shown": without("preferences")}),
    "wording: general information": ("fail", {"disclaimer": "Ask a doctor. " * 5}),
    "placeholders": ("fail", {"made": issue_with(blocks=(paragraph("Dear {{ name }}"),))}),
    "subject": ("warn", {"shown": replace(edition(), subject="x" * 51)}),
    "links": ("fail", {"made": issue_with(article_url="javascript:alert(1)")}),
    "date": ("warn", {"quiet": True}),
    "source links": ("warn", {"made": issue(article("gout", url=""))}),
    "references": ("warn", {"made": issue(article("gout", references=()))}),
    "base_url": ("fail", {"base_url": "http://letter.example"}),
    "sender": ("fail", {"sender": "Daily Health <newsletter@example.org>"}),
    "postal_address": ("warn", {"postal_address": Settings().postal_address}),
    "privacy policy": ("warn", {"privacy_policy": None}),
}


def test_a_sound_issue_of_a_newsletter_that_is_set_up_passes_every_check():
    assert {one.level for one in checks().values()} == {"ok"}


def test_every_check_has_a_trouble_that_it_finds_but_for_those_that_only_inform():
    assert set(checks()) - INFORMATION == set(TROUBLE)


@pytest.mark.parametrize("name", TROUBLE)
def test_a_check_speaks_up_alone_and_says_why(name):
    level, trouble = TROUBLE[name]
    found = checks(**trouble)
    assert found[name].level == level
    assert found[name].detail
    others = {one.name for one in found.values() if one.level == "fail" and one.name != name}
    assert name == "size" or not others


@pytest.mark.parametrize(
    "link",
    ["/relative", "mailto:a@x.example", "data:text/html,x", "http://", "http://[bad", "//x.example", ""],
)
def test_a_link_that_no_reader_can_use_holds_the_issue(link):
    found = checks(issue_with(blocks=(paragraph(f'<a href="{link}">x</a>'),)))["links"]
    assert (found.level, found.detail) == ("fail", f"not usable: {link}")


def test_web_links_telephone_links_and_the_two_holes_are_fine():
    made = issue_with(
        blocks=(paragraph('<a href="https://x.example/?a=1&amp;b=2">x</a> <a href="tel:112">y</a>'),)
    )
    assert checks(made)["links"].level == "ok"


@pytest.mark.parametrize("left", ["{% if %}", "Lorem ipsum dolor", "TODO: write", "}}"])
def test_what_an_author_or_a_template_left_over_holds_the_issue(left):
    assert checks(issue_with(blocks=(paragraph(left),)))["placeholders"].level == "fail"


@pytest.mark.parametrize("part", ["html", "text"])
def test_words_missing_in_one_part_name_that_part(part):
    made = edition()
    cut = replace(made, **{part: getattr(made, part).replace("general information", "…")})
    found = checks(shown=cut)["wording: general information"]
    assert found.level == "fail"
    assert ("HTML" if part == "html" else "text") in found.detail


@pytest.mark.parametrize(
    "relay", [None, "smtp://127.0.0.1:2525", "smtp://localhost:2525", "smtp://[::1]:2525"]
)
def test_on_a_machine_that_only_rehearses_shipped_settings_warn_and_do_not_hold(relay):
    shipped: dict[str, Any] = {"base_url": "http://127.0.0.1:8000", "sender": NewsletterSettings().sender}
    found = checks(smtp_url=relay, **shipped)
    assert (found["base_url"].level, found["sender"].level) == ("warn", "warn")
    assert failures(list(found.values())) == []


@pytest.mark.parametrize("base_url", ["http://letter.example", "https://localhost", "https://127.0.0.1:8443"])
def test_before_real_readers_the_web_pages_need_an_https_address_that_they_can_reach(base_url):
    found = checks(base_url=base_url)
    assert [one.name for one in failures(list(found.values()))] == ["base_url"]


def test_a_check_is_plain_data_for_the_command_line():
    assert Check("size", "ok", "fine").document() == {"name": "size", "level": "ok", "detail": "fine"}
