"""Our own format, for a relay of yours or a provider that is not among those we know.

Proof: the signature of Standard Webhooks, as on the webhooks that we send. Words: those of
newsletter.feedback.event; the reference is docs/reference/feedback-webhook.md.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from newsletter.feedback.event import Event, Kind, Permanence, Reason
from newsletter.feedback.webhooks.post import (
    MAX_EVENTS,
    Post,
    digest,
    items,
    message_ids,
    moment,
    parse_object,
    said,
    unreadable,
    word,
)
from newsletter.feedback.webhooks.reply import read_reply
from newsletter.feedback.webhooks.standard import verify_standard
from newsletter.settings.provider import GenericSettings

NAME = "generic"
PREFIX = "webhook"

_Word = TypeVar("_Word", bound=StrEnum)
_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")


def verify(post: Post, settings: GenericSettings, *, now: datetime) -> None:
    """Whether somebody who knows one of the secrets signed it, and lately.

    Raises:
        WebhookError: nobody did.
    """
    verify_standard(NAME, post, settings.secrets, prefix=PREFIX, now=now)


def events(post: Post) -> tuple[Event, ...]:
    """What a POST says: ``{"events": […]}``, of which none may be faulty.

    Raises:
        WebhookError: it is not of that form, or a word in it is not one of ours.
    """
    told = parse_object(NAME, post.body)
    batch = told.get("events")
    if not isinstance(batch, list) or not all(isinstance(one, dict) for one in batch):
        unreadable(NAME, 'is not {"events": [{…}]}')
    if len(batch) > MAX_EVENTS:
        unreadable(NAME, f"holds more than {MAX_EVENTS:,} events")
    return tuple(map(_event, batch))


def _event(one: dict[str, Any]) -> Event:
    if not word(one, "recipient") and not items(one, "message_ids") and not word(one, "return_path"):
        unreadable(NAME, "holds an event about nobody: recipient, message_ids or return_path says whom")
    status, words = word(one, "status"), said(one, "diagnostic")
    if status and not _STATUS.fullmatch(status):
        unreadable(NAME, 'holds a status that is not like "5.1.1" (RFC 3463)')
    reply = read_reply(status, words)
    return Event(
        kind=_one_of(Kind, one, "kind", None),
        recipient=word(one, "recipient"),
        status=status or reply.status,
        permanence=_one_of(Permanence, one, "permanence", reply.permanence),
        reason=_one_of(Reason, one, "reason", reply.reason),
        diagnostic=words,
        return_path=word(one, "return_path"),
        message_ids=message_ids(*(word({"id": each}, "id", 998) for each in items(one, "message_ids"))),
        remote_id=word(one, "id") or digest(NAME, one),
        happened_at=moment(one.get("happened_at")),
    )


def _one_of(words: type[_Word], one: dict[str, Any], key: str, default: _Word | None) -> _Word:
    given = one.get(key)
    if given is None and default is not None:
        return default
    if not isinstance(given, str) or given not in list(words):
        unreadable(NAME, f"holds an event without a known {key}: {', '.join(words)}")
    return words(given)
