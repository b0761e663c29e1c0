"""Keys and the opaque tokens in mails: purpose-bound, MACed, without address or meaning.

A token is ``v1.<key id>.<handle>.<mac>``: the handle is the random identifier of a row, the MAC is
HMAC-SHA256 (RFC 2104) cut to 128 bits over purpose, key id and handle. Links in old mails must work for
ever, so a key is never removed from the file: the newest signs, all of them verify.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from itertools import count
from pathlib import Path

from newsletter.errors import SettingsError, TokenError

MAC_BYTES = 16
HANDLE_BYTES = 12
_KEY_ID = re.compile(r"[a-z0-9]{1,16}")


class Purpose(StrEnum):
    """What a token or hash may be used for; one of one purpose is worthless for another."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"  # in every letter, so in every forwarded one: asks for a fresh link
    PROFILE = "profile"  # that fresh link
    ADDRESS = "address"
    DATA = "data"
    MESSAGE_ID = "message-id"
    RETURN_PATH = "return-path"
    SUPPRESSION = "suppression"
    CONSENT = "consent"
    FORM = "form"
    TOPICS = "topics"
    EDITION = "edition"
    ORIGIN = "origin"
    ENCLOSURE = "enclosure"
    LIMIT = "limit"
    WEBHOOK = "webhook"
    SITE = "site"  # what a site's own server proves itself by
    CHALLENGE = "challenge"
    IDEMPOTENCY = "idempotency"
    FEEDBACK = "feedback"  # what came back, and whom it names
    OPERATOR = "operator"  # what the console's one-time codes are made from


class Keyring:
    """The secret keys by id; the last one signs."""

    def __init__(self, keys: Mapping[str, bytes], *, path: Path | None = None) -> None:
        if not keys or any(len(key) < 32 for key in keys.values()):
            raise SettingsError("the key file", "needs at least one key of 32 bytes", "Run: newsletter init")
        self._keys = dict(keys)
        self._path = path
        self._seen = _version(path)
        self._derived: dict[tuple[Purpose, str], hmac.HMAC] = {}
        self.current = next(reversed(self._keys))

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._keys)})"

    def knows(self, kid: str) -> bool:
        """Whether there is a key *kid*, perhaps since another process added it."""
        return kid in self._keys or (bool(_KEY_ID.fullmatch(kid)) and self._reread() and kid in self._keys)

    @property
    def key_ids(self) -> tuple[str, ...]:
        """All key ids, oldest first, also of keys that another process has added since."""
        self._reread()
        return tuple(self._keys)

    @property
    def oldest(self) -> str:
        """The key of what must stay the same over rotations, such as the Message-ID of a repeated letter."""
        return next(iter(self._keys))

    def _reread(self) -> bool:
        """Take in keys that were added to the file; which one signs stays as it is. False: nothing new."""
        version = _version(self._path)
        if self._path is None or version == self._seen:
            return False
        self._keys |= Keyring.load(self._path)._keys  # noqa: SLF001 - of the same class
        self._seen = version
        return True

    @classmethod
    def load(cls, path: Path) -> Keyring:
        """Read the key file.

        Raises:
            SettingsError: it is absent, readable by others, or not a key file.
        """
        try:
            mode = path.stat().st_mode
            values = tomllib.loads(path.read_text(encoding="ascii"))
            keys = {kid: bytes.fromhex(value) for kid, value in values["keys"].items()}
        except FileNotFoundError:
            raise SettingsError(
                f"key file {path}",
                "there is no such file",
                "If there are readers, restore it from your backup: without it no link in their mails works. "
                "If there are none yet, make it with: newsletter init",
            ) from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SettingsError(
                f"key file {path}", "is not a key file", "Restore it from your backup; never make a new one."
            ) from error
        if mode & 0o077:
            raise SettingsError(
                f"key file {path}",
                f"can be read by others (mode {mode & 0o777:04o}, allowed is 0600)",
                f"Run: chmod 600 {path}",
            )
        return cls(keys, path=path)

    @classmethod
    def example(cls) -> Keyring:
        """A fixed, public key: for previews, whose links lead nowhere, and for tests."""
        return cls({"example": hashlib.sha256(b"newsletter preview").digest()})

    def mac(self, purpose: Purpose, message: bytes, *, kid: str | None = None) -> bytes:
        """HMAC-SHA256 of *message* under the key *kid* (default: current), bound to *purpose*; 32 bytes."""
        kid = kid or self.current
        begun = self._derived.get((purpose, kid))
        if begun is None:
            key = hmac.digest(self._keys[kid], purpose.encode(), "sha256")
            begun = hmac.new(key, kid.encode() + b"\0", "sha256")
            self._derived[purpose, kid] = begun
        # What is the same for all messages was taken in once: four of these are made for each letter.
        mac = begun.copy()
        mac.update(message)
        return mac.digest()

    def token(self, purpose: Purpose, handle: bytes) -> str:
        """The token for *handle* (the random bytes of a row)."""
        mac = self.mac(purpose, handle)[:MAC_BYTES]
        return f"v1.{self.current}.{_encode(handle)}.{_encode(mac)}"

    def read(self, purpose: Purpose, token: str) -> bytes:
        """The handle that *token* carries.

        Raises:
            TokenError: the token is malformed, forged, of an unknown key or for another purpose.
        """
        parts = token.split(".")
        if len(token) < 200 and len(parts) == 4 and parts[0] == "v1" and self.knows(parts[1]):
            handle, mac = _decode(parts[2]), _decode(parts[3])
            if handle and mac and _is_canonical(parts[2], handle) and _is_canonical(parts[3], mac):
                expected = self.mac(purpose, handle, kid=parts[1])[:MAC_BYTES]
                if hmac.compare_digest(mac, expected):
                    return handle
        raise TokenError("this link", "is not valid", "Use the newest mail you got, or sign up again.")


def write_key_file(path: Path) -> None:
    """Write a new key file with one random key, mode 0600 from its first byte.

    Raises:
        FileExistsError: there is one already; keys are never overwritten.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(
            "# Signs every link ever mailed. Back it up apart from the databases; never remove a key.\n"
            f'[keys]\nk1 = "{secrets.token_hex(32)}"\n'
        )


def add_key(path: Path) -> str:
    """Add a random key to the key file, which signs and seals from now on; its id.

    Old keys stay: links in old mails must work, and hashes cannot be made anew.

    Raises:
        SettingsError: there is no key file that can be read.
    """
    known = Keyring.load(path).key_ids
    kid = next(name for number in count(len(known) + 1) if (name := f"k{number}") not in known)
    text = path.read_text(encoding="ascii").rstrip("\n")
    # Written beside it and moved over it: a key file that was cut half-way would cost every link.
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f'{text}\n{kid} = "{secrets.token_hex(32)}"\n')
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    return kid


def new_handle() -> bytes:
    """Random bytes that name a row in links without saying anything about it."""
    return secrets.token_bytes(HANDLE_BYTES)


def link_digest(handle: bytes) -> bytes:
    """What is kept of the handle in a mailed link that works once: whoever reads it cannot make the link."""
    return hashlib.sha256(b"mailed link\0" + handle).digest()


def _version(path: Path | None) -> tuple[int, int] | None:
    """What changes with the file; None without one that can be looked at."""
    try:
        found = path.stat() if path else None
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns) if found else None


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


def _is_canonical(text: str, raw: bytes) -> bool:
    # Base64 has several spellings for the same bytes; only ours counts, so that one token is one string.
    return _encode(raw) == text
