"""Pictures of the sign-up doors on pages of other people's, for the how-to pages (`make screenshots`)."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page

from newsletter.cli.demo import Story
from newsletter.rendering.snippet import Door
from tests.browser.door_site import Doors, Host, HostPage, RunningClock, serving
from tests.browser.palette import with_palette
from tests.conftest import MailServer, free_port

#: As wide as a page of the documentation shows pictures, and a phone; two pixels for one.
_DESK, _PHONE, _SCALE = 700, 375, 2
#: A frame that is out of sight is not loaded.
_TALL = 1000
_HOSTS = Path(__file__).parent / "hosts"
_Page = Literal["clinic", "block", "ghost", "static"]


class _Easel:
    """Puts a door on a page and keeps what it looks like."""

    def __init__(self, chromium: Browser, doors: Doors, folder: Path) -> None:
        self._chromium, self._doors, self._folder = chromium, doors, folder

    def open(
        self, door: str, on: _Page, *, width: int = _DESK, scheme: Literal["light", "dark"] = "light"
    ) -> Page:
        """A tab with *door*, which is HTML, on the page called *on*."""
        html = (_HOSTS / f"{on}.html").read_text(encoding="utf-8")
        look = "letter bare" if "<iframe" in door else "letter"
        self._doors.host.pages["/"] = HostPage(html.replace("LOOK", look).replace("BODY", door))
        tab = self._chromium.new_page(
            viewport={"width": width, "height": _TALL}, device_scale_factor=_SCALE, color_scheme=scheme
        )
        tab.goto(self._doors.host.origin, wait_until="networkidle")
        return tab

    def keep(self, tab: Page, name: str) -> None:
        size = tab.viewport_size or {"width": _DESK}
        tab.set_viewport_size({"width": size["width"], "height": 400})  # the picture ends where the page does
        tab.wait_for_timeout(200)  # the frame tells its height, and its page follows
        (self._folder / f"{name}.png").write_bytes(
            with_palette(self._chromium, tab.screenshot(full_page=True))
        )
        tab.close()


def picture_doors(chromium: Browser, story: Story, folder: Path) -> list[Path]:
    """Each door on a page of another origin, and the page after; written into *folder* as PNG files."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    doors = Doors(
        story.workplace, RunningClock(), story.base_url, Host(f"http://localhost:{port}"), MailServer(0)
    )
    html, script, iframe = (doors.snippet(door) for door in (Door.HTML, Door.SCRIPT, Door.IFRAME))
    easel = _Easel(chromium, doors, folder)
    with serving(doors.host, port):
        easel.keep(easel.open(_headed(html), "clinic"), "html")
        easel.keep(easel.open(script, "clinic"), "script")
        easel.keep(easel.open(script, "clinic", width=_PHONE), "script-phone")
        easel.keep(easel.open(script, "clinic", width=_PHONE, scheme="dark"), "script-phone-dark")
        easel.keep(_with_a_slip(easel.open(script, "clinic")), "script-error")
        easel.keep(easel.open(iframe, "clinic"), "iframe")
        easel.keep(easel.open(script, "block"), "wordpress")
        easel.keep(easel.open(_mailpoet(doors.base), "block"), "mailpoet")
        easel.keep(easel.open(script, "ghost"), "ghost")
        easel.keep(easel.open(script, "static"), "static-site")
        refused = easel.open(_headed(_REFUSED + html), "clinic")
        refused.get_by_role("textbox").fill("ada@")
        easel.keep(refused, "php")
        after = easel.open(_headed(html), "clinic")
        after.get_by_role("textbox").fill("you@example.org")
        after.get_by_role("checkbox").check()
        with after.expect_navigation():
            after.get_by_role("button").click()
        easel.keep(after, "check-inbox")
    return sorted(folder.glob("*.png"))


#: What the sample page in PHP says of a form that was refused.
_REFUSED = '<div role="alert">There must be something after the @-sign.</div>\n'


def _headed(form: str) -> str:
    return f"<h2>Get it by e-mail</h2>\n{form}"


def _with_a_slip(tab: Page) -> Page:
    tab.get_by_role("textbox").fill("ada@gmial.com")
    tab.get_by_role("checkbox").check()
    tab.get_by_role("button").click()
    tab.get_by_text("Did you mean").wait_for()
    return tab


def _mailpoet(base: str) -> str:
    """A form of the shape that MailPoet writes, pointed at us."""
    email = base64.b64encode(b"0123456789ab_email").decode().rstrip("=")
    return f"""
<form class="mailpoet_form" method="post"
  action="{base}/wp-admin/admin-post.php?action=mailpoet_subscription_form">
<h2>Join our health letter</h2><p>We send it every day, and nothing else.</p>
<p class="mailpoet_paragraph"><label for="e">Email address</label>
<input id="e" type="email" class="mailpoet_text" name="data[form_field_{email}]"></p>
<p class="mailpoet_paragraph"><input type="submit" class="mailpoet_submit" value="Subscribe"></p></form>
"""
