"""The outside of what came: who sent it, when, to which of our addresses, and its own words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.feedback.field import Fields, addresses, first, mailbox, moment, words
from newsletter.feedback.part import Part

#: What is read of a report's own words, in characters.
MOST_SAID = 30_000
#: Where the address that a message came back to stands, the surest first: what the delivering server wrote.
_ENVELOPE_FIELDS = (
    "x-original-to",
    "delivered-to",
    "envelope-to",
    "x-envelope-to",
    "x-rcpt-to",
    "apparently-to",
    "to",
    "cc",
)


@dataclass(frozen=True)
class Letter:
    """What the top header of a message says, read once. *said* is the text of its own parts."""

    headers: Fields
    sender: str
    subject: str
    said: str
    addressed: tuple[str, ...]
    from_nobody: bool
    sent_at: datetime | None

    @property
    def return_path(self) -> str:
        """The address that it came back to: one with a token (local+token@domain) before any other."""
        with_token = (address for address in self.addressed if "+" in address.partition("@")[0])
        return next(with_token, next(iter(self.addressed), ""))


def letter_of(parts: Sequence[Part]) -> Letter:
    """The outside of the message that *parts* are of; the first is the message itself."""
    headers = parts[0].headers
    addressed = [
        each for name in _ENVELOPE_FIELDS for value in headers.get(name, ()) for each in addresses(value)
    ]
    path = headers.get("return-path", ())
    return Letter(
        headers=headers,
        sender=words(first(headers, "from", "sender")),
        subject=words(first(headers, "subject")),
        said=own_text(parts),
        addressed=tuple(dict.fromkeys(addressed)),
        from_nobody=any(not mailbox(value) or "mailer-daemon" in value.lower() for value in path),
        sent_at=moment(first(headers, "date")),
    )


def own_text(parts: Sequence[Part]) -> str:
    """The words of a report's own parts: plain text where there is some, else what the HTML says."""
    own = [part for part in parts if not part.inside and not part.kind.startswith("multipart/")]
    plain = [
        part.text
        for part in own
        if part.kind in {"text/plain", "text", "text/enriched"} and part.body.strip()
    ]
    if not plain:
        plain = [part.text for part in own if part.kind == "text/html"]
    if not plain and parts[0].kind.startswith("multipart/"):
        plain = [parts[0].text]  # no boundary was found: all of it is text
    return "\n".join(plain)[:MOST_SAID]
