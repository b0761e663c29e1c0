"""DKIM (RFC 6376): the very bytes that travel are signed, so that a provider knows whose they are.

rsa-sha256 with 2048 bits (RFC 8301), relaxed/relaxed. Every header that matters is named once more often
than it is there ("oversigned", RFC 6376 8.15), so that none can be added; List-Unsubscribe and
List-Unsubscribe-Post are among them, as RFC 8058 section 4 asks. There is no l=, which lets anybody append
to a body, and no x=. The time is the letter's own: the same letter has the same signature.

RSA is nearly all that it costs, and ``cryptography`` frees the GIL for it: threads sign on all cores.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from newsletter.errors import SettingsError
from newsletter.settings import NewsletterSettings, Settings
from newsletter.subscribers.address import ascii_domain

BITS = 2048
SIGNED = (
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"reply-to",
    b"cc",
    b"content-type",
    b"mime-version",
    b"list-id",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"feedback-id",
)
_PADDING, _PREHASHED = padding.PKCS1v15(), Prehashed(hashes.SHA256())
_WIDTH = 76
_FIELD = re.compile(rb"\r\n(?![ \t])")
_BLANKS = re.compile(rb"[ \t]+")
_BLANKS_AT_END = re.compile(rb"[ \t]+\r\n")
_NEXT_STEP = (
    "Make a key with: newsletter keys dkim (or restore it from your backup), or set dkim to off or relay."
)


@dataclass(frozen=True)
class Signer:
    """Signs messages for *domain*, with the key that is published under *selector*; threads may share it."""

    key: rsa.RSAPrivateKey
    domain: str
    selector: str

    def sign(self, message: bytes, *, signed_at: datetime, is_relaxed: bool = False) -> bytes:
        """*message*, which has CRLF line ends and is finished, with its signature on top."""
        return self.draft(message, signed_at=signed_at, is_relaxed=is_relaxed).signed() + message

    def draft(self, message: bytes, *, signed_at: datetime, is_relaxed: bool = False) -> Draft:
        """The signature of *message* but for the RSA.

        *is_relaxed*: its body is known to be one that the relaxed canonicalisation leaves as it is, which
        saves looking at each line (``quoted_printable`` writes such bodies).
        """
        end = message.index(b"\r\n\r\n")
        body = memoryview(message)[end + 4 :]
        digest = hashlib.sha256(body if is_relaxed else relaxed_body(bytes(body))).digest()
        fields: dict[bytes, list[bytes]] = {}
        for field in _FIELD.split(message[:end]):
            name, _, value = field.partition(b":")
            fields.setdefault(name.strip().lower(), []).append(value)
        counts = tuple(len(fields.get(name, ())) for name in SIGNED)
        own = (
            f" v=1; a=rsa-sha256; c=relaxed/relaxed; d={self.domain};\r\n"
            f" s={self.selector}; t={int(signed_at.timestamp())};\r\n"
            f"{_named(counts)};\r\n"
            f" bh={base64.b64encode(digest).decode()};\r\n b="
        ).encode("ascii")
        # RFC 6376 5.4.2: of headers of one name, the lowest comes first.
        said = [_relaxed(name, value) for name in SIGNED for value in reversed(fields.get(name, ()))]
        said.append(_relaxed(b"dkim-signature", own))
        return Draft(self.key, own, hashlib.sha256(b"\r\n".join(said)).digest())


class Draft(NamedTuple):
    """A signature but for the RSA: the header so far, and the SHA-256 of what it signs."""

    key: rsa.RSAPrivateKey
    header: bytes
    digest: bytes

    def signed(self) -> bytes:
        """The whole header, with its line end. Other threads run meanwhile: nearly all of this is RSA."""
        made = self.key.sign(self.digest, _PADDING, _PREHASHED)
        return b"DKIM-Signature:%b%b\r\n" % (self.header, _folded(base64.b64encode(made)))


def relaxed_body(body: bytes) -> bytes:
    """*body* as it is hashed (RFC 6376 3.4.4): one blank for a run, none at line ends, no empty end."""
    lines = _BLANKS_AT_END.sub(b"\r\n", _BLANKS.sub(b" ", body)).rstrip(b"\r\n")
    return lines + b"\r\n" if lines else b""


def _relaxed(name: bytes, value: bytes) -> bytes:
    """A header as it is hashed (RFC 6376 3.4.2), without CRLF; *value* may be folded and has no controls."""
    return name + b":" + b" ".join(value.split())


@lru_cache(maxsize=64)
def _named(counts: Sequence[int]) -> str:
    """The h= tag: each header as often as it is there, and once more."""
    lines = [" h="]
    for name, count in zip(SIGNED, counts, strict=True):
        for _ in range(count + 1):
            if len(lines[-1]) + len(name) > _WIDTH - 1:
                lines.append(" ")
            lines[-1] += f"{name.decode()}:"
    return "\r\n".join(lines).removesuffix(":")


def _folded(signature: bytes) -> bytes:
    room = _WIDTH - len(" b=")
    return b"\r\n ".join(signature[start : start + room] for start in range(0, len(signature), room))


def signing_domain(settings: Settings, newsletter: NewsletterSettings) -> str:
    """The domain that signs the mails of *newsletter* (d=): the one that is set, or the sender's own."""
    return ascii_domain(settings.dkim_domain or parseaddr(newsletter.sender)[1].rpartition("@")[2])


def signing_domains(settings: Settings) -> list[str]:
    """Every domain that mails are signed for, once."""
    return list(dict.fromkeys(signing_domain(settings, one) for one in settings.newsletters))


def load_signing_key(path: Path) -> rsa.RSAPrivateKey:
    """Read the private key.

    Raises:
        SettingsError: it is absent, readable by others, no RSA key in PEM, or shorter than 2048 bits.
    """
    thing = f"DKIM key {path}"
    try:
        mode = path.stat().st_mode
        key = load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError:
        raise SettingsError(thing, "there is no such file", _NEXT_STEP) from None
    except OSError as error:
        raise SettingsError(thing, f"cannot be read: {error.strerror}", "Give it to this user.") from error
    except (ValueError, TypeError) as error:
        # The library's words may describe the key.
        raise SettingsError(thing, "is not a private key in PEM without a password", _NEXT_STEP) from error
    if mode & 0o077:
        allowed = f"can be read by others (mode {mode & 0o777:04o}, allowed is 0600)"
        raise SettingsError(thing, allowed, f"Run: chmod 600 {path}")
    if not isinstance(key, rsa.RSAPrivateKey):
        raise SettingsError(thing, "is not an RSA key, the only kind that all providers verify", _NEXT_STEP)
    if key.key_size < BITS:
        raise SettingsError(thing, f"has {key.key_size} bits, at least {BITS} are needed", _NEXT_STEP)
    return key


def write_signing_key(path: Path) -> rsa.RSAPrivateKey:
    """Write a new private key, mode 0600 from its first byte.

    Raises:
        FileExistsError: there is a file already; keys are never overwritten.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key
