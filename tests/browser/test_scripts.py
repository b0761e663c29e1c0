"""Pages in other scripts can be used by everybody: axe-core, html-validate, none wider than a phone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

from newsletter.subscribers.token import Purpose
from newsletter.workflows.workplace import Workplace
from tests.browser.audit import axe, validate
from tests.browser.node import WHY_NOT, has_tools
from tests.browser.screenshots import browser, chromium_path
from tests.conftest import MailServer
from tests.integration.published_letters import publish
from tests.integration.test_page_languages import PUBLICATIONS, newsletter
from tests.integration.web_site import Site, running
from tests.unit.factory import article, issue

pytestmark = [
    pytest.mark.skipif(not has_tools(), reason=WHY_NOT),
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]
#: What the letters of the archive are called.
LETTERS = {"ar": "النقرس: ما الذي يفيد", "bn": "গেঁটে বাত: কীসে উপকার হয়"}
WIDTHS = (320, 375, 1280)
DAY = date(2026, 2, 27)


@dataclass(frozen=True)
class Foreign:
    """A site in another language, a tab, and the paths of its pages by name."""

    base_url: str
    tab: Page
    paths: dict[str, str]

    def go(self, name: str) -> str:
        """Open a page; its HTML as the server sent it."""
        response = self.tab.goto(self.base_url + self.paths[name])
        assert response
        return response.text()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture(params=LETTERS)
def foreign(
    request: pytest.FixtureRequest, connected: Workplace, smtp_server: MailServer, chromium: Browser
) -> Iterator[Foreign]:
    language = request.param
    _, publisher, postal_address, _ = PUBLICATIONS[language]
    settings = connected.settings.model_copy(
        update={
            "newsletters": (newsletter(language),),
            "publisher": publisher,
            "postal_address": postal_address,
        }
    )
    place = replace(connected, settings=settings)
    for ago in range(3):
        day = DAY - timedelta(days=ago)
        lead = article("gout", title=LETTERS[language])
        publish(place, day, made=issue(lead, article("eczema"), day=day))
    with running(place) as url, httpx.Client(base_url=url) as http:
        site = Site(place, http, smtp_server)
        site.sign_up()
        site.press_the_button(site.confirm_path())
        (reader,) = site.audience()
        change = f"/preferences/{site.token(Purpose.PREFERENCES, reader)}"
        tab = chromium.new_page()
        tab.set_default_timeout(120_000)
        yield Foreign(url, tab, {"sign-up": "/", "archive": "/issues/", "preferences": change})
        tab.close()


@pytest.mark.parametrize("name", ["sign-up", "archive", "preferences"])
def test_every_visitor_can_use_a_page_in_another_script(foreign: Foreign, name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.html"
    path.write_text(foreign.go(name), encoding="utf-8")
    assert validate([path], is_mail=False) == []
    for width in WIDTHS:
        foreign.tab.set_viewport_size({"width": width, "height": 900})
        assert foreign.tab.evaluate("document.documentElement.scrollWidth") <= width
        for scheme in ("light", "dark"):
            foreign.tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            assert axe(foreign.tab, is_mail=False) == [], (width, scheme)


def test_a_page_that_is_written_from_the_right_begins_at_the_right(foreign: Foreign) -> None:
    foreign.tab.set_viewport_size({"width": 1280, "height": 900})
    foreign.go("sign-up")
    name, form = (
        foreign.tab.evaluate("s => document.querySelector(s).getBoundingClientRect().left", selector)
        for selector in ("main h1", "main form")
    )
    is_from_right = foreign.tab.evaluate("document.dir") == "rtl"
    assert (name > form) is is_from_right
    face = foreign.tab.evaluate("getComputedStyle(document.body).fontFamily")
    assert ("Noto Sans Arabic" if is_from_right else "Noto Sans Bengali") in face


def test_headings_leave_room_for_marks_above_and_below_the_line(foreign: Foreign) -> None:
    foreign.tab.set_viewport_size({"width": 1280, "height": 900})
    foreign.go("sign-up")
    style = "getComputedStyle(document.querySelector('main h1'))"
    ratio = foreign.tab.evaluate(f"parseFloat({style}.lineHeight) / parseFloat({style}.fontSize)")
    assert ratio > 1.3
