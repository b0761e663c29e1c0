"""The message that comes back inside a report, or below it: its Message-ID, and whom it went to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from newsletter.feedback.bounce_rule import rules
from newsletter.feedback.field import Fields, addresses, fields, first, mailbox, valid
from newsletter.feedback.part import Part

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}@[^<>\s]{1,250}>")
_FIELD = re.compile(r"[A-Z][\w-]{1,40}:(?:[ \t]|$|<)", re.IGNORECASE)
#: Fields that only the head of a message has; two of them within a few lines make it one.
_TELLING = re.compile(
    r"(?:received|message-id|return-path|from|to|subject|date|mime-version|dkim-signature)[ \t]*:",
    re.IGNORECASE,
)
#: What is read of a returned message that stands in the text, in characters.
MOST_BELOW = 20_000
#: Fields that say whom a message went to, the surest first.
_RECIPIENT_FIELDS = (
    "x-hmxmroriginalrecipient", "x-original-rcpt-to", "x-rcpt-to", "x-envelope-to", "envelope-to", "to",
)  # fmt: skip
_FOR = re.compile(r"\bfor\s+<([^<>\s]+@[^<>\s]+)>")


@dataclass(frozen=True)
class Returned:
    """What is known of the returned message; all empty where a report returns none."""

    message_ids: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    senders: frozenset[str] = frozenset()
    sent_from: str = ""  # its envelope sender, as far as a server wrote it down
    marks: frozenset[str] = frozenset()  # names of its header fields


def split_text(text: str) -> tuple[str, str]:
    """A report's own words, and the returned message that stands below them in the same part."""
    cut = rules().returned.search(text)
    own, below = (text[: cut.start()], text[cut.end() :]) if cut else (text, "")
    lines = own.split("\n")
    for number, line in enumerate(lines):
        if number and _TELLING.match(line) and _begins_message(lines[number : number + 12]):
            return "\n".join(lines[:number]), "\n".join(lines[number:]) + "\n" + below
    return own, below


def _begins_message(lines: Sequence[str]) -> bool:
    """Whether *lines* begin with a head: one telling field after the other, not indented like a table."""
    telling = set()
    for line in lines:
        found = _TELLING.match(line)
        if found:
            telling.add(found[0].rstrip(": \t").lower())
        elif not line[:1].isspace() and not _FIELD.match(line):
            break
    return len(telling) >= 3 or (len(telling) == 2 and not telling.isdisjoint({"received", "message-id"}))


def returned_message(parts: Sequence[Part], below: str = "") -> Returned:
    """The returned message of *parts*, or else the one in the text *below* a report's own words."""
    inner = [part for part in parts if part.inside == 1]
    if inner:
        return _from_headers(inner[0].headers)
    lines = [line.lstrip("> ") if line.startswith(">") else line for line in below[:MOST_BELOW].split("\n")]
    for number, line in enumerate(lines):
        if _TELLING.match(line.lstrip()):
            # Some servers indent what they return, which is no folding.
            level = len(line) - len(line.lstrip())
            return _from_headers(fields(each[level:] for each in lines[number:]))
    return Returned()


def _from_headers(headers: Fields) -> Returned:
    recipients: list[str] = []
    for name in _RECIPIENT_FIELDS:
        recipients = [found for value in headers.get(name, ()) if (found := mailbox(value))]
        if name == "to":
            recipients = [each for value in headers.get(name, ()) for each in addresses(value)] or recipients
        if recipients:
            break
    if not recipients:
        received = (_FOR.search(value) for value in headers.get("received", ()))
        recipients = [valid(found[1]) for found in received if found and valid(found[1])][:1]
    senders = {
        mailbox(first(headers, name)).lower()
        for name in ("from", "sender", "return-path", "reply-to", "errors-to")
    }
    return Returned(
        message_ids=message_ids(headers.get("message-id", ())),
        recipients=tuple(dict.fromkeys(recipients)),
        senders=frozenset(senders - {""}),
        sent_from=mailbox(first(headers, "return-path", "x-envelope-from", "errors-to")),
        marks=frozenset(headers),
    )


def message_ids(values: Iterable[str]) -> tuple[str, ...]:
    """The Message-IDs in header *values*, angled as in RFC 5322 3.6.4."""
    found: list[str] = []
    for value in values:
        found += _MESSAGE_ID.findall(value) or (
            [f"<{value}>"] if re.fullmatch(r"[^<>\s]+@[^<>\s]+", value) else []
        )
    return tuple(dict.fromkeys(found))
