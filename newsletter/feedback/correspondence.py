"""A letter that a person wrote to us: who wrote it, and whether a machine may answer (RFC 3834)."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parseaddr

from newsletter.errors import SubscriberError
from newsletter.feedback.auto_reply import says_so
from newsletter.subscribers.address import compared, parse_address

#: RFC 5322 3.6.4, as far as anybody writes it; what is not like that is not repeated.
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
#: A line of References may have 998 octets (RFC 5322 2.1.1): the first and the newest ones are enough.
_MOST_REFERENCES = 3
#: A header that holds more is no person's.
_MOST_CHARACTERS = 500
#: Comments may be nested (RFC 5322 3.2.2), and each level takes the parser two stack frames.
_MOST_COMMENTS = 10
#: Whom no machine answers, by the part before the @ (RFC 3834 section 2, RFC 2142).
_MACHINES = re.compile(
    r"mailer-daemon|postmaster|listserv|majordomo|bounces?([+=-].*)?|owner-.*|.*-(request|owner|bounces?)"
    r"|(no|do[._-]?not|dont|never)[._-]?reply([._+-].*)?",
    re.IGNORECASE,
)
_BULK = frozenset({"bulk", "list", "junk"})


@dataclass(frozen=True, kw_only=True)
class Correspondence:
    """What of a letter's head concerns us. *answer_to*: "" when no machine may answer it.

    *writer*: who wrote, "" where that is no address. *sent_to*: of the addresses given, those it is for.
    """

    writer: str
    answer_to: str
    sent_to: frozenset[str]
    message_id: str
    references: tuple[str, ...]


def correspondence_of(raw: bytes, *, ours: Collection[str]) -> Correspondence:
    """Read the head of a letter; never raises.

    *ours*: our own addresses in canonical form. A letter is answered only if it is for one of them, and never
    one that came from one.
    """
    head = BytesHeaderParser().parsebytes(raw)
    writer = _mailbox(_value(head, "From"))
    sent_to = frozenset(_recipients(head)) & frozenset(ours)
    # RFC 3834 4: an answer goes to the return path, where there is one.
    return_path = _mailbox(_value(head, "Return-Path")) if "Return-Path" in head else writer
    may_answer = (
        bool(sent_to)
        and not _is_from_machine(head)
        # Found to be spam before it came here: its sender is forged, and knows nothing of it.
        and _value(head, "X-Spam-Flag").strip().upper() != "YES"
        and not any(compared(one) in ours or _is_machine(one) for one in (writer, return_path))
    )
    message_id = _MESSAGE_ID.search(_value(head, "Message-ID"))
    known = _MESSAGE_ID.findall(_value(head, "References", most=10_000)) or _MESSAGE_ID.findall(
        _value(head, "In-Reply-To")
    )
    own = message_id[0] if message_id else ""
    return Correspondence(
        writer=writer,
        answer_to=return_path if may_answer else "",
        sent_to=sent_to,
        message_id=own,
        references=tuple(
            dict.fromkeys([*known[:1], *known[-_MOST_REFERENCES + 1 :], *([own] if own else [])])
        ),
    )


def is_surely_automatic(raw: bytes) -> bool:
    """Whether the head of a message says that a machine answered: by a field, or an empty return path."""
    head = BytesHeaderParser().parsebytes(raw)
    fields: dict[str, list[str]] = {}
    for name, value in head.items():
        fields.setdefault(name.lower(), []).append(_bounded(value))
    has_no_way_back = "Return-Path" in head and _value(head, "Return-Path").strip() == "<>"
    return has_no_way_back or _is_from_machine(head) or says_so(fields)


def _is_from_machine(head: Message) -> bool:
    """Whether the letter says that a machine sent it, or that many got it (RFC 3834 section 2)."""
    submitted = _value(head, "Auto-Submitted").partition(";")[0].strip().lower()
    return (
        submitted not in ("", "no")
        or _value(head, "Precedence").strip().lower() in _BULK
        or bool(_value(head, "X-Auto-Response-Suppress").strip())
        or any(name.lower().startswith("list-") for name in head)
    )


def _is_machine(address: str) -> bool:
    return not address or bool(_MACHINES.fullmatch(address.rpartition("@")[0]))


def _recipients(head: Message) -> list[str]:
    given = [_bounded(value) for name in ("To", "Cc") for value in head.get_all(name, [])[:5]]
    return [compared(address) for _, address in getaddresses(given) if address]


def _mailbox(value: str) -> str:
    """The one address in a header as SMTP may be given it, or ""."""
    try:
        return parse_address(parseaddr(value)[1]).given
    except SubscriberError:
        return ""


def _value(head: Message, name: str, *, most: int = _MOST_CHARACTERS) -> str:
    return _bounded(head.get(name, ""), most=most)


def _bounded(value: object, *, most: int = _MOST_CHARACTERS) -> str:
    text = str(value)[:most]
    return "" if text.count("(") > _MOST_COMMENTS else text
