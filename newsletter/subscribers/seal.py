"""Seals what must not be readable in the database: topics, the edition that tells them, network addresses.

AES-256-GCM (NIST SP 800-38D) under a key made from the key file, which lies outside the database. The
number of the row's owner is authenticated with it, so a sealed value is worthless in another row. Every
value is padded: the length of what is stored says nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column, Connection, select, update

from newsletter.errors import SubscriberError
from newsletter.subscribers.token import Keyring, Purpose

_NONCE_BYTES = 12
_PAD_TO = 128


class Sealer:
    """Seals and opens what must not be readable in the database, with the keys of *keyring*.

    What was sealed for one *purpose* does not open for another.
    """

    def __init__(self, keyring: Keyring, purpose: Purpose = Purpose.TOPICS) -> None:
        self._keyring = keyring
        self._purpose = purpose
        self._current = keyring.current
        self._ciphers: dict[str, AESGCM] = {}

    def seal(self, text: str, *, owner: int) -> bytes:
        """*text* sealed for the row of *owner*, padded to a multiple of 128 bytes."""
        plain = text.encode()
        plain += b"\0" * (-(len(plain) + 1) % _PAD_TO + 1)
        nonce = os.urandom(_NONCE_BYTES)
        kid = self._current.encode()
        sealed = self._cipher(self._current).encrypt(nonce, plain, _aad(owner))
        return bytes([len(kid)]) + kid + nonce + sealed

    def open(self, sealed: bytes, *, owner: int) -> str:
        """What was sealed for *owner*.

        Raises:
            SubscriberError: it was sealed under another key file, for another row, or changed since.
        """
        end = 1 + sealed[0]
        try:
            cipher = self._cipher(sealed[1:end].decode())
            plain = cipher.decrypt(
                sealed[end : end + _NONCE_BYTES], sealed[end + _NONCE_BYTES :], _aad(owner)
            )
        except (KeyError, InvalidTag, UnicodeDecodeError) as error:
            raise SubscriberError(
                "a sealed value",
                "cannot be opened with this key file",
                "Restore the right key file.",
            ) from error
        return plain.rstrip(b"\0").decode()

    def is_current(self, sealed: bytes) -> bool:
        """Whether *sealed* is under the key that seals now."""
        return _key_id(sealed) == self._current.encode()

    def _cipher(self, kid: str) -> AESGCM:
        if kid not in self._ciphers:
            if not self._keyring.knows(kid):
                raise KeyError(kid)
            self._ciphers[kid] = AESGCM(self._keyring.mac(self._purpose, b"seal", kid=kid))
        return self._ciphers[kid]


@dataclass(frozen=True)
class SealedColumn:
    """Where sealed values are kept: the table's key, the *owner* of each value, and the *sealed* one."""

    key: Column[int]
    owner: Column[int]
    sealed: Column[bytes]


@dataclass(frozen=True)
class ResealedPage:
    """*last*: the key of the last row that was looked at; *count*: how many were sealed anew."""

    last: int
    count: int


def reseal_page(
    connection: Connection, sealer: Sealer, column: SealedColumn, *, after: int = 0, limit: int = 1000
) -> ResealedPage | None:
    """Seal a page of values anew under the current key, but for those that are; None at the end.

    Raises:
        SubscriberError: the key of one of them is gone.
    """
    rows = connection.execute(
        select(column.key, column.owner.label("owner"), column.sealed)
        .where(column.key > after, column.sealed.is_not(None))
        .order_by(column.key)
        .limit(limit)
        .with_for_update()
    ).all()
    old = [(key, owner, sealed) for key, owner, sealed in rows if not sealer.is_current(sealed)]
    for key, owner, sealed in old:
        again = sealer.seal(sealer.open(sealed, owner=owner), owner=owner)
        connection.execute(update(column.key.table).where(column.key == key).values({column.sealed: again}))
    return ResealedPage(rows[-1][0], len(old)) if rows else None


def sealed_by_key(values: Iterable[bytes]) -> dict[str, int]:
    """How many of these sealed values there are under each key id."""
    counts: dict[str, int] = {}
    for sealed in values:
        kid = _key_id(sealed).decode(errors="replace")
        counts[kid] = counts.get(kid, 0) + 1
    return counts


def _key_id(sealed: bytes) -> bytes:
    return sealed[1 : 1 + sealed[0]]


def _aad(owner: int) -> bytes:
    return b"reader-topics:%d" % owner
