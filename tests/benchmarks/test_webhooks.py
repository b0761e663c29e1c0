"""`make bench`: how many events of providers are understood in a second, beside reading their JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from newsletter.feedback.webhooks import reply, sendgrid, ses
from newsletter.feedback.webhooks.post import Post

#: Of a busy machine; one at rest does 30,000 and more.
LEAST = 10_000
#: As long as to read the JSON alone, whatever the machine.
MOST_TIMES = 25
EVENTS = 1000
REASONS = (
    "550 5.1.1 The email account that you tried to reach does not exist.",
    "552 5.2.2 The recipient's mailbox is full",
    "550 5.7.1 Message rejected because of the reputation of the sender",
    "451 4.4.1 No answer from host",
    "User unknown in virtual mailbox table",
)


def sendgrid_batch() -> tuple[Post, int]:
    batch = [
        {
            "email": f"reader{number}@example.org",
            "event": ("bounce", "deferred", "delivered", "spamreport")[number % 4],
            "reason": f"{REASONS[number % len(REASONS)]} <r{number}@example.org> x{number:016}si - gsmtp",
            "sg_event_id": f"event-{number:020}",
            "sg_message_id": f"message-{number:020}.filter0001",
            "smtp-id": f"<{number:032x}@letter.example>",
            "timestamp": 1772530200 + number,
        }
        for number in range(EVENTS)
    ]
    return Post({}, json.dumps(batch).encode()), EVENTS


def ses_notice() -> tuple[Post, int]:
    recipient = {"emailAddress": "reader@example.org", "status": "5.1.1", "diagnosticCode": REASONS[0]}
    bounce = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [recipient]}
    mail = {
        "source": "bounces+opaque@letter.example",
        "messageId": "0102018c-0000",
        "headers": [{"name": name, "value": "x"} for name in ("From", "To", "Subject", "Date")],
        "commonHeaders": {"messageId": "<a1@letter.example>"},
    }
    told = json.dumps({"notificationType": "Bounce", "bounce": bounce, "mail": mail})
    envelope = {"Type": "Notification", "MessageId": "m-1", "Message": told}
    return Post({}, json.dumps(envelope).encode()), 1


def rate(work: Callable[[], object], events: int) -> float:
    """Events a second, the best of three rounds; none knows the words of the one before."""
    rounds, times = [], max(1, 20_000 // events)
    for _ in range(3):
        reply._read.cache_clear()
        began = time.perf_counter()
        for _ in range(times):
            work()
        rounds.append(times * events / (time.perf_counter() - began))
    return max(rounds)


@pytest.mark.parametrize(("module", "made"), [(sendgrid, sendgrid_batch()), (ses, ses_notice())])
def test_a_million_events_are_understood_within_two_minutes(module: Any, made: tuple[Post, int]) -> None:
    post, events = made
    understood = rate(lambda: module.events(post), events)
    bare = rate(lambda: json.loads(post.body), events)
    print(
        f"\nevents of {module.NAME}: {understood:,.0f}/s, bare JSON {bare:,.0f}/s: "
        f"{bare / understood:.1f} times as long"
    )
    assert understood >= LEAST
    assert bare / understood <= MOST_TIMES
