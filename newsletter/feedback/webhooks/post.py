"""One POST as it came, and how what is in it is read: whatever it holds, the only error is WebhookError."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NoReturn

from newsletter.errors import NewsletterError
from newsletter.feedback.event import DIAGNOSTIC_CHARACTERS, Event

#: The largest POST that is read. SendGrid, whose batches are the largest, stops at 768 kB (Event Webhook).
MAX_BYTES = 1024 * 1024
#: What one POST may tell at most; SendGrid's smallest events fill a batch with fewer.
MAX_EVENTS = 5000
#: No recipient of ours is longer (RFC 5321 4.5.3.1.3), and no provider's name for a thing.
MAX_WORD = 320
#: Standard Webhooks and Svix: how far the time of a POST may be from ours.
TOLERANCE = timedelta(minutes=5)

_UNSAFE = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]+")
_ID = re.compile(r"<?([^<>\s@]+@[^<>\s@]+)>?")
_SECONDS = re.compile(r"[0-9]{1,12}")


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)  # NaN and Infinity are not JSON (RFC 8259 section 6)


_JSON = json.JSONDecoder(parse_constant=_no_number)


class Refusal(StrEnum):
    """Why a POST is refused."""

    UNPROVEN = "unproven"  # nothing shows that the provider posted it, or lately
    UNREADABLE = "unreadable"  # it is not what the provider posts
    LATER = "later"  # what would prove it cannot be had now


class WebhookError(NewsletterError):
    """A POST is refused. The words hold nothing of what was posted."""

    def __init__(self, provider: str, reason: str, *, refusal: Refusal) -> None:
        super().__init__(f"a POST of {provider}", reason, _NEXT_STEP[refusal])
        self.refusal = refusal


_NEXT_STEP = {
    Refusal.UNPROVEN: "Compare [providers] in newsletter.toml with what the provider's site shows.",
    Refusal.UNREADABLE: "Look at which kind of webhook the provider's site has for this address.",
    Refusal.LATER: "It is taken when the provider tries again.",
}


@dataclass(frozen=True)
class Post:
    """One POST. *headers*: by name in lower case. *body*: as it came, octet by octet."""

    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def unproven(provider: str, reason: str) -> NoReturn:
    """Refuse what nobody vouches for.

    Raises:
        WebhookError: always.
    """
    raise WebhookError(provider, reason, refusal=Refusal.UNPROVEN)


def unreadable(provider: str, reason: str) -> NoReturn:
    """Refuse what is not what the provider posts.

    Raises:
        WebhookError: always.
    """
    raise WebhookError(provider, reason, refusal=Refusal.UNREADABLE)


def parse_json(provider: str, body: bytes | str) -> Any:
    """The JSON value in *body*, nested no deeper than the interpreter allows.

    Raises:
        WebhookError: there is none, or it is larger than MAX_BYTES.
    """
    if len(body) > MAX_BYTES:
        unreadable(provider, f"is larger than {MAX_BYTES:,} octets")
    try:
        return _JSON.decode(body if isinstance(body, str) else body.decode())
    except (ValueError, RecursionError):
        unreadable(provider, "is not JSON in UTF-8, or is nested too deeply")


def parse_object(provider: str, body: bytes | str) -> dict[str, Any]:
    """The JSON object in *body*.

    Raises:
        WebhookError: there is none.
    """
    value = parse_json(provider, body)
    if not isinstance(value, dict):
        unreadable(provider, "is not a JSON object")
    return value


def table(value: object, key: str) -> dict[str, Any]:
    """The object under *key* of *value*; an empty one where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def items(value: object, key: str) -> list[Any]:
    """The list under *key* of *value*, no longer than MAX_EVENTS; an empty one where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found[:MAX_EVENTS] if isinstance(found, list) else []


def word(value: object, key: str, limit: int = MAX_WORD) -> str:
    """The text or whole number under *key* of *value*, on one line; "" where there is none, or it is long."""
    found = value.get(key) if isinstance(value, dict) else None
    if isinstance(found, str):
        said = clean(found)
        return said if len(said) <= limit else ""
    is_number = isinstance(found, int) and not isinstance(found, bool) and abs(found) < 10**18
    return str(found) if is_number else ""


def said(value: object, *keys: str) -> str:
    """The first text under *keys* of *value*, cut to what is kept of a diagnosis."""
    for key in keys:
        found = value.get(key) if isinstance(value, dict) else None
        if isinstance(found, str) and found.strip():
            return clean(found[: 2 * DIAGNOSTIC_CHARACTERS])[:DIAGNOSTIC_CHARACTERS]
    return ""


def clean(text: str) -> str:
    """*text* on one line: no database and no log chokes on it."""
    return (text if text.isprintable() else _UNSAFE.sub(" ", text)).strip()


def message_ids(*found: str) -> tuple[str, ...]:
    """What names a message, each once: a Message-ID as ``<a@b>`` (RFC 5322 3.6.4), others as they are."""
    named = (_ID.fullmatch(each.strip()) for each in found)
    shaped = (f"<{match[1]}>" if match else each.strip() for match, each in zip(named, found, strict=True))
    return tuple(dict.fromkeys(each for each in shaped if each))


def ids_of_headers(headers: list[Any]) -> Iterator[str]:
    """The values of Message-ID in a list of ``{"name": …, "value": …}``."""
    for header in headers[:200]:
        if word(header, "name").lower() == "message-id":
            yield word(header, "value", 998)


def moment(value: object) -> datetime | None:
    """A time as providers write it: seconds since 1970, or ISO 8601 (UTC where it does not say); or None."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str) and _SECONDS.fullmatch(value):
            return datetime.fromtimestamp(int(value), UTC)
        if isinstance(value, str) and len(value) <= 40:
            found = datetime.fromisoformat(_nanoseconds(value))
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def is_near(value: object, *, now: datetime, before: timedelta, after: timedelta = TOLERANCE) -> bool:
    """Whether the time *value* is no more than *before* in the past, and *after* in the future."""
    at = moment(value)
    return at is not None and now - before <= at <= now + after


def is_known(given: Iterable[str], expected: Iterable[str]) -> bool:
    """Whether one of *given* is one of *expected*, which are secrets, or made with one."""
    known = [each.encode() for each in expected]
    return any(hmac.compare_digest(one.encode(), each) for one in given for each in known)


def digest(provider: str, value: object) -> str:
    """A name for what has none: the same for the same content, and for nothing else.

    Raises:
        WebhookError: it is nested too deeply.
    """
    try:
        canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    except RecursionError:
        unreadable(provider, "is nested too deeply")
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def numbered(name: str, events: list[Event]) -> tuple[Event, ...]:
    """*events* of one POST that has only one *name*: a repeat of it gives each its own name again."""
    if len(events) == 1:
        return (replace(events[0], remote_id=name),)
    return tuple(replace(event, remote_id=f"{name}/{n}") for n, event in enumerate(events, 1))


def _nanoseconds(value: str) -> str:
    """*value* with no more than six digits of a second, which is what Python reads."""
    return re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", value)
