from __future__ import annotations

import re

import pytest

from newsletter.settings import CONSENT, Settings
from newsletter.web.page import Pages, markdown
from newsletter.wording import LANGUAGES, wording_of


def test_markup_in_an_operators_policy_shows_as_text_and_script_links_are_no_links() -> None:
    html = markdown("# Hello\n\n<script>alert(1)</script> [x](javascript:alert(1)) <a@example.org>")
    assert "<h1>Hello</h1>" in html
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert 'href="mailto:a@example.org"' in html


def test_links_stay_under_the_path_that_readers_use(settings: Settings) -> None:
    below = settings.model_copy(update={"base_url": "https://example.org/letter"})
    body = bytes(Pages(below).notice("Title", "Said.", link=("/subscribe", "Go")).body).decode()
    assert 'href="/letter/subscribe"' in body
    assert 'href="/letter/static/site.css?v=' in body
    assert 'href="/subscribe"' not in body


def test_every_page_names_its_language_has_one_heading_and_a_way_past_the_navigation(
    settings: Settings,
) -> None:
    body = bytes(Pages(settings).notice("A < B", "Said & done.").body).decode()
    assert '<html lang="en" dir="ltr">' in body
    assert body.count("<h1>") == 1
    assert "A &lt; B" in body
    assert 'href="#content"' in body


def test_every_language_has_its_own_faces_and_no_rule_names_a_left_or_right(settings: Settings) -> None:
    css = Pages(settings).stylesheet.decode()
    tokens = Pages(settings).tokens
    for language in LANGUAGES:
        assert f":lang({language}) {{ --serif: {tokens.faces(language).serif};" in css
    assert re.findall(r"(?:^|[\s-])(?:left|right)\b\s*[:;]|: (?:left|right)\b", css) == []


def test_words_in_another_language_than_their_page_say_which(settings: Settings) -> None:
    body = bytes(Pages(settings).notice("عنوان", "نص", language="ar").body).decode()
    assert '<html lang="ar" dir="rtl">' in body
    assert '<a class="name" href="/" lang="en" dir="ltr">Daily Health</a>' in body


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_consent_sentence_names_the_newsletter_in_every_language(language: str) -> None:
    assert wording_of(language).gettext(CONSENT).count("{newsletter}") == 1
