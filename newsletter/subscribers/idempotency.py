"""Requests that are sent twice because the answer to the first was lost, and must count once.

After the IETF draft "The Idempotency-Key HTTP Header Field". Only keyed hashes are kept, and what the answer
was, for a day.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from newsletter.subscribers.schema import idempotency_keys
from newsletter.subscribers.token import Keyring, Purpose

KEPT = timedelta(hours=24)
#: Of a request that is being answered; after so long its process must have died.
_OPEN, _ANSWERED_WITHIN = 0, timedelta(minutes=1)


class Seen(StrEnum):
    """What is known of a request with that key."""

    NEW = "new"
    DONE = "done"
    UNDER_WAY = "under way"
    OTHER = "of another request"


class IdempotencyKey:
    """The *key* that a client gave its *request* (its bytes) to *site*."""

    def __init__(self, keyring: Keyring, *, site: str, key: str, request: bytes) -> None:
        self._digest = keyring.mac(Purpose.IDEMPOTENCY, f"{site}\0{key}".encode())
        self._request = keyring.mac(Purpose.IDEMPOTENCY, b"\0" + request)

    def claim(self, connection: Connection, *, now: datetime) -> tuple[Seen, int]:
        """Take the request on if it is new; with DONE, the status of the answer it had."""
        columns = idempotency_keys.c
        connection.execute(
            delete(idempotency_keys).where(columns.digest == self._digest, columns.ends_at <= now)
        )
        until = now + _ANSWERED_WITHIN
        values = {"ends_at": until, "digest": self._digest, "request": self._request, "status": _OPEN}
        try:
            with connection.begin_nested():
                connection.execute(insert(idempotency_keys).values(values))
        except IntegrityError:
            known = connection.execute(
                select(columns.request, columns.status).where(columns.digest == self._digest)
            ).one()
            if known.request != self._request:
                return Seen.OTHER, 0
            return (Seen.DONE, known.status) if known.status != _OPEN else (Seen.UNDER_WAY, 0)
        return Seen.NEW, 0

    def finish(self, connection: Connection, *, status: int, now: datetime) -> None:
        """Note how it was answered, for as long as KEPT."""
        mine = idempotency_keys.c.digest == self._digest
        connection.execute(update(idempotency_keys).where(mine).values(status=status, ends_at=now + KEPT))

    def drop(self, connection: Connection) -> None:
        """Forget a request that was not done, so that it may be sent again."""
        connection.execute(delete(idempotency_keys).where(idempotency_keys.c.digest == self._digest))
