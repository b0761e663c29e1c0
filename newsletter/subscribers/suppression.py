"""Addresses never to be mailed, kept as keyed hashes: the list tells nobody whom it is about."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select, update

from newsletter.subscribers.schema import subscribers, suppressions
from newsletter.subscribers.token import Keyring, Purpose


class Reason(StrEnum):
    """Why an address is never mailed."""

    OPERATOR = "operator"
    COMPLAINED = "complained"
    BOUNCED = "bounced"
    IMPORTED = "imported"
    ERASED = "erased"

    @property
    def lifted_by_opt_in(self) -> bool:
        """Whether a fresh double opt-in by the reader ends it; the other reasons need an operator."""
        return self in (Reason.BOUNCED, Reason.IMPORTED, Reason.ERASED)


def digests(keyring: Keyring, canonical: str) -> dict[str, bytes]:
    """HMAC-SHA256 of the canonical address by key id: old hashes cannot be redone under a new key."""
    return {kid: keyring.mac(Purpose.SUPPRESSION, canonical.encode(), kid=kid) for kid in keyring.key_ids}


def suppression_of(connection: Connection, keyring: Keyring, canonical: str) -> Reason | None:
    """Why the address is suppressed, or None when it is not."""
    found = connection.execute(
        select(suppressions.c.reason).where(suppressions.c.digest.in_(digests(keyring, canonical).values()))
    ).scalars()
    reasons = [Reason(reason) for reason in found]
    # The strictest counts, should two keys have met the same address.
    return min(reasons, key=lambda reason: reason.lifted_by_opt_in, default=None)


def suppress(
    connection: Connection, keyring: Keyring, canonical: str, *, reason: Reason, now: datetime
) -> bool:
    """Never mail this address again, known here or not; False when it was so already."""
    connection.execute(
        update(subscribers).where(subscribers.c.canonical == canonical).values(suppressed=True)
    )
    known = suppression_of(connection, keyring, canonical)
    if known is not None and (not known.lifted_by_opt_in or reason.lifted_by_opt_in):
        return False
    if known is not None:
        _forget(connection, keyring, canonical)
    connection.execute(
        insert(suppressions).values(
            digest=digests(keyring, canonical)[keyring.current],
            key_id=keyring.current,
            reason=reason,
            created_at=now,
        )
    )
    return True


def lift(connection: Connection, keyring: Keyring, canonical: str) -> bool:
    """End a suppression because the reader opted in again; False when its reason does not allow that."""
    reason = suppression_of(connection, keyring, canonical)
    if reason is not None and not reason.lifted_by_opt_in:
        return False
    _forget(connection, keyring, canonical)
    connection.execute(
        update(subscribers).where(subscribers.c.canonical == canonical).values(suppressed=False)
    )
    return True


def _forget(connection: Connection, keyring: Keyring, canonical: str) -> None:
    connection.execute(
        delete(suppressions).where(suppressions.c.digest.in_(digests(keyring, canonical).values()))
    )
