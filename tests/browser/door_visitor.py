"""Somebody with a keyboard and a narrow screen, in a browser that tells what went on behind the page."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Frame, FrameLocator, Locator, Page, expect

from newsletter.wording import wording_of
from tests.browser.audit import axe
from tests.browser.door_site import OTHER, Doors
from tests.integration.web_site import wait_until

Role = Literal["button", "checkbox", "link", "radio", "textbox", "heading"]
#: More than a page has of what can be reached by the Tab key.
TABS = 40
NARROW = 320
FINGER = 44
PICTURES = os.environ.get("NEWSLETTER_SCREENSHOTS")
#: What the browser itself says about an answer that asks for something else: no fault of a page.
_STATUS = re.compile(r"Failed to load resource: the server responded with a status of (400|403|422|429)")
_IN_FOCUS = "element => element.matches(':focus') && document.hasFocus()"
#: How many pixels of a document nobody can scroll into sight: a script could, also where people cannot.
_SHORT_OF_THE_END = """() => {
  const { documentElement: root, body } = document;
  const is_held = [root, body].some((each) => ["hidden", "clip"].includes(getComputedStyle(each).overflowY));
  return is_held ? root.scrollHeight - innerHeight : 0;
}"""


@dataclass
class Visitor:
    """*complaints*: what the browser wrote to its console; *hosts*: whom it asked for anything.

    Names of fields and buttons are given in English, and are those of *language* on the page.
    """

    doors: Doors
    tab: Page
    has_scripts: bool
    language: str = "en"
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    place: Page | FrameLocator | None = None

    def open(self, url: str, *, frame: bool = False) -> None:
        """Open the page at *url*; with *frame*, what is meant from now on is in the frame on it."""
        self.tab.goto(url)
        self.place = self.tab.frame_locator("iframe") if frame else self.tab

    def find(self, role: Role, name: str) -> Locator:
        assert self.place is not None
        return self.place.get_by_role(role, name=self.said(name)).first

    def said(self, words: str) -> str:
        return wording_of(self.language).gettext(words) if words else ""

    def reach(self, role: Role, name: str) -> Locator:
        """Press Tab until that is in focus, which must show."""
        wanted = self.find(role, name)
        wanted.wait_for()
        for _ in range(TABS):
            if wanted.evaluate(_IN_FOCUS):
                break
            self.tab.keyboard.press("Tab")
        assert wanted.evaluate(_IN_FOCUS), f"the Tab key does not reach {role} {name}"
        outline = wanted.evaluate("element => getComputedStyle(element).outlineStyle")
        assert outline != "none", f"nobody sees that {role} {name} is in focus"
        return wanted

    def fits_a_finger(self) -> None:
        """Field and button are at least 44 px high (design: forms)."""
        for found in (self.find("textbox", "Your e-mail address"), self.find("button", "Sign up")):
            box = found.bounding_box()
            assert box, found
            assert box["height"] >= FINGER, found

    def fill(self, address: str) -> None:
        self.reach("textbox", "Your e-mail address")
        self.tab.keyboard.press("Control+a")
        self.tab.keyboard.type(address)

    def tick(self) -> None:
        assert self.place is not None
        box = self.reach("checkbox", "")
        if not box.is_checked():
            self.tab.keyboard.press("Space")
        expect(box).to_be_checked()

    def press(self, name: str) -> None:
        self.reach("button", name)
        self.tab.keyboard.press("Enter")

    def sees(self, text: str) -> Locator:
        assert self.place is not None
        found = self.place.get_by_text(self.said(text)).first
        expect(found).to_be_visible()
        return found

    def look(self, step: str) -> None:
        """Whatever is on the screen fits it, can be used by ear, and asked nobody else for anything."""
        for frame in self.frames():
            wide = frame.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            assert wide[0] <= wide[1] <= NARROW, f"{step}: {wide} px wide"
            self.is_whole(frame, step)
            found = axe(frame, is_mail=False) if self.has_scripts else self.axe_of_a_copy(frame)
            assert found == [], f"{step}: {found}"
        self.is_quiet(step)
        if PICTURES:
            keep_pictures(self.tab, Path(PICTURES), step)

    def is_whole(self, frame: Frame, step: str) -> None:
        """People can scroll to the end of *frame*; one with scripts is as high as what is in it."""
        if self.has_scripts and frame != self.tab.main_frame:
            with suppress(AssertionError):  # the frame tells its height, and its page follows
                wait_until(lambda: _beyond(frame) <= 0, 3)
            assert _beyond(frame) <= 0, f"{step}: {_beyond(frame)} px are below the frame's edge"
        short = frame.evaluate(_SHORT_OF_THE_END)
        assert short <= 1, f"{step}: nobody can scroll to the last {short} px"

    def axe_of_a_copy(self, frame: Frame) -> list[str]:
        """What axe-core, which is a script, finds on *frame* as it stands, where no other script runs."""
        assert self.tab.context.browser
        context = self.tab.context.browser.new_context(viewport=self.tab.viewport_size)
        page = context.new_page()
        shown = re.sub(r"<script\b.*?</script>", "", frame.content(), flags=re.DOTALL)
        url = frame.url.partition("#")[0]
        page.route(url, lambda route: route.fulfill(body=shown, content_type="text/html; charset=utf-8"))
        page.goto(url)
        found = axe(page, is_mail=False)
        context.close()
        return found

    def frames(self) -> list[Frame]:
        return list(self.tab.frames)

    def is_quiet(self, step: str) -> None:
        """No complaint of the browser, no cookie, no third host."""
        assert self.complaints == [], f"{step}: {self.complaints}"
        assert self.tab.context.cookies() == [], step
        assert self.others() <= {OTHER}, step

    def others(self) -> set[str]:
        """Whom the browser asked for anything, but for the newsletter and the site."""
        ours = {urlsplit(self.doors.base).netloc, urlsplit(self.doors.host.origin).netloc}
        return {host.partition(":")[0] for host in self.hosts - ours}

    def confirm(self, address: str) -> None:
        """Follow the link of the mail, press its button, and be a reader."""
        self.open(self.doors.confirm_url(address))
        self.reach("button", "")
        self.tab.keyboard.press("Enter")
        self.sees("You are subscribed")
        assert address in self.doors.readers()
        self.is_quiet("confirmed")


def _beyond(frame: Frame) -> int:
    """How many pixels of *frame* are below its lower edge."""
    beyond: int = frame.evaluate("document.documentElement.scrollHeight - innerHeight")
    return beyond


def keep_pictures(tab: Page, folder: Path, step: str) -> None:
    """What *tab* shows: phone and desk, by day and by night."""
    folder.mkdir(parents=True, exist_ok=True)
    size = tab.viewport_size or {"width": NARROW, "height": 800}
    for width in (NARROW, 1100):
        tab.set_viewport_size({"width": width, "height": size["height"]})
        for scheme in ("light", "dark"):
            tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            tab.wait_for_timeout(50)  # the frame tells its height, and its page follows
            name = re.sub(r"[^a-z0-9]+", "-", step.casefold()).strip("-")
            tab.screenshot(path=folder / f"door-{name}-{width}-{scheme}.png", full_page=True)
    tab.set_viewport_size(size)
    tab.emulate_media(color_scheme="light")


@contextmanager
def visiting(
    chromium: Browser, doors: Doors, *, has_scripts: bool = True, language: str = "en"
) -> Iterator[Visitor]:
    """A visitor whom no site knows, with a screen of NARROW pixels."""
    context = chromium.new_context(
        java_script_enabled=has_scripts, viewport={"width": NARROW, "height": 800}, locale="en-US"
    )
    context.set_default_timeout(15_000)
    tab = context.new_page()
    visitor = Visitor(doors, tab, has_scripts, language)

    def on_console(message: ConsoleMessage) -> None:
        is_fault = message.type in ("error", "warning") or "Content Security Policy" in message.text
        if is_fault and not _STATUS.match(message.text):
            visitor.complaints.append(message.text)

    context.on("console", on_console)
    context.on("weberror", lambda error: visitor.complaints.append(str(error.error)))
    context.on("request", lambda request: visitor.hosts.add(urlsplit(request.url).netloc))
    yield visitor
    context.close()
