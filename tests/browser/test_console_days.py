"""The days in a browser: leads move by mouse and by keyboard, and an issue is watched to its end."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from newsletter.operators.role import Role
from newsletter.settings import NewsletterSettings
from newsletter.workflows.compose import compose
from newsletter.workflows.deliver import deliver
from newsletter.workflows.pause_issue import pause_issue
from newsletter.workflows.show_calendar import CalendarDay, show_calendar
from newsletter.workflows.sign_in import sign_out
from newsletter.workflows.workplace import Workplace
from tests.browser.console_pages import signed_in_tab
from tests.browser.node import WHY_NOT, has_tools
from tests.browser.screenshots import browser, chromium_path
from tests.integration.article_source import add_readers, fill
from tests.integration.console_site import ConsoleSite, console_site, session_for
from tests.unit.workflows.outlooks import outlook

pytestmark = [
    pytest.mark.skipif(not has_tools(), reason=WHY_NOT),
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]
DAY = date(2026, 3, 3)
NAMES = tuple(f"{name}{number}" for name in ("lupus", "angina", "acne") for number in range(6))
SENDING = f"/console/issues/daily/{DAY}/sending"
#: Where pictures go, for whoever wants to look at them.
PICTURES = os.environ.get("NEWSLETTER_TEST_PICTURES", "")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture
def stocked(connected: Workplace) -> Workplace:
    fill(connected.settings.content_path, names=NAMES)
    settings = connected.settings.model_copy(update={"newsletters": (NewsletterSettings(weekly_on="off"),)})
    return replace(connected, settings=settings)


@pytest.fixture
def console(stocked: Workplace) -> Iterator[ConsoleSite]:
    outlook(stocked)
    with console_site(stocked) as site:
        yield site


@dataclass
class Desk:
    """Opens pages as an operator, and closes them at the end."""

    console: ConsoleSite
    chromium: Browser

    @contextmanager
    def at(
        self,
        path: str,
        *,
        width: int = 1280,
        scheme: Literal["light", "dark"] = "light",
        scripts: bool = True,
    ) -> Iterator[Page]:
        token, _ = session_for(self.console.workplace, "ada", tuple(Role))
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
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.goto(path)
        yield page
        context.close()
        assert faults == []

    def day(self, ahead: int) -> CalendarDay:
        found = show_calendar(self.console.workplace, self.console.workplace.settings.newsletter())
        return found.days[ahead]


@pytest.fixture
def desk(console: ConsoleSite, chromium: Browser) -> Desk:
    return Desk(console, chromium)


def cell(page: Page, ahead: int):
    return page.locator(f"#d-{DAY + timedelta(days=ahead)}")


def test_a_lead_is_dragged_to_another_day_and_taken_back(desk: Desk):
    first, third = desk.day(1), desk.day(3)
    with desk.at("/console/calendar") as page:
        cell(page, 1).locator(".date").drag_to(cell(page, 3).locator(".date"))
        expect(page.locator(".said")).to_contain_text("have exchanged their leads")
        expect(cell(page, 3).locator(".title")).to_have_text(first.title)
        expect(cell(page, 1).locator(".title")).to_have_text(third.title)
        assert desk.day(3).lead == first.lead
        expect(page.locator("#made")).to_contain_text("Forecast of", timeout=60_000)
        cell(page, 3).get_by_role("button", name="Take back").click()
        expect(page.locator(".said")).to_contain_text("Taken back")
        cell(page, 1).get_by_role("button", name="Take back").click()
        expect(page.locator("#made")).to_contain_text("Forecast of", timeout=60_000)
        expect(cell(page, 1).locator(".title")).to_have_text(first.title)


def test_a_lead_goes_to_another_day_by_keyboard_alone_and_each_step_is_said(desk: Desk):
    first, target = desk.day(1), desk.day(9)
    with desk.at("/console/calendar") as page:
        said = page.locator("#status")
        cell(page, 1).locator(".handle").focus()
        page.keyboard.press("Enter")
        expect(said).to_contain_text(f"Picked up: {first.title}")
        page.keyboard.press("Escape")
        expect(said).to_have_text("Put back.")
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowDown")
        expect(said).to_contain_text(f"exchanges with {target.title}")
        page.keyboard.press("Enter")
        expect(page.locator(".said")).to_contain_text("have exchanged their leads")
        expect(cell(page, 9).locator(".title")).to_have_text(first.title)


def test_without_a_script_a_form_moves_it_also_on_a_phone(desk: Desk):
    first = desk.day(1)
    with desk.at("/console/calendar", width=375, scripts=False) as page:
        cell(page, 1).locator(".handle").click()
        chosen = page.locator("#from option[selected]")
        expect(chosen).to_contain_text(first.title)
        page.locator("#to").select_option(index=3)
        page.get_by_role("button", name="Exchange the leads").click()
        expect(page.locator(".said")).to_contain_text("have exchanged their leads")
        cell(page, 5).get_by_role("button", name="No letter").click()
        expect(cell(page, 5)).to_contain_text("quiet")


@pytest.mark.long
def test_today_follows_what_happens_and_leaves_what_is_used_where_it_is(desk: Desk):
    workplace = desk.console.workplace
    newsletter = workplace.settings.newsletter()
    with desk.at("/console/") as page:
        letter = page.locator(".paper iframe")
        letter.evaluate("frame => { frame.isSame = true }")
        link = page.locator(".next-facts .lead a")
        link.focus()
        expect(page.locator(".next-facts")).to_contain_text("planned")
        compose(workplace, newsletter, DAY)
        expect(page.locator(".next-facts")).to_contain_text("approved")
        expect(link).to_be_focused()
        assert letter.evaluate("frame => frame.isSame")
        expect(page.locator("[data-events]")).to_have_text("Daily Health: approved")
        # Whoever copies keeps what they have marked, until they have it.
        page.locator("#tasks").evaluate("one => getSelection().selectAllChildren(one)")
        pause_issue(workplace, newsletter, DAY, actor="grace", reason="the phone number is wrong")
        page.wait_for_timeout(6000)
        expect(page.locator(".task.paused")).to_have_count(0)
        page.evaluate("getSelection().removeAllRanges()")
        expect(page.locator(".task.paused")).to_contain_text("the phone number is wrong")


def test_eight_pages_at_once_are_open_as_fast_as_one(desk: Desk):
    """A browser has six connections to one host; a page that listens keeps one."""
    with desk.at("/console/") as page:
        others = [page.context.new_page() for _ in range(7)]
        for other in others:
            other.set_default_timeout(30_000)
            other.goto(f"/console/issues/daily/{DAY}")
            expect(other.get_by_role("heading", level=1)).to_contain_text("Daily Health")
        # One that is left makes room for one that waits.
        with others[-1].expect_request("**/events*"):
            for other in (page, *others[:-1]):
                other.goto("/console/help")


def test_a_page_that_cannot_follow_any_more_says_so(desk: Desk):
    workplace, base = desk.console.workplace, desk.console.base
    page = signed_in_tab(desk.chromium, workplace, base, width=375, scheme="light")
    with page.expect_response("**/console/events"):
        page.goto("/console/")
    lost = page.get_by_text("This page does not follow what happens just now.")
    expect(lost).to_be_hidden()
    # Signed out elsewhere: the stream ends, and the browser is not given another.
    sign_out(workplace, page.context.cookies()[0]["value"])
    expect(lost).to_be_visible()
    page.context.close()


def test_a_page_that_nobody_looks_at_keeps_no_connection(desk: Desk):
    turn = """hidden => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange")); }"""
    with desk.at("/console/") as page:
        with page.expect_event("requestfailed", lambda asked: asked.url.endswith("/console/events")):
            page.evaluate(turn, True)
        with page.expect_request("**/console/events"):
            page.evaluate(turn, False)


def test_an_issue_is_watched_to_its_end(desk: Desk):
    workplace = desk.console.workplace
    newsletter = workplace.settings.newsletter()
    add_readers(workplace, *(f"reader{number}@example.org" for number in range(120)))
    compose(workplace, newsletter, DAY)
    with desk.at(SENDING) as page:
        expect(page.locator("#state")).to_have_text("approved")
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        height = page.locator("main").bounding_box()
        thread = threading.Thread(target=deliver, args=(workplace, newsletter, DAY))
        thread.start()
        expect(page.locator("#state")).to_have_text("sent", timeout=60_000)
        thread.join()
        expect(page.locator("#count-accepted")).to_have_text("120")
        expect(page.locator("#progress")).to_have_text("120 of 120 (100 %)")
        expect(page.locator("#canary")).to_contain_text("taken well")
        expect(page.locator("#aloud")).to_contain_text("sent")
        expect(page.locator("#live")).to_have_attribute("data-over", "yes")
        expect(page.get_by_role("button", name="Pause")).to_be_hidden()
        assert height is not None
        assert page.evaluate("document.getElementById('share').value") == 100


def test_it_is_paused_and_goes_on_from_the_page(desk: Desk):
    workplace = desk.console.workplace
    add_readers(workplace, "reader@example.org")
    compose(workplace, workplace.settings.newsletter(), DAY)
    with desk.at(SENDING) as page:
        page.get_by_label("Reason").fill("the phone number in it is wrong")
        page.get_by_role("button", name="Pause").click()
        expect(page.locator("#reason")).to_have_text("the phone number in it is wrong")
        page.get_by_role("button", name="Let it go on").click()
        expect(page.locator("#state")).to_have_text("approved")
        expect(page.locator("#reason")).to_be_hidden()
