"""Passwords by NIST SP 800-63B-4 (section 3.1.1), kept as argon2id (RFC 9106)."""

from __future__ import annotations

LEAST_ALONE, LEAST_WITH_SECOND, MOST = 15, 8, 128


def normal(password: str) -> str:
    """*password* in Unicode NFC, so that every keyboard gives the same octets."""
    raise NotImplementedError


def check_password(password: str, *, name: str, has_second_factor: bool) -> None:
    """Whether an operator called *name* may choose *password*.

    15 characters when it is the only factor, 8 with a second one, at most 128; anything else only by the
    blocklist: no rules of composition.

    Raises:
        OperatorError: it may not, and why.
    """
    raise NotImplementedError


class Hasher:
    """Hashes and verifies, at most *at_once* at a time: each takes 64 MiB. One for the whole process.

    Takes some 200 ms: call it outside a transaction.
    """

    def __init__(self, *, at_once: int = 2, time_cost: int = 3, memory_kib: int = 65536) -> None:
        raise NotImplementedError

    def hash(self, password: str) -> str:
        """What is kept of *password*."""
        raise NotImplementedError

    def verify(self, stored: str | None, password: str) -> bool:
        """Whether *password* is the one; with None (no such operator) it takes as long and says no."""
        raise NotImplementedError

    def is_outdated(self, stored: str) -> bool:
        """Whether *stored* was made with weaker parameters than today's: hash the password again."""
        raise NotImplementedError
