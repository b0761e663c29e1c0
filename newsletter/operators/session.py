"""Sessions: who is signed in, known here by the hash of a random token that only the browser has."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, or_, select, update

from newsletter.operators.account import Operator, get
from newsletter.operators.schema import operator_sessions, operators
from newsletter.operators.secrecy import digest, new_token

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
FRESH = timedelta(minutes=10)
#: How long somebody who gave the password may look for the second factor.
HALF = timedelta(minutes=5)
#: A session's use is noted so often: not at every page, which would be a write for each.
NOTED = timedelta(minutes=1)
_MOST_CLIENT = 80
#: By what browsers and systems are told apart, the first that fits: most call themselves by others' names.
_BROWSERS = (
    *(("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox")),
    *(("Chrome/", "Chrome"), ("CriOS/", "Chrome"), ("Safari/", "Safari")),
)
_SYSTEMS = (
    *(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows")),
    *(("Mac OS X", "a Mac"), ("CrOS", "ChromeOS"), ("Linux", "Linux")),
)


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
    #: What every form of this session holds; it stays the same when the token is renewed.
    csrf_token: str = field(repr=False)

    @property
    def has_one_factor(self) -> bool:
        """Whether a password alone stands behind it (a passkey is two: the device, and its PIN or finger)."""
        return self.means is Means.PASSWORD

    def is_fresh(self, now: datetime) -> bool:
        """Whether the operator proved within ten minutes who they are."""
        return self.is_complete and now < self.fresh_until

    def is_csrf_token(self, given: str) -> bool:
        """Whether *given* is the session's, compared in constant time."""
        return hmac.compare_digest(self.csrf_token.encode(), given.encode(errors="replace"))


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session and its *token*, which goes into the cookie and is kept nowhere."""

    token: str = field(repr=False)
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
    table = operator_sessions
    is_over = or_(table.c.ends_at <= now, table.c.seen_at <= now - IDLE)
    connection.execute(delete(table).where(is_over))
    token = new_token()
    connection.execute(
        table.insert().values(
            digest=_digest(token),
            operator_id=operator.id,
            is_complete=is_complete,
            means=means.value,
            client=_shown(client),
            csrf=new_token(),
            created_at=now,
            seen_at=now,
            fresh_until=now + FRESH if is_complete else now,
            ends_at=now + (ABSOLUTE if is_complete else HALF),
        )
    )
    return _new(connection, token)


def complete(connection: Connection, token: str, *, means: Means, now: datetime) -> NewSession | None:
    """The half session of *token* ends, and a complete one with a new token begins; None: there is none."""
    half = find(connection, token, now=now, is_complete=False)
    if half is None or not end(connection, token):
        return None
    return begin(connection, half.operator, means=means, now=now, client=half.client)


def renew(connection: Connection, token: str, *, now: datetime) -> NewSession | None:
    """After a proof of who it is: a new token, fresh again; the absolute limit stays. None: it is over."""
    found = find(connection, token, now=now)
    if found is None:
        return None
    again = new_token()
    table = operator_sessions
    done = connection.execute(
        update(table)
        .where(table.c.digest == _digest(token))
        .values(digest=_digest(again), seen_at=now, fresh_until=now + FRESH)
    )
    return _new(connection, again) if done.rowcount == 1 else None


def strengthen(connection: Connection, session: Session, *, means: Means) -> None:
    """Note that the operator has just proved a second factor as well: they set it up in this session."""
    table = operator_sessions
    connection.execute(update(table).where(table.c.id == session.id).values(means=means.value))


def find(connection: Connection, token: str, *, now: datetime, is_complete: bool = True) -> Session | None:
    """The session of *token*, unless it is over or its operator disabled. Changes nothing.

    *is_complete* False: a half one, that waits for its second factor.
    """
    is_it = operator_sessions.c.digest == _digest(token)
    row = connection.execute(_open(now, is_complete=is_complete).where(is_it)).one_or_none()
    return None if row is None else _session(connection, row)


def is_due(session: Session, now: datetime) -> bool:
    """Whether it is time to touch() the session: once a minute; a write at every page would be too many."""
    return now - session.seen_at >= NOTED


def touch(connection: Connection, session: Session, *, now: datetime) -> None:
    """Note that the session was used."""
    table = operator_sessions
    is_older = (table.c.id == session.id) & (table.c.seen_at < now)
    connection.execute(update(table).where(is_older).values(seen_at=now))


def every(connection: Connection, operator: Operator, *, now: datetime) -> list[Session]:
    """The operator's complete sessions that are not over, latest first."""
    table = operator_sessions.c
    query = _open(now, is_complete=True).where(table.operator_id == operator.id)
    return [_session(connection, row) for row in connection.execute(query.order_by(table.id.desc()))]


def end(connection: Connection, token: str) -> bool:
    """Sign out; False when there was nothing to end."""
    table = operator_sessions
    return connection.execute(delete(table).where(table.c.digest == _digest(token))).rowcount == 1


def revoke(connection: Connection, operator: Operator, session_id: int) -> bool:
    """End one of the operator's sessions by its number; False when there is none of theirs."""
    table = operator_sessions
    theirs = (table.c.id == session_id) & (table.c.operator_id == operator.id)
    return connection.execute(delete(table).where(theirs)).rowcount == 1


def revoke_others(connection: Connection, operator: Operator, *, keep: int | None) -> int:
    """End all the operator's sessions but *keep* (None: all); how many. After a new password, for example."""
    table = operator_sessions
    theirs = table.c.operator_id == operator.id
    others = theirs if keep is None else theirs & (table.c.id != keep)
    return connection.execute(delete(table).where(others)).rowcount


def _open(now: datetime, *, is_complete: bool) -> Select[Any]:
    """The sessions that are not over and whose operator is not disabled."""
    held = operator_sessions.c
    return (
        select(operator_sessions)
        .join(operators, operators.c.id == held.operator_id)
        .where(
            held.is_complete == is_complete,
            held.ends_at > now,
            held.seen_at > now - IDLE,
            operators.c.is_disabled == False,  # noqa: E712 - a column: "is false" in SQL
        )
    )


def _session(connection: Connection, row: Row[Any]) -> Session:
    operator = get(connection, row.operator_id)
    assert operator is not None  # noqa: S101 - a foreign key holds it
    return Session(
        id=row.id,
        operator=operator,
        means=Means(row.means),
        client=row.client,
        is_complete=row.is_complete,
        created_at=row.created_at,
        seen_at=row.seen_at,
        fresh_until=row.fresh_until,
        ends_at=row.ends_at,
        csrf_token=row.csrf,
    )


def _new(connection: Connection, token: str) -> NewSession:
    is_it = operator_sessions.c.digest == _digest(token)
    row = connection.execute(select(operator_sessions).where(is_it)).one()
    return NewSession(token, _session(connection, row))


def _digest(token: str) -> bytes:
    return digest("session", token)


def _shown(client: str) -> str:
    """A browser and its system in plain words; of what is neither, one short line: it may hold anything.

    >>> _shown("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36")
    'Chrome on Linux'
    """
    browser = next((name for mark, name in _BROWSERS if mark in client), "")
    system = next((name for mark, name in _SYSTEMS if mark in client), "")
    if browser and system:
        return f"{browser} on {system}"
    return "".join(character for character in client if character.isprintable())[:_MOST_CLIENT]
