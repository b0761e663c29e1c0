"""Content, feedback and settings in a real browser: axe-core in light and dark, on a phone and a desk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from newsletter.content.sources.capture import parse_capture
from newsletter.content.store import ContentStore
from newsletter.content.sync import Run, SyncState
from newsletter.feedback.count import Place, count_at
from newsletter.feedback.counted import note
from newsletter.operators.role import Role
from newsletter.settings import SiteSettings, SourceSettings
from newsletter.subscribers.api_key import Scope, Wanted
from newsletter.workflows.compose import compose
from newsletter.workflows.give_api_key import give_api_key
from newsletter.workflows.take_feedback import take
from newsletter.workflows.withdraw import withdraw
from newsletter.workflows.workplace import Workplace
from tests.browser.audit import axe
from tests.browser.node import WHY_NOT, has_tools
from tests.browser.screenshots import browser, chromium_path
from tests.conftest import NOW
from tests.integration.article_source import fill
from tests.integration.console_site import ConsoleSite, console_site, session_for
from tests.unit.content.page import CAPTURE
from tests.unit.feedback.mailing import Mailing, bounce, complaint

pytestmark = [
    pytest.mark.skipif(not has_tools(), reason=WHY_NOT),
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]
TOMORROW = date(2026, 3, 4)
FEED = "https://harbour.example.org/health/feed/"
RAW = b"From: mailer-daemon@example.net\r\nSubject: Undelivered\r\n\r\n<nobody@example.net>: no such user\r\n"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture
def console(workplace: Workplace) -> Iterator[ConsoleSite]:
    sites = tuple(SiteSettings(key=key, origins=(f"https://{key}.example",)) for key in ("clinic", "shop"))
    settings = workplace.settings.model_copy(
        update={"sites": sites, "sources": (SourceSettings(url=FEED, kind="feed"),)}
    )
    placed = replace(workplace, settings=settings)
    fill(settings.content_path)
    with ContentStore(settings.content_path) as store:
        store.save(parse_capture(CAPTURE, name="tennis-elbow"), seen_at=NOW)
    with SyncState(settings.content_path, origin=f"feed {FEED}") as state:
        rejected = ((f"{FEED}gout/", "holds no text but a form"), (f"{FEED}flu/", "is not in UTF-8"))
        state.keep_run(Run(NOW, {"new": 12, "unchanged": 340, "rejected": 2}, rejected))
    compose(placed, settings.newsletter(), TOMORROW)
    _came_back(placed)
    give_api_key(placed, Wanted(name="Practice software, front desk", site="clinic", scope=Scope.SIGN_UP))
    with console_site(placed) as site:
        yield site


def _came_back(workplace: Workplace) -> None:
    mailing = Mailing(workplace)
    mailing.join("ada@example.org", "eve@example.org")
    issue = mailing.send("ada@example.org", "eve@example.org")
    take(workplace, [bounce(recipient="ada@example.org", remote_id="1")], source="postmark")
    take(workplace, [complaint(recipient="eve@example.org", remote_id="2")], source="postmark")
    take(workplace, [bounce(recipient="nobody@example.net")], source="mailbox", raw=RAW)
    with workplace.database.write() as connection:
        for domain, blocked in (("a-large-mail-provider.example", 150), ("example.net", 0)):
            numbers = {
                "accepted": 9_900,
                "rejected": 100,
                "returned": 45,
                "blocked": blocked,
                "complained": 3,
            }
            count_at(connection, {Place(issue, domain, "main"): numbers})
        note(connection, issue, after=9, at=NOW)


def pages(console: ConsoleSite) -> dict[str, str]:
    place = console.workplace
    with ContentStore(place.settings.content_path) as store:
        every = [one.id for one in store.articles()]
    first, second = next(one for one in every if one.startswith("tennis")), every[0]
    withdraw(place.database, second, reason="retracted by its authors", actor="ada", clock=place.clock)
    return {
        "content": "/console/content",
        "content-search": "/console/content?q=pain",
        "content-withdrawn": "/console/content?show=withdrawn",
        "article": f"/console/content/articles/{first}",
        "article-withdrawn": f"/console/content/articles/{second}",
        "sources": "/console/content/sources",
        "try": "/console/content/try",
        "feedback": "/console/feedback",
        "feedback-policy": "/console/feedback/policy",
        "tray-item": "/console/feedback/tray/1",
        "settings": "/console/settings",
        "settings-templates": "/console/settings/templates",
        "settings-forms": "/console/settings/forms",
        "settings-keys": "/console/settings/keys",
    }


def tab_of(
    console: ConsoleSite, chromium: Browser, *, width: int = 1280, scheme: str = "light", script: bool = True
) -> Page:
    token, _ = session_for(console.workplace, "ada", tuple(Role))
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=script,
    )
    context.add_cookies([{"name": "console", "value": token, "url": console.base}])
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=console.base)
    tab = context.new_page()
    tab.set_default_timeout(120_000)
    return tab


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 375, 1280])
def test_axe_finds_nothing_and_no_page_is_wider_than_the_screen(
    console: ConsoleSite, chromium: Browser, width: int, scheme: str
) -> None:
    tab = tab_of(console, chromium, width=width, scheme=scheme)
    trouble: list[str] = []
    tab.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    for name, path in pages(console).items():
        answer = tab.goto(console.base + path)
        assert answer
        assert answer.status == 200, name
        for details in tab.locator("main details").all():
            details.locator("summary").click()
        check(tab, name, f"{name}-{width}-{scheme}")
    tab.goto(f"{console.base}/console/content/try")
    tab.get_by_label("Paste a page").fill(CAPTURE)
    tab.get_by_role("button", name="Read it").click()
    tab.get_by_role("heading", name="Left out").wait_for()
    check(tab, "tried", f"tried-{width}-{scheme}")
    tab.goto(f"{console.base}/console/settings/keys")
    tab.get_by_label("What you call it").fill("Statistics page")
    tab.get_by_role("button", name="Make the key").click()
    tab.get_by_role("heading", name="Key 2").wait_for()
    check(tab, "made", f"settings-key-made-{width}-{scheme}")
    # The form in the frame runs no script here: it is to be looked at.
    assert [one for one in trouble if "sandboxed" not in one] == []
    tab.context.close()


def check(tab: Page, name: str, picture: str) -> None:
    """Nothing for axe to say, nothing cut off; and a picture, where PICTURES_OF_CONSOLE names a folder."""
    assert axe(tab, is_mail=False) == [], name
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert tab.evaluate(wide), name
    if folder := os.environ.get("PICTURES_OF_CONSOLE"):
        tab.screenshot(path=Path(folder) / f"{picture}.png", full_page=True)


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
