"""Readers and statistics in a real browser: axe-core in light and dark, on a phone and a desk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import insert

from newsletter.feedback.count import Place, count_at
from newsletter.issues.store import issues
from newsletter.operators.role import Role
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.count import reader_days
from newsletter.subscribers.store import find_subscriber
from newsletter.workflows.workplace import Workplace
from tests.browser.audit import axe
from tests.browser.node import WHY_NOT, has_tools
from tests.browser.screenshots import browser, chromium_path
from tests.conftest import NOW
from tests.integration.article_source import add_readers
from tests.integration.console_site import ConsoleSite, console_site, session_for

pytestmark = [
    pytest.mark.skipif(not has_tools(), reason=WHY_NOT),
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]
ADA = "ada@example.org"
TODAY = NOW.date()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture
def console(workplace: Workplace) -> Iterator[ConsoleSite]:
    add_readers(workplace, ADA, *(f"r{number}@example.org" for number in range(30)))
    with workplace.database.write() as connection:
        for back in range(1, 29):
            day = TODAY - timedelta(days=back)
            made = connection.execute(
                insert(issues).values(
                    newsletter="daily", issued_on=day, state="sent", document="{}", composed_at=NOW,
                    started_at=NOW, title=f"Letter {back}",
                )
            )  # fmt: skip
            assert made.inserted_primary_key
            place = Place(int(made.inserted_primary_key[0]), "example.org", "relay")
            count_at(connection, {place: {"accepted": 900 + back, "rejected": 25, "returned": back + 10}})
            for change, number in (("confirmed", 30 + back), ("signed_up", 40), ("unsubscribed", 4)):
                connection.execute(
                    insert(reader_days).values(
                        newsletter="daily", counted_on=day, change=change, slot=9, count=number
                    )
                )
    with console_site(workplace) as site:
        yield site


def pages(console: ConsoleSite) -> dict[str, str]:
    with console.workplace.database.read() as connection:
        ada = find_subscriber(connection, parse_address(ADA).canonical)
    assert ada
    return {
        "readers": "/console/readers",
        "reader": f"/console/readers/one/{ada.handle.hex()}",
        "import": "/console/readers/import",
        "suppressions": "/console/readers/suppressions",
        "statistics": "/console/statistics",
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_axe_finds_nothing_and_no_page_is_wider_than_the_screen(
    console: ConsoleSite, chromium: Browser, width: int, scheme: str
):
    token, _ = session_for(console.workplace, "ada", tuple(Role))
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    context.add_cookies([{"name": "console", "value": token, "url": console.base}])
    tab = context.new_page()
    tab.set_default_timeout(120_000)
    trouble: list[str] = []
    tab.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    for name, path in pages(console).items():
        answer = tab.goto(console.base + path)
        assert answer
        assert answer.status == 200, name
        assert axe(tab, is_mail=False) == [], name
        assert is_within(tab), name
        if name == "import":
            content = b"email,x\nbob@example.org,1\nno,2\n"
            tab.get_by_label("File", exact=True).set_input_files(
                {"name": "l.csv", "mimeType": "text/csv", "buffer": content}
            )
            tab.get_by_role("button", name="Look, change nothing").click()
            tab.get_by_role("heading", name="What would happen to l.csv").wait_for()
            assert axe(tab, is_mail=False) == [], "import report"
            assert is_within(tab), "import report"
        keep(tab, f"{name}-{width}-{scheme}")
    assert trouble == []
    context.close()


def is_within(tab: Page) -> bool:
    """Whether nothing makes the page scroll sideways."""
    return bool(tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def keep(tab: Page, name: str) -> None:
    """A picture for whoever wants to look: PICTURES_OF_CONSOLE names a folder."""
    folder = os.environ.get("PICTURES_OF_CONSOLE")
    if folder:
        tab.screenshot(path=Path(folder, f"{name}.png"), full_page=True)
