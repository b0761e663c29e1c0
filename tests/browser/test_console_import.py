"""Bringing in a list: looked at first, then brought in, and the file is chosen once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from newsletter.subscribers.count import audience_size
from newsletter.workflows.workplace import Workplace
from tests.browser.console_pages import signed_in_tab
from tests.browser.screenshots import browser, chromium_path
from tests.integration.console_site import console_site

pytestmark = pytest.mark.skipif(
    chromium_path() is None, reason="needs Chromium (Debian: apt-get install chromium)"
)
LIST = b"email,confirmed_at,note\nbob@example.org,2026-01-05T10:00:00Z,1\nno,,2\n"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


def test_a_list_is_looked_at_and_brought_in_without_choosing_the_file_twice(
    chromium: Browser, workplace: Workplace
) -> None:
    with console_site(workplace) as site:
        page = signed_in_tab(chromium, workplace, site.base, width=1280, scheme="light")
        page.goto("/console/readers/import")
        file = page.get_by_label("File", exact=True)
        file.set_input_files(FilePayload(name="readers.csv", mimeType="text/csv", buffer=LIST))
        page.get_by_label("How these readers consented").fill("double opt-in at our site")
        page.get_by_role("button", name="Look, change nothing").click()
        expect(page.get_by_role("heading", name="What would happen to readers.csv")).to_be_visible()
        chosen = page.locator("input[type=file]").evaluate("one => [...one.files].map((file) => file.name)")
        assert chosen == ["readers.csv"]
        page.get_by_role("button", name="Bring it in").click()
        expect(page.get_by_role("heading", name="readers.csv is in")).to_be_visible()
        assert page.locator("input[type=file]").evaluate("one => one.files.length") == 0
        page.context.close()
    with workplace.database.read() as connection:
        assert audience_size(connection, "daily") == 1
