"""Doors on pages whose themes have rules for everything: what people see, and what nobody may see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from newsletter.rendering.snippet import Door
from newsletter.workflows.workplace import Workplace
from tests.browser.door_site import Doors, open_doors
from tests.browser.door_visitor import TABS, visiting
from tests.browser.node import WHY_NOT, has_tools
from tests.browser.screenshots import browser, chromium_path
from tests.conftest import MailServer
from tests.integration.web_site import ADA

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not has_tools(), reason=WHY_NOT),
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]
#: As themes have it: a rhythm for paragraphs, labels above their fields, fields as wide as the page.
ORDINARY = """
*, *::before, *::after { box-sizing: border-box }
body { color: #222; background: #fff; font: 18px/1.6 Helvetica, Arial, sans-serif }
p { display: block; margin: 0 0 1.25em }
label { display: block; margin-bottom: .25em; font-weight: 600; text-transform: uppercase }
input[type=text], input[type=email] { display: block; width: 100%; padding: 12px; border: 2px solid #767676 }
button, input[type=submit] { display: block; padding: 14px 28px; border: 0; background: #1d3557; color: #fff }
form { padding: 20px; border: 1px solid #ccc } fieldset { border: 0; padding: 0 }
audio, video, canvas, iframe { display: block; max-width: 100%; margin: 0 0 1.25em }
"""
#: The worst that a reset does, and what no theme should.
HEAVY = """
* { display: revert; visibility: visible; opacity: 1 }
p, div, span, label, input, fieldset, details, audio, [hidden] { display: block !important }
"""
THEMES = pytest.mark.parametrize("theme", [ORDINARY, ORDINARY + HEAVY], ids=["ordinary", "heavy"])
_TRAP = "input[name=website]"
_IN_FOCUS = "document.activeElement.name ?? ''"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture
def doors(connected: Workplace, smtp_server: MailServer) -> Iterator[Doors]:
    with open_doors(connected, smtp_server) as opened:
        yield opened


@THEMES
@pytest.mark.parametrize("door", [Door.HTML, Door.SCRIPT])
@pytest.mark.parametrize("has_scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_no_theme_shows_the_field_that_only_bots_fill_in(
    chromium: Browser, doors: Doors, door: Door, theme: str, *, has_scripts: bool
) -> None:
    with visiting(chromium, doors, has_scripts=has_scripts) as visitor:
        visitor.open(doors.place(doors.snippet(door), theme=theme))
        visitor.find("textbox", "Your e-mail address").wait_for()
        traps = visitor.tab.locator(_TRAP).all()
        assert traps  # for a bot that reads the HTML
        assert not any(trap.evaluate("field => field.checkVisibility()") for trap in traps)
        assert visitor.tab.get_by_text("Leave this empty").filter(visible=True).count() == 0
        for _ in range(TABS):
            visitor.tab.keyboard.press("Tab")
            assert visitor.tab.evaluate(_IN_FOCUS) != "website"
        assert visitor.tab.get_by_role("textbox").count() == 1  # nor is it told to who reads by ear
        visitor.look(f"{door} form in a theme")
        visitor.fill(ADA)
        visitor.tick()
        visitor.press("Sign up")
        visitor.sees("Check your inbox")
        visitor.confirm(ADA)


@pytest.mark.parametrize("door", [Door.HTML, Door.SCRIPT])
def test_what_a_bot_fills_in_is_sent(chromium: Browser, doors: Doors, door: Door) -> None:
    with visiting(chromium, doors, has_scripts=False) as visitor:
        visitor.open(doors.place(doors.snippet(door)))
        sent = visitor.tab.evaluate(
            f"document.querySelector('{_TRAP}').value = 'x', "
            "new FormData(document.querySelector('form')).get('website')"
        )
        assert sent == "x"
