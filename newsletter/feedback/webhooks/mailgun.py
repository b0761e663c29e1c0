"""Mailgun: its webhooks, and those of the older kind, which post a form.

Proof: HMAC-SHA256 over a time and a token, both in the body (Mailgun, "Securing Webhooks"). It does not cover
the rest of the body, so a token counts once: see token_of. Words: "Tracking Messages" and "Event structure".
"""

from __future__ import annotations

import hmac
import json
from datetime import datetime, timedelta
from typing import Any

from newsletter.feedback.event import Event, Kind, Permanence, Reason
from newsletter.feedback.webhooks.form import form_fields
from newsletter.feedback.webhooks.post import (
    Post,
    is_known,
    is_near,
    message_ids,
    moment,
    parse_object,
    said,
    table,
    unproven,
    unreadable,
    word,
)
from newsletter.feedback.webhooks.reply import read_reply
from newsletter.settings.provider import MailgunSettings

NAME = "mailgun"
#: It posts again for 8 h what was not answered 200, and does not say that it signs anew.
OLDEST = timedelta(hours=8, minutes=5)

Meant = tuple[Kind, Permanence, Reason]
#: What Mailgun did not try to send, as it was told before: by its reason, and by the code of the older kind.
_NOT_TRIED: dict[str, Meant] = {
    "suppress-bounce": (Kind.BOUNCE, Permanence.PERMANENT, Reason.NO_ADDRESS),
    "suppress-unsubscribe": (Kind.COMPLAINT, Permanence.UNKNOWN, Reason.UNSUBSCRIBE),
    "suppress-complaint": (Kind.COMPLAINT, Permanence.UNKNOWN, Reason.SPAM),
    "605": (Kind.BOUNCE, Permanence.PERMANENT, Reason.NO_ADDRESS),
    "606": (Kind.COMPLAINT, Permanence.UNKNOWN, Reason.UNSUBSCRIBE),
    "607": (Kind.COMPLAINT, Permanence.UNKNOWN, Reason.SPAM),
}
_PLAIN: dict[str, Meant] = {
    "delivered": (Kind.DELIVERED, Permanence.UNKNOWN, Reason.OTHER),
    "complained": (Kind.COMPLAINT, Permanence.UNKNOWN, Reason.SPAM),
    "unsubscribed": (Kind.COMPLAINT, Permanence.UNKNOWN, Reason.UNSUBSCRIBE),
    "rejected": (Kind.BOUNCE, Permanence.UNKNOWN, Reason.NOT_TRIED),  # by Mailgun itself
}
#: The names of the older kind for what is "failed" now.
_FAILED = ("failed", "bounced", "dropped")


def verify(post: Post, settings: MailgunSettings, *, now: datetime) -> None:
    """Whether Mailgun signed it, or the account above it, with one of the keys, and lately.

    Raises:
        WebhookError: it did not.
    """
    proof = table(_body(post), "signature")
    timestamp, token = word(proof, "timestamp"), word(proof, "token")
    given = [word(proof, "signature"), word(proof, "parent-signature")]
    if not timestamp or not token:
        unproven(NAME, "is not signed")
    signed = (timestamp + token).encode()
    expected = [
        hmac.new(key.get_secret_value().encode(), signed, "sha256").hexdigest()
        for key in settings.signing_keys
    ]
    if not is_known(given, expected):
        unproven(NAME, "is signed by none of the keys")
    if not is_near(timestamp, now=now, before=OLDEST):
        unproven(NAME, "was signed too long ago, or in the future")


def token_of(post: Post) -> str:
    """What a verified POST may be taken by once: with another body it would be as well signed.

    Raises:
        WebhookError: it has none.
    """
    return word(table(_body(post), "signature"), "token") or unproven(NAME, "has no token")


def events(post: Post) -> tuple[Event, ...]:
    """What a POST says; nothing for opens, clicks and what is merely accepted.

    Raises:
        WebhookError: it is neither JSON nor a form.
    """
    body = _body(post)
    told = table(body, "event-data")
    meant = _meaning(told)
    if meant is None:
        return ()
    (kind, permanence, reason), status = meant
    headers = table(table(told, "message"), "headers")
    return (
        Event(
            kind=kind,
            recipient=word(told, "recipient"),
            status=status,
            permanence=permanence,
            reason=reason,
            diagnostic=_words(told),
            return_path=word(table(told, "envelope"), "sender"),
            message_ids=message_ids(word(headers, "message-id", 998)),
            remote_id=word(told, "id") or word(table(body, "signature"), "token"),
            happened_at=moment(told.get("timestamp")),
        ),
    )


def _meaning(told: dict[str, Any]) -> tuple[Meant, str] | None:
    """What it means, with the status; None where it is nothing to us."""
    name = word(told, "event")
    if name in _PLAIN:
        return _PLAIN[name], ""
    return _failure(told, name) if name in _FAILED else None


def _failure(told: dict[str, Any], name: str) -> tuple[Meant, str]:
    delivery, why = table(told, "delivery-status"), word(told, "reason")
    code = word(delivery, "code")
    if known := _NOT_TRIED.get(why) or _NOT_TRIED.get(code):
        return known, ""
    reply = read_reply(word(delivery, "enhanced-code") or code, _words(told))
    if name == "failed" and word(told, "severity") == "temporary":
        return (Kind.DELAYED, Permanence.TEMPORARY, reply.reason), reply.status
    if why == "old":  # tried until its time was over
        reason = Reason.UNREACHABLE if reply.reason is Reason.OTHER else reply.reason
        return (Kind.BOUNCE, Permanence.TEMPORARY, reason), reply.status
    permanence = reply.permanence if reply.status else Permanence.PERMANENT
    return (Kind.BOUNCE, permanence, reply.reason), reply.status


def _words(told: dict[str, Any]) -> str:
    delivery, reject = table(told, "delivery-status"), table(told, "reject")
    return said(delivery, "message", "description") or said(reject, "description", "reason")


def _body(post: Post) -> dict[str, Any]:
    kind = post.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() not in (
        "multipart/form-data",
        "application/x-www-form-urlencoded",
    ):
        return parse_object(NAME, post.body)
    fields = form_fields(NAME, kind, post.body)
    return {
        "signature": {key: fields.get(key, "") for key in ("timestamp", "token", "signature")},
        "event-data": {
            "event": fields.get("event", ""),
            "recipient": fields.get("recipient", ""),
            "timestamp": fields.get("timestamp", ""),
            "reason": fields.get("reason", ""),
            "message": {"headers": {"message-id": _message_id(fields)}},
            "delivery-status": {
                "code": fields.get("code", ""),
                "message": fields.get("error", "") or fields.get("description", ""),
            },
        },
    }


def _message_id(fields: dict[str, str]) -> str:
    """Of the letter: in a field of its own, or in the list of its headers."""
    if named := fields.get("Message-Id", "") or fields.get("message-id", ""):
        return named
    try:
        headers = json.loads(fields.get("message-headers", "") or "[]")
    except (ValueError, RecursionError):
        unreadable(NAME, "has headers that are not JSON")
    pairs = headers if isinstance(headers, list) else []
    return next(
        (
            pair[1]
            for pair in pairs[:200]
            if isinstance(pair, list)
            and len(pair) == 2
            and pair[0] == "Message-Id"
            and isinstance(pair[1], str)
        ),
        "",
    )
