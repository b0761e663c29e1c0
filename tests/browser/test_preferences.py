"""A reader of the preferences page has a small screen, a keyboard and no scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from newsletter.cli.demo import Story, open_demo
from tests.browser.audit import axe
from tests.browser.mails import MONDAY
from tests.browser.node import WHY_NOT, has_tools
from tests.browser.pages import Visit
from tests.browser.screenshots import browser, chromium_path

pytestmark = [
    pytest.mark.skipif(not has_tools(), reason=WHY_NOT),
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]
FOCUSED = "document.activeElement"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with open_demo(tmp_path_factory.mktemp("site") / "demo") as told:
        told.play(MONDAY)
        yield told


@pytest.fixture
def page(chromium: Browser, story: Story) -> Iterator[Page]:
    """The preferences page of a reader, without scripts, 320 px wide."""
    context = chromium.new_context(
        java_script_enabled=False, viewport={"width": 320, "height": 640}, color_scheme="dark"
    )
    tab = context.new_page()
    tab.set_default_timeout(120_000)
    Visit(story, tab).fresh()
    yield tab
    context.close()


def tab_to(page: Page, name: str, value: str) -> None:
    """Press Tab until the control *name* with *value* has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(f"{FOCUSED}.name") == name and page.evaluate(f"{FOCUSED}.value") == value:
            return
    raise AssertionError(f"no way by keyboard to {name}={value}")


def send(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_topics_are_chosen_and_forgotten_by_keyboard_alone(page: Page) -> None:
    tab_to(page, "topic", "migraine")
    page.keyboard.press("Space")
    tab_to(page, "act", "topics")
    send(page)
    # Refused for want of consent: the focus is on the box that is missing.
    assert page.evaluate(f"{FOCUSED}.name") == "consent"
    page.keyboard.press("Space")
    tab_to(page, "act", "topics")
    send(page)
    assert "used for nothing but your letters" in page.evaluate(f"{FOCUSED}.textContent")
    assert page.get_by_label("Migraine").is_checked()
    tab_to(page, "act", "forget")
    send(page)
    assert "Forgotten." in page.evaluate(f"{FOCUSED}.textContent")
    assert not page.get_by_label("Migraine").is_checked()


def test_once_a_week_is_chosen_by_keyboard_alone(page: Page) -> None:
    tab_to(page, "often-daily", "daily")
    page.keyboard.press("ArrowDown")
    tab_to(page, "act", "newsletters")
    send(page)
    assert "from now on once a week" in page.evaluate(f"{FOCUSED}.textContent")
    assert page.get_by_label("One letter a week").is_checked()


def test_what_is_told_can_be_read_by_everybody_and_fits_the_screen(chromium: Browser, story: Story) -> None:
    # With scripts, which axe-core is.
    tab = chromium.new_page(viewport={"width": 320, "height": 640})
    tab.set_default_timeout(120_000)
    Visit(story, tab).fresh()
    with tab.expect_navigation():
        tab.locator("button[value=data]").click()
    assert tab.get_by_role("status").is_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") == 320
    assert axe(tab, is_mail=False) == []
    tab.close()
