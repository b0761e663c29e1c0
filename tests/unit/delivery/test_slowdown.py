"""Replies that slow a domain down, and those that do not."""

from __future__ import annotations

import pytest

from newsletter.delivery.slowdown import SIGNS, why_slower


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (421, "4.7.28"),
        (450, "4.7.28"),
        (550, "5.7.28"),
        (421, "5.7.32"),
        (451, "4.7.27"),
        (451, "4.7.650"),
        (451, "4.7.500"),
        (421, "4.7.0"),
        (421, "4.7.1"),
        (421, "4.3.2"),
        (451, "4.3.2"),
        (452, "4.3.1"),
        (451, "4.4.5"),
        (421, "4.3.0"),
        (421, "4.0.0"),
        (421, ""),
    ],
)
def test_a_reply_about_the_domains_system_or_our_rate_slows_it_down(code: int, status: str) -> None:
    assert why_slower(code, status)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (250, "2.0.0"),
        (0, ""),
        (451, "4.7.1"),
        (450, "4.7.1"),
        (450, "4.2.0"),
        (451, "4.7.0"),
        (450, "4.2.1"),
        (452, "4.2.2"),
        (421, "4.4.2"),
        (451, "4.4.1"),
        (452, "4.5.3"),
        (451, ""),
        (451, "4.3.0"),
        (550, "5.1.1"),
        (550, "5.7.1"),
        (554, ""),
    ],
)
def test_a_grey_list_a_mailbox_and_a_broken_connection_slow_nobody_down(code: int, status: str) -> None:
    assert why_slower(code, status) == ""


def test_every_rule_has_a_source() -> None:
    assert all(sign.source for sign in SIGNS)
