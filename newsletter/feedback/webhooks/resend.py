"""Resend: its webhooks, signed as Svix does (docs.svix.com, "Verifying webhooks manually").

That is the scheme of Standard Webhooks with headers of other names. Words: Resend, "Event types".
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from newsletter.feedback.event import DIAGNOSTIC_CHARACTERS, Event, Kind, Permanence, Reason
from newsletter.feedback.webhooks.post import (
    MAX_EVENTS,
    Post,
    clean,
    digest,
    ids_of_headers,
    items,
    message_ids,
    moment,
    numbered,
    parse_object,
    said,
    table,
    word,
)
from newsletter.feedback.webhooks.reply import read_reply
from newsletter.feedback.webhooks.ses import Meaning, bounce_meaning
from newsletter.feedback.webhooks.standard import verify_standard
from newsletter.settings.provider import ResendSettings

NAME = "resend"
PREFIX = "svix"


def verify(post: Post, settings: ResendSettings, *, now: datetime) -> None:
    """Whether Resend signed it, with one of the secrets, and lately.

    Raises:
        WebhookError: it did not.
    """
    verify_standard(NAME, post, settings.secrets, prefix=PREFIX, now=now)


def events(post: Post) -> tuple[Event, ...]:
    """What a POST says; nothing for opens, clicks, contacts and domains.

    Raises:
        WebhookError: it is no JSON object.
    """
    told = parse_object(NAME, post.body)
    data = table(told, "data")
    meant = _meaning(word(told, "type"), data)
    if meant is None:
        return ()
    kind, meaning, status, words = meant
    recipients = items(data, "to") or [data.get("to", "")]
    found = [
        Event(
            kind=kind,
            recipient=word({"to": to}, "to"),
            status=status,
            permanence=meaning.permanence,
            reason=meaning.reason,
            diagnostic=words,
            message_ids=message_ids(
                word(data, "message_id", 998), *ids_of_headers(items(data, "headers")), word(data, "email_id")
            ),
            happened_at=moment(told.get("created_at")),
        )
        for to in recipients[:MAX_EVENTS]
    ]
    return numbered(post.headers.get(f"{PREFIX}-id", "") or digest(NAME, told), found)


_UNSURE = Meaning(Permanence.UNKNOWN, Reason.OTHER)
_PLAIN = {
    "email.delivered": (Kind.DELIVERED, _UNSURE),
    "email.complained": (Kind.COMPLAINT, Meaning(Permanence.UNKNOWN, Reason.SPAM)),
    "email.delivery_delayed": (Kind.DELAYED, Meaning(Permanence.TEMPORARY, Reason.OTHER)),
    # Not even tried: the address bounced or complained before, or the account may send no more.
    "email.suppressed": (Kind.BOUNCE, bounce_meaning("Permanent", "")),
    "email.failed": (Kind.BOUNCE, Meaning(Permanence.UNKNOWN, Reason.NOT_TRIED)),
}


def _meaning(name: str, data: dict[str, Any]) -> tuple[Kind, Meaning, str, str] | None:
    if name == "email.bounced":
        return _bounce(table(data, "bounce"))
    if name not in _PLAIN:
        return None
    why = said(table(data, "suppressed"), "message") or said(table(data, "failed"), "reason")
    return *_PLAIN[name], "", why


def _bounce(bounce: dict[str, Any]) -> tuple[Kind, Meaning, str, str]:
    """A bounce is one for good (says Resend) unless its type, which is Amazon's, says otherwise."""
    words = said(bounce, "message")
    meant = bounce_meaning(word(bounce, "type") or "Permanent", word(bounce, "subType"))
    heard = [each for each in items(bounce, "diagnosticCode")[:5] if isinstance(each, str)]
    reply = read_reply("", " ".join([*heard, words])[:1000])
    if reply.status:
        meant = Meaning(reply.permanence, meant.reason if reply.reason is Reason.OTHER else reply.reason)
    kind = Kind.COMPLAINT if meant.reason is Reason.UNSUBSCRIBE else Kind.BOUNCE
    return kind, meant, reply.status, words or clean(" ".join(heard))[:DIAGNOSTIC_CHARACTERS]
