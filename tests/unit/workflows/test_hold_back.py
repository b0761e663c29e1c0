"""What our forms send is paced, and nearly stops when nobody confirms; nobody is lost by it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.settings import SiteSettings
from newsletter.subscribers.token import Purpose
from newsletter.workflows.confirm import Answer, confirm
from newsletter.workflows.drain import DrainReport, drain
from newsletter.workflows.hold_back import (
    LEAST_MAILS,
    TO_A_DOMAIN,
    TRICKLE,
    breaker_of,
    release,
)
from newsletter.workflows.unsubscribe import unsubscribe
from newsletter.workflows.workplace import Workplace
from tests.unit.workflows.conftest import Later, Life

CLINIC = SiteSettings(key="clinic", origins=("https://clinic.example",), signups_an_hour=10_000)


@pytest.fixture
def busy(connected: Workplace) -> Workplace:
    return replace(connected, settings=connected.settings.model_copy(update={"sites": (CLINIC,)}))


def sign_up(workplace: Workplace, number: int, *, domain: str = "") -> Life:
    life = Life(workplace, f"reader{number}@{domain or f'host{number}.example'}")
    life.sign_up(site="clinic")
    return life


def send(workplace: Workplace) -> DrainReport:
    return drain(workplace, limit=1000)


def test_more_than_an_hour_holds_for_one_domain_waits_and_comes_later(busy: Workplace, later: Later) -> None:
    for number in range(TO_A_DOMAIN + 5):
        sign_up(busy, number, domain="office.example")
    sign_up(busy, 1000, domain="elsewhere.example")
    first = send(busy)
    assert (first.accepted, first.held) == (TO_A_DOMAIN + 1, 5)
    assert send(later(busy, minutes=59)).accepted == 0
    assert send(later(busy, minutes=61)).accepted == 5


def test_a_site_sends_no_more_in_an_hour_than_it_is_set_to(busy: Workplace, later: Later) -> None:
    few = CLINIC.model_copy(update={"signups_an_hour": 3})
    workplace = replace(busy, settings=busy.settings.model_copy(update={"sites": (few,)}))
    for number in range(5):
        sign_up(workplace, number)
    assert send(workplace).accepted == 3
    assert send(later(workplace, minutes=61)).accepted == 2


def test_what_no_form_asked_for_is_not_held(busy: Workplace) -> None:
    for number in range(TO_A_DOMAIN + 3):
        Life(busy, f"reader{number}@office.example").sign_up()
    assert send(busy).held == 0


def flooded(busy: Workplace, later: Later, *, confirmed: int) -> Workplace:
    """An hour after LEAST_MAILS mails to strangers, of whom some confirmed."""
    tokens = [sign_up(busy, number).mailed_token() for number in range(LEAST_MAILS)]
    assert send(busy).accepted == LEAST_MAILS
    for token in tokens[:confirmed]:
        confirm(busy, token, page_url="http://letter.example/confirm/")
    return later(busy, hours=1)


def test_hardly_anybody_confirms_so_only_a_few_an_hour_go_out(busy: Workplace, later: Later) -> None:
    now = flooded(busy, later, confirmed=19)
    for number in range(500, 530):
        sign_up(now, number)
    report = send(now)
    assert (report.accepted, report.held) == (TRICKLE, 10)
    found = breaker_of(now)
    assert found is not None
    assert found.is_open
    assert found.reason == "of 100 people asked by mail in the last day, 19 confirmed"
    assert send(later(now, hours=1, minutes=1)).accepted == 10


def test_a_usual_rate_holds_nothing_back(busy: Workplace, later: Later) -> None:
    now = flooded(busy, later, confirmed=20)
    for number in range(500, 530):
        sign_up(now, number)
    assert send(now).accepted == 30
    assert breaker_of(now) is None


def test_the_operator_lets_everything_go_on(busy: Workplace, later: Later) -> None:
    now = flooded(busy, later, confirmed=0)
    for number in range(500, 530):
        sign_up(now, number)
    send(now)
    soon = later(now, minutes=5)
    noted: list[str] = []
    assert release(soon, note=lambda _: noted.append("line"))
    assert send(soon).accepted == 10
    assert not release(soon, note=lambda _: noted.append("line"))
    assert noted == ["line"]


def test_that_nothing_more_comes_is_no_sign_that_people_answer(busy: Workplace, later: Later) -> None:
    now = flooded(busy, later, confirmed=0)
    for number in range(500, 530):
        sign_up(now, number)
    send(now)
    found = breaker_of(now)
    assert found is not None
    assert found.is_open
    # A day later the flood is no longer looked at, and what was held still goes out a few at a time.
    for number in range(600, 630):
        sign_up(later(now, hours=25), number)
    assert send(later(now, hours=25)).accepted == TRICKLE
    found = breaker_of(later(now, hours=25))
    assert found is not None
    assert found.is_open


def test_it_closes_by_itself_once_those_who_are_let_out_answer(busy: Workplace, later: Later) -> None:
    now = flooded(busy, later, confirmed=0)
    tokens = [sign_up(now, number).mailed_token() for number in range(500, 530)]
    assert send(now).accepted == TRICKLE
    for token in tokens[:5]:
        confirm(now, token, page_url="http://letter.example/confirm/")
    assert send(later(now, hours=1, minutes=1)).accepted == 10
    found = breaker_of(later(now, hours=1, minutes=1))
    assert found is not None
    assert not found.is_open


def test_a_stranger_who_takes_addresses_off_confirms_nothing(busy: Workplace, later: Later) -> None:
    now = flooded(busy, later, confirmed=0)
    for number in range(40):
        life = Life(now, f"reader{number}@host{number}.example")
        unsubscribe(now, life.token(Purpose.UNSUBSCRIBE), door="page", evidence="POST")
    sign_up(now, 500)
    send(now)
    found = breaker_of(now)
    assert found is not None
    assert found.is_open


def test_who_had_to_wait_for_the_mail_has_two_days_from_then(busy: Workplace, later: Later) -> None:
    few = CLINIC.model_copy(update={"signups_an_hour": 1})
    workplace = replace(busy, settings=busy.settings.model_copy(update={"sites": (few,)}))
    sign_up(workplace, 1)
    token = sign_up(workplace, 2).mailed_token()
    assert send(workplace).held == 1
    then = later(workplace, hours=48, minutes=30)
    assert send(then).accepted == 1
    late = later(then, hours=0)
    assert confirm(late, token, page_url="http://letter.example/confirm/").answer is Answer.CONFIRMED
