"""Sessions: who is signed in, known here by the hash of a random token that only the browser has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from newsletter.operators.account import Operator

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
FRESH = timedelta(minutes=10)
#: How long somebody who gave the password may look for the second factor.
HALF = timedelta(minutes=5)


class Means(StrEnum):
    """By what somebody signed in."""

    PASSWORD = "password"  # noqa: S105 - the word, not one
    TOTP = "totp"
    RECOVERY = "recovery"
    PASSKEY = "passkey"


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in. *is_complete* False: the password was right, and the second factor is still to come."""

    id: int
    operator: Operator
    means: Means
    client: str  # what the browser calls itself, shortened; for the list of sessions
    is_complete: bool
    created_at: datetime
    seen_at: datetime
    fresh_until: datetime
    ends_at: datetime

    def is_fresh(self, now: datetime) -> bool:
        """Whether the operator proved within ten minutes who they are."""
        return self.is_complete and now < self.fresh_until


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session and its *token*, which goes into the cookie and is kept nowhere."""

    token: str
    session: Session


def begin(
    connection: Connection,
    operator: Operator,
    *,
    means: Means,
    now: datetime,
    client: str = "",
    is_complete: bool = True,
) -> NewSession:
    """A new session, always with a new token. Sessions of anybody that are over are deleted."""
    raise NotImplementedError


def complete(connection: Connection, token: str, *, means: Means, now: datetime) -> NewSession | None:
    """The half session of *token* is over, and a complete one with a new token begins; None: there is none."""
    raise NotImplementedError


def renew(connection: Connection, token: str, *, now: datetime) -> NewSession | None:
    """After the operator proved again who they are: a new token, fresh; the absolute limit stays. None: over."""
    raise NotImplementedError


def find(connection: Connection, token: str, *, now: datetime, is_complete: bool = True) -> Session | None:
    """The session of *token*, unless it is over or its operator disabled. Changes nothing.

    *is_complete* False: a half one, that waits for its second factor.
    """
    raise NotImplementedError


def is_due(session: Session, now: datetime) -> bool:
    """Whether it is time to touch() the session: not at every page, which would be a write for each."""
    raise NotImplementedError


def touch(connection: Connection, session: Session, *, now: datetime) -> None:
    """Note that the session was used."""
    raise NotImplementedError


def csrf_token(token: str) -> str:
    """What every form of the session of *token* holds. It is made from the token and tells nothing of it."""
    raise NotImplementedError


def is_csrf_token(token: str, given: str) -> bool:
    """Whether *given* is csrf_token(token), compared in constant time."""
    raise NotImplementedError


def every(connection: Connection, operator: Operator, *, now: datetime) -> list[Session]:
    """The operator's complete sessions that are not over, latest first."""
    raise NotImplementedError


def end(connection: Connection, token: str) -> bool:
    """Sign out; False when there was nothing to end."""
    raise NotImplementedError


def revoke(connection: Connection, operator: Operator, session_id: int) -> bool:
    """End one of the operator's sessions by its number; False when there is none of theirs."""
    raise NotImplementedError


def revoke_others(connection: Connection, operator: Operator, *, keep: int | None) -> int:
    """End all the operator's sessions but *keep* (None: all); how many. After a new password, for example."""
    raise NotImplementedError
