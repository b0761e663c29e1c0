"""Bounces of no standard: families of servers, each by a message of our own in its form (families.toml)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from newsletter.feedback.event import Kind, Permanence, Reason
from newsletter.feedback.report import events_of
from tests.unit.feedback.test_report import RETURNED, mail

ADA = "ada@example.com"
FAMILIES: dict[str, list[dict[str, Any]]] = tomllib.loads(
    Path(__file__).with_name("families.toml").read_text(encoding="utf-8").replace("\n@\n", f"\n{RETURNED}")
)


def family(row: dict[str, Any]) -> str:
    return str(row["family"])


@pytest.mark.parametrize("row", FAMILIES["failed"], ids=family)
def test_a_server_of_this_family_is_understood(row: dict[str, Any]) -> None:
    events = events_of(mail(row["body"], subject="Undelivered mail", return_path="<>"))
    assert [event.recipient for event in events] == row["recipients"]
    assert {(event.kind, event.permanence) for event in events} == {(Kind.BOUNCE, Permanence.PERMANENT)}
    assert events[0].reason is Reason(row["reason"])


@pytest.mark.parametrize("row", FAMILIES["delayed"], ids=family)
def test_a_delay_notice_is_no_bounce(row: dict[str, Any]) -> None:
    (event,) = events_of(mail(row["body"], subject="Warning: message delayed"))
    assert (event.kind, event.recipient, event.permanence) == (Kind.DELAYED, ADA, Permanence.TEMPORARY)


def test_a_receipt_of_delivery_is_no_bounce() -> None:
    body = f"Your message was successfully delivered to the following recipients:\n\n{ADA}\n"
    (event,) = events_of(mail(body, subject="Delivery notification"))
    assert (event.kind, event.recipient) == (Kind.DELIVERED, ADA)


def test_the_recipient_of_the_returned_message_is_taken_where_the_words_name_nobody() -> None:
    body = f"User unknown.\n\n----- Original message -----\n\n{RETURNED}"
    (event,) = events_of(mail(body, subject="Undeliverable"))
    assert (event.recipient, event.message_ids) == (ADA, ("<issue-7.k3y@news.example.org>",))


@pytest.mark.parametrize(
    "said",
    [
        "550 5.7.1 <ada@example.com>: Recipient address rejected: your host is listed in a block list",
        "554 5.7.1 Service unavailable; client host [192.0.2.9] blocked using list.example",
        "550 5.7.26 Unauthenticated email from example.org is not accepted due to its DMARC policy",
    ],
)
def test_a_refusal_of_the_sender_is_never_taken_for_a_dead_address(said: str) -> None:
    body = (
        f"I'm sorry to inform you that your message could not be delivered.\n\n<{ADA}>: host x said: {said}\n"
    )
    (event,) = events_of(mail(body, subject="Undelivered Mail Returned to Sender"))
    assert event.reason is Reason.BLOCKED
