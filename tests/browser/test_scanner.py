"""A link scanner that is a whole browser: it runs scripts and follows what leads on, and changes nothing.

tests/integration/test_scanner.py has the scanners without a browser, and the mails that both open.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, Request

from newsletter.subscribers.token import Purpose
from newsletter.workflows.workplace import Workplace
from tests.browser.screenshots import browser, chromium_path
from tests.conftest import MailServer
from tests.integration.test_scanner import links_of, mails_of_every_kind
from tests.integration.web_site import Site, running

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]


@pytest.fixture
def site(connected: Workplace, smtp_server: MailServer) -> Iterator[Site]:
    with running(connected) as url, httpx.Client(base_url=url, follow_redirects=False) as http:
        yield Site(connected, http, smtp_server)


@pytest.fixture
def scanner() -> Iterator[Page]:
    with browser() as chromium:
        yield chromium.new_page()


def test_a_scanner_that_runs_scripts_and_follows_links_changes_nothing(site: Site, scanner: Page) -> None:
    links = set().union(*(links_of(mail) for mail in mails_of_every_kind(site)))
    base = str(site.http.base_url).rstrip("/")
    before = site.everything()
    asked: list[Request] = []

    def note(request: Request) -> None:  # Playwright takes no method of a built-in type
        asked.append(request)

    scanner.on("request", note)
    for link in sorted(links):
        scanner.request.head(base + link)
        answer = scanner.goto(base + link)
        assert answer is not None
        assert answer.ok, link.split("/")[1]
        _look_around(scanner)
        for further in scanner.evaluate("[...document.links].map(one => one.href.split('#')[0])"):
            if str(further).startswith(base):
                scanner.request.get(str(further))
    opened = {urlsplit(request.url).path.split("/")[1] for request in asked}
    assert {"confirm", "unsubscribe", "preferences", "data", "address", "issues"} <= opened
    assert {request.method for request in asked} == {"GET"}  # no script of ours sends a form by itself
    assert site.everything() == before


def test_the_same_scanner_is_noticed_when_it_presses_a_button(site: Site, scanner: Page) -> None:
    """The comparison above sees what one press changes, so that it can fail."""
    mails_of_every_kind(site)
    before = site.everything()
    reader = site.audience()[0]
    path = f"/unsubscribe/{site.token(Purpose.UNSUBSCRIBE, reader)}"
    scanner.goto(str(site.http.base_url).rstrip("/") + path)
    scanner.get_by_role("button", name="Unsubscribe", exact=True).click()
    scanner.wait_for_load_state("networkidle")
    changed = {table for table, rows in site.everything().items() if rows != before[table]}
    assert {"subscriptions", "consents", "mailed_links", "journal_position"} <= changed


def _look_around(tab: Page) -> None:
    """What a sandbox does to see more: it waits for the scripts, moves the mouse, scrolls, and tries keys."""
    tab.wait_for_load_state("networkidle")
    tab.mouse.move(200, 200)
    for key in ("Tab", "End", "Escape"):
        tab.keyboard.press(key)
