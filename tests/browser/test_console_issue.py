"""The page of an issue in a browser: by keyboard, by pointer, in two at once, and read by axe-core."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from newsletter.operators.role import Role
from newsletter.settings import NewsletterSettings
from newsletter.workflows.workplace import Workplace
from tests.browser.node import WHY_NOT, has_tools
from tests.browser.screenshots import browser, chromium_path
from tests.integration.article_source import fill
from tests.integration.console_site import ConsoleSite, console_site, session_for

pytestmark = [
    pytest.mark.skipif(not has_tools(), reason=WHY_NOT),
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]
DAY = date(2026, 3, 3)
HERE = "/console/issues/daily/2026-03-03"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture
def console(connected: Workplace) -> Iterator[ConsoleSite]:
    fill(connected.settings.content_path)
    newsletter = NewsletterSettings(approval="one")
    settings = connected.settings.model_copy(update={"newsletters": (newsletter,)})
    with console_site(replace(connected, settings=settings)) as site:
        yield site


@dataclass
class Desk:
    """Opens the page as an operator, and closes it at the end."""

    console: ConsoleSite
    chromium: Browser

    @contextmanager
    def of(
        self,
        name: str = "ada",
        *,
        width: int = 1280,
        scheme: Literal["light", "dark"] = "light",
        scripts: bool = True,
    ) -> Iterator[Page]:
        token, _ = session_for(self.console.workplace, name, tuple(Role))
        context = self.chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            base_url=self.console.base,
            java_script_enabled=scripts,
        )
        context.add_cookies([{"name": "console", "value": token, "url": self.console.base}])
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(HERE)
        yield page
        context.close()
        assert faults == []


@pytest.fixture
def desk(console: ConsoleSite, chromium: Browser) -> Desk:
    return Desk(console, chromium)


def slots(page: Page) -> list[str]:
    return [str(one.get_attribute("data-pick")) for one in page.locator("[data-pick]").all()]


def test_a_section_is_swapped_from_the_searchable_list(desk):
    with desk.of() as page:
        pick = page.locator("[data-pick=prevention]")
        before = pick.locator("[data-what]").inner_text()
        pick.get_by_role("link", name="Swap").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("searchbox")).to_be_focused()
        options = dialog.locator(".options > li")
        expect(options.first).to_be_visible()
        title = options.locator("button").first.locator("xpath=ancestor::li").locator("strong").inner_text()
        dialog.get_by_role("searchbox").fill(title[:5])
        expect(options.filter(has_text=title)).to_have_count(1)
        options.filter(has_text=title).get_by_role("button").click()
        told = page.locator(".said")
        expect(told).to_contain_text("Prevention:")
        expect(told).to_be_in_viewport()
        expect(pick.locator("[data-what]")).to_contain_text(title)
        assert before not in pick.locator("[data-what]").inner_text()
        letter = page.frame_locator("[data-letter]")
        expect(letter.get_by_text(title).first).to_be_attached()
        told.get_by_role("button", name="Close").click()
        expect(told).to_have_count(0)


def test_sections_are_put_in_order_by_keys_and_the_focus_stays(desk):
    with desk.of() as page:
        first = slots(page)
        moved = page.locator("[data-pick]:has([data-move=down])").first
        name = moved.get_attribute("data-pick")
        assert name
        for _ in range(first.index(name) + 1):
            page.keyboard.press("j")
        expect(moved).to_be_focused()
        page.keyboard.press("]")
        expect(page.get_by_role("status").first).to_contain_text("Order:")
        after = slots(page)
        assert after.index(name) == first.index(name) + 1
        assert sorted(after) == sorted(first)
        page.keyboard.press("z")
        expect(page.locator("[data-pick]").nth(first.index(name))).to_have_attribute("data-pick", name)


def test_a_section_is_dragged_to_its_place(desk):
    with desk.of() as page:
        first = slots(page)
        upper = page.locator("[data-pick]:has([data-move=down])").first
        name = upper.get_attribute("data-pick")
        assert name
        upper.drag_to(page.locator("[data-pick]").nth(first.index(name) + 1))
        expect(page.get_by_role("status").first).to_contain_text("Order:")
        assert slots(page).index(name) == first.index(name) + 1


def test_the_subject_is_counted_and_shown_as_on_a_lock_screen_while_it_is_written(desk):
    with desk.of() as page:
        page.keyboard.press("e")
        field = page.get_by_label("Subject", exact=True)
        expect(field).to_be_focused()
        field.fill("Plain words")
        expect(page.locator("#subject-length")).to_have_text("11 of 50 characters")
        expect(page.locator("[data-shows=subject]")).to_have_text("Plain words")
        field.press("Enter")
        expect(page.get_by_role("status").first).to_contain_text("is now “Plain words”")


def test_the_later_of_two_browsers_is_told_and_loses_nothing(desk):
    with desk.of("ada") as mine, desk.of("grace") as theirs:
        theirs.get_by_label("Subject", exact=True).fill("Grace writes this")
        theirs.get_by_label("Subject", exact=True).press("Enter")
        expect(theirs.get_by_role("status").first).to_contain_text("Grace writes this")
        # Told before anything is sent, by the stream of events.
        told = mine.locator("[data-others]")
        expect(told).to_contain_text("grace: the subject was rewritten")
        mine.get_by_label("Subject", exact=True).fill("Ada writes that")
        mine.get_by_label("Subject", exact=True).press("Enter")
        alert = mine.get_by_role("alert")
        expect(alert).to_contain_text("grace: the subject was rewritten")
        expect(alert).to_be_focused()
        expect(mine.get_by_label("Subject", exact=True)).to_have_value("Ada writes that")
        mine.get_by_label("Subject", exact=True).press("Enter")
        expect(mine.get_by_role("status").first).to_contain_text(
            "“Grace writes this” is now “Ada writes that”"
        )
        expect(theirs.locator("[data-others]")).to_contain_text("ada: the subject was rewritten")


def test_a_text_that_was_refused_stays_until_it_is_mended(desk):
    with desk.of() as page:
        subject = page.get_by_label("Subject", exact=True)
        subject.fill("x" * 60)
        subject.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("is longer than 50 characters. Shorten it by 10.")
        page.get_by_role("button", name="Pin").first.click()
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(subject).to_have_value("x" * 60)


def test_what_somebody_has_begun_to_write_stays_whatever_comes_around_it(desk):
    with desk.of("ada") as mine, desk.of("grace") as theirs:
        subject, preheader = (mine.get_by_label(name, exact=True) for name in ("Subject", "Preheader"))
        preheader.fill("Not sent yet")
        subject.fill("Sent at once")
        subject.press("Enter")
        expect(mine.get_by_role("status").first).to_contain_text("is now “Sent at once”")
        expect(preheader).to_have_value("Not sent yet")
        expect(mine.locator("#preheader-length")).to_contain_text("12 of")
        theirs.reload()
        theirs.get_by_label("Subject", exact=True).fill("Grace writes this")
        theirs.get_by_label("Subject", exact=True).press("Enter")
        mine.get_by_role("link", name="Show it as it is now").click()
        expect(subject).to_have_value("Grace writes this")
        expect(preheader).to_have_value("Not sent yet")


def test_approving_says_who_did(desk):
    with desk.of() as page:
        page.keyboard.press("a")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status").first).to_contain_text("The issue is approved.")
        expect(page.locator("#issue .state")).to_have_text("approved")
        expect(page.get_by_text("approved by ada")).to_be_visible()


def test_the_letter_is_sealed_off(desk):
    with desk.of() as page:
        frame = page.frames[1]
        frame.wait_for_load_state()
        assert frame.evaluate("self.origin") == "null"
        assert page.locator("[data-letter]").get_attribute("sandbox") == ""


def test_without_scripts_every_button_works(desk):
    with desk.of(scripts=False) as page:
        page.locator("[data-pick=prevention]").get_by_role("link", name="Swap").click()
        page.get_by_role("button", name="Take it").first.click()
        expect(page.get_by_role("status").first).to_contain_text("Prevention:")
        page.get_by_role("button", name="Undo").first.click()
        expect(page.get_by_text("taken back by ada")).to_be_visible()
        page.get_by_role("link", name="Raw message").click()
        expect(page.locator("pre")).to_contain_text("Content-Type: multipart/alternative")
