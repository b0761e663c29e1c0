"""Leaving and what follows: one quiet page, undo for a day, less often; with real servers and a database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from newsletter.clock import FixedClock
from newsletter.subscribers.consent import Action
from newsletter.subscribers.ledger import consent_records
from newsletter.subscribers.store import set_language
from newsletter.subscribers.subscriber import Recipient
from newsletter.subscribers.token import Purpose
from tests.integration.web_site import ADA, Site, hidden, running

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def leave_path(site: Site, reader: Recipient) -> str:
    return f"/unsubscribe/{site.token(Purpose.UNSUBSCRIBE, reader)}"


@contextmanager
def after(site: Site, wait: timedelta) -> Iterator[httpx.Client]:
    """The same site, later."""
    clock = FixedClock(site.workplace.clock.now() + wait)
    with running(replace(site.workplace, clock=clock)) as url, httpx.Client(base_url=url) as http:
        yield http


def test_a_reader_unsubscribes_from_the_page_and_takes_it_back_with_one_press(site: Site) -> None:
    path = leave_path(site, site.subscribed())
    mails = len(site.mails.to(ADA))
    done = site.press_the_button(path, scope="this")
    assert done.status_code == 200
    assert "You are unsubscribed" in done.text
    assert "Undo" in done.text
    assert ADA not in done.text
    assert site.audience() == []
    back = site.http.post(path, data={"nonce": hidden(done.text, "nonce"), "act": "undo"})
    assert "Daily Health: everything is as it was." in back.text
    (reader,) = site.audience()
    with site.workplace.database.read() as connection:
        act = consent_records(connection, reader.subscriber_id)[-1].content
    assert act.action is Action.CONFIRM
    assert "take it back here: Daily Health." in act.wording
    assert len(site.mails.to(ADA)) == mails


def test_who_left_by_one_click_finds_the_undo_behind_the_same_link_for_a_day(site: Site) -> None:
    path = leave_path(site, site.subscribed())
    site.http.post(path, data=ONE_CLICK)
    with after(site, timedelta(hours=23)) as http:
        page = http.get(path)
        assert page.status_code == 200
        assert "You are unsubscribed" in page.text
        assert "Undo" in page.text
    assert site.audience() == []
    with after(site, timedelta(hours=25)) as http:
        form = http.get(path).text
        assert "Undo" not in form
        assert "This newsletter is off already" in form
        nonce = hidden(form, "nonce")
        late = http.post(path, data={"nonce": nonce, "act": "undo"}).text
        assert "You are unsubscribed" in late
        assert "Sign up again" in late
    assert site.audience() == []
    assert "Welcome back" in site.press_the_button(path, act="undo").text


def test_less_often_is_one_press_away(site: Site) -> None:
    path = leave_path(site, site.subscribed())
    done = site.press_the_button(path, scope="this").text
    assert "Daily Health can come as one letter a week" in done
    back = site.http.post(path, data={"nonce": hidden(done, "nonce"), "act": "weekly"}).text
    assert "Daily Health: from now on once a week." in back
    rows = site.everything()["subscriptions"]
    assert "weekly" in {value for row in rows for value in row}
    again = site.press_the_button(path, scope="this").text
    assert "Undo" in again
    assert "one letter a week" not in again


@pytest.mark.parametrize("act", ["undo", "weekly"])
def test_a_scanner_takes_nothing_back(site: Site, act: str) -> None:
    path = leave_path(site, site.subscribed())
    site.http.post(path, data=ONE_CLICK)
    before = site.everything()
    for data in ({"act": act}, {"act": act, "nonce": ""}, {"act": act, "nonce": "1.00"}):
        answer = site.http.post(path, data=data)
        assert answer.status_code == 400
        assert "Nothing has been changed yet" in answer.text
    for method in ("GET", "HEAD"):
        assert site.http.request(method, path, params={"act": act}).status_code == 200
    assert site.everything() == before


def test_one_click_leaves_whatever_else_the_form_says(site: Site) -> None:
    path = leave_path(site, site.subscribed())
    nonce = hidden(site.http.get(path).text, "nonce")
    for _ in range(2):
        answer = site.http.post(path, data={**ONE_CLICK, "act": "undo", "nonce": nonce})
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert site.audience() == []


def test_one_click_for_a_reader_who_was_erased_is_answered_200(site: Site) -> None:
    path = f"/unsubscribe/{site.workplace.keyring.token(Purpose.UNSUBSCRIBE, b'erased')}"
    for data in (ONE_CLICK, {"act": "undo", **ONE_CLICK}):
        answer = site.http.post(path, data=data)
        assert answer.status_code == 200
        assert "You will get no more letters from us." in answer.text


def test_who_keeps_another_newsletter_can_leave_that_from_the_same_page(site: Site) -> None:
    reader = site.subscribed()
    with after(site, timedelta(days=1, minutes=1)) as http:
        later = replace(site, http=http)
        later.sign_up(newsletter="weekly")
        path = later.mail_to(count=2).split("http://letter.example", 1)[1].split()[0]
        later.press_the_button(path)
        done = later.press_the_button(leave_path(site, reader), scope="this").text
        assert "You still get Weekly Health." in done
        done = later.press_the_button(leave_path(site, reader), scope="all").text
        assert "You will get no more letters from us." in done
        assert "take it back here: Daily Health and Weekly Health." in done
    assert site.audience("weekly") == []


def test_the_page_after_leaving_is_in_the_language_that_the_reader_chose(site: Site) -> None:
    reader = site.subscribed()
    with site.workplace.database.write() as connection:
        set_language(connection, reader.subscriber_id, "es")
    path = leave_path(site, reader)
    assert '<html lang="es"' in site.http.get(path).text
    done = site.press_the_button(path, scope="this").text
    assert '<html lang="es"' in done
    site.http.post(path, data={"nonce": hidden(done, "nonce"), "act": "undo"})
    with site.workplace.database.read() as connection:
        assert consent_records(connection, reader.subscriber_id)[-1].content.locale == "es"
