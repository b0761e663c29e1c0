"""The parts of a message, read within bounds: whatever is sent, little time and memory is spent on it.

Python's own parser keeps a stack of generators, one a level, and tests each line against the boundary of
each: ten thousand nested parts end it, and fifty megabytes cost it many times that. A report says what it has
to say near its begin and a few levels deep, so this reads no further (RFC 2045, RFC 2046 5.1).
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, a2b_qp
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape

from newsletter.feedback.field import Fields, charset_text, fields, first

#: What is read of a message, in octets; of its parts, in number; of parts in parts, in levels.
MOST_OCTETS = 1_000_000
MOST_PARTS = 60
MOST_DEPTH = 8
#: What is read of the headers of one part, and of the text of one part, in octets.
MOST_HEADER = 200_000
MOST_TEXT = 100_000

_END_OF_HEADERS = re.compile(rb"\r?\n[ \t]*\r?\n|\r\r")
_PARAMETER = re.compile(r";\s*([\w-]{1,40})\*?\d?\*?\s*=\s*(?:\"([^\"]{0,300})\"?|([^\s;]{1,300}))")
_LINE = re.compile(r"\r\n|\n|\r")
_HIDDEN = re.compile(r"(?i)<(?:style|script)\b")
_SHOWN = re.compile(r"(?i)</(?:style|script)\s{0,9}>")
_BREAK = re.compile(r"(?i)<(?:br|/?p|/?div|/?tr|/?li|/?h\d|/?table)\b[^<>]{0,500}>")
_TAG = re.compile(r"<[!/]?[a-zA-Z-][^<>@]{0,1000}>|<a\s[^<>]{0,1000}>")
_MESSAGE_KINDS = frozenset({
    "message/rfc822", "message/rfc822-headers", "message/global", "message/global-headers",
    "message/partial", "text/rfc822-headers", "text/rfc822-header", "text/rfc822", "message/news",
})  # fmt: skip
#: Kinds of parts that hold fields, and no message.
STATUS_KINDS = frozenset({"message/delivery-status", "message/global-delivery-status"})


@dataclass(frozen=True)
class Part:
    """One part: its header fields, its *kind* such as "text/plain", and its *body*, still encoded.

    *inside*: how many returned messages it is in: 0 for the report's own parts.
    """

    headers: Fields
    kind: str
    body: bytes
    inside: int = 0
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def is_message(self) -> bool:
        """Whether the body is a message of its own, or its headers."""
        return self.kind in _MESSAGE_KINDS

    @cached_property
    def octets(self) -> bytes:
        """The body, its transfer encoding undone as far as it can be."""
        body = self.body[:MOST_TEXT]
        encoding = first(self.headers, "content-transfer-encoding").lower()
        try:
            if "base64" in encoding:
                return a2b_base64(body[: len(body) - len(body) % 4] + b"==")
            if "quoted" in encoding:
                return a2b_qp(body)
        except (Base64Error, ValueError):
            pass
        return body

    @cached_property
    def text(self) -> str:
        """The body as text, lines ended by line feeds, HTML as what it says."""
        octets = self.octets
        if b"\x00" in octets[:2_000] and "utf-16" not in self.parameters.get("charset", ""):
            octets = octets.replace(b"\x00", b"")
        text = charset_text(octets, self.parameters.get("charset", "us-ascii"))
        text = _LINE.sub("\n", text)
        if self.kind == "text/html" or (
            self.kind == "text/plain" and text.lstrip()[:9].lower() == "<!doctype"
        ):
            text = _shown(text)
        return text.replace("\xa0", " ")


def _shown(html: str) -> str:
    """What *html* says, a line a block."""
    first_piece, *pieces = _HIDDEN.split(html)
    shown = [first_piece, *(piece[end.end() :] for piece in pieces if (end := _SHOWN.search(piece)))]
    return unescape(_TAG.sub("", _BREAK.sub("\n", "".join(shown))))


def parts_of(raw: bytes) -> list[Part]:
    """The message itself, then its parts in reading order; at most MOST_PARTS of the first MOST_OCTETS."""
    head = bytes(raw[:MOST_OCTETS])
    if head.startswith(b"From "):  # a mailbox's own line
        head = head.partition(b"\n")[2]
    found: list[Part] = []
    for part in _walk(head, depth=0, inside=0):
        found.append(part)
        if len(found) >= MOST_PARTS:
            break
    return found


def _walk(octets: bytes, *, depth: int, inside: int, default: str = "text/plain") -> Iterator[Part]:
    headers, body = _split(octets)
    declared = first(headers, "content-type")
    kind = declared.partition(";")[0].strip().lower() or default
    parameters = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(declared)}
    part = Part(headers=headers, kind=kind, body=body, inside=inside, parameters=parameters)
    yield part
    if depth >= MOST_DEPTH:
        return
    if kind.startswith("multipart/") and parameters.get("boundary"):
        below = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        for piece in _pieces(body, parameters["boundary"]):
            yield from _walk(piece, depth=depth + 1, inside=inside, default=below)
    elif part.is_message:
        yield from _walk(part.octets if _is_encoded(part) else body, depth=depth + 1, inside=inside + 1)


def _is_encoded(part: Part) -> bool:
    encoding = first(part.headers, "content-transfer-encoding").lower()
    return "base64" in encoding or "quoted" in encoding


def _split(octets: bytes) -> tuple[Fields, bytes]:
    """Headers and body; some servers begin a part with an empty line too many, or with none."""
    leading = octets[:200]
    start = len(leading) - len(leading.lstrip(b"\r\n"))
    if octets[:1] in {b"\n", b"\r"} and not re.match(rb"[!-9;-~]{1,76}[ \t]*:", octets[start : start + 80]):
        return {}, octets.lstrip(b"\r\n")
    end = _END_OF_HEADERS.search(octets, start)
    at, after = (end.start(), end.end()) if end else (len(octets), len(octets))
    block = octets[start : min(at, start + MOST_HEADER)]
    if not re.match(rb"[!-9;-~]{1,76}[ \t]*:|From ", block):
        return {}, octets[start:]
    try:
        text = block.decode("utf-8")
    except UnicodeDecodeError:
        text = block.decode("latin-1")
    return fields(_LINE.split(text)), octets[after:]


def _pieces(body: bytes, boundary: str) -> Iterator[bytes]:
    """What stands between the lines of *boundary*; one before them where the first line is missing."""
    mark = re.compile(
        rb"(?m)^[ \t]?--" + re.escape(boundary.encode("utf-8", "replace")) + rb"(--)?[ \t]*\r?$"
    )
    begin: int | None = None
    for found in mark.finditer(body):
        if begin is not None:
            yield _after_line(body[begin : found.start()])
        begin = None if found[1] else found.end()
    if begin is not None:
        yield _after_line(body[begin:])


def _after_line(piece: bytes) -> bytes:
    return piece[2:] if piece.startswith(b"\r\n") else piece[1:] if piece.startswith(b"\n") else piece
