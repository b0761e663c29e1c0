"""Quoted-printable (RFC 2045 6.7) in a form that no relay, mailbox or signature has a reason to change.

Beyond what the RFC asks, no line begins with a dot or with "From ", no blank follows a blank or ends a line,
and tabs are written as octets. So dot-stuffing (RFC 5321 4.5.2) and the relaxed canonicalisation of DKIM
(RFC 6376 3.4.4) both leave such a body as it is, and the bytes that were made are the bytes that are signed
and sent. Lines are at most 75 octets long, of the 76 that are allowed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

CRLF = b"\r\n"
SOFT_BREAK = b"=\r\n"
#: Octets a line may have before the "=" of a soft break.
_ROOM = 74
#: What is written as it is: printable ASCII but "=", and a blank neither after another nor at an end.
_ESCAPED = re.compile(rb"[^ -<>-~]|(?<=[ \t]) | $")
_ESCAPED_IN_VALUE = re.compile(rb"[^!-<>-~]")
#: What a line never begins with: SMTP would double the dot, and mbox files quote the other.
_LINE_STARTS = (b".", b"From ")


def encode_around_holes(pieces: Sequence[str]) -> list[bytes]:
    """The *pieces* of a text between its holes, each as the bytes that stand before or after a hole.

    Joined with values of ``encode_value`` between them, they decode to the text with the values in its holes,
    with CRLF at the end of each line and of the text. Each value has lines of its own, by soft breaks, so
    that its length changes no other line.

    Raises:
        UnicodeEncodeError: a piece holds half a character (a lone surrogate).
    """
    encoded = []
    for number, piece in enumerate(pieces):
        lines = piece.encode().replace(CRLF, b"\n").replace(b"\r", b"\n").split(b"\n")
        is_last = number == len(pieces) - 1
        if is_last and (lines[-1] or len(lines) == 1):
            lines.append(b"")  # a part ends with a line end
        before = SOFT_BREAK if number and lines[0] else b""
        is_between = len(lines) == 1 and number > 0  # two holes with no line end between them
        after = SOFT_BREAK if not is_last and (lines[-1] or is_between) else b""
        encoded.append(before + CRLF.join(map(_encode_line, lines)) + after)
    return encoded


def encode_value(value: str) -> bytes:
    """*value*, one line of any characters, as it stands in a hole."""
    return _wrap(_ESCAPED_IN_VALUE.sub(_escape, value.encode()))


def _encode_line(line: bytes) -> bytes:
    return _wrap(_ESCAPED.sub(_escape, line))


def _escape(match: re.Match[bytes]) -> bytes:
    return b"=%02X" % match[0][0]


def _wrap(encoded: bytes) -> bytes:
    """*encoded* with soft breaks, none of them within the three octets of an escape."""
    lines = []
    start, end = 0, len(encoded)
    while True:
        lead = b""
        if encoded.startswith(_LINE_STARTS, start):
            lead = b"=%02X" % encoded[start]
            start += 1
        stop = start + _ROOM - len(lead)
        if stop >= end:
            lines.append(lead + encoded[start:])
            return SOFT_BREAK.join(lines)
        cut = encoded.rfind(b"=", stop - 2, stop)
        stop = cut if cut >= 0 else stop
        lines.append(lead + encoded[start:stop])
        start = stop
