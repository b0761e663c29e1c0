"""The consent record: what was said to whom, and what they answered, so that it can be proved later.

Each reader has one append-only chain. A record's content (with a random salt) is hashed; the link is the
hash of the link before it and of that content hash; the link is MACed with a key that is not in the
database. Changing, removing or inserting a record breaks the chain. The salted hash stands between content
and link so that an erasure can delete content and salt: the rest of the chain still verifies, and says so.

That its newest records were cut off as a block the chain alone cannot show: its end is therefore sealed,
too, anew with each record. Whoever kept an older copy of the end and may write in the database could still
put that back; nobody else can.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from newsletter import __version__
from newsletter.errors import SubscriberError
from newsletter.subscribers.token import Keyring, Purpose

SALT_BYTES = 16
#: The format that new records are written in.
FORMAT = 2
#: Fields that a digest of an older format does not cover, because they came later.
_LATER = {
    1: frozenset({"purpose", "locale", "template_sha256", "actor", "software"}),
    2: frozenset[str](),
}


class Action(StrEnum):
    """What was done: by the reader, or in their name."""

    REQUEST = "request"
    CONFIRM = "confirm"
    CHANGE = "change"
    WITHDRAW = "withdraw"
    ERASE = "erase"


class Subject(StrEnum):
    """What a consent is to. Topics are health data (GDPR Art. 9): asked for and withdrawn on their own."""

    NEWSLETTER = "newsletter"
    TOPICS = "topics"


class Actor(StrEnum):
    """Who acted."""

    READER = "reader"
    OPERATOR = "operator"
    PROVIDER = "provider"  # by a report of a bounce or complaint
    CLOCK = "clock"  # a rule whose time had come


@dataclass(frozen=True, kw_only=True)
class ConsentAct:
    """One act, in full (the fields that GDPR Art. 7(1) asks a controller to be able to show).

    *wording* is the exact text beside the box or button, in the language *locale*; *policy_sha256* names
    the policy text in the table of policies, *door* the form or command, *page_url* where it stood,
    *message_id* the confirmation mail and *template_sha256* the words of that mail before the link was put
    in, *evidence* how the act was done. Empty strings where a field has no meaning for the act. Topics are
    never named.
    """

    newsletter: str
    purpose: Subject = Subject.NEWSLETTER
    action: Action
    address: str
    wording: str = ""
    locale: str = ""
    policy_version: str = ""
    policy_sha256: str = ""
    door: str
    page_url: str = ""
    message_id: str = ""
    template_sha256: str = ""
    evidence: str
    actor: Actor = Actor.READER
    software: str = __version__
    acted_at: datetime

    @property
    def wording_sha256(self) -> str:
        """SHA-256 of the wording in UTF-8, in hex; empty when no wording was shown."""
        # A text that was tampered with may hold what UTF-8 cannot say; ours never does.
        raw = self.wording.encode(errors="surrogatepass")
        return hashlib.sha256(raw).hexdigest() if raw else ""


@dataclass(frozen=True, kw_only=True)
class ConsentRecord:
    """An act in its place in the chain of the reader with the handle *subscriber*; sequence from 1.

    *act* and *salt* are None once they were deleted. *origin*: where the act came from, sealed, for as long
    as that is kept; it is not part of what the chain covers. *is_altered*: its row holds what no row that we
    wrote holds, beside the content (ledger.py finds that).
    """

    subscriber: bytes
    sequence: int
    format: int = FORMAT
    act: ConsentAct | None
    salt: bytes | None
    content_digest: bytes
    previous: bytes
    link: bytes
    key_id: str
    mac: bytes
    origin: bytes | None = None
    is_altered: bool = False

    @property
    def content(self) -> ConsentAct:
        """The act.

        Raises:
            SubscriberError: it was deleted.
        """
        if self.act is None:
            raise SubscriberError(
                f"consent record {self.sequence}", "has no content any more: it was deleted"
            )
        return self.act


@dataclass(frozen=True, kw_only=True)
class ChainEnd:
    """What shows that a chain goes on at least to the record *sequence*."""

    sequence: int
    mac: bytes


@dataclass(frozen=True, kw_only=True)
class ChainReport:
    """What a look at a chain found.

    *broken_at*: the number of the first record that is not as it was written, or is missing; None for a whole
    chain. *forgotten*: records whose content was deleted, which leaves it whole. *is_end_sealed*: it was
    checked as well that no record is missing at the end.
    """

    records: int
    forgotten: int
    broken_at: int | None = None
    is_end_sealed: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether every record is there and as it was written, or emptied on purpose."""
        return self.broken_at is None

    def __str__(self) -> str:
        if self.broken_at is not None:
            is_missing = self.broken_at > self.records
            return f"CHANGED at record {self.broken_at}" + (", which is missing" if is_missing else "")
        if not self.forgotten:
            return "whole and as it was written"
        return f"whole; the content of {self.forgotten} of {self.records} records was deleted"


def append_record(
    act: ConsentAct, *, subscriber: bytes, last: ConsentRecord | None, salt: bytes, keyring: Keyring
) -> ConsentRecord:
    """The record of *act* that follows *last* (None: the first of this reader); *salt* is random."""
    sequence = last.sequence + 1 if last else 1
    previous = last.link if last else _first_link(subscriber)
    content_digest = _digest(act, FORMAT, subscriber=subscriber, sequence=sequence, salt=salt)
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


def seal_end(newest: ConsentRecord, keyring: Keyring) -> ChainEnd:
    """The end of a chain whose last record is *newest*."""
    mac = keyring.mac(Purpose.CONSENT, b"end\0" + newest.link, kid=newest.key_id)
    return ChainEnd(sequence=newest.sequence, mac=mac)


def examine_chain(
    records: Sequence[ConsentRecord], keyring: Keyring, *, end: ChainEnd | None = None
) -> ChainReport:
    """Whether *records* (one reader's, by sequence) are whole, in order and as they were written.

    *end*: what was kept of the end of this chain; without it, missing newest records do not show.
    """
    broken_at = next(
        (
            position + 1
            for position, record in enumerate(records)
            if not _is_sound(record, records[position - 1] if position else None, position, keyring)
        ),
        None,
    )
    if broken_at is None and end is not None and not _reaches(records, end, keyring):
        broken_at = min(len(records) + 1, max(end.sequence, 1))
    return ChainReport(
        records=len(records),
        forgotten=sum(record.act is None for record in records),
        broken_at=broken_at,
        is_end_sealed=end is not None and end.sequence == len(records),
    )


def examine_kept_chain(
    records: Sequence[ConsentRecord], keyring: Keyring, *, end: ChainEnd | None
) -> ChainReport:
    """The same of a chain as it is kept, which has rules of its own.

    Its end must be kept, and be that of its last record; only a chain without a record of the present format
    may have none, because ends were not kept then. And what was emptied was emptied by an erasure, which
    records itself behind it.
    """
    report = examine_chain(records, keyring, end=end)
    if not report.is_whole:
        return report
    if not (report.is_end_sealed or all(record.format < FORMAT for record in records)):
        return replace(report, broken_at=len(records) + 1)
    erasures = [record.sequence for record in records if record.act and record.act.action is Action.ERASE]
    last = max(erasures, default=0)
    emptied = next((one.sequence for one in records if one.act is None and one.sequence > last), None)
    return replace(report, broken_at=emptied)


def verify_chain(records: Sequence[ConsentRecord], keyring: Keyring) -> bool:
    """Whether examine_chain finds *records* whole."""
    return examine_chain(records, keyring).is_whole


def _reaches(records: Sequence[ConsentRecord], end: ChainEnd, keyring: Keyring) -> bool:
    if not 1 <= end.sequence <= len(records):
        return False
    return hmac.compare_digest(seal_end(records[end.sequence - 1], keyring).mac, end.mac)


def _is_sound(record: ConsentRecord, last: ConsentRecord | None, position: int, keyring: Keyring) -> bool:
    in_place = (
        not record.is_altered
        and record.format in _LATER
        and (last is None or record.subscriber == last.subscriber)
        and record.sequence == position + 1
        and record.previous == (last.link if last else _first_link(record.subscriber))
        and record.link == _link(record.previous, record.content_digest)
        and keyring.knows(record.key_id)
        and hmac.compare_digest(record.mac, keyring.mac(Purpose.CONSENT, record.link, kid=record.key_id))
    )
    if not in_place:
        return False
    if record.act is None or record.salt is None:
        return record.act is None and record.salt is None
    digest = _digest(
        record.act,
        record.format,
        subscriber=record.subscriber,
        sequence=record.sequence,
        salt=record.salt,
    )
    return hmac.compare_digest(record.content_digest, digest)


_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode


def _first_link(subscriber: bytes) -> bytes:
    return hashlib.sha256(b"consent/1\0" + subscriber).digest()


def _link(previous: bytes, content_digest: bytes) -> bytes:
    return hashlib.sha256(previous + content_digest).digest()


def _digest(act: ConsentAct, format_number: int, *, subscriber: bytes, sequence: int, salt: bytes) -> bytes:
    later = _LATER[format_number]
    content = {name: value for name, value in vars(act).items() if name not in later}
    content["acted_at"] = act.acted_at.astimezone(UTC).isoformat(timespec="microseconds")
    content["sequence"] = sequence
    content["subscriber"] = subscriber.hex()
    # One spelling for one content: sorted keys, ASCII, no spaces.
    canonical = _canonical(content)
    return hashlib.sha256(b"consent/%d\0" % format_number + salt + canonical.encode("ascii")).digest()
