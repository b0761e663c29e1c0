"""Every public page of a real site, opened as a person does. A new page is added to PAGES."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, Response

from newsletter.cli.demo import READERS, Story
from newsletter.subscribers.link import LinkKind
from newsletter.subscribers.store import active_recipients, get_subscriber, get_subscription
from newsletter.subscribers.token import Purpose
from newsletter.workflows.mail_link import mail_link
from tests.browser.mails import MONDAY


@dataclass(frozen=True)
class Visit:
    """A site that has sent letters, and a tab in which to open its pages."""

    story: Story
    tab: Page

    def go(self, path: str) -> Response:
        """Open the page at *path*."""
        response = self.tab.goto(self.story.base_url + path)
        assert response
        return response

    def press(self) -> Response:
        """Press the first button of the form, and see the page that follows."""
        with self.tab.expect_navigation() as follows:
            self.tab.get_by_role("button").first.click()
        return follows.value

    def sign_up(self, address: str, *, page: str = "/subscribe") -> Response:
        """Send the form on *page*."""
        self.go(page)
        # The browser's own checks would stop an address that our server is to answer.
        self.tab.evaluate("document.querySelector('form').noValidate = true")
        # Nor can a test type as slowly as a person; a form that does not say when it was shown is believed.
        self.tab.evaluate("document.querySelector('[name=started]').remove()")
        self.tab.get_by_label("Your e-mail address").fill(address)
        self.tab.get_by_role("checkbox").last.check()
        return self.press()

    def confirm(self, address: str) -> Response:
        """The page behind the link of the confirmation mail."""
        before = len(self.story.inbox.mails)
        self.sign_up(address)
        mail = self.story.inbox.wait_for(before + 1, timeout_s=30)[-1]
        link = next(line for line in mail.text.splitlines() if "/confirm/" in line)
        return self.go(link.removeprefix(self.story.base_url))

    def personal(self, purpose: Purpose) -> Response:
        """The page of a reader behind a link of a letter."""
        workplace = self.story.workplace
        with workplace.database.read() as connection:
            reader = next(one for one in active_recipients(connection, "daily") if one.address == READERS[0])
        return self.go(f"/{purpose}/{workplace.keyring.token(purpose, reader.handle)}")

    def fresh(self, page: str = "preferences") -> Response:
        """The *page* of a reader behind a fresh link, which the page behind a letter's link mails."""
        links = self._fresh_links()
        if not links:  # one an hour is mailed, and it opens as often as one likes
            before = len(self.story.inbox.mails)
            self.personal(Purpose.PREFERENCES)
            self.press()
            self.story.inbox.wait_for(before + 1, timeout_s=30)
            links = self._fresh_links()
        return self.go(links[-1].replace("preferences", page, 1))

    def _fresh_links(self) -> list[str]:
        mails = [mail for mail in self.story.inbox.mails if not mail.message["List-Id"]]
        paths = [line.removeprefix(self.story.base_url) for mail in mails for line in mail.text.splitlines()]
        return [path for path in paths if path.startswith("/preferences/")]


def _confirmed(visit: Visit) -> Response:
    visit.confirm("katherine@example.org")
    return visit.press()


def _asked(visit: Visit) -> Response:
    visit.go("/preferences")
    visit.tab.get_by_label("Your e-mail address").fill("rosalind@example.org")
    return visit.press()


def _refused(visit: Visit) -> Response:
    """Topics without the consent to keep them."""
    visit.fresh()
    visit.tab.get_by_label("Migraine").check()
    with visit.tab.expect_navigation() as follows:
        visit.tab.get_by_role("button", name="Save my topics").click()
    return follows.value


def _gone(visit: Visit) -> Response:
    """The page after leaving; what was left is taken back from it when the next page is opened."""
    visit.personal(Purpose.UNSUBSCRIBE)
    return visit.press()


def _back(visit: Visit) -> Response:
    _gone(visit)
    return visit.press()


def _mailed(visit: Visit, page: str, act: str, *, new_address: str = "") -> Response:
    """The *page* behind the link that a form of the preferences page mails."""
    visit.fresh()
    before = len(visit.story.inbox.mails)
    if new_address:
        visit.tab.get_by_label("Your new e-mail address").fill(new_address)
    with visit.tab.expect_navigation():
        visit.tab.get_by_role("button", name=act).click()
    mail = visit.story.inbox.wait_for(before + 1, timeout_s=30)[-1]
    link = next(line for line in mail.text.splitlines() if f"/{page}/" in line)
    return visit.go(link.removeprefix(visit.story.base_url))


def _old_link(visit: Visit) -> Response:
    data = b64encode(json.dumps({"token": "t", "email": "hedy@example.org"}).encode()).decode().rstrip("=")
    return visit.go(f"/?mailpoet_router&endpoint=subscription&action=unsubscribe&data={data}")


def _renewal(visit: Visit) -> Response:
    """The page that asks whether a reader agrees with a changed policy."""
    workplace, before = visit.story.workplace, len(visit.story.inbox.mails)
    with workplace.database.write() as connection:
        reader = next(one for one in active_recipients(connection, "daily") if one.address == READERS[0])
        mail_link(
            connection,
            workplace,
            LinkKind.RENEW,
            subscriber=get_subscriber(connection, reader.subscriber_id),
            subscription=get_subscription(connection, reader.subscription_id),
            leaves_at=workplace.clock.now(),
        )
    mail = visit.story.inbox.wait_for(before + 1, timeout_s=30)[-1]
    link = next(line for line in mail.text.splitlines() if "/confirm/" in line)
    return visit.go(link.removeprefix(visit.story.base_url))


PAGES: dict[str, Callable[[Visit], Response]] = {
    "sign-up": lambda visit: visit.go("/subscribe"),
    "sign-up-refused": lambda visit: visit.sign_up("nobody"),
    "check-inbox": lambda visit: visit.sign_up("dorothy@example.org"),
    "check-inbox-unnamed": lambda visit: visit.go("/check-inbox"),
    "frame": lambda visit: visit.go("/embed/form"),
    "frame-refused": lambda visit: visit.sign_up("nobody", page="/embed/form"),
    "frame-inbox": lambda visit: visit.sign_up("joan@example.org", page="/embed/form"),
    "confirm": lambda visit: visit.confirm("emmy@example.org"),
    "confirmed": _confirmed,
    "unsubscribe": lambda visit: visit.personal(Purpose.UNSUBSCRIBE),
    "unsubscribe-without-link": lambda visit: visit.go("/unsubscribe"),
    "preferences": lambda visit: visit.personal(Purpose.PREFERENCES),
    "preferences-by-address": lambda visit: visit.go("/preferences"),
    "preferences-asked": _asked,
    "preferences-fresh": lambda visit: visit.fresh(),
    "preferences-refused": _refused,
    "erase": lambda visit: visit.fresh("erase"),
    "address": lambda visit: _mailed(
        visit, "address", "Mail the new address", new_address="grace@example.com"
    ),
    "data": lambda visit: _mailed(visit, "data", "Mail me a link to my data"),
    "renewal": _renewal,
    "old-link": _old_link,
    "back": _back,
    "archive": lambda visit: visit.go("/issues/"),
    "web-version": lambda visit: visit.go(f"/issues/daily/{MONDAY}"),
    "privacy": lambda visit: visit.go("/privacy"),
    "gone": _gone,
    "no-such-page": lambda visit: visit.go("/nowhere"),
}
#: Pages that say what another one says, and have its title.
TWINS = {"check-inbox-unnamed": "check-inbox", "frame-inbox": "check-inbox", "frame-refused": "frame"}
#: Pages that are mails, and held to what mails are.
LETTERS = frozenset({"web-version"})
