"""An edition compiled once into frozen bytes with holes; for each reader only the holes are filled.

To make a message of 60 kB with ``EmailMessage`` takes some 10 ms, most of it for encoding again what is the
same for everybody. Here all of that is encoded once. What differs by reader is four values: the To line, the
Message-ID, and the two links (the unsubscribe link stands in a header, too). The link to the web version is
the same for all readers of an edition, so it is frozen in with the rest.

The result is what ``to_bytes`` gives for the same letter, but for where lines are broken, and its body is
such that neither dot-stuffing nor DKIM's relaxed canonicalisation changes it (``quoted_printable``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from newsletter.delivery.message import Letter, boundary_of, header_line, letter_headers, wire_check
from newsletter.delivery.quoted_printable import encode_around_holes, encode_value

#: Mailboxes that stand in a To line as they are; all others are left to Python's email package.
_PLAIN_MAILBOX = re.compile(r"(?=.{1,254}\Z)[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9.-]+")
#: One word of visible ASCII, well within a line.
_PLAIN_WORD = re.compile(r"[!-~]{1,900}")


class Slot(IntEnum):
    """What is different in each reader's message."""

    TO = 0
    MESSAGE_ID = 1
    LIST_UNSUBSCRIBE = 2
    UNSUBSCRIBE_URL = 3
    PREFERENCES_URL = 4


_HEADER_SLOTS = {
    "To": Slot.TO,
    "Message-ID": Slot.MESSAGE_ID,
    "List-Unsubscribe": Slot.LIST_UNSUBSCRIBE,
}


@dataclass(frozen=True, slots=True)
class Personal:
    """What one reader's message says that no other does. The URLs are ASCII."""

    recipient: str
    message_id: str
    unsubscribe_url: str
    preferences_url: str

    @property
    def list_unsubscribe(self) -> str:
        """RFC 8058: exactly one HTTPS address, answered by a POST without cookie or redirect."""
        return f"<{self.unsubscribe_url}>"


class CompiledEdition:
    """The frozen bytes of an edition's messages, and where the holes are; threads may share it."""

    def __init__(self, letter: Letter, *, holes: Mapping[str, Slot]) -> None:
        """Compile *letter*, any reader's, whose texts hold marks where *holes* says what comes there.

        Raises:
            DeliveryError: as ``to_bytes``, whose rules are the same: none but what a reader's own values may
                break is left to find later.
        """
        boundary = (letter.boundary or boundary_of(letter.text + letter.html)).encode("ascii")
        self._pieces: list[bytes] = [b""]
        self._slots: list[tuple[int, Slot]] = []
        for name, value in letter_headers(letter):
            if name in _HEADER_SLOTS:
                self._leave(_HEADER_SLOTS[name])
            else:
                self._say(header_line(name, value))
        self._say(b"MIME-Version: 1.0\r\n")
        self._say(b'Content-Type: multipart/alternative;\r\n boundary="%b"\r\n\r\n' % boundary)
        for kind, text in ((b"plain", letter.text), (b"html", letter.html)):
            self._say(b'--%b\r\nContent-Type: text/%b; charset="utf-8"\r\n' % (boundary, kind))
            self._say(b"Content-Transfer-Encoding: quoted-printable\r\n\r\n")
            self._say_text(text, holes)
            self._say(b"\r\n")
        self._say(b"--%b--\r\n" % boundary)
        wire_check(b"".join(self._pieces))

    def message(self, personal: Personal) -> bytes:
        """One reader's message as it travels, but for the final dot; raises what ``pieces`` raises."""
        return b"".join(self.pieces(personal))

    def pieces(self, personal: Personal) -> list[bytes]:
        """The same in pieces, in their order.

        Raises:
            DeliveryError: the recipient is not an address, or a value does not fit a header.
        """
        values = (
            _line("To", personal.recipient, plain=_PLAIN_MAILBOX),
            _line("Message-ID", personal.message_id, plain=_PLAIN_WORD),
            _line("List-Unsubscribe", personal.list_unsubscribe, plain=_PLAIN_WORD),
            encode_value(personal.unsubscribe_url),
            encode_value(personal.preferences_url),
        )
        pieces = self._pieces.copy()
        for place, slot in self._slots:
            pieces[place] = values[slot]
        return pieces

    def _say(self, said: bytes) -> None:
        self._pieces[-1] += said

    def _leave(self, slot: Slot) -> None:
        self._slots.append((len(self._pieces), slot))
        self._pieces += (b"", b"")

    def _say_text(self, text: str, holes: Mapping[str, Slot]) -> None:
        texts = re.split("(" + "|".join(map(re.escape, holes)) + ")", text)
        first, *others = encode_around_holes(texts[::2])
        self._say(first)
        for mark, piece in zip(texts[1::2], others, strict=True):
            self._leave(holes[mark])
            self._say(piece)


def _line(name: str, value: str, *, plain: re.Pattern[str]) -> bytes:
    """A header of one reader's: the usual ones by a short cut that gives what the long way gives."""
    if plain.fullmatch(value):
        return f"{name}: {value}\r\n".encode("ascii")
    return header_line(name, value, utf8=not value.isascii())
