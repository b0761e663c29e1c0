"""Postmark, which does not sign: who posts proves itself by HTTP basic authentication (RFC 7617).

User name and password stand in the address that its site is given, ``https://user:password@…``, or the whole
in a header of your own, ``X-Webhook-Secret``. So whoever has seen one POST can make more, at any time.
Words: Postmark developer documentation, "Webhooks" and "Bounce API, bounce types".
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from newsletter.feedback.event import Event, Kind, Permanence, Reason
from newsletter.feedback.webhooks.post import (
    Post,
    digest,
    is_known,
    message_ids,
    moment,
    parse_object,
    said,
    table,
    unproven,
    word,
)
from newsletter.feedback.webhooks.reply import read_reply
from newsletter.settings.provider import PostmarkSettings

NAME = "postmark"
SECRET = "x-webhook-secret"  # noqa: S105 - the name of a header

#: Of the bounce that Postmark passes on, when it is asked to, so much is searched for our Message-ID.
_SEARCHED = 200_000
_MESSAGE_ID = re.compile(r"^Message-ID:\s*(<[^<>\s]{3,300}>)", re.IGNORECASE | re.MULTILINE)

_HARD, _SOFT, _UNSURE = Permanence.PERMANENT, Permanence.TEMPORARY, Permanence.UNKNOWN
#: Its types of bounces. Where the server's code or words say more than OTHER, they decide the reason.
_TYPES: dict[str, tuple[Kind, Permanence, Reason]] = {
    "HardBounce": (Kind.BOUNCE, _HARD, Reason.NO_ADDRESS),
    "BadEmailAddress": (Kind.BOUNCE, _HARD, Reason.NO_ADDRESS),
    "SoftBounce": (Kind.BOUNCE, _SOFT, Reason.OTHER),
    "Transient": (Kind.DELAYED, _SOFT, Reason.OTHER),
    "DnsError": (Kind.BOUNCE, _SOFT, Reason.UNREACHABLE),
    "Unsubscribe": (Kind.COMPLAINT, _UNSURE, Reason.UNSUBSCRIBE),
    "SpamComplaint": (Kind.COMPLAINT, _UNSURE, Reason.SPAM),
    "SpamNotification": (Kind.BOUNCE, _HARD, Reason.CONTENT),
    "VirusNotification": (Kind.BOUNCE, _HARD, Reason.CONTENT),
    "Blocked": (Kind.BOUNCE, _HARD, Reason.BLOCKED),
    "DMARCPolicy": (Kind.BOUNCE, _HARD, Reason.BLOCKED),
    "SMTPApiError": (Kind.BOUNCE, _UNSURE, Reason.SYSTEM),
    "TemplateRenderingFailed": (Kind.BOUNCE, _UNSURE, Reason.CONTENT),
    "ManuallyDeactivated": (Kind.BOUNCE, _UNSURE, Reason.OTHER),
    "Unknown": (Kind.BOUNCE, _UNSURE, Reason.OTHER),
    "AutoResponder": (Kind.AUTO_REPLY, _UNSURE, Reason.VACATION),
    "ChallengeVerification": (Kind.AUTO_REPLY, _UNSURE, Reason.CHALLENGE),
    "AddressChange": (Kind.AUTO_REPLY, _UNSURE, Reason.OTHER),
}
#: Types whose name says less than the words of the server do.
_WORDS_DECIDE = ("HardBounce", "SoftBounce", "Transient", "DnsError", "Unknown")
_SUPPRESSED = {
    "HardBounce": (Kind.BOUNCE, _HARD, Reason.NO_ADDRESS),
    "SpamComplaint": (Kind.COMPLAINT, _UNSURE, Reason.SPAM),
    "ManualSuppression": (Kind.COMPLAINT, _UNSURE, Reason.UNSUBSCRIBE),
}


def verify(post: Post, settings: PostmarkSettings, *, now: datetime) -> None:  # noqa: ARG001 - no time is given
    """Whether whoever posts knows one of the secrets.

    Raises:
        WebhookError: they do not.
    """
    given = [post.headers.get(SECRET, ""), _credentials(post.headers.get("authorization", ""))]
    expected = [secret.get_secret_value() for secret in settings.secrets]
    if not is_known(given, expected):
        unproven(NAME, "has none of the passwords")


def events(post: Post) -> tuple[Event, ...]:
    """What a POST says; nothing for opens, clicks and mail that came in.

    Raises:
        WebhookError: it is no JSON object.
    """
    told = parse_object(NAME, post.body)
    read = _READERS.get(word(told, "RecordType"))
    event = read(told) if read else None
    return (event,) if event else ()


def _credentials(header: str) -> str:
    scheme, _, given = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(given.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _bounce(told: dict[str, Any]) -> Event | None:
    kind = word(told, "Type")
    if kind not in _TYPES:
        return None
    words = said(told, "Details", "Description")
    reply = read_reply("", words)
    meaning, permanence, reason = _TYPES[kind]
    if kind in _WORDS_DECIDE and reply.reason is not Reason.OTHER:
        reason = reply.reason
    return _event(told, meaning, permanence, reason, status=reply.status, diagnostic=words)


def _complaint(told: dict[str, Any]) -> Event:
    return _event(told, Kind.COMPLAINT, _UNSURE, Reason.SPAM, diagnostic=said(told, "Details", "Description"))


def _delivery(told: dict[str, Any]) -> Event:
    return _event(told, Kind.DELIVERED, _UNSURE, Reason.OTHER, diagnostic=said(told, "Details"))


def _change(told: dict[str, Any]) -> Event | None:
    meant = _SUPPRESSED.get(word(told, "SuppressionReason"))
    if told.get("SuppressSending") is not True or meant is None:
        return None
    return _event(told, *meant, diagnostic=said(told, "SuppressionReason"))


_READERS: dict[str, Callable[[dict[str, Any]], Event | None]] = {
    "Bounce": _bounce,
    "SpamComplaint": _complaint,
    "Delivery": _delivery,
    "SubscriptionChange": _change,
}


def _event(
    told: dict[str, Any],
    kind: Kind,
    permanence: Permanence,
    reason: Reason,
    *,
    diagnostic: str,
    status: str = "",
) -> Event:
    return Event(
        kind=kind,
        recipient=word(told, "Email") or word(told, "Recipient"),
        status=status,
        permanence=permanence,
        reason=reason,
        diagnostic=diagnostic,
        message_ids=message_ids(*_named(told), word(told, "MessageID")),
        remote_id=word(told, "ID") or digest(NAME, told),
        happened_at=next(filter(None, (moment(told.get(key)) for key in _TIMES)), None),
    )


_TIMES = ("BouncedAt", "DeliveredAt", "ChangedAt")


def _named(told: dict[str, Any]) -> Iterator[str]:
    """Our Message-ID: in the metadata (of a letter with X-PM-Metadata-message-id), and in the bounce."""
    yield word(table(told, "Metadata"), "message-id", 998)
    dump = told.get("Content")
    if isinstance(dump, str):
        yield from _MESSAGE_ID.findall(dump[:_SEARCHED])[:10]
