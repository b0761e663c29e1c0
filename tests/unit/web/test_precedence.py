"""Mails wait while a visitor is served, but never for long, and not one after the other."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta

from newsletter.clock import SystemClock
from newsletter.web.precedence import BREATH_S, PATIENCE, Precedence
from newsletter.workflows.drain import drain
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer
from tests.unit.workflows.conftest import Life

JUST_NOW = timedelta()
#: Fifty mails that wait one after the other for all their patience take twice as long.
WITHIN_S = 12
LONGEST_S = PATIENCE.total_seconds()


def waited(precedence: Precedence, due_for: timedelta) -> float:
    began = time.monotonic()
    precedence.give_way(due_for)
    return time.monotonic() - began


def test_a_mail_leaves_at_once_when_nobody_is_served() -> None:
    assert waited(Precedence(), JUST_NOW) < LONGEST_S / 2


def test_a_mail_waits_for_the_last_visitor_to_be_served() -> None:
    precedence, order = Precedence(), []

    def mail() -> None:
        precedence.give_way(JUST_NOW)
        order.append("mail")

    with precedence.visitor(), precedence.visitor():
        thread = threading.Thread(target=mail)
        thread.start()
        order.append("visitors")
    thread.join()
    assert order == ["visitors", "mail"]


def test_a_mail_waits_for_what_is_left_of_its_patience_and_then_for_a_breath() -> None:
    precedence = Precedence()
    with precedence.visitor():
        assert LONGEST_S / 4 <= waited(precedence, PATIENCE * 3 / 4) < 3 * LONGEST_S
        assert BREATH_S <= waited(precedence, PATIENCE * 100) < LONGEST_S
        # A wall clock that was set back by an hour.
        assert LONGEST_S <= waited(precedence, -timedelta(hours=1)) < 3 * LONGEST_S


def test_a_queue_leaves_within_seconds_while_visitors_come_without_end(
    connected: Workplace, smtp_server: MailServer
) -> None:
    now, precedence = replace(connected, clock=SystemClock()), Precedence()
    for number in range(50):
        Life(now, f"reader{number}@host{number}.example").sign_up()
    began = time.monotonic()
    with precedence.visitor():
        assert drain(now, before_each=precedence.give_way).accepted == 50
    assert time.monotonic() - began < WITHIN_S
    assert len(smtp_server.received) == 50
