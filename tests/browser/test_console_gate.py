"""Signing in to the console in a browser, by passkey, password and code; and its own pages, looked over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from newsletter.operators import account
from newsletter.operators.invitation import invite
from newsletter.operators.role import Role
from newsletter.operators.schema import operator_sessions
from newsletter.workflows.workplace import Workplace
from tests.browser.audit import axe
from tests.browser.node import MODULES
from tests.browser.screenshots import browser, chromium_path
from tests.integration.console_site import ConsoleSite, console_site, session_for

pytestmark = [
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium (Debian: apt-get install chromium)"),
    pytest.mark.skipif(not MODULES.is_dir(), reason="needs the browser tools (make browser-tools)"),
]
PASSWORD = "seven quiet otters under ice"
#: Where to keep pictures of the pages, to look at; none: nowhere.
PICTURES = os.environ.get("NEWSLETTER_PICTURES")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture
def console(workplace: Workplace) -> Iterator[ConsoleSite]:
    with console_site(workplace) as site:
        yield site


def invitation(console: ConsoleSite, name: str = "Grace") -> str:
    now = console.workplace.clock.now()
    with console.workplace.database.write() as connection:
        operator = account.add(connection, name, list(Role), now=now)
        return f"/console/welcome/{invite(connection, operator, now=now).token}"


@contextmanager
def tab(
    chromium: Browser, console: ConsoleSite, *, scheme: str = "light", width: int = 1280
) -> Iterator[Page]:
    """A tab with an authenticator of its own: a passkey device that says yes."""
    context = chromium.new_context(
        base_url=console.base,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 900},
    )
    page = context.new_page()
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    try:
        yield page
    finally:
        context.close()


def with_passkey(page: Page, console: ConsoleSite) -> None:
    """Make one from the link of an invitation, and sign out."""
    page.goto(invitation(console))
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url("**/console/")
    page.goto("/console/account")
    expect(page.get_by_text("My device").first).to_be_visible()
    page.get_by_role("button", name="Sign out").click()


def test_an_operator_makes_a_passkey_from_the_link_and_the_browser_offers_it_by_itself(chromium, console):
    with tab(chromium, console) as page:
        with_passkey(page, console)
        page.wait_for_url("**/console/")  # the device says yes to what the name field offers
        page.goto("/console/account")
        expect(page.get_by_role("heading", name="Grace")).to_be_visible()


def test_an_operator_signs_in_by_passkey_with_a_press(chromium, console):
    with tab(chromium, console) as page:
        page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
        with_passkey(page, console)
        expect(page.get_by_text("You are signed out.")).to_be_visible()
        page.get_by_role("button", name="Use a passkey").click()
        page.wait_for_url("**/console/")
        page.goto("/console/account")
        expect(page.get_by_role("heading", name="Grace")).to_be_visible()


def test_what_was_posted_waits_until_a_passkey_has_proved_who_it_is(chromium, console):
    with tab(chromium, console) as page:
        page.goto(invitation(console))
        page.get_by_role("button", name="Make a passkey").click()
        page.wait_for_url("**/console/")
        page.goto("/console/operators")
        page.get_by_label("Name").fill("Hedy")
        page.get_by_role("group", name="Roles").last.get_by_label("sender").check()
        long_ago = console.workplace.clock.now() - timedelta(minutes=1)
        with console.workplace.database.write() as connection:
            connection.execute(update(operator_sessions).values(fresh_until=long_ago))
        page.get_by_role("button", name="Make a link").click()
        expect(page.get_by_role("heading", name="Is it still you?")).to_be_visible()
        assert axe(page, is_mail=False) == []
        page.get_by_role("button", name="Use a passkey").click()
        expect(page.get_by_text("Nothing has been done yet.")).to_be_visible()
        assert axe(page, is_mail=False) == []
        page.get_by_role("button", name="Do it now").click()
        expect(page.get_by_role("heading", name="A link for Hedy")).to_be_visible()
        expect(page.locator("#link")).to_contain_text("/console/welcome/")


def test_an_operator_chooses_a_password_and_codes_and_signs_in_by_both(chromium, console):
    with tab(chromium, console) as page:
        page.goto(invitation(console))
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("The same once more").fill(PASSWORD)
        page.get_by_role("button", name="Keep this password").click()
        page.get_by_role("button", name="Set up codes").click()
        expect(page.locator("svg.qr")).to_be_visible()
        secret = page.locator("#codes p.mono").inner_text().replace(" ", "")
        codes = pyotp.TOTP(secret)
        page.get_by_label("Code", exact=True).fill(codes.at(console.workplace.clock.now()))
        page.get_by_role("button", name="Put them in force").click()
        recovery = page.locator("pre").inner_text().split()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("Name").fill("grace")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_label("Code")).to_be_visible()
        assert axe(page, is_mail=False) == []
        page.get_by_label("Code").fill(recovery[0])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/console/")


def test_keys_open_the_help_sheet_lead_to_pages_and_walk_through_rows(chromium, console):
    token, _ = session_for(console.workplace, "Ada Example", list(Role))
    with tab(chromium, console) as page:
        page.context.add_cookies([{"name": "console", "value": token, "url": console.base}])
        page.goto("/console/account")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        assert axe(page, is_mail=False) == []
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.keyboard.press("g")
        page.keyboard.press("p")
        page.wait_for_url("**/console/operators")
        # Whoever speaks to the machine turns them off.
        page.goto("/console/help")
        page.get_by_role("button", name="Turn shortcuts off").click()
        page.goto("/console/account")
        page.keyboard.press("?")
        page.get_by_label("New password").focus()
        expect(page.get_by_role("dialog")).to_have_count(0)
