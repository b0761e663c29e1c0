from __future__ import annotations

from newsletter.settings import Settings
from newsletter.web.page import Pages, markdown


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
