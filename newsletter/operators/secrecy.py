"""Secrets: what this room needs of the key file, handed in by whoever calls, and tokens of our own."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Protocol, TypeAlias

#: A keyed hash of a message, such as ``partial(keyring.mac, Purpose.LIMIT)``.
Mac: TypeAlias = Callable[[bytes], bytes]

TOKEN_BYTES = 32


class Sealing(Protocol):
    """Seals what must not be readable in the database: ``Sealer(keyring, Purpose.OPERATOR)``."""

    def seal(self, text: str, *, owner: int) -> bytes:
        """*text* sealed for the operator whose number is *owner*."""
        ...

    def open(self, sealed: bytes, *, owner: int) -> str:
        """What was sealed for *owner*."""
        ...


def new_token() -> str:
    """256 random bits, for a cookie or a link."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(purpose: str, token: str) -> bytes:
    """What is kept of *token*: whoever reads it cannot make the token, nor use it for something else."""
    return hashlib.sha256(f"operator {purpose}\0{token}".encode()).digest()
