"""Whatever is posted, a provider's module answers with events or with WebhookError, and soon."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.feedback.event import DIAGNOSTIC_CHARACTERS, Event
from newsletter.feedback.webhooks.post import MAX_BYTES, MAX_EVENTS, Post, WebhookError, moment
from tests.unit.feedback.provider import NAMES, NOW, TOPIC, Providers
from tests.unit.feedback.test_webhook import MODULES

PROVIDERS = Providers()


def _words(text: str) -> list[str]:
    return re.findall(r"\S+", text)


#: Keys and words that the modules look for, so that what is made up gets past the first question.
KEYS = _words(
    """
    Type Message MessageId TopicArn Timestamp Signature SignatureVersion SigningCertURL SubscribeURL
    Subject Token notificationType eventType mail bounce complaint delivery deliveryDelay
    bouncedRecipients emailAddress headers commonHeaders messageId destination complainedRecipients
    recipients timestamp name value event email reason status smtp-id sg_event_id RecordType Email
    Content Metadata ID BouncedAt Details SuppressSending signature token event-data delivery-status
    message code severity recipient id envelope sender type data to created_at suppressed failed
    events kind message_ids return_path happened_at diagnostic permanence
    """
)
WORDS = (
    *_words(
        """
        Notification SubscriptionConfirmation Bounce Complaint Delivery DeliveryDelay Reject
        Subscription bounce dropped deferred spamreport HardBounce failed rejected delivered permanent
        email.bounced email.suppressed 1 2 5.1.1 Message-ID Permanent bounced <a@b>
        """
    ),
    NOW.isoformat(),
    str(int(NOW.timestamp())),
    TOPIC,
)
HEADERS = _words(
    """
    content-type authorization x-webhook-secret svix-id svix-timestamp svix-signature webhook-id
    webhook-timestamp webhook-signature x-twilio-email-event-webhook-signature
    x-twilio-email-event-webhook-timestamp
    """
)
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.sampled_from(WORDS)
)
keys = st.one_of(st.sampled_from(KEYS), st.text(max_size=8))
values = st.recursive(
    leaves, lambda each: st.lists(each, max_size=4) | st.dictionaries(keys, each, max_size=8), max_leaves=25
)
bodies = st.one_of(
    st.binary(max_size=300),
    values.map(lambda told: json.dumps(told).encode()),
    values.map(lambda told: json.dumps({"Type": "Notification", "Message": json.dumps(told)}).encode()),
    st.lists(st.dictionaries(keys, values, max_size=6), max_size=4).map(
        lambda told: json.dumps(told).encode()
    ),
)
header_values = st.text(st.characters(max_codepoint=255), max_size=40) | st.sampled_from(WORDS)
headers = st.dictionaries(
    st.sampled_from(HEADERS),
    header_values | st.sampled_from(["multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]),
)


def try_all(name: str, post: Post) -> tuple[Event, ...]:
    """Verify and read: an error other than the one that is meant goes through."""
    more = {"certificate": lambda _: PROVIDERS.certificate} if name == "ses" else {}
    module = MODULES[name]
    asked: tuple[Callable[[], object], ...] = (
        lambda: module.verify(post, getattr(PROVIDERS.settings, name), now=NOW, **more),
        lambda: module.confirmation_url(post) if name == "ses" else "",
        lambda: module.token_of(post) if name == "mailgun" else "",
    )
    for ask in asked:
        with suppress(WebhookError):
            ask()
    try:
        events: tuple[Event, ...] = module.events(post)
    except WebhookError:
        return ()
    return events


@pytest.mark.parametrize("name", NAMES)
@given(body=bodies, given_headers=headers)
@settings(max_examples=150, deadline=None)
def test_nothing_makes_a_provider_raise_anything_but_its_refusal(
    name: str, body: bytes, given_headers: dict[str, str]
) -> None:
    for event in try_all(name, Post(given_headers, body)):
        texts = (event.recipient, event.status, event.diagnostic, event.return_path, event.remote_id)
        for text in (*texts, *event.message_ids):
            assert text.isprintable() or not set(text) & set("\x00\r\n\ud800")
            text.encode()  # a database and a log can take it
        assert len(event.diagnostic) <= DIAGNOSTIC_CHARACTERS
        assert event.happened_at is None or event.happened_at.tzinfo is not None


@given(value=leaves | values)
def test_any_value_is_a_time_or_none(value: Any) -> None:
    assert isinstance(moment(value), datetime | None)


def bombs() -> dict[str, bytes]:
    """As large as may be posted, and nasty."""
    deep = MAX_BYTES // 2 - 100
    words = json.dumps("user " * 200_000)
    return {
        "nested lists": b"[" * deep + b"]" * deep,
        "nested objects": b'{"a":' * (MAX_BYTES // 5 - 1),
        "nested in an event": b'[{"event":"bounce","email":"a@b.example","x":'
        + b"[" * 900
        + b"]" * 900
        + b"}]",
        "nested in Postmark's": b'{"RecordType":"Delivery","x":' + b"[" * 900 + b"]" * 900 + b"}",
        "nested in Resend's": (
            b'{"type":"email.bounced","data":{"to":["a@b.example"],"bounce":{"diagnosticCode":['
            + (b"[" * 950 + b"]" * 950)
            + b"]}}}"
        ),
        "a long number": b"[" + b"9" * (MAX_BYTES - 2) + b"]",
        "many events": b"[" + b"{}," * (MAX_BYTES // 3 - 2) + b"{}]",
        "many recipients": b'{"type":"email.bounced","data":{"to":[' + b'"",' * 340_000 + b'""]}}',
        "long words": f'[{{"event":"bounce","email":"a@b.example","reason":{words[:1_000_000]}"}}]'.encode(),
        "a long dump": (
            b'{"RecordType":"Bounce","Type":"HardBounce","Content":"' + b"Message-ID: <" * 70_000 + b'"}'
        ),
        "form fields": b"a=b&" * 250_000,
        "form parts": b"--x\r\n" * 200_000,
        "too large": b" " * (MAX_BYTES + 1),
    }


@pytest.mark.parametrize("bomb", bombs())
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]
)
def test_no_body_takes_long_or_gives_many_events(name: str, bomb: str, kind: str) -> None:
    started = time.process_time()
    events = try_all(name, Post({"content-type": kind}, bombs()[bomb]))
    assert len(events) <= MAX_EVENTS
    assert time.process_time() - started < 1.5
