"""Today, Calendar and Sending as pages: what they say, who may act there, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from pydantic import SecretStr

from newsletter.errors import DeliveryError
from newsletter.operators import audit
from newsletter.operators.role import Role
from newsletter.settings import NewsletterSettings
from newsletter.workflows.compose import compose
from newsletter.workflows.deliver import deliver
from newsletter.workflows.pause_issue import pause_issue
from newsletter.workflows.show_calendar import show_calendar
from newsletter.workflows.workplace import Workplace
from tests.conftest import free_port
from tests.integration.article_source import add_readers, fill
from tests.integration.console_site import ConsoleSite, console_site, said
from tests.unit.workflows.outlooks import later, outlook

DAY = date(2026, 3, 3)
SENDING = f"/console/issues/daily/{DAY}/sending"


@pytest.fixture
def site(connected: Workplace) -> Iterator[ConsoleSite]:
    fill(connected.settings.content_path)
    settings = connected.settings.model_copy(update={"newsletters": (NewsletterSettings(weekly_on="off"),)})
    workplace = replace(connected, settings=settings)
    outlook(workplace)
    with console_site(workplace) as running:
        yield running


def packed(site: ConsoleSite, ahead: int) -> str:
    day = show_calendar(site.workplace, site.workplace.settings.newsletter()).days[ahead]
    return f"{day.day} {day.version} {day.lead}"


def test_today_says_what_is_next_how_many_get_it_and_what_became_of_the_last_one(site):
    workplace, newsletter = site.workplace, site.workplace.settings.newsletter()
    add_readers(workplace, *(f"reader{number}@example.org" for number in range(7)))
    yesterday = later(workplace, -timedelta(days=1))
    compose(yesterday, newsletter, DAY - timedelta(days=1))
    deliver(yesterday, newsletter, DAY - timedelta(days=1))
    outlook(workplace)
    with site.signed_in(roles=[Role.VIEWER]) as browser:
        words = said(browser.get("/console/"))
    assert "Tuesday 3 March" in words
    assert "Readers 7" in words
    assert "Monday 2 March: accepted 7, failed 0, complaints 0" in words
    assert "was due at 07:00" in words
    assert "checks warn" in words


def test_an_open_page_is_told_what_it_would_say_by_now(site):
    workplace, newsletter = site.workplace, site.workplace.settings.newsletter()
    compose(workplace, newsletter, DAY)
    with site.signed_in() as browser, browser.http.stream("GET", "/console/events") as events:
        told = (json.loads(line[5:]) for line in events.iter_lines() if line.startswith("data:"))
        first = next(told)
        pause_issue(workplace, newsletter, DAY, actor="grace", reason="the phone number is wrong")
        second = next(told)
    assert first["aloud"] == "Daily Health: approved"
    assert second["aloud"] == "Daily Health: paused"
    assert "the phone number is wrong" not in first["page"]
    assert "the phone number is wrong" in second["page"]


def test_what_is_held_or_paused_is_said_first(site):
    newsletter = site.workplace.settings.newsletter()
    compose(site.workplace, newsletter, DAY)
    with site.signed_in() as browser:
        browser.post(f"{SENDING}/pause", reason="the phone number is wrong")
        words = said(browser.get("/console/"))
    assert "Daily Health, Tuesday 3 March: paused the phone number is wrong" in words


def test_a_title_that_is_a_script_is_shown_as_words(site):
    fill(site.workplace.settings.content_path, names=('"><script>alert(1)</script>',))
    outlook(site.workplace)
    with site.signed_in() as browser:
        pages = [browser.get(path).text for path in ("/console/", "/console/calendar")]
    assert all("<script>alert" not in page for page in pages)


def test_the_second_to_move_a_lead_is_told_and_nothing_is_lost(site):
    with site.signed_in() as ada, site.signed_in("bob") as bob:
        moved = {"newsletter": "daily", "from": packed(site, 1), "to": packed(site, 2)}
        assert ada.post("/console/calendar/move", **moved).status_code == 303
        refused = bob.post("/console/calendar/move", **moved)
        assert refused.status_code == 409
        assert "was changed by somebody since you opened the page" in said(refused)
    with site.workplace.database.read() as connection:
        assert {line.actor.name for line in audit.page(connection)} == {"ada"}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SENDER, Role.PRIVACY])
def test_whoever_may_not_edit_moves_nothing_and_is_offered_nothing(site, role):
    with site.signed_in(roles=[role]) as browser:
        assert "No letter" not in said(browser.get("/console/calendar"))
        for act in ("move", "quiet", "undo"):
            assert browser.post(f"/console/calendar/{act}", newsletter="daily").status_code == 403


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.CLINICIAN, Role.PRIVACY])
def test_whoever_may_not_send_stops_nothing(site, role):
    compose(site.workplace, site.workplace.settings.newsletter(), DAY)
    with site.signed_in(roles=[role]) as browser:
        assert 'data-act="pause"' not in browser.get(SENDING).text
        for act in ("pause", "resume", "cancel"):
            assert browser.post(f"{SENDING}/{act}", sure="yes").status_code == 403


def test_to_cancel_takes_a_fresh_proof_and_a_tick(site):
    compose(site.workplace, site.workplace.settings.newsletter(), DAY)
    with site.signed_in(is_fresh=False) as browser:
        assert browser.post(f"{SENDING}/cancel", sure="yes").status_code == 403
    with site.signed_in("bob") as browser:
        assert browser.post(f"{SENDING}/cancel").status_code == 422
        assert browser.post(f"{SENDING}/cancel", sure="yes").status_code == 303
        assert "cancelled" in said(browser.get(SENDING))


def test_the_events_of_an_issue_that_is_out_say_so_and_end(site):
    newsletter = site.workplace.settings.newsletter()
    add_readers(site.workplace, "reader@example.org")
    compose(site.workplace, newsletter, DAY)
    deliver(site.workplace, newsletter, DAY)
    with site.signed_in(roles=[Role.VIEWER]) as browser:
        answer = browser.get(f"{SENDING}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "event: over" in answer.text
    told = json.loads(answer.text.rpartition("data: ")[2])
    assert (told["texts"]["state"], told["texts"]["count-accepted"], told["share"]) == ("sent", "1", 100)


def test_what_is_not_there_is_said(site):
    with site.signed_in() as browser:
        assert "not composed yet" in said(browser.get(SENDING))
        assert browser.get("/console/calendar?newsletter=nowhere").status_code == 404
        assert browser.post("/console/calendar/move", newsletter="daily").status_code == 409
        assert browser.post("/console/calendar/undo", newsletter="daily", number="x").status_code == 422
        nonsense = {"newsletter": "daily", "from": "yesterday", "to": "x"}
        assert browser.post("/console/calendar/move", **nonsense).status_code == 404


def test_a_weekly_digest_is_told_from_its_newsletter_and_a_sent_letter_does_not_wait(connected: Workplace):
    fill(connected.settings.content_path)
    settings = connected.settings.model_copy(update={"newsletters": (NewsletterSettings(),)})
    workplace = replace(connected, settings=settings)
    with console_site(workplace) as site, site.signed_in(roles=[Role.VIEWER]) as browser:
        front = said(browser.get("/console/"))
        assert "Nothing so far. What is next is still being checked." in front
        assert "Daily Health, once a week" in front
        assert "Daily Health, once a week" in said(browser.get("/console/calendar"))
        assert "to leave at 07:00" in said(browser.get(f"/console/issues/daily/{DAY}"))
        add_readers(workplace, "ada@example.org")
        compose(workplace, settings.newsletter(), DAY)
        deliver(workplace, settings.newsletter(), DAY)
        assert "to leave at" not in said(browser.get(f"/console/issues/daily/{DAY}"))
        assert "counted within minutes of its end" in said(browser.get("/console/statistics"))


def test_a_relay_that_cannot_be_used_is_told_where_an_operator_looks_until_letters_leave(site):
    workplace, newsletter = site.workplace, site.workplace.settings.newsletter()
    add_readers(workplace, "ada@example.org")
    compose(workplace, newsletter, DAY)
    dead = SecretStr(f"smtp://127.0.0.1:{free_port()}")
    without = replace(workplace, settings=workplace.settings.model_copy(update={"smtp_url": dead}))
    with pytest.raises(DeliveryError, match="connection refused"):
        deliver(without, newsletter, DAY)
    with site.signed_in(roles=[Role.VIEWER]) as browser:
        watched = said(browser.get(SENDING))
        assert "connection refused" in watched
        assert "on their way" not in watched
        assert "Tuesday 3 March: does not leave" in said(browser.get("/console/"))
        deliver(workplace, newsletter, DAY)
        assert "connection refused" not in said(browser.get(SENDING))
        assert "does not leave" not in said(browser.get("/console/"))
