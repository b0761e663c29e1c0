"""Pictures of the sign-up doors on somebody's page, for the how-to pages (`make screenshots`)."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page

from newsletter.cli.demo import Story
from newsletter.rendering.snippet import Door
from tests.browser.door_site import Doors, Host, RunningClock, serving
from tests.conftest import MailServer, free_port

#: As wide as a page of the documentation shows pictures; one pixel for one, so that the files stay small.
_WIDTH = 700


def picture_doors(chromium: Browser, story: Story, folder: Path) -> list[Path]:
    """Each door on a page of another origin, and the page after; written into *folder* as PNG files."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    host = Host(f"http://localhost:{port}")
    doors = Doors(story.workplace, RunningClock(), story.base_url, host, MailServer(0))
    tab = chromium.new_page(viewport={"width": _WIDTH, "height": 900})
    with serving(host, port):
        for door in (Door.IFRAME, Door.SCRIPT, Door.HTML):
            tab.goto(doors.place(doors.snippet(door)), wait_until="networkidle")
            _keep(tab, folder / f"{door}.png")
        tab.get_by_label("Your e-mail address").fill("you@example.org")
        tab.get_by_role("checkbox").check()
        with tab.expect_navigation():
            tab.get_by_role("button").click()
        tab.locator("main").screenshot(path=folder / "check-inbox.png")
    tab.close()
    return sorted(folder.glob("*.png"))


def _keep(tab: Page, path: Path) -> None:
    tab.wait_for_timeout(200)  # the frame tells its height, and its page follows
    height = tab.evaluate("document.body.getBoundingClientRect().bottom")
    tab.screenshot(path=path, clip={"x": 0, "y": 0, "width": _WIDTH, "height": height})
