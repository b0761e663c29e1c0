"""Header fields of strange messages: names, values, addresses and dates, without ever raising."""

from __future__ import annotations

import codecs
import re
from binascii import Error as Base64Error
from binascii import a2b_base64, a2b_qp
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

#: What is read of one header: some providers write thousands of characters, none that matter here.
MOST_VALUE = 8_000
#: Nobody's report came before mail had its present form (RFC 822).
FIRST_YEAR = 1982

#: Names that Python decodes by, slowly or with warnings, and that are no charset of mail.
_NO_CHARSETS = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"})

Fields = Mapping[str, Sequence[str]]

_FIELD = re.compile(r"([!-9;-~]{1,76})[ \t]*:[ \t]*(.*)", re.DOTALL)
_WORD = re.compile(r"=\?([\w-]{1,40})(?:\*[\w-]*)?\?([bqBQ])\?([^?\s]*)\?=(?:[ \t]+(?==\?))?")
_LOCAL = r"(?:\"[^\"\s@<>]{1,64}\"|[A-Za-z0-9!#$%&*+/=?^_{|}~.-]{1,120})"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL}){{0,20}}"
#: An address inside running text. Letters beyond ASCII end it: in Chinese and Japanese no space follows one.
ADDRESS = rf"{_LOCAL}@{_DOMAIN}"
_ADDRESS = re.compile(ADDRESS)
_REDACTED = re.compile(r"\.{3}|^(?!=\?)[.=+/]|^-+|^[^\w\"=]+@")
_COMMENT = re.compile(r"\([^()]*\)")


def charset_text(octets: bytes, charset: str) -> str:
    """*octets* read as *charset*, or as UTF-8 or Latin-1 where the charset is unknown or a lie."""
    if b"\x1b$" in octets or b"\x1b(" in octets:
        charset = "iso-2022-jp"
    for name in (charset, "utf-8"):
        try:
            if codecs.lookup(name).name.replace("_", "-") in _NO_CHARSETS:
                continue
            return octets.decode(name)
        except (LookupError, ValueError, UnicodeError):
            continue
    return octets.decode("latin-1")


def _word(found: re.Match[str]) -> str:
    octets = found[3].encode("ascii", "replace")
    try:
        plain = a2b_base64(octets) if found[2] in "bB" else a2b_qp(octets, header=True)
    except (Base64Error, ValueError):
        return found[0]
    return charset_text(plain, found[1])


def words(value: str) -> str:
    """*value* with its encoded words (RFC 2047) read."""
    return _WORD.sub(_word, value) if "=?" in value else value


def fields(lines: Iterable[str]) -> dict[str, list[str]]:
    """The fields of a block of header *lines* by lower-case name, each with all its values in order."""
    found: dict[str, list[str]] = {}
    values: list[str] | None = None
    for line in lines:
        if line[:1] in {" ", "\t"} and values is not None:
            if len(values[-1]) < MOST_VALUE:
                values[-1] += " " + line.strip()
            continue
        match = _FIELD.match(line)
        if match:
            values = found.setdefault(match[1].lower(), [])
            values.append(match[2][:MOST_VALUE].strip())
    return found


def first(headers: Fields, *names: str) -> str:
    """The first value that is not empty of the first of *names* that has one, or ""."""
    for name in names:
        for value in headers.get(name, ()):
            if value:
                return value
    return ""


def addresses(text: str) -> list[str]:
    """The addresses in *text*, in order, each once."""
    return list(dict.fromkeys(match for each in _ADDRESS.findall(text) if (match := valid(each))))


def valid(address: str) -> str:
    """*address* less what clings to it, or "" where it was shortened by somebody and names nobody."""
    address = address.strip(" \t<>'\"`,;").rstrip(".")
    if address.lower().startswith("mailto:"):
        address = address[7:]
    return "" if "@" not in address or _REDACTED.search(address) or len(address) > 320 else address


def mailbox(value: str) -> str:
    """The address of a field's *value* such as "Ada <ada@example.org>" or "rfc822; ada@example.org"."""
    value = value[:MOST_VALUE]
    angled = re.search(r"<\s*([^<>\s]+@[^<>\s]+?)\s*>", value)
    if angled:
        return valid(angled[1])
    if ";" in value.partition("@")[0]:
        value = value.partition(";")[2]
    bare = _COMMENT.sub("", value).strip()
    if re.fullmatch(r"[^\s@<>,;]+@[^\s@<>,;]+", bare):
        return valid(bare)
    return next(iter(addresses(bare)), "")


def moment(value: str) -> datetime | None:
    """When a Date field says, in UTC; None where it says nothing, or no year of mail."""
    try:
        when = parsedate_to_datetime(value[:200])
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return when if FIRST_YEAR <= when.year < 2200 else None
