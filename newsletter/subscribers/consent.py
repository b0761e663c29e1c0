"""The consent record: what was said to whom, and what they answered, so that it can be proved later.

Each reader has one append-only chain. A record's content (with a random salt) is hashed; the link is the
hash of the link before it and of that content hash; the link is MACed with a key that is not in the
database. Changing, removing or inserting a record breaks the chain. The salted hash stands between content
and link so that an erasure can delete content and salt, and the rest of the chain still verifies.

What the chain cannot show is that its newest records were cut off as a block.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum

from newsletter.subscribers.token import Keyring, Purpose

SALT_BYTES = 16
_FORMAT = b"consent/1"


class Action(StrEnum):
    """What the reader (or somebody in their name) did."""

    REQUEST = "request"
    CONFIRM = "confirm"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, kw_only=True)
class ConsentAct:
    """One act, in full (the fields that GDPR Art. 7(1) asks a controller to be able to show).

    *wording* is the exact text beside the box or button, *policy_sha256* names the policy text in the
    table of policies, *door* the form or command, *page_url* where it stood, *message_id* the confirmation
    mail, *evidence* how the act was done. Empty strings where a field has no meaning for the act.
    """

    newsletter: str
    action: Action
    address: str
    wording: str = ""
    policy_version: str = ""
    policy_sha256: str = ""
    door: str
    page_url: str = ""
    message_id: str = ""
    evidence: str
    acted_at: datetime

    @property
    def wording_sha256(self) -> str:
        """SHA-256 of the wording in UTF-8, in hex; empty when no wording was shown."""
        return hashlib.sha256(self.wording.encode()).hexdigest() if self.wording else ""


@dataclass(frozen=True, kw_only=True)
class ConsentRecord:
    """An act in its place in the chain of the reader with the handle *subscriber*; sequence from 1."""

    subscriber: bytes
    sequence: int
    act: ConsentAct
    salt: bytes
    content_digest: bytes
    previous: bytes
    link: bytes
    key_id: str
    mac: bytes


def append_record(
    act: ConsentAct, *, subscriber: bytes, last: ConsentRecord | None, salt: bytes, keyring: Keyring
) -> ConsentRecord:
    """The record of *act* that follows *last* (None: the first of this reader); *salt* is random."""
    sequence = last.sequence + 1 if last else 1
    previous = last.link if last else _first_link(subscriber)
    content_digest = _digest(act, subscriber=subscriber, sequence=sequence, salt=salt)
    link = _link(previous, content_digest)
    return ConsentRecord(
        subscriber=subscriber,
        sequence=sequence,
        act=act,
        salt=salt,
        content_digest=content_digest,
        previous=previous,
        link=link,
        key_id=keyring.current,
        mac=keyring.mac(Purpose.CONSENT, link),
    )


def verify_chain(records: Sequence[ConsentRecord], keyring: Keyring) -> bool:
    """Whether *records* (one reader's, by sequence) are whole, in order and as they were written."""
    for position, record in enumerate(records):
        last = records[position - 1] if position else None
        content_digest = _digest(
            record.act, subscriber=record.subscriber, sequence=record.sequence, salt=record.salt
        )
        sound = (
            record.subscriber == records[0].subscriber
            and record.sequence == position + 1
            and record.previous == (last.link if last else _first_link(record.subscriber))
            and record.content_digest == content_digest
            and record.link == _link(record.previous, content_digest)
            and record.key_id in keyring.key_ids
            and hmac.compare_digest(record.mac, keyring.mac(Purpose.CONSENT, record.link, kid=record.key_id))
        )
        if not sound:
            return False
    return True


def _first_link(subscriber: bytes) -> bytes:
    return hashlib.sha256(_FORMAT + b"\0" + subscriber).digest()


def _link(previous: bytes, content_digest: bytes) -> bytes:
    return hashlib.sha256(previous + content_digest).digest()


def _digest(act: ConsentAct, *, subscriber: bytes, sequence: int, salt: bytes) -> bytes:
    content = asdict(act) | {
        "acted_at": act.acted_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "sequence": sequence,
        "subscriber": subscriber.hex(),
    }
    # One spelling for one content: sorted keys, ASCII, no spaces.
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(_FORMAT + b"\0" + salt + canonical.encode("ascii")).digest()
