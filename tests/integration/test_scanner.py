"""A link scanner opens every link of every mail, before its reader does: nothing changes for anybody."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import httpx
import pytest

from newsletter.subscribers.link import LinkKind
from newsletter.subscribers.store import get_subscriber, get_subscription
from newsletter.workflows.due import run_day
from newsletter.workflows.mail_link import mail_link
from tests.conftest import Received
from tests.integration.article_source import fill
from tests.integration.web_site import ADA, Site

OURS = "http://letter.example"
LINK = re.compile(r"http://letter\.example[^\s\"'<>)]*")
PENDING = "pending@example.org"
NEW = "ada@example.com"


def links_of(mail: Received) -> set[str]:
    """Every link to us in the parts and the headers of a mail."""
    found = set()
    for part in mail.message.walk():
        if part.get_content_maintype() == "text":
            found |= {unescape(link) for link in LINK.findall(str(part.get_content()))}
    for value in mail.message.values():
        found |= set(LINK.findall(str(value)))
    return {link.removeprefix(OURS) or "/" for link in found}


def mails_of_every_kind(site: Site) -> list[Received]:
    """A mail of every kind with its links open: confirm, letter, preferences, data, address, renewal."""
    fill(site.workplace.settings.content_path)
    ada = site.subscribed()
    site.sign_up(PENDING)
    site.mail_to(PENDING)
    page = site.fresh_path(ada)
    site.press_the_button(page, act="data")
    site.press_the_button(page, act="address", email=NEW)
    workplace = site.workplace
    with workplace.database.write() as connection:
        mail_link(
            connection,
            workplace,
            LinkKind.RENEW,
            subscriber=get_subscriber(connection, ada.subscriber_id),
            subscription=get_subscription(connection, ada.subscription_id),
            leaves_at=workplace.clock.now() - timedelta(seconds=1),
        )
    site.mail_to(count=4)
    run_day(workplace, workplace.clock.now().date())
    site.everything()
    return list(site.mails.received)


@pytest.fixture
def mailbox(site: Site) -> list[Received]:
    return mails_of_every_kind(site)


def test_a_scanner_that_asks_for_every_link_of_every_mail_changes_nothing(
    site: Site, mailbox: list[Received]
) -> None:
    links = set().union(*(links_of(mail) for mail in mailbox))
    kinds = {link.split("/")[1] for link in links if link.count("/") > 1}
    assert {"confirm", "unsubscribe", "preferences", "data", "address", "issues"} <= kinds
    before = site.everything()
    seen = set()
    with httpx.Client(base_url=site.http.base_url, follow_redirects=True) as http:
        for link in sorted(links):
            for method in ("HEAD", "GET", "OPTIONS", "GET"):
                answer = http.request(method, link)
                assert "set-cookie" not in answer.headers
                assert answer.status_code in ((200, 405, 404) if method == "OPTIONS" else (200,)), link
                seen.add(answer.status_code)
            # What leads on from there, as a crawler follows it.
            for further in re.findall(r'href="(/[^"]*)"', http.get(link).text):
                assert http.get(unescape(further)).status_code in (200, 404)
    assert 200 in seen
    assert site.everything() == before


def test_a_scanner_that_posts_to_every_link_without_its_form_changes_nothing_but_one_click(
    site: Site, mailbox: list[Received]
) -> None:
    links = set().union(*(links_of(mail) for mail in mailbox))
    before = site.everything()
    for link in sorted(links):
        for data in ({}, {"act": "undo"}, {"scope": "all"}, {"nonce": "1.0"}):
            assert site.http.post(link, data=data).status_code < 500, link
    assert site.everything() == before
    assert ADA in {reader.address for reader in site.audience()}
