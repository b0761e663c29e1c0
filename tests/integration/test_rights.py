"""A reader's rights: a copy, another address, to be forgotten; with real servers and a real database."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from newsletter.clock import FixedClock
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.consent import Action, Actor
from newsletter.subscribers.ledger import consent_records
from newsletter.subscribers.link import LinkKind
from newsletter.subscribers.store import find_subscriber, get_subscriber, get_subscription
from newsletter.subscribers.suppression import Reason, suppression_of
from newsletter.subscribers.token import Purpose
from newsletter.workflows.mail_link import mail_link
from tests.integration.web_site import ADA, Site, running, wait_until

NEW = "ada@example.com"


def mailed_path(site: Site, page: str, address: str = ADA, *, count: int) -> str:
    match = re.search(rf"http://letter\.example(/{page}/\S+)", site.mail_to(address, count=count))
    assert match, f"the mail holds no {page} link"
    return match[1]


def data_path(site: Site) -> str:
    site.press_the_button(site.fresh_path(site.subscribed()), act="data")
    return mailed_path(site, "data", count=3)


def address_path(site: Site) -> str:
    site.press_the_button(site.fresh_path(site.subscribed()), act="address", email=NEW)
    return mailed_path(site, "address", NEW, count=1)


def erase_path(site: Site) -> str:
    return site.fresh_path(site.subscribed()).replace("/preferences/", "/erase/")


@pytest.mark.parametrize("path_of", [data_path, address_path, erase_path])
def test_opening_a_page_or_posting_without_its_form_does_nothing(site: Site, path_of) -> None:
    path = path_of(site)
    before = site.everything()
    for method in ("GET", "HEAD"):
        answer = site.http.request(method, path)
        assert answer.status_code == 200
        assert ADA not in answer.text
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
    for data in ({}, {"nonce": ""}, {"nonce": "1.00"}, {"List-Unsubscribe": "One-Click"}):
        answer = site.http.post(path, data=data)
        assert answer.status_code == 400
        assert "Nothing has been changed yet" in answer.text
    assert site.everything() == before
    assert site.http.get(path.rpartition("/")[0] + "/v1.k.forged.mac").status_code in (404, 410)


def test_a_reader_gets_everything_that_is_kept_once(site: Site) -> None:
    path = data_path(site)
    page = site.http.get(path).text
    assert "Download my data" in page
    answer = site.press_the_button(path)
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        kept = json.loads(archive.read("data.json"))
        rows = list(csv.DictReader(io.StringIO(archive.read("consents.csv").decode())))
    assert kept["address"] == ADA
    assert [each["newsletter"] for each in kept["subscriptions"]] == ["daily"]
    assert [each["action"] for each in kept["consents"]] == ["request", "confirm"]
    assert kept["consents"][0]["network_address"] == "127.0.0.1"
    assert [each["kind"] for each in kept["mails"]] == ["confirmation", "preferences", "data"]
    assert {each["kind"] for each in kept["links"]} == {"confirm", "profile", "data"}
    assert [row["action"] for row in rows] == ["request", "confirm"]
    again = site.http.get(path)
    assert again.status_code == 410
    assert "It worked once" in again.text


def test_the_data_link_is_over_after_a_day(site: Site) -> None:
    path = data_path(site)
    clock = FixedClock(site.workplace.clock.now() + timedelta(hours=25))
    with running(replace(site.workplace, clock=clock)) as url, httpx.Client(base_url=url) as http:
        assert http.get(path).status_code == 410


def test_the_address_changes_when_the_new_mailbox_says_so(site: Site) -> None:
    path = address_path(site)
    assert [each.address for each in site.audience()] == [ADA]
    assert ADA not in site.http.get(path).text
    assert "Your address is changed" in site.press_the_button(path).text
    assert [each.address for each in site.audience()] == [NEW]
    assert "Your address is changed" in site.http.get(path).text


def test_erasing_leaves_nothing_but_that_it_was_done_and_one_last_mail(site: Site) -> None:
    path = erase_path(site)
    page = site.press_the_button(path).text
    assert "Everything is erased" in page
    assert ADA not in page
    wait_until(lambda: len(site.mails.to(ADA)) == 3)
    assert "This is the last mail to it" in " ".join(site.mail_to(count=3).split())
    workplace, canonical = site.workplace, parse_address(ADA).canonical
    with workplace.database.read() as connection:
        assert find_subscriber(connection, canonical) is None
        assert suppression_of(connection, workplace.keyring, canonical) is Reason.ERASED
    assert ADA not in str(site.everything())
    assert site.http.get(path).status_code == 410
    assert site.http.get(path.replace("/erase/", "/preferences/")).status_code == 404


def test_a_letters_own_link_erases_nobody(site: Site) -> None:
    reader = site.subscribed()
    before = site.everything()
    for purpose in (Purpose.PREFERENCES, Purpose.UNSUBSCRIBE):
        path = f"/erase/{site.token(purpose, reader)}"
        assert site.http.get(path).status_code == 410
        assert site.http.post(path).status_code in (400, 410)
    assert site.everything() == before


def test_who_was_erased_can_come_back_of_their_own_will(site: Site) -> None:
    site.press_the_button(erase_path(site))
    wait_until(lambda: len(site.mails.to(ADA)) == 3)
    next_day = FixedClock(site.workplace.clock.now() + timedelta(hours=24))
    object.__setattr__(site.workplace, "clock", next_day)
    site.sign_up()
    path = mailed_path(site, "confirm", count=4)
    assert "You are subscribed" in site.press_the_button(path).text
    assert [each.address for each in site.audience()] == [ADA]


def test_a_reader_who_is_asked_again_reads_the_policy_and_agrees_once(site: Site) -> None:
    reader = site.subscribed()
    workplace = site.workplace
    with workplace.database.write() as connection:
        mail_link(
            connection,
            workplace,
            LinkKind.RENEW,
            subscriber=get_subscriber(connection, reader.subscriber_id),
            subscription=get_subscription(connection, reader.subscription_id),
            leaves_at=workplace.clock.now(),
        )
    path = mailed_path(site, "confirm", count=2)
    before = site.everything()
    page = site.http.get(path).text
    assert "Our privacy policy has changed" in page
    assert "Yes, I agree" in page
    assert "/unsubscribe/v1." in page
    assert site.http.post(path).status_code == 400
    assert site.everything() == before
    assert "goes on as before" in site.press_the_button(path).text
    with workplace.database.read() as connection:
        act = consent_records(connection, reader.subscriber_id)[-1].content
    assert (act.action, act.actor) == (Action.CONFIRM, Actor.READER)
    assert [each.address for each in site.audience()] == [ADA]
    assert "Thank you" in site.http.get(path).text
