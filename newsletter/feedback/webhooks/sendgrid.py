"""Twilio SendGrid: its Event Webhook, which must be signed.

Proof: ECDSA over P-256 and SHA-256 of the timestamp and the body as it came (Twilio SendGrid, "Getting
Started with the Event Webhook Security Features"). Words: "Event Webhook Reference".
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256

from newsletter.feedback.event import Event, Kind, Permanence, Reason
from newsletter.feedback.webhooks.post import (
    MAX_EVENTS,
    Post,
    digest,
    is_near,
    message_ids,
    moment,
    parse_json,
    said,
    unproven,
    unreadable,
    word,
)
from newsletter.feedback.webhooks.reply import read_reply
from newsletter.settings.provider import SendgridSettings, p256_key

NAME = "sendgrid"
SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
#: It posts again for 24 h what was not answered 2xx, and does not say that it signs anew.
OLDEST = timedelta(hours=24, minutes=5)

_key = lru_cache(maxsize=16)(p256_key)

#: Why a message was dropped: SendGrid did not even try, as it was told before.
_DROPPED: dict[str, tuple[Kind, Permanence, Reason]] = {
    "bounced address": (Kind.BOUNCE, Permanence.PERMANENT, Reason.NO_ADDRESS),
    "invalid smtpapi header": (Kind.BOUNCE, Permanence.UNKNOWN, Reason.NOT_TRIED),
    "invalid": (Kind.BOUNCE, Permanence.PERMANENT, Reason.NO_ADDRESS),
    "spam reporting address": (Kind.COMPLAINT, Permanence.UNKNOWN, Reason.SPAM),
    "unsubscribed address": (Kind.COMPLAINT, Permanence.UNKNOWN, Reason.UNSUBSCRIBE),
    "spam content": (Kind.BOUNCE, Permanence.PERMANENT, Reason.CONTENT),
}
_NOT_TRIED = (Kind.BOUNCE, Permanence.UNKNOWN, Reason.NOT_TRIED)
_SAID_BY_READERS = {
    "spamreport": Reason.SPAM,
    "unsubscribe": Reason.UNSUBSCRIBE,
    "group_unsubscribe": Reason.UNSUBSCRIBE,
}
#: What SendGrid itself made of a bounce, where the server gave no code that says it.
_CLASSES = {
    "Invalid Address": Reason.NO_ADDRESS,
    "Mailbox Unavailable": Reason.MAILBOX_FULL,
    "Content": Reason.CONTENT,
    "Reputation": Reason.BLOCKED,
    "Frequency or Volume Too High": Reason.RATE,
    "Technical": Reason.SYSTEM,
}


def verify(post: Post, settings: SendgridSettings, *, now: datetime) -> None:
    """Whether SendGrid signed it, with one of the keys, and lately.

    Raises:
        WebhookError: it did not.
    """
    timestamp = post.headers.get(TIMESTAMP, "")
    signed = timestamp.encode("latin-1", "replace") + post.body
    try:
        signature = base64.b64decode(post.headers.get(SIGNATURE, ""), validate=True)
    except (binascii.Error, ValueError):
        signature = b""
    if not any(_fits(key, signature, signed) for key in settings.public_keys):
        unproven(NAME, "is signed by none of the keys")
    if not is_near(timestamp, now=now, before=OLDEST):
        unproven(NAME, "was signed too long ago, or in the future")


def events(post: Post) -> tuple[Event, ...]:
    """What a POST says, opens and clicks left out.

    Raises:
        WebhookError: it is not a list of at most MAX_EVENTS events.
    """
    batch = parse_json(NAME, post.body)
    if not isinstance(batch, list):
        unreadable(NAME, "is not a JSON list")
    if len(batch) > MAX_EVENTS:
        unreadable(NAME, f"holds more than {MAX_EVENTS:,} events")
    found = (_event(one) for one in batch if isinstance(one, dict))
    return tuple(event for event in found if event is not None)


def _event(one: dict[str, Any]) -> Event | None:
    name, words = word(one, "event"), said(one, "reason", "response")
    status, meant = "", _NOT_TRIED
    if name == "bounce" or (not name and words):  # the older list of bounces does not say "event"
        status, meant = _bounce(one, words)
    elif name == "deferred":
        reply = read_reply(word(one, "status"), words)
        status, meant = reply.status, (Kind.DELAYED, Permanence.TEMPORARY, reply.reason)
    elif name == "dropped":
        meant = next((told for why, told in _DROPPED.items() if words.lower().startswith(why)), _NOT_TRIED)
    elif name == "delivered":
        meant = (Kind.DELIVERED, Permanence.UNKNOWN, Reason.OTHER)
    elif name in _SAID_BY_READERS:
        meant = (Kind.COMPLAINT, Permanence.UNKNOWN, _SAID_BY_READERS[name])
    else:
        return None
    kind, permanence, reason = meant
    return Event(
        kind=kind,
        recipient=word(one, "email"),
        status=status,
        permanence=permanence,
        reason=reason,
        diagnostic=words,
        message_ids=message_ids(word(one, "smtp-id", 998), word(one, "sg_message_id")),
        remote_id=word(one, "sg_event_id") or digest(NAME, one),
        happened_at=moment(one.get("timestamp")) or moment(one.get("created")),
    )


def _bounce(one: dict[str, Any], words: str) -> tuple[str, tuple[Kind, Permanence, Reason]]:
    """By the server's code and words; without any, "blocked" passes and "bounce" stays."""
    reply = read_reply(word(one, "status"), words)
    is_blocked = word(one, "type") == "blocked"
    permanence, reason = reply.permanence, reply.reason
    if permanence is Permanence.UNKNOWN:
        permanence = Permanence.TEMPORARY if is_blocked else Permanence.PERMANENT
    if reason is Reason.OTHER:
        reason = _CLASSES.get(word(one, "bounce_classification"), reason)
    return reply.status, (Kind.BOUNCE, permanence, reason)


def _fits(key: str, signature: bytes, signed: bytes) -> bool:
    try:
        _key(key).verify(signature, signed, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
