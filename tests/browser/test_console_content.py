"""Content and the lines of a form in a real browser, with and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from newsletter.content.sources.capture import parse_capture
from newsletter.content.store import ContentStore
from newsletter.operators.role import Role
from newsletter.settings import SiteSettings
from newsletter.workflows.workplace import Workplace
from tests.browser.node import WHY_NOT, has_tools
from tests.browser.screenshots import browser, chromium_path
from tests.conftest import NOW
from tests.integration.article_source import fill
from tests.integration.console_site import ConsoleSite, console_site, session_for
from tests.unit.content.page import CAPTURE

pytestmark = [
    pytest.mark.skipif(not has_tools(), reason=WHY_NOT),
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture
def console(workplace: Workplace) -> Iterator[ConsoleSite]:
    sites = tuple(SiteSettings(key=key, origins=(f"https://{key}.example",)) for key in ("clinic", "shop"))
    settings = workplace.settings.model_copy(update={"sites": sites})
    placed = replace(workplace, settings=settings)
    fill(settings.content_path)
    with ContentStore(settings.content_path) as store:
        store.save(parse_capture(CAPTURE, name="tennis-elbow"), seen_at=NOW)
    with console_site(placed) as site:
        yield site


def tab_of(console: ConsoleSite, chromium: Browser, *, script: bool = True) -> Page:
    token, _ = session_for(console.workplace, "ada", tuple(Role))
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=script)
    context.add_cookies([{"name": "console", "value": token, "url": console.base}])
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=console.base)
    tab = context.new_page()
    tab.set_default_timeout(120_000)
    return tab


def test_articles_are_found_while_one_types(console: ConsoleSite, chromium: Browser) -> None:
    tab = tab_of(console, chromium)
    tab.goto(f"{console.base}/console/content")
    tab.get_by_label("Words in a section").press_sequentially("pai")
    expect(tab.locator(".hits li").first).to_be_visible()
    expect(tab).to_have_url(f"{console.base}/console/content?q=pai")
    expect(tab.get_by_role("status").first).to_contain_text("pai")
    tab.get_by_label("Words in a section").fill("")
    expect(tab.get_by_role("table", name="Articles")).to_be_visible()
    tab.context.close()


def test_the_search_works_without_script(console: ConsoleSite, chromium: Browser) -> None:
    tab = tab_of(console, chromium, script=False)
    tab.goto(f"{console.base}/console/content")
    tab.get_by_label("Words in a section").fill("pain")
    tab.get_by_role("button", name="Search").click()
    expect(tab.locator(".hits li").first).to_be_visible()
    tab.context.close()


def test_lines_are_copied_and_the_form_is_shown(console: ConsoleSite, chromium: Browser) -> None:
    tab = tab_of(console, chromium)
    tab.goto(f"{console.base}/console/settings/forms")
    tab.get_by_role("button", name="Copy script, clinic").click()
    expect(tab.get_by_text("Copied")).to_be_visible()
    assert "/embed.js?site=clinic" in tab.evaluate("navigator.clipboard.readText()")
    frame = tab.frame_locator("iframe[title='Form of clinic']")
    expect(frame.get_by_role("button").first).to_be_visible()
    tab.context.close()
