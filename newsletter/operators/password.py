"""Passwords by NIST SP 800-63B-4 (section 3.1.1), kept as argon2id (RFC 9106)."""

from __future__ import annotations

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from newsletter.errors import OperatorError
from newsletter.operators.common_password import is_common, is_mostly_named, own_length

LEAST_ALONE, LEAST_WITH_SECOND, MOST = 15, 8, 128
#: So many characters must not follow from the one before (as in 1234, aaaa, qwerty, abcabc).
_LEAST_OF_ITS_OWN = 5
#: What people here would name a password after.
_PRODUCT = ("daily health newsletter", "newsletter", "daily", "health", "console", "operator")


def normal(password: str) -> str:
    """*password* in Unicode NFC, so that every keyboard gives the same octets."""
    return unicodedata.normalize("NFC", password)


def check_password(password: str, *, name: str, has_second_factor: bool) -> None:
    """Whether an operator called *name* may choose *password*.

    15 characters when it is the only factor, 8 with a second one, at most 128; anything else only by the
    blocklist: no rules of composition.

    Raises:
        OperatorError: it may not, and why.
    """
    chosen = normal(password)
    least = LEAST_WITH_SECOND if has_second_factor else LEAST_ALONE
    faults = {
        f"is shorter than {least} characters": len(chosen) < least,
        f"is longer than {MOST} characters": len(chosen) > MOST,
        "holds characters that cannot be typed": any(
            unicodedata.category(character) in {"Cc", "Cs"} for character in chosen
        ),
        "is mostly one character or pattern again and again": own_length(chosen) < _LEAST_OF_ITS_OWN,
        "is among the first that anybody would try": is_common(chosen),
        "is mostly your name, or that of this program": is_mostly_named(chosen, (*_PRODUCT, name)),
    }
    fault = next((said for said, holds in faults.items() if holds), "")
    if fault:
        raise OperatorError(
            "this password", fault, "Take several words that do not belong together, or a password manager's."
        )


class Hasher:
    """Hashes and verifies, at most *at_once* at a time: each takes 64 MiB. One for the whole process.

    Takes some 200 ms: call it outside a transaction.
    """

    def __init__(self, *, at_once: int = 2, time_cost: int = 3, memory_kib: int = 65536) -> None:
        # One lane: the lanes of others (RFC 9106 has four) only help where processors are idle.
        self._argon2 = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
        self._turn = threading.BoundedSemaphore(at_once)
        self._nobody = ""
        self._making_nobody = threading.Lock()

    def hash(self, password: str) -> str:
        """What is kept of *password*."""
        with self._turn:
            return self._argon2.hash(normal(password))

    def verify(self, stored: str | None, password: str) -> bool:
        """Whether *password* is the one; with None (no such operator) it takes as long and says no."""
        if len(password) > MOST * 4:  # no work for what cannot be one: NFC does not shorten as much
            password = ""
        against = stored if stored is not None else self._hash_of_nobody()
        with self._turn:
            try:
                self._argon2.verify(against, normal(password))
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether *stored* was made with weaker parameters than today's: hash the password again."""
        return self._argon2.check_needs_rehash(stored)

    def _hash_of_nobody(self) -> str:
        with self._making_nobody:
            if not self._nobody:
                self._nobody = self.hash("nobody has this password")
        return self._nobody
