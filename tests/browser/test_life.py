"""A reader's life in a real browser: keyboard only, 320 pixels wide, with and without JavaScript.

Set NEWSLETTER_SCREENSHOTS to a folder to keep a picture of every step, by day and by night.
"""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from playwright.sync_api import Browser, Download, Locator, Page, expect

from newsletter.subscribers.subscriber import Recipient
from newsletter.subscribers.token import Purpose
from newsletter.workflows.workplace import Workplace
from tests.browser.audit import axe
from tests.browser.node import WHY_NOT, has_tools
from tests.browser.screenshots import browser, chromium_path
from tests.conftest import MailServer
from tests.integration.article_source import fill
from tests.integration.test_scanner import links_of
from tests.integration.web_site import ADA, Site, running, wait_until

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not has_tools(), reason=WHY_NOT),
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]
NEW = "ada@example.com"
WIDTH = 320
#: More than a page has of what can be reached by the Tab key.
TABS = 120
PICTURES = os.environ.get("NEWSLETTER_SCREENSHOTS")


@dataclass
class MovableClock:
    """Time goes on when the story says so."""

    at: datetime

    def now(self) -> datetime:
        return self.at


@dataclass
class Visitor:
    """Somebody with a keyboard, a narrow screen and a mailbox."""

    site: Site
    clock: MovableClock
    tab: Page
    has_scripts: bool
    address: str = ADA
    steps: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        self.tab.goto(str(self.site.http.base_url) + path)

    def reach(self, role: Literal["button", "checkbox", "link", "textbox"], name: str) -> Locator:
        """Press Tab until that is in focus, which must show."""
        wanted = self.tab.get_by_role(role, name=name, exact=role != "checkbox")
        return self._tab_to(wanted)

    def reach_label(self, label: str) -> Locator:
        return self._tab_to(self.tab.get_by_label(label, exact=True))

    def _tab_to(self, wanted: Locator) -> Locator:
        expect(wanted).to_have_count(1)
        for _ in range(TABS):
            if wanted.evaluate("element => element === document.activeElement"):
                break
            self.tab.keyboard.press("Tab")
        expect(wanted).to_be_focused()
        style = wanted.evaluate("element => getComputedStyle(element).outlineStyle")
        assert style != "none", f"nobody sees that {wanted} is in focus"
        return wanted

    def tick(self, name: str) -> None:
        self.reach("checkbox", name)
        self.tab.keyboard.press("Space")

    def press(self, name: str, *, then: str, role: Literal["button", "link"] = "button") -> None:
        """Press a button or follow a link by keyboard, and see the page that follows."""
        self.reach(role, name)
        with self.tab.expect_navigation():
            self.tab.keyboard.press("Enter")
        expect(self.tab.get_by_text(then).first).to_be_visible()
        self.look(then)

    def look(self, step: str) -> None:
        """Whatever is on the screen fits it, and can be used by ear."""
        self.steps.append(step)
        wide = self.tab.evaluate("document.documentElement.scrollWidth")
        assert wide <= WIDTH, f"{step}: {wide} px wide"
        if self.has_scripts:
            assert axe(self.tab, is_mail=False) == [], step
        if PICTURES:
            self._picture(step)

    def _picture(self, step: str) -> None:
        name = re.sub(r"[^a-z0-9]+", "-", step.casefold())[:40].strip("-")
        folder = Path(PICTURES or "")
        for scheme in ("light", "dark"):
            self.tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            path = folder / f"life-{len(self.steps):02}-{name}-{scheme}.png"
            self.tab.screenshot(path=path, full_page=True)
        self.tab.emulate_media(color_scheme="light")

    def mailed(self, page: str) -> str:
        """The path to *page* in the newest mail that has one."""

        def found() -> list[str]:
            links = [link for mail in self.site.mails.to(self.address) for link in sorted(links_of(mail))]
            return [link for link in links if link.startswith(f"/{page}/")]

        before = len(found())
        wait_until(lambda: len(found()) > before or bool(found()), 15)
        self.site.everything()  # nothing more is on its way
        return found()[-1]

    @property
    def recipient(self) -> Recipient:
        return next(each for each in self.site.audience() if each.address == self.address)

    def fresh(self, letter_link: str) -> None:
        """Ask for a fresh link with the one of a letter, and follow it."""
        self.clock.at += timedelta(hours=2)
        self.go(letter_link)
        before = len(self.site.mails.to(self.address))
        self.press("Mail me a fresh link", then="Look in your inbox")
        wait_until(lambda: len(self.site.mails.to(self.address)) > before, 15)
        self.go(self.mailed("preferences"))
        expect(self.tab.get_by_text(self.address).first).to_be_visible()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture(params=[True, False], ids=["with-scripts", "without-scripts"])
def visitor(
    request: pytest.FixtureRequest, chromium: Browser, connected: Workplace, smtp_server: MailServer
) -> Iterator[Visitor]:
    fill(connected.settings.content_path)
    daily, *others = connected.settings.newsletters
    daily = daily.model_copy(update={"topics": ("migraine", "gout")})
    settings = connected.settings.model_copy(update={"newsletters": (daily, *others)})
    clock = MovableClock(datetime(2026, 3, 3, 9, 0, tzinfo=UTC))
    workplace = replace(connected, settings=settings, clock=clock)
    context = chromium.new_context(
        java_script_enabled=request.param,
        viewport={"width": WIDTH, "height": 800},
        locale="en-US",
        accept_downloads=True,
    )
    context.set_default_timeout(60_000)
    with running(workplace) as url, httpx.Client(base_url=url, follow_redirects=False) as http:
        site = Site(workplace, http, smtp_server)
        yield Visitor(site, clock, context.new_page(), has_scripts=bool(request.param))
    context.close()


def sign_up_and_confirm(visitor: Visitor) -> None:
    visitor.go("/subscribe")
    visitor.clock.at += timedelta(seconds=20)  # a person reads and types
    visitor.reach_label("Your e-mail address")
    visitor.tab.keyboard.type(ADA)
    visitor.tick("Yes, send me")
    visitor.press("Sign up", then="Check your inbox")
    visitor.go(visitor.mailed("confirm"))
    visitor.look("confirm")
    visitor.press("Yes, send me Daily Health", then="You are subscribed")


def choose_topics(visitor: Visitor) -> None:
    visitor.tick("Migraine")
    visitor.tick("Pregnancy loss")
    visitor.press("Save my topics", then="Tick this box if we may keep them")
    expect(visitor.tab.get_by_role("checkbox", name="Migraine")).to_be_checked()
    visitor.tick("Yes, keep what I choose here")
    visitor.press("Save my topics", then="used for nothing but your letters")


def change_address(visitor: Visitor) -> None:
    visitor.reach_label("Your new e-mail address")
    visitor.tab.keyboard.type(NEW)
    visitor.press("Mail the new address", then="Until then")
    visitor.address = NEW
    visitor.go(visitor.mailed("address"))
    visitor.look("the page of the new address")
    visitor.press("Yes, this is my address", then="Your address is changed")


def pause_and_export(visitor: Visitor) -> None:
    visitor.reach_label("Letters come again on")
    visitor.tab.keyboard.type("04102026")
    visitor.press("Pause", then="They come again on 10 April 2026")
    visitor.press("Mail me a link to my data", then="A link to your data is on its way")
    visitor.go(visitor.mailed("data"))
    visitor.look("the page of the data")
    visitor.reach("button", "Download my data")
    with visitor.tab.expect_download() as coming:
        visitor.tab.keyboard.press("Enter")
    kept = read(coming.value)
    assert kept["address"] == NEW
    assert kept["topics"] == [
        {"topic": "migraine", "wish": "more"},
        {"topic": "pregnancy loss", "wish": "never"},
    ]
    assert [one["state"] for one in kept["subscriptions"]] == ["paused"]


def read(download: Download) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(Path(download.path()).read_bytes())) as archive:
        kept: dict[str, Any] = json.loads(archive.read("data.json"))
    return kept


def test_a_readers_life_by_keyboard_on_a_narrow_screen(visitor: Visitor) -> None:
    sign_up_and_confirm(visitor)
    letter = {
        purpose: f"/{purpose}/{visitor.site.token(purpose, visitor.recipient)}"
        for purpose in (Purpose.PREFERENCES, Purpose.UNSUBSCRIBE)
    }
    visitor.fresh(letter[Purpose.PREFERENCES])
    visitor.look("preferences")
    choose_topics(visitor)
    change_address(visitor)
    visitor.fresh(letter[Purpose.PREFERENCES])
    pause_and_export(visitor)
    assert visitor.site.audience() == []  # paused
    visitor.go(letter[Purpose.UNSUBSCRIBE])
    visitor.look("unsubscribe")
    visitor.press("Unsubscribe", then="You are unsubscribed")
    visitor.press("Undo", then="Everything is as it was")
    visitor.fresh(letter[Purpose.PREFERENCES])
    visitor.press("Start again now", then="Your letters come again from now on")
    assert [each.address for each in visitor.site.audience()] == [NEW]
    before = len(visitor.site.mails.to(NEW))
    visitor.press("Erase everything you keep about me", role="link", then="It cannot be undone")
    visitor.press("Erase everything", then="Everything is erased")
    wait_until(lambda: len(visitor.site.mails.to(NEW)) > before, 15)
    rows = str(visitor.site.everything())
    assert ADA not in rows
    assert NEW not in rows
    assert len(visitor.steps) >= 15
