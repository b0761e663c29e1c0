"""What came back, understood: any bytes in, at least one event out, never an error.

The order matters. What follows a standard is believed first (complaints and DMARC reports, then
notifications of delivery), then what servers write that follow none, then answers of machines; the rest is
a person's letter.
Nothing here looks at who is subscribed, and nothing is done about anybody.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Sequence
from dataclasses import replace

from newsletter.feedback.auto_reply import auto_reply_of
from newsletter.feedback.bounce_rule import rules
from newsletter.feedback.bounce_text import lists_somebody, recipients_of
from newsletter.feedback.complaint import complaint_of
from newsletter.feedback.delivery_status import RecipientStatus, statuses_of
from newsletter.feedback.event import DIAGNOSTIC_CHARACTERS, Event, Kind, Permanence, Reason
from newsletter.feedback.failure import failure_of
from newsletter.feedback.field import addresses, first, mailbox, moment
from newsletter.feedback.letter import Letter, letter_of
from newsletter.feedback.library import library_recipients
from newsletter.feedback.part import Part, parts_of
from newsletter.feedback.returned_message import Returned, returned_message, split_text

#: How a report begins that another server's words stand above, and where that is looked for.
_PASSED_ON = re.compile(r"(?im)^from:.*(?:mailer-?daemon|postmaster|mail delivery)")
_PASSED_HEAD = 4_000
log = logging.getLogger(__name__)


def events_of(raw: bytes) -> tuple[Event, ...]:
    """The events that *raw*, one message as it came, tells of: one for each recipient it is about.

    Reads at most part.MOST_OCTETS of it. Whatever it is, there is at least one event, of kind NONE where it
    is no report; what we fail to understand is NONE, too, and stays with the operator.
    """
    try:
        return _events(parts_of(raw), raw)
    except Exception as error:  # noqa: BLE001 - a stranger's message must never stop those behind it
        # Where, and nothing of what: an error's own words and its trace may hold an address.
        place = traceback.extract_tb(error.__traceback__)[-1]
        log.error("a message that came back could not be read: %s in %s", type(error).__name__, place.name)  # noqa: TRY400
        return (Event(kind=Kind.NONE),)


def _events(parts: Sequence[Part], raw: bytes) -> tuple[Event, ...]:
    letter = letter_of(parts)
    own, below = split_text(letter.said)
    letter = replace(letter, said=own)
    returned = returned_message(parts, below)
    events = _complaints(parts, letter, returned) or _deliveries(parts, letter, returned)
    if not events and not _is_receipt(parts) and _looks_returned(letter, returned):
        events = _inner(parts, below) or _texts(letter, returned, raw)
    if not events:
        events = (_answer(letter, parts),)
    ids = returned.message_ids
    return tuple(
        replace(
            event,
            return_path=_return_path(letter, returned),
            message_ids=tuple(dict.fromkeys((*event.message_ids, *ids))),
            happened_at=event.happened_at or letter.sent_at,
            diagnostic=" ".join(event.diagnostic.split())[:DIAGNOSTIC_CHARACTERS],
        )
        for event in _each_once(events)
    )


def _return_path(letter: Letter, returned: Returned) -> str:
    """Ours with a token: the address that this came to, else the returned message's envelope sender.

    Complaints go to one address for all, some servers return mail to From; the token proves as much there.
    """
    if "+" not in letter.return_path.partition("@")[0] and "+" in returned.sent_from.partition("@")[0]:
        return returned.sent_from
    return letter.return_path


def _complaints(parts: Sequence[Part], letter: Letter, returned: Returned) -> tuple[Event, ...]:
    complaint = complaint_of(parts, letter, returned)
    if complaint is None:
        return ()
    return tuple(
        Event(
            kind=complaint.kind,
            recipient=recipient,
            reason=complaint.reason,
            diagnostic=complaint.said,
            message_ids=complaint.message_ids,
            happened_at=moment(complaint.arrived),
        )
        for recipient in complaint.recipients or ("",)
    )


def _deliveries(parts: Sequence[Part], letter: Letter, returned: Returned) -> tuple[Event, ...]:
    """Events of the groups of a notification (RFC 3464); whom a group does not name, the words may."""
    statuses = statuses_of(parts, letter.said)
    named = [status for status in statuses if status.recipient]
    if named:
        return tuple(
            _delivery(status, status.recipient, _words_for(status, letter, named)) for status in named
        )
    if not statuses:
        return ()
    failed = [each for value in letter.headers.get("x-failed-recipients", ()) for each in addresses(value)]
    named_in_words = recipients_of(letter.said, strangers=_strangers(letter, returned))
    found = failed or [recipient for recipient, _ in named_in_words]
    said = f"{statuses[0].diagnostic} {letter.said}"
    return tuple(_delivery(statuses[0], each, said) for each in found or returned.recipients[:1] or ("",))


def _words_for(status: RecipientStatus, letter: Letter, named: Sequence[RecipientStatus]) -> str:
    if status.diagnostic:
        return status.diagnostic
    if len(named) == 1:
        return letter.said
    place = letter.said.lower().find(status.recipient.lower())
    return letter.said[place : place + 400] if place >= 0 else ""


def _delivery(status: RecipientStatus, recipient: str, said: str) -> Event:
    if status.kind is Kind.DELIVERED:
        return Event(kind=status.kind, recipient=recipient, status=status.status[:5], diagnostic=said)
    return _failed(status.kind, recipient, said, status=status.status)


def _failed(kind: Kind, recipient: str, said: str, *, status: str = "") -> Event:
    failure = failure_of(said, status=status)
    permanence = Permanence.TEMPORARY if kind is Kind.DELAYED else failure.permanence
    return Event(
        kind=kind,
        recipient=recipient,
        status=failure.status,
        permanence=permanence,
        reason=failure.reason,
        diagnostic=said,
    )


def _looks_returned(letter: Letter, returned: Returned) -> bool:
    """Whether a message without a status part is a server's report, and nobody's letter or answer.

    A machine's report has its subject or its words; one that does not say it is a machine's must have both,
    and list an address or return a message besides: people write of failed mail, too.
    """
    named = not letter.sender or bool(rules().senders.search(letter.sender))
    machine = named or letter.from_nobody
    subject = bool(rules().subjects.search(letter.subject))
    words = any(
        pattern.search(letter.said) for pattern in (rules().phrases, rules().delays, rules().delivered)
    )
    if auto_reply_of(letter) and not (subject or (words and named and lists_somebody(letter.said))):
        return False
    if machine:
        return subject or words
    answers = bool(first(letter.headers, "in-reply-to")) and not returned.marks
    return subject and words and not answers and (bool(returned.marks) or lists_somebody(letter.said))


def _is_receipt(parts: Sequence[Part]) -> bool:
    """Whether a reader's program tells that a message was opened (RFC 8098), and not that it was refused."""
    notices = [part.text.lower() for part in parts if part.kind == "message/disposition-notification"]
    return any("disposition" in notice and "delet" not in notice for notice in notices)


def _inner(parts: Sequence[Part], below: str) -> tuple[Event, ...]:
    """Events of a report that was itself passed on, as a part or in the text *below* another's words."""
    inner = [replace(part, inside=part.inside - 1) for part in parts if part.inside]
    if not inner and _PASSED_ON.search(below[:_PASSED_HEAD]):
        inner = parts_of(below.lstrip("\n- ").encode())
    if not inner or not statuses_of(inner, ""):
        return ()
    letter = letter_of(inner)
    own, lower = split_text(letter.said)
    return _deliveries(inner, replace(letter, said=own), returned_message(inner, lower))


def _strangers(letter: Letter, returned: Returned) -> set[str]:
    """Addresses of ours and of the machine's that a report names beside those that it is about."""
    known = {mailbox(letter.sender), *letter.addressed, *returned.senders} - set(returned.recipients)
    return {address.lower() for address in known if address}


def _texts(letter: Letter, returned: Returned, raw: bytes) -> tuple[Event, ...]:
    said = letter.said
    failed = [each for value in letter.headers.get("x-failed-recipients", ()) for each in addresses(value)]
    found = recipients_of(
        said, strangers=_strangers(letter, returned), library=lambda: failed or library_recipients(raw)
    )
    if not found:
        found = [(recipient, said) for recipient in returned.recipients[:1]] or [("", said)]
    delivered = rules().delivered.search(said) and not rules().phrases.search(said)
    if delivered:
        return tuple(Event(kind=Kind.DELIVERED, recipient=recipient) for recipient, _ in found)
    kind = Kind.DELAYED if rules().delays.search(said) else Kind.BOUNCE
    events = [_failed(kind, recipient, words if words.strip() else said) for recipient, words in found]
    if len(events) == 1 and events[0].reason is Reason.OTHER:
        events = [_failed(kind, events[0].recipient, said)]  # the reason may stand above the address
    return tuple(events)


def _answer(letter: Letter, parts: Sequence[Part]) -> Event:
    """What is no report: a machine's answer, or a person's letter."""
    reason = auto_reply_of(letter) or (Reason.OTHER if _is_receipt(parts) else None)
    kind = Kind.AUTO_REPLY if reason else Kind.NONE
    return Event(kind=kind, reason=reason or Reason.PERSON, diagnostic=letter.subject)


def _each_once(events: Sequence[Event]) -> list[Event]:
    """*events* without those that say of the same recipient what one before them said."""
    kept: dict[tuple[Kind, str], Event] = {}
    for event in events:
        kept.setdefault((event.kind, event.recipient.lower()), event)
    return list(kept.values())
