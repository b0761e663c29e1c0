"""One recipient's message as bytes: headers that survive, correct MIME, nothing an SMTP server could misread.

Python's own header folding turns any List-Unsubscribe address longer than a line into an RFC 2047 encoded
word, and one-click unsubscribe (RFC 8058) is dead without a sound (cpython issue 85725). The policy below
emits the headers that carry addresses or identifiers as they are, within the 998 octets of RFC 5322 2.1.1.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Any, ClassVar

from newsletter.delivery.dkim import Signer
from newsletter.errors import DeliveryError
from newsletter.subscribers.address import wire_address
from newsletter.subscribers.token import HANDLE_BYTES, Keyring, Purpose

MAX_LINE = 998
#: RFC 2045 6.7 (5): a quoted-printable line has at most 76 characters; Python would take the 78 of headers.
_WIDTH = 76
#: Controls, line and paragraph separators, lone surrogates: nothing that a header has a use for.
_UNSAFE = frozenset({"Cc", "Zl", "Zp", "Cs"})
#: Of the MAC in a return path, so many bytes: 80 bits, in a local part that stays within its 64 octets.
_PATH_MAC_BYTES = 10
_DOT_LINE = re.compile(rb"(?m)^\.([^\r\n]*)")
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")


@dataclass(frozen=True, kw_only=True)
class Letter:
    """Everything one message says. *sender* and *reply_to* are mailboxes, *sent_at* is aware.

    *boundary* is what keeps its parts apart; without one it is made of what they say. *enclosed*: somebody
    else's message that goes along, as it came.
    """

    sender: str
    reply_to: str = ""
    recipient: str
    subject: str
    html: str
    text: str
    sent_at: datetime
    message_id: str
    headers: tuple[tuple[str, str], ...] = ()
    boundary: str = ""
    enclosed: bytes = b""


class _WirePolicy(EmailPolicy):
    """SMTP policy that never encodes a header made of addresses or identifiers."""

    raw_headers: ClassVar[frozenset[str]] = frozenset(
        {
            "list-id",
            "list-unsubscribe",
            "list-unsubscribe-post",
            "list-archive",
            "list-help",
            "message-id",
            "feedback-id",
            "in-reply-to",
            "references",
        }
    )

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Keep these as they are: parsing would decode a subject that looks like an encoded word."""
        if name.lower() in self.raw_headers | {"subject"}:
            return name, value
        return super().header_store_parse(name, value)

    def _fold(self, name: str, value: str, **options: bool) -> str:
        if name.lower() in self.raw_headers:
            return f"{name}: {value}{self.linesep}"
        if name.lower() == "subject":
            return f"{name}: {_encoded(name, value, linesep=self.linesep)}{self.linesep}"
        return str(super()._fold(name, value, **options))  # type: ignore[misc] # typeshed leaves _fold out


def _encoded(name: str, value: str, *, linesep: str) -> str:
    """*value* as it is where it fits a line in ASCII, else as RFC 2047 encoded words that decode to it."""
    plain = value.isascii() and value == value.strip() and "=?" not in value
    if plain and len(f"{name}: {value}") <= _WIDTH:
        return value
    return Header(value, "utf-8", maxlinelen=_WIDTH, header_name=name).encode(linesep=linesep)


_POLICY = _WirePolicy(linesep="\r\n", cte_type="7bit", max_line_length=_WIDTH)
_POLICY_UTF8 = _POLICY.clone(utf8=True)


def to_bytes(letter: Letter, *, signer: Signer | None = None) -> bytes:
    """The message as it travels: CRLF line ends, 7-bit, text part before HTML part, fixed boundary.

    The same letter gives the same bytes on any machine. No line begins with a dot, so nothing is left to
    stuff (RFC 5321 4.5.2): the bytes that were checked are those that travel, under what *signer* adds.

    Raises:
        DeliveryError: a header holds a control character or is too long, an address is none, or a text
            holds half a character.
    """
    policy = _policy(utf8=not letter.recipient.isascii())
    message = EmailMessage(policy=policy)
    for name, value in letter_headers(letter):
        message[name] = _checked(name, value)
    boundary = letter.boundary or boundary_of(letter.text + letter.html)
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    message.set_boundary(boundary)
    if letter.enclosed:
        _enclose(message, letter.enclosed)
    for part in message.walk():
        if part is not message:
            del part["MIME-Version"]  # RFC 2045 4: at the top, once
    raw = _DOT_LINE.sub(_without_dot, message.as_bytes())
    wire_check(raw, utf8=policy.utf8)
    return signer.sign(raw, signed_at=letter.sent_at) if signer else raw


def _enclose(message: EmailMessage, enclosed: bytes) -> None:
    """Attach a message as it came; where its octets cannot travel so, as a file in base64.

    A message/rfc822 part may not be encoded (RFC 2046 5.2.1).
    """
    message.make_mixed()
    # Of what is enclosed as well, so that nobody can write a letter that ends its own part.
    message.set_boundary("=_" + hashlib.sha256(message.as_bytes() + enclosed).hexdigest()[:32])
    lines = _BARE.sub(b"\r\n", enclosed)
    part = EmailMessage(policy=message.policy)
    try:
        wire_check(lines)
        part["Content-Type"] = "message/rfc822"
        part.set_payload(lines.decode("ascii"))
    except DeliveryError:
        part.set_content(enclosed, maintype="application", subtype="octet-stream")
    part.add_header("Content-Disposition", "attachment", filename="letter.eml")
    message.attach(part)


def _without_dot(match: re.Match[bytes]) -> bytes:
    """A quoted-printable line whose first dot is written as an escape, broken if that makes it too long."""
    line = b"=2E" + match[1]
    if len(line) <= _WIDTH:
        return line
    cut = _WIDTH - 6
    while b"=" in line[cut - 2 : cut] or line[cut : cut + 1] == b".":
        cut -= 1  # neither within an escape nor before another dot
    return line[:cut] + b"=\r\n" + line[cut:]


def boundary_of(said: str) -> str:
    """A boundary for parts that say *said*: the same for the same words. No quoted-printable holds "=_".

    Raises:
        DeliveryError: they hold half a character.
    """
    try:
        return "=_" + hashlib.sha256(said.encode()).hexdigest()[:32]
    except UnicodeEncodeError:
        raise DeliveryError(
            "the message", "holds half a character (a lone surrogate)", "Mend the article."
        ) from None


def header_line(name: str, value: str, *, utf8: bool = False) -> bytes:
    """A header as it travels, folded, with its CRLF. *utf8*: it may hold other than ASCII (RFC 6532).

    Raises:
        DeliveryError: it holds a control character, is too long, or should be a mailbox and is none.
    """
    policy = _policy(utf8=utf8)
    # fold_binary does not say that it is bytes: typeshed has it from the class below.
    line = bytes(policy.fold_binary(*policy.header_store_parse(name, _checked(name, value))))
    wire_check(line, utf8=utf8)
    return line


def _policy(*, utf8: bool) -> _WirePolicy:
    return _POLICY_UTF8 if utf8 else _POLICY


def wire_check(raw: bytes, *, utf8: bool = False) -> None:
    """Refuse bytes that a relay could split or misread (RFC 5321 2.3.8 and 4.5.3.1.6; SMTP smuggling).

    Raises:
        DeliveryError: a bare CR or LF, a NUL, an octet over 126 (but for SMTPUTF8), a line over 998, or one
            that begins with a dot, which a server would take off or take for the end.
    """
    fault = ""
    if _BARE.search(raw) or b"\0" in raw:
        fault = "a bare CR or LF, or a NUL"
    elif not utf8 and not raw.isascii():
        fault = "an octet that is not ASCII"
    elif max(map(len, raw.split(b"\r\n"))) > MAX_LINE:
        fault = f"a line longer than {MAX_LINE} octets"
    elif b"\r\n." in raw or raw.startswith(b"."):
        fault = "a line that begins with a dot"
    if fault:
        raise DeliveryError("the message", f"holds {fault}", "It is not sent; please report this.")


def message_id(keyring: Keyring, *parts: str, domain: str) -> str:
    """A Message-ID that is the same for the same *parts*, and says nothing about them.

    It is made with the oldest key: a letter that is repeated after a new key came is still the same letter.
    """
    mac = keyring.mac(Purpose.MESSAGE_ID, "\n".join(parts).encode(), kid=keyring.oldest)
    return f"<{mac[:16].hex()}@{domain}>"


def return_path(keyring: Keyring, mailbox: str, handle: bytes) -> str:
    """The envelope sender for one recipient: ``bounces+<handle and MAC>@domain`` (VERP, no address in it)."""
    local, _, domain = mailbox.rpartition("@")
    return f"{local}+{_opaque(handle + _path_mac(keyring, handle))}@{domain}"


def return_path_handle(keyring: Keyring, mailbox: str, address: str) -> bytes | None:
    """The handle that a return path of *mailbox* carries; None where it is none of ours, or was forged.

    Made with a key of any age: bounces come days after a key has changed. The case of letters, which some
    servers change, and angle brackets do not matter.
    """
    local, _, domain = mailbox.lower().rpartition("@")
    beginning, end = f"{local}+", f"@{domain}"
    given = address.strip().strip("<>").lower()
    if not (given.startswith(beginning) and given.endswith(end) and domain):
        return None
    opaque = given[len(beginning) : -len(end)]
    try:
        raw = base64.b32decode(opaque.upper() + "=" * (-len(opaque) % 8))
    except (binascii.Error, ValueError):
        return None
    handle, mac = raw[:-_PATH_MAC_BYTES], raw[-_PATH_MAC_BYTES:]
    if len(handle) != HANDLE_BYTES or _opaque(raw) != opaque:
        return None
    macs = [_path_mac(keyring, handle, kid=kid) for kid in keyring.key_ids]
    # Every key is compared, so that the time does not tell which one it was.
    return handle if sum(hmac.compare_digest(mac, one) for one in macs) else None


def _path_mac(keyring: Keyring, handle: bytes, *, kid: str | None = None) -> bytes:
    return keyring.mac(Purpose.RETURN_PATH, handle, kid=kid)[:_PATH_MAC_BYTES]


def _opaque(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()


def letter_headers(letter: Letter) -> list[tuple[str, str]]:
    """The headers of *letter* in their order; one without a value is left out."""
    fixed = [
        ("From", letter.sender),
        ("To", letter.recipient),
        ("Reply-To", letter.reply_to),
        ("Subject", letter.subject),
        ("Date", format_datetime(letter.sent_at)),
        ("Message-ID", letter.message_id),
    ]
    return [(name, value) for name, value in (*fixed, *letter.headers) if value]


def _checked(name: str, value: str) -> Address | str:
    """*value* as the policy takes it."""
    _check_header(name, value)
    return _address(name, value) if name in ("From", "To", "Reply-To") else value


def _check_header(name: str, value: str) -> None:
    if any(unicodedata.category(character) in _UNSAFE for character in value):
        raise DeliveryError(
            f"header {name}", "holds a line break or control character", "Mend the setting or title."
        )
    if name.lower() in _WirePolicy.raw_headers:
        if not value.isascii():
            raise DeliveryError(
                f"header {name}", "holds a character that is not ASCII", "Write base_url with xn-- and %."
            )
        if len(f"{name}: {value}") > MAX_LINE:
            raise DeliveryError(
                f"header {name}", f"is longer than the {MAX_LINE} octets of a line", "Shorten base_url."
            )


def _address(header: str, mailbox: str) -> Address:
    name, address = parseaddr(mailbox)
    try:
        address = wire_address(address)
        if address.isascii():
            return Address(display_name=name, addr_spec=address)
        if header != "To":
            raise ValueError("not every relay takes such a sender")  # noqa: TRY301 - one sentence for all
        # Given whole, a local part that is not ASCII is a defect to Python, though RFC 6532 allows it.
        local, _, domain = address.rpartition("@")
        return Address(display_name=name, username=local, domain=domain)
    except (MessageError, ValueError, IndexError) as error:
        raise DeliveryError(
            f"header {header}", f"is not a mailbox ({type(error).__name__})", "Mend the setting or address."
        ) from None
