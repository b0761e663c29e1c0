"""What a site is told of its own readers, and how it knows that we said it: pure.

Headers and signature are those of the Standard Webhooks specification, version 1.0.0: ``webhook-id``,
``webhook-timestamp`` (seconds since 1970, of this attempt) and ``webhook-signature``, which is ``v1,`` and
the base64 of HMAC-SHA256 over ``id.timestamp.body``; several stand side by side, parted by a space.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from newsletter.feedback.webhooks.standard import signature_of
from newsletter.subscribers.token import MAC_BYTES, Keyring, Purpose

#: How the receiver is left alone after each failure; the last one repeats.
WAITS = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=3),
)
#: What Retry-After may ask for at most: whoever asks for a year would be forgotten.
LONGEST_WAIT = WAITS[-1]
#: An event that is refused for so long is given up, so that its reader's next ones go on.
GIVE_UP_AFTER = timedelta(days=3)
#: A receiver that takes nothing for so long is switched off.
DISABLE_AFTER = timedelta(days=5)
#: Told or not, no event is kept longer.
KEEP_EVENTS = timedelta(days=30)

_SECONDS = re.compile(r"[0-9]{1,9}")
#: "Later" by RFC 9110 (408) and RFC 6585 (429), although they are 4xx.
_LATER = (408, 429)
_GONE = 410


class EventType(StrEnum):
    """What became of a reader, as a site is told it."""

    SUBSCRIBED = "subscribed"  # somebody typed the address into the site's form; not confirmed
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class Verdict(StrEnum):
    """What an answer means for the event, and for the receiver as a whole."""

    TAKEN = "taken"
    LATER = "later"  # the receiver is not well: all its events wait
    REFUSED = "refused"  # this one event waits
    GONE = "gone"  # the receiver is no more


@dataclass(frozen=True)
class Answer:
    """What a receiver said. *status* None: nothing, for the reason *words*, which name no address.

    *retry_after*: for how long it asked to be left alone.
    """

    status: int | None
    words: str = ""
    retry_after: timedelta = timedelta()

    @property
    def verdict(self) -> Verdict:
        """What it means. A redirect is not followed: it would take the signed body to another host."""
        if self.status is None:
            return Verdict.LATER
        if 200 <= self.status < 300:
            return Verdict.TAKEN
        if self.status == _GONE:
            return Verdict.GONE
        if 400 <= self.status < 500 and self.status not in _LATER:
            return Verdict.REFUSED
        return Verdict.LATER

    def __str__(self) -> str:
        return str(self.status) if self.status is not None else self.words


def event_body(
    *,
    event_id: str,
    event_type: EventType,
    site: str,
    newsletter: str,
    email: str,
    subscriber: str,
    now: datetime,
) -> str:
    """What is sent, as canonical JSON: keys in order, no spaces. No topic, and nothing about health."""
    said = {
        "id": event_id,
        "type": event_type.value,
        "created_at": now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "site": site,
        "newsletter": newsletter,
        "email": email,
        "subscriber": subscriber,
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def subscriber_id(keyring: Keyring, *, site: str, handle: bytes) -> str:
    """What names a reader (by the *handle* of the row) to one site, for ever, in 32 hex digits.

    Two sites cannot find out by it which readers they share.
    """
    message = site.encode() + b"\0" + handle
    return keyring.mac(Purpose.WEBHOOK, message, kid=keyring.oldest)[:MAC_BYTES].hex()


def webhook_secret(keyring: Keyring, site: str) -> str:
    """What the owner of *site* gives to their receiver: of the newest key."""
    return "whsec_" + base64.b64encode(_secrets(keyring, site)[0]).decode("ascii")


def sign(keyring: Keyring, *, site: str, event_id: str, body: str, now: datetime) -> dict[str, str]:
    """The headers that prove an attempt at *now*: signed by every known key, the newest first.

    So a receiver that has the secret of an older key goes on working after a rotation.
    """
    timestamp = str(int(now.timestamp()))
    signatures = (
        signature_of(secret, name=event_id, timestamp=timestamp, body=body.encode())
        for secret in _secrets(keyring, site)
    )
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def wait_after(failures: int, *, asked: timedelta = timedelta()) -> timedelta:
    """How long to wait after as many failures in a row: never less than the receiver *asked* for."""
    usual = WAITS[min(max(failures, 1), len(WAITS)) - 1]
    return max(usual, min(asked, LONGEST_WAIT))


def asked_wait(header: str, *, now: datetime) -> timedelta:
    """What a Retry-After header asks for (RFC 9110 section 10.2.3: seconds or a date); none when unclear."""
    value = header.strip()
    if _SECONDS.fullmatch(value):
        return timedelta(seconds=int(value))
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return timedelta()
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(aware - now, timedelta())


def _secrets(keyring: Keyring, site: str) -> list[bytes]:
    return [keyring.mac(Purpose.WEBHOOK, site.encode(), kid=kid) for kid in reversed(keyring.key_ids)]
