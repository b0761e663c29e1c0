"""What came back is taken in: whom it is about, what follows, and that it was here, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from newsletter.feedback import tray
from newsletter.feedback.count import count_days, reason_word
from newsletter.feedback.event import Event, Kind, Reason
from newsletter.feedback.policy import Consequence, load_policy
from newsletter.feedback.record import SIGNED, SMTP, Recorded, event_key, known_keys, record, tidy
from newsletter.feedback.subject import Finder, Subject
from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.token import Purpose
from newsletter.workflows.follow_policy import Case, follow
from newsletter.workflows.spare_readers import spare_readers
from newsletter.workflows.workplace import Workplace

#: So many events share a transaction.
CHUNK = 500


@dataclass(frozen=True, kw_only=True)
class Taken:
    """How many events were about a reader (*matched*), about nobody (*unmatched*), known (*repeated*).

    *people*: somebody wrote. Nothing is kept of these: the caller forwards them.
    """

    matched: int = 0
    unmatched: int = 0
    repeated: int = 0
    people: tuple[Event, ...] = ()


@dataclass
class _Chunk:
    """What one transaction takes in."""

    source: str
    raw: bytes
    now: datetime
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    outages: set[tuple[int, str]] = field(default_factory=set)


def take(workplace: Workplace, events: Sequence[Event], *, source: str, raw: bytes = b"") -> Taken:
    """Take *events* in, each once, in transactions of CHUNK.

    *source*: "mailbox", "maildir", "stdin", "smtp", or the provider's name: only of the last two an address
    in a report is believed by itself. *raw*: what they were read from; it tells a repeat of mail, and is kept
    for a while where it is one event. Letters of people and DMARC reports are no feedback: nothing is kept.
    """
    people = tuple(one for one in events if one.kind is Kind.NONE and one.reason is Reason.PERSON)
    ours = [
        (event_key(one, source=source, raw=raw, place=place), tidy(one))
        for place, one in enumerate(events)
        if not (one.kind is Kind.NONE and one.reason in (Reason.PERSON, Reason.DMARC))
    ]
    counts: Counter[str] = Counter()
    for first in range(0, len(ours), CHUNK):
        chunk = _Chunk(source, raw if len(events) == 1 else b"", workplace.clock.now())
        with workplace.database.write() as connection:
            _take(connection, workplace, chunk, ours[first : first + CHUNK])
        counts += chunk.counts
        for issue_id, domain in sorted(chunk.outages):
            spare_readers(workplace, issue_id, domain)
    return Taken(
        matched=counts["matched"],
        unmatched=counts["unmatched"],
        repeated=counts["repeated"],
        people=people,
    )


def _take(
    connection: Connection, workplace: Workplace, chunk: _Chunk, ours: Sequence[tuple[bytes, Event]]
) -> None:
    known = known_keys(connection, [key for key, _ in ours])
    new = {key: event for key, event in reversed(ours) if key not in known}
    chunk.counts["repeated"] += len(ours) - len(new)
    if not new:
        return
    finder = Finder(
        connection,
        workplace.keyring,
        mailbox=workplace.settings.return_path,
        is_signed=chunk.source in SIGNED,
    )
    subjects = finder.find(list(new.values()), today=chunk.now.date(), raw=chunk.raw)
    cases = _cases(connection, workplace, chunk, new, subjects)
    chunk.outages |= follow(connection, workplace, cases, now=chunk.now)
    counted = {name: chunk.counts[name] for name in ("matched", "unmatched")}
    count_days(connection, chunk.now.date(), counted | chunk.reasons)


def _cases(
    connection: Connection,
    workplace: Workplace,
    chunk: _Chunk,
    new: dict[bytes, Event],
    subjects: Sequence[Subject | None],
) -> list[Case]:
    """Keep what is new; those about a reader, with what follows."""
    policy, kept, cases = load_policy(), [], []
    for (key, event), subject in zip(new.items(), subjects, strict=True):
        chunk.counts["matched" if subject else "unmatched"] += 1
        if subject and (word := reason_word(event)):
            chunk.reasons[word] += 1
        consequence = policy.consequence(event) if subject else Consequence.NOTHING
        sent = subject.sent if subject else None
        kept.append(
            Recorded(
                key=key,
                event=event,
                source=chunk.source,
                consequence=consequence,
                subscriber_id=subject.member.subscriber.id if subject else None,
                issue_id=sent.issue_id if sent else None,
                raw=chunk.raw[: policy.raw_octets] if event.kind is not Kind.DELIVERED else None,
            )
        )
        if subject and consequence is not Consequence.NOTHING:
            is_reply = chunk.source == SMTP
            case = Case(event=event, subject=subject, consequence=consequence, is_reply=is_reply)
            cases.append(case)
        elif subject is None and tray.belongs(event):
            tray.add(
                connection,
                workplace.keyring,
                event,
                source=chunk.source,
                raw=chunk.raw,
                most_octets=policy.raw_octets,
                now=chunk.now,
            )
    if any(one.subscriber_id is None for one in kept):
        tray.forget_items(connection, before=chunk.now - policy.keep_raw, most=policy.tray_items)
    record(connection, Sealer(workplace.keyring, Purpose.FEEDBACK), kept, now=chunk.now)
    return cases
