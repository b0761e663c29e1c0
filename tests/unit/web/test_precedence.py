"""Mails wait while a visitor is served, but never for long."""

from __future__ import annotations

import threading
import time

from newsletter.web.precedence import LONGEST_WAIT_S, Precedence


def waited(precedence: Precedence) -> float:
    began = time.monotonic()
    precedence.give_way()
    return time.monotonic() - began


def test_a_mail_leaves_at_once_when_nobody_is_served() -> None:
    assert waited(Precedence()) < LONGEST_WAIT_S / 2


def test_a_mail_waits_for_the_last_visitor_to_be_served() -> None:
    precedence, order = Precedence(), []

    def mail() -> None:
        precedence.give_way()
        order.append("mail")

    with precedence.visitor(), precedence.visitor():
        thread = threading.Thread(target=mail)
        thread.start()
        order.append("visitors")
    thread.join()
    assert order == ["visitors", "mail"]


def test_visitors_without_end_do_not_stop_the_mails() -> None:
    precedence = Precedence()
    with precedence.visitor():
        assert LONGEST_WAIT_S <= waited(precedence) < 10 * LONGEST_WAIT_S
