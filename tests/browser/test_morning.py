"""A morning at the console: from the invitation of three operators to the letter in its readers' mailboxes.

By mouse and by the keys alone. Set NEWSLETTER_SCREENSHOTS to a folder to keep pictures of its steps.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes
from pathlib import Path
from urllib.parse import urlsplit

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect
from typer.testing import CliRunner

from newsletter import samples
from newsletter.cli.app import app
from newsletter.clock import SystemClock
from newsletter.issues import store as issue_store
from newsletter.issues.issue import State
from newsletter.settings import load_settings
from newsletter.subscribers.token import write_key_file
from newsletter.workflows.approve import standing
from newsletter.workflows.due import ingest_all
from newsletter.workflows.workplace import Workplace, open_workplace
from tests.browser.hands import Hand, Keys, Mouse
from tests.browser.screenshots import browser, chromium_path
from tests.conftest import MailServer, Received
from tests.integration.article_source import add_readers
from tests.integration.console_site import console_site
from tests.integration.web_site import wait_until

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]
READERS = [f"reader{number}@example.org" for number in range(5)]
PASSWORD = "seven quiet otters under ice"
SUBJECT = "Plain words for a Thursday"
DESK = "editor@example.org"
PICTURES = os.environ.get("NEWSLETTER_SCREENSHOTS")


@dataclass
class Morning:
    """A clock that goes on from ten to six of today (UTC), and can be put forward."""

    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    forward: timedelta = timedelta()

    def now(self) -> datetime:
        early = datetime.combine(self.began.date(), time(5, 50), UTC)
        return early + (datetime.now(UTC) - self.began) + self.forward


@dataclass
class House:
    """The console as it is served, its mail server, and the command line beside it."""

    workplace: Workplace
    clock: Morning
    config: Path
    base: str
    mails: MailServer

    @property
    def day(self) -> date:
        return self.clock.now().date()

    def command(self, *arguments: str) -> str:
        done = CliRunner().invoke(app, ["--config", str(self.config), *arguments])
        assert done.exit_code == 0, done.output
        return done.output

    def letters(self) -> list[Received]:
        return [one for one in self.mails.received if one.recipients[0] in READERS]


@pytest.fixture
def house(tmp_path: Path, smtp_server: MailServer) -> Iterator[House]:
    write_key_file(tmp_path / "newsletter.key")
    config = tmp_path / "newsletter.toml"
    config.write_text(
        f'smtp_url = "{smtp_server.url}"\nreview_years = 10\nbase_url = "http://letter.example"\n'
        f'[[sources]]\npath = "{Path(samples.__file__).parent}"\n'
        '[[newsletters]]\nname = "daily"\napproval = "two"\nweekly_on = "off"\n',
        encoding="utf-8",
    )
    clock = Morning()
    with open_workplace(load_settings(config), clock) as workplace:
        ingest_all(workplace)
        add_readers(workplace, *READERS)
        with console_site(workplace) as site:
            yield House(workplace, clock, config, site.base, smtp_server)


@dataclass
class Person:
    """An operator with a browser, and a device that says yes to passkeys."""

    house: House
    page: Page
    hand: Hand
    name: str

    def go(self, path: str) -> None:
        self.page.goto(f"{self.house.base}{path}")

    def press(self, role: str, name: str, *, first: bool = False) -> None:
        found = self.page.get_by_role(role, name=name)  # type: ignore[arg-type] # one of ARIA's
        self.hand.press(found.first if first else found)

    def write(self, label: str, text: str) -> None:
        self.hand.write(self.page.get_by_label(label, exact=True), text)

    def accept_invitation(self, *roles: str) -> None:
        given = [word for role in roles for word in ("--role", role)]
        link = self.house.command("operator", "add", self.name, *given).split()[0]
        self.go(urlsplit(link).path)

    def is_told(self, words: str) -> None:
        expect(self.page.get_by_role("status").first).to_contain_text(words)

    def keep(self, name: str) -> None:
        if PICTURES:
            for width in (375, 1280):
                self.page.set_viewport_size({"width": width, "height": 900})
                self.page.screenshot(path=Path(PICTURES, f"morning-{name}-{width}.png"), full_page=True)


@pytest.fixture(params=["mouse", "keys"])
def person(request: pytest.FixtureRequest, house: House) -> Iterator[Callable[[str], Person]]:
    with ExitStack() as stack:
        chromium: Browser = stack.enter_context(browser())

        def make(name: str) -> Person:
            context = chromium.new_context(viewport={"width": 1280, "height": 900})
            page = context.new_page()
            # Passkeys are asked for by a press, so that it is the press that is tried.
            page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
            device = context.new_cdp_session(page)
            device.send("WebAuthn.enable")
            options = {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
                "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
            }  # fmt: skip
            device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
            return Person(house, page, Mouse() if request.param == "mouse" else Keys(page), name)

        yield make


def test_three_operators_let_a_letter_go(house: House, person: Callable[[str], Person]) -> None:
    ada, cleo, sam = person("Ada Example"), person("Cleo Example"), person("Sam Example")
    with_a_passkey(ada, "editor")
    with_a_password_and_codes(cleo, "clinician")
    with_a_passkey(sam, "sender", "privacy")
    opens_the_next_letter(ada)
    swapped = reads_why_and_swaps(ada)
    rewrites_the_subject(ada)
    sends_a_copy(ada)
    raw = reads_the_raw_message(ada)
    approve(ada, "It waits for approval")
    cleo.go(f"/console/issues/daily/{house.day}")
    approve(cleo, "The issue is approved")
    sends_it(sam)
    assert sorted(one.recipients[0] for one in house.letters()) == READERS
    for letter in house.letters():
        assert without_what_is_the_readers_own(letter.content) == without_what_is_the_readers_own(raw)
        text = letter.message.get_body(("plain",))
        assert text is not None
        assert swapped in str(text.get_content())
    was_what_both_approved(house)
    finds_the_lines(sam)


def with_a_passkey(one: Person, *roles: str) -> None:
    one.accept_invitation(*roles)
    one.press("button", "Make a passkey")
    one.page.wait_for_url("**/console/")
    one.press("button", "Sign out")
    one.press("button", "Use a passkey")
    one.page.wait_for_url("**/console/")


def with_a_password_and_codes(one: Person, *roles: str) -> None:
    one.accept_invitation(*roles)
    one.write("Password", PASSWORD)
    one.write("The same once more", PASSWORD)
    one.press("button", "Keep this password")
    one.press("button", "Set up codes")
    codes = pyotp.TOTP(one.page.locator("#codes p.mono").inner_text().replace(" ", ""))
    one.write("Code", codes.at(one.house.clock.now()))
    one.press("button", "Put them in force")
    one.press("button", "Sign out")
    one.house.clock.forward += timedelta(minutes=1)  # a code is good once
    one.write("Name", one.name)
    one.write("Password", PASSWORD)
    one.press("button", "Sign in")
    one.write("Code", codes.at(one.house.clock.now()))
    one.press("button", "Sign in")
    one.page.wait_for_url("**/console/")


def opens_the_next_letter(one: Person) -> None:
    """From Today, once the letter has been worked out."""
    link = one.page.locator(".next-facts .lead a")

    def is_named() -> bool:
        one.page.reload()
        return "The letter of" not in link.inner_text()

    wait_until(is_named, 60)
    one.keep("today")
    one.hand.press(link)


def reads_why_and_swaps(one: Person) -> str:
    page = one.page
    overview = page.locator("[data-pick]").first
    one.hand.press(overview.locator("summary").first)
    expect(overview.locator("details ul li").first).to_be_visible()
    expect(overview).to_contain_text("articles were looked at")
    expect(overview).to_contain_text("points")
    expect(overview).to_contain_text("Runner-up:")
    pick = page.locator("[data-pick=also_today]")
    before = pick.locator("[data-what] strong").inner_text()
    one.hand.press(pick.get_by_role("link", name="Swap"))
    dialog = page.get_by_role("dialog")
    options = dialog.locator(".options > li").filter(has=page.get_by_role("button"))
    expect(options.first).to_be_visible()
    title = options.locator("strong").first.inner_text()
    one.hand.write(dialog.get_by_role("searchbox"), title[:8])
    expect(dialog.get_by_text("Candidates, best first: 1")).to_be_visible()
    one.keep("swap")
    one.hand.press(options.filter(has_text=title).get_by_role("button").first)
    one.is_told(title)
    expect(pick.locator("[data-what]")).to_contain_text(title)
    assert title != before
    expect(page.frame_locator("[data-letter]").get_by_text(title).first).to_be_attached()
    one.keep("swapped")
    return title


def rewrites_the_subject(one: Person) -> None:
    one.write("Subject", SUBJECT)
    expect(one.page.locator("#subject-length")).to_contain_text(f"{len(SUBJECT)} of 50")
    expect(one.page.locator("[data-shows=subject]")).to_have_text(SUBJECT)
    one.page.keyboard.press("Enter")
    one.is_told(f"is now “{SUBJECT}”")


def sends_a_copy(one: Person) -> None:
    one.write("To this address", DESK)
    one.page.keyboard.press("Enter")
    one.is_told("Test copy accepted: 250")
    (copy,) = one.house.mails.to(DESK)
    assert SUBJECT in str(copy.message["Subject"])


def reads_the_raw_message(one: Person) -> bytes:
    one.press("link", "Raw message")
    source = one.page.locator("pre.source")
    expect(source).to_contain_text("Content-Type: multipart/alternative")
    raw = source.evaluate("one => one.textContent")
    return str(raw).replace("\r\n", "\n").replace("\n", "\r\n").encode()


def approve(one: Person, told: str) -> None:
    one.press("button", "Approve")
    expect(one.page.get_by_text(f"approved by {one.name}")).to_be_visible()
    expect(one.page.locator("#content")).to_contain_text(told)
    one.keep(f"approved-by-{one.name.split()[0].lower()}")


def sends_it(one: Person) -> None:
    one.go("/console/")
    one.house.clock.forward += timedelta(minutes=11)  # long enough to be asked who it is
    one.go(f"/console/issues/daily/{one.house.day}")
    one.press("link", "Send now")
    expect(one.page.locator("#content")).to_contain_text(f"{len(READERS)} readers")
    one.keep("send")
    one.press("button", f"Send it to {len(READERS)} readers")
    expect(one.page.get_by_role("heading", name="Is it still you?")).to_be_visible()
    one.press("button", "Use a passkey")
    one.press("button", "Do it now")
    expect(one.page.get_by_text("It was handed over to be sent.")).to_be_visible()
    expect(one.page.locator("#progress-title ~ * .state, section .state").first).to_have_text(
        "sent", timeout=30_000
    )
    expect(one.page.locator("#count-accepted")).to_have_text(str(len(READERS)))
    one.keep("sent")


def was_what_both_approved(house: House) -> None:
    newsletter = house.workplace.settings.newsletter()
    with house.workplace.database.read() as connection:
        stored = issue_store.of_day(connection, "daily", house.day)
        found = standing(connection, newsletter, stored)
    assert stored.issue.state is State.SENT
    assert [one.by.name for one in found.given] == ["Ada Example", "Cleo Example"]


def finds_the_lines(one: Person) -> None:
    one.press("link", "Audit", first=True)
    table = one.page.get_by_role("table")
    for act in ("subject", "pin", "test copy", "approve", "send"):
        expect(table.get_by_text(act, exact=True).first).to_be_visible()
    one.keep("audit")
    one.press("button", "Check the chain")
    one.is_told("nothing changed, removed or put in")
    assert "all as they were written" in one.house.command("audit", "verify")


def without_what_is_the_readers_own(message: bytes) -> bytes:
    """A message but for the holes: whom it is for, its number and time, and the reader's own links."""
    assert message_from_bytes(message)["List-Unsubscribe"]
    whole = message.replace(b"=\r\n", b"").replace(b"\r\n ", b" ").rstrip()
    without = re.sub(rb"(?m)^(To|Message-ID|Date): .*?\r\n", rb"\1:\r\n", whole)
    return re.sub(rb"/(unsubscribe|preferences)/[\w.~-]+", rb"/\1/TOKEN", without)


def test_the_clock_of_these_tests_is_near_the_commands(house: House) -> None:
    """Links that the command line makes are good for a day, by its own clock."""
    assert abs(SystemClock().now() - house.clock.now()) < timedelta(hours=24)
