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
    back = site.http.post(path, data={"undo": hidden(done.text, "undo"), "act": "undo"})
    assert "Everything is as it was." in back.text
    (reader,) = site.audience()
    with site.workplace.database.read() as connection:
        act = consent_records(connection, reader.subscriber_id)[-1].content
    assert act.action is Action.CONFIRM
    assert "take it back here." in act.wording
    assert len(site.mails.to(ADA)) == mails


def test_the_page_after_leaving_undoes_for_a_day_and_no_longer(site: Site) -> None:
    path = leave_path(site, site.subscribed())
    done = site.press_the_button(path, scope="this").text
    undo = {"undo": hidden(done, "undo"), "act": "undo"}
    with after(site, timedelta(hours=25)) as http:
        late = http.post(path, data=undo)
        assert late.status_code == 400
        assert "This newsletter is off already" in late.text
        assert "Switch it on again" in late.text
    assert site.audience() == []
    with after(site, timedelta(hours=23)) as http:
        assert "Everything is as it was" in http.post(path, data=undo).text
        # Pressed twice: nothing to do, and the button to leave is there.
        assert "One press, and the letters stop" in http.post(path, data=undo).text


def test_who_left_by_one_click_is_shown_the_way_back_by_mail(site: Site) -> None:
    path = leave_path(site, site.subscribed())
    assert "Undo" not in site.http.post(path, data=ONE_CLICK).text
    page = site.http.get(path).text
    assert "This newsletter is off already" in page
    assert "Switch it on again" in page


def test_whom_a_letter_was_forwarded_to_cannot_take_its_readers_leaving_back(site: Site) -> None:
    path = leave_path(site, site.subscribed())
    # They leave for the reader, and undo that: all is as before. The proof is of no use for what comes later.
    strangers = {"undo": hidden(site.press_the_button(path, scope="this").text, "undo"), "act": "undo"}
    site.http.post(path, data=strangers)
    assert len(site.audience()) == 1
    with after(site, timedelta(minutes=5)) as http:
        later = replace(site, http=http)
        later.press_the_button(path, scope="this")
    with after(site, timedelta(minutes=10)) as http:
        later = replace(site, http=http)
        assert http.post(path, data=strangers).status_code == 400
        assert "Undo" not in later.http.get(path).text
        assert "Undo" not in later.press_the_button(path, scope="this").text
    assert site.audience() == []


def test_a_button_pressed_twice_still_offers_to_undo(site: Site) -> None:
    path = leave_path(site, site.subscribed())
    nonce = hidden(site.http.get(path).text, "nonce")
    first, done = (site.http.post(path, data={"nonce": nonce, "scope": "this"}).text for _ in range(2))
    assert "Undo" in first
    assert (
        "Everything is as it was"
        in site.http.post(path, data={"undo": hidden(done, "undo"), "act": "undo"}).text
    )


def test_less_often_is_one_press_away(site: Site) -> None:
    path = leave_path(site, site.subscribed())
    done = site.press_the_button(path, scope="this").text
    assert "Daily Health can come as one letter a week" in done
    back = site.http.post(path, data={"undo": hidden(done, "undo"), "act": "weekly"}).text
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
    nonce = hidden(site.http.get(path).text, "nonce")
    for data in ({}, {"undo": ""}, {"undo": "1.00"}, {"nonce": nonce}, {"undo": nonce, "nonce": nonce}):
        answer = site.http.post(path, data={"act": act, **data})
        assert answer.status_code == 400
        assert "This newsletter is off already" in answer.text
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
        assert "no letter comes by it any more" in answer.text


def test_who_keeps_another_newsletter_can_leave_that_from_the_same_page(site: Site) -> None:
    reader = site.subscribed()
    with after(site, timedelta(days=1, minutes=1)) as http:
        later = replace(site, http=http)
        later.sign_up(newsletter="weekly")
        path = later.mail_to(count=2).split("http://letter.example", 1)[1].split()[0]
        later.press_the_button(path)
        done = later.press_the_button(leave_path(site, reader), scope="this").text
        assert "Daily Health is off. You get no more of it." in done
        assert "Weekly" not in done  # the letter may be in other hands
        done = later.press_the_button(leave_path(site, reader), scope="all").text
        assert "You will get no more letters from us." in done
        assert "Undo" in done
    assert site.audience("weekly") == []


def test_the_page_after_leaving_is_in_the_language_that_the_reader_chose(site: Site) -> None:
    reader = site.subscribed()
    with site.workplace.database.write() as connection:
        set_language(connection, reader.subscriber_id, "es")
    path = leave_path(site, reader)
    assert '<html lang="es"' in site.http.get(path).text
    done = site.press_the_button(path, scope="this").text
    assert '<html lang="es"' in done
    site.http.post(path, data={"undo": hidden(done, "undo"), "act": "undo"})
    with site.workplace.database.read() as connection:
        assert consent_records(connection, reader.subscriber_id)[-1].content.locale == "es"
