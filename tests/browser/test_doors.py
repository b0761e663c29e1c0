"""Every sign-up door in a real browser, from a page of another origin under a strict policy, to the end.

Keyboard only, 320 pixels wide. Set NEWSLETTER_SCREENSHOTS to a folder to keep a picture of every step.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from newsletter.rendering.snippet import Door
from newsletter.workflows.workplace import Workplace
from tests.browser.door_site import OTHER, Doors, HostPage, open_doors
from tests.browser.door_visitor import Visitor, visiting
from tests.browser.node import WHY_NOT, has_tools
from tests.browser.screenshots import browser, chromium_path
from tests.conftest import MailServer
from tests.integration.web_site import ADA

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not has_tools(), reason=WHY_NOT),
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]
SCRIPTS = pytest.mark.parametrize("has_scripts", [True, False], ids=["with-scripts", "without-scripts"])
BARE = '<script src="{base}/embed.js?site=clinic" async></script>'


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture
def doors(connected: Workplace, smtp_server: MailServer) -> Iterator[Doors]:
    with open_doors(connected, smtp_server) as opened:
        yield opened


@pytest.fixture
def visitor(chromium: Browser, doors: Doors) -> Iterator[Visitor]:
    with visiting(chromium, doors) as somebody:
        yield somebody


class TestThePlainForm:
    @SCRIPTS
    def test_signs_a_reader_up(self, chromium: Browser, doors: Doors, *, has_scripts: bool) -> None:
        with visiting(chromium, doors, has_scripts=has_scripts) as visitor:
            visitor.open(doors.place(doors.snippet(Door.HTML)))
            visitor.look("plain form")
            visitor.fill("ada@gmial.com")
            visitor.tick()
            visitor.press("Sign up")
            visitor.sees("Did you mean ada@gmail.com?")
            expect(visitor.find("textbox", "Your e-mail address")).to_be_focused()
            visitor.look("plain form with a typing slip, on our page")
            visitor.press("Yes, use ada@gmail.com")
            visitor.sees("Check your inbox")
            visitor.look("plain form, the page after")
            visitor.confirm("ada@gmail.com")


class TestTheScript:
    @pytest.mark.parametrize("by", ["nonce", "hash"])
    def test_signs_a_reader_up(self, visitor: Visitor, doors: Doors, by: str) -> None:
        visitor.open(doors.place(doors.snippet(Door.SCRIPT), by=by))
        visitor.look(f"script form by {by}")
        visitor.fits_a_finger()
        visitor.press("Sign up")
        visitor.sees("Enter your e-mail address.")
        expect(visitor.find("textbox", "Your e-mail address")).to_be_focused()
        visitor.look(f"script form by {by} with errors")
        visitor.fill("ada@gmial.com")
        visitor.tick()
        visitor.press("Sign up")
        visitor.sees("Did you mean ada@gmail.com?")
        visitor.look(f"script form by {by} with a typing slip")
        visitor.press("Yes, use ada@gmail.com")
        expect(visitor.find("heading", "Check your inbox")).to_be_focused()
        visitor.look(f"script form by {by}, after")
        visitor.confirm("ada@gmail.com")

    def test_says_as_an_error_that_too_many_came(self, visitor: Visitor, doors: Doors) -> None:
        there = {"X-Forwarded-For": "203.0.113.9"}  # this machine itself is not counted
        visitor.tab.route(
            "**/subscriptions", lambda route: route.continue_(headers=route.request.headers | there)
        )
        visitor.open(doors.place(doors.snippet(Door.SCRIPT)))
        visitor.fill(ADA)
        visitor.tick()
        visitor.press("Sign up")
        visitor.sees("Check your inbox")
        for number in range(30):
            doors.post(f"reader{number}@example.org", headers=there)
        visitor.press("Ask for the mail again")
        told = visitor.tab.get_by_role("alert")
        expect(told).to_be_visible()
        expect(told).to_have_text(re.compile("so many addresses.+come back in an hour"))
        assert told.evaluate("line => getComputedStyle(line).color") == "rgb(138, 26, 20)"
        visitor.sees("The letters and nothing else")
        expect(visitor.find("button", "Sign up")).to_be_focused()
        expect(visitor.find("textbox", "Your e-mail address")).to_have_value(ADA)
        visitor.look("script form, too many")
        visitor.fill("ada@")
        visitor.press("Sign up")
        visitor.sees("There must be something after the @-sign.")
        expect(told).to_be_hidden()

    def test_leaves_to_our_page_what_it_cannot_tell(self, visitor: Visitor, doors: Doors) -> None:
        visitor.open(doors.place(doors.snippet(Door.SCRIPT)))
        visitor.tab.route("**/subscriptions", lambda route: route.abort())
        visitor.fill(ADA)
        visitor.tick()
        visitor.press("Sign up")
        visitor.tab.wait_for_url(f"{doors.base}/subscribe")
        visitor.sees("Check your inbox")

    def test_alone_makes_the_form_where_it_stands(self, visitor: Visitor, doors: Doors) -> None:
        visitor.open(doors.place(BARE.format(base=doors.base)))
        visitor.fill(ADA)
        visitor.tick()
        visitor.press("Sign up")
        visitor.sees("Check your inbox")
        visitor.look("bare script, after")
        visitor.confirm(ADA)

    def test_leaves_the_plain_form_where_it_does_not_run(self, chromium: Browser, doors: Doors) -> None:
        with visiting(chromium, doors, has_scripts=False) as visitor:
            visitor.open(doors.place(doors.snippet(Door.SCRIPT)))
            visitor.look("script form, blocked")
            visitor.fill(ADA)
            visitor.tick()
            visitor.press("Sign up")
            visitor.sees("Check your inbox")
            visitor.look("script form, blocked, after")
            visitor.confirm(ADA)


class TestTheFrame:
    @SCRIPTS
    def test_signs_a_reader_up(self, chromium: Browser, doors: Doors, *, has_scripts: bool) -> None:
        with visiting(chromium, doors, has_scripts=has_scripts) as visitor:
            visitor.open(doors.place(doors.snippet(Door.IFRAME)), frame=True)
            visitor.find("button", "Sign up").wait_for()
            visitor.look(f"frame {has_scripts}")
            visitor.fits_a_finger()
            visitor.fill("ada@")
            visitor.press("Sign up")
            visitor.sees("There must be something after the @-sign.")
            if has_scripts:  # browsers ignore autofocus in a frame of another origin
                expect(visitor.find("textbox", "Your e-mail address")).to_be_focused()
            visitor.look(f"frame {has_scripts} with errors")
            visitor.fill(ADA)
            visitor.tick()
            doors.clock.wait()
            visitor.press("Sign up")
            visitor.sees("Check your inbox")
            visitor.look(f"frame {has_scripts}, after")
            visitor.confirm(ADA)


OWN_FORM = """
<form id="own" novalidate>
<p><label for="address">Your e-mail address</label> <input id="address" type="email"></p>
<p><label><input id="yes" type="checkbox"> Yes, send me Daily Health</label></p>
<p><button>Sign up</button></p><p id="said" role="status" tabindex="-1"></p></form>
<script>
own.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch("BASE/api/v1/sites/clinic/subscriptions", {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() },
    body: JSON.stringify({ email: address.value, consent: yes.checked, wording: "Yes, send me it" }),
  });
  const answered = await answer.json();
  said.textContent = answered.message ?? answered.detail;
  (answer.ok ? said : address).focus();
});
</script>
"""


@SCRIPTS
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ('<p style="color: #999; background: #fff">Hard to read</p>', "color-contrast"),
        ('<p style="width: 400px">Too wide</p>', "px wide"),
        (
            '<style>html { overflow: hidden }</style><p style="height: 2000px">Cut off</p>',
            "nobody can scroll",
        ),
    ],
    ids=["pale", "wide", "cut-off"],
)
def test_whoever_looks_sees_faults(
    chromium: Browser, doors: Doors, fault: str, told: str, *, has_scripts: bool
) -> None:
    with visiting(chromium, doors, has_scripts=has_scripts) as visitor:
        doors.host.pages["/faulty"] = HostPage(
            f'<html lang="en"><title>Faulty</title><link rel="icon" href="data:,"><main>{fault}</main>'
        )
        visitor.open(doors.host.origin + "/faulty")
        with pytest.raises(AssertionError, match=told):
            visitor.look("faulty")


def test_a_page_of_ones_own_signs_a_reader_up_by_the_api(visitor: Visitor, doors: Doors) -> None:
    visitor.open(doors.place(OWN_FORM.replace("BASE", doors.base)))
    visitor.fill("ada")
    visitor.tick()
    visitor.press("Sign up")
    visitor.sees("An email address must have an @-sign.")
    visitor.look("own page by the API with an error")
    visitor.fill(ADA)
    visitor.press("Sign up")
    visitor.sees("One step is left.")
    visitor.look("own page by the API, after")
    visitor.confirm(ADA)


def mailpoet_form(doors: Doors) -> str:
    """A form of the shape that MailPoet writes, with the names of its fields as it obscures them."""
    email, lists = (
        base64.b64encode(f"0123456789ab_{name}".encode()).decode().rstrip("=")
        for name in ("email", "segments")
    )
    return f"""
<div class="mailpoet_form"><form class="mailpoet_form_form" method="post" target="_self"
  action="{doors.base}/wp-admin/admin-post.php?action=mailpoet_subscription_form">
<input type="hidden" name="data[form_id]" value="3"><input type="hidden" name="token" value="a1b2c3d4e5">
<input type="hidden" name="api_version" value="v1"><input type="hidden" name="endpoint" value="subscribers">
<input type="hidden" name="mailpoet_method" value="subscribe">
<label class="mailpoet_hp_email_label" hidden>Please leave this field empty
  <input type="email" name="data[email]"></label>
<input type="hidden" name="data[form_field_{lists}][]" value="7">
<p class="mailpoet_paragraph"><label for="e">Your e-mail address</label>
  <input id="e" type="email" class="mailpoet_text" name="data[form_field_{email}]"></p>
<p class="mailpoet_paragraph"><input type="submit" class="mailpoet_submit" value="Subscribe"></p>
<div class="mailpoet_message"><p class="mailpoet_validate_success" hidden>Check your inbox for our mail.</p>
<p class="mailpoet_validate_error" role="alert" hidden></p></div></form></div>
"""


MAILPOET_SCRIPT = """
<script>
const form = document.querySelector(".mailpoet_form_form");
const [well, fault] = ["success", "error"].map((how) => form.querySelector(`.mailpoet_validate_${how}`));
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  body.append("action", "mailpoet");
  const url = form.action.replace("admin-post.php?action=mailpoet_subscription_form", "admin-ajax.php");
  const answer = await fetch(url, { method: "POST", body });
  const said = await answer.json();
  well.hidden = !answer.ok;
  fault.hidden = answer.ok;
  fault.textContent = answer.ok ? "" : said.errors[0].message;
});
</script>
"""


class TestAFormOfMailPoet:
    @SCRIPTS
    def test_signs_a_reader_up_as_it_is(self, chromium: Browser, doors: Doors, *, has_scripts: bool) -> None:
        with visiting(chromium, doors, has_scripts=has_scripts) as visitor:
            visitor.open(doors.place(mailpoet_form(doors)))
            visitor.fill(ADA)
            visitor.press("Subscribe")
            visitor.sees("Check your inbox")
            visitor.look(f"form of MailPoet {has_scripts}, after")
            visitor.confirm(ADA)

    def test_with_a_fault_leads_to_our_page_which_says_it(self, visitor: Visitor, doors: Doors) -> None:
        visitor.open(doors.place(mailpoet_form(doors)))
        visitor.fill("ada@example")
        visitor.press("Subscribe")
        visitor.tab.wait_for_url(f"{doors.base}/wp-admin/admin-post.php?**")
        visitor.sees("It should have a period.")
        address = visitor.find("textbox", "Your e-mail address")
        expect(address).to_have_value("ada@example")
        expect(address).to_be_focused()
        visitor.look("form of MailPoet with a fault, our page")
        visitor.fill(ADA)
        visitor.tick()
        visitor.press("Sign up")
        visitor.sees("Check your inbox")
        visitor.confirm(ADA)

    def test_signs_a_reader_up_by_its_script(self, visitor: Visitor, doors: Doors) -> None:
        visitor.open(doors.place(mailpoet_form(doors) + MAILPOET_SCRIPT))
        visitor.fill("ada@example")
        visitor.press("Subscribe")
        visitor.sees("It should have a period.")
        visitor.look("form and script of MailPoet with a fault")
        visitor.fill(ADA)
        visitor.press("Subscribe")
        visitor.sees("Check your inbox for our mail.")
        visitor.look("form and script of MailPoet, after")
        visitor.confirm(ADA)


class TestAPageOfAnotherOrigin:
    """The same page by another name, which is on no site's list."""

    def elsewhere(self, doors: Doors, body: str) -> str:
        return doors.place(body).replace("localhost", OTHER)

    def test_is_refused_by_the_plain_form_and_its_visitor_signs_up_on_ours(
        self, visitor: Visitor, doors: Doors
    ) -> None:
        visitor.open(self.elsewhere(doors, doors.snippet(Door.HTML)))
        visitor.fill(ADA)
        visitor.tick()
        visitor.press("Sign up")
        visitor.sees("The page you came from cannot sign you up here.")
        expect(visitor.find("textbox", "Your e-mail address")).to_have_value(ADA)
        assert visitor.others() == {OTHER}
        visitor.look("refused origin, our page")
        visitor.tick()
        doors.clock.wait()
        visitor.press("Sign up")
        visitor.sees("Check your inbox")
        visitor.confirm(ADA)

    def test_has_no_frame(self, visitor: Visitor, doors: Doors) -> None:
        visitor.open(self.elsewhere(doors, doors.snippet(Door.IFRAME)))
        visitor.tab.wait_for_load_state("networkidle")
        assert any("frame-ancestors" in line for line in visitor.complaints)

    def test_is_refused_by_the_script_and_told_so_by_our_page(self, visitor: Visitor, doors: Doors) -> None:
        visitor.open(self.elsewhere(doors, doors.snippet(Door.SCRIPT)))
        visitor.fill(ADA)
        visitor.tick()
        visitor.press("Sign up")
        visitor.sees("The page you came from cannot sign you up here.")
        expect(visitor.find("textbox", "Your e-mail address")).to_have_value(ADA)
