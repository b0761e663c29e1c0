"""Something that stops by itself when figures go wrong, until a person or better figures let it go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from newsletter.subscribers.schema import breakers


@dataclass(frozen=True, kw_only=True)
class Breaker:
    """How it stands. *reason*: why it opened last, in words; *closed_at*: None while it is open."""

    reason: str
    opened_at: datetime
    closed_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it stops things now."""
        return self.closed_at is None


def find_breaker(connection: Connection, name: str) -> Breaker | None:
    """The breaker called *name*; None when it never opened."""
    row = connection.execute(
        select(breakers.c.reason, breakers.c.opened_at, breakers.c.closed_at).where(breakers.c.name == name)
    ).first()
    return Breaker(**row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's public name


def open_breaker(connection: Connection, name: str, *, reason: str, now: datetime) -> bool:
    """Open it; False when it is open already."""
    found = find_breaker(connection, name)
    if found is not None and found.is_open:
        return False
    values = {"reason": reason, "opened_at": now, "closed_at": None}
    if found is None:
        connection.execute(insert(breakers).values(name=name, **values))
    else:
        connection.execute(update(breakers).where(breakers.c.name == name).values(**values))
    return True


def close_breaker(connection: Connection, name: str, *, now: datetime) -> bool:
    """Close it; False when it is not open."""
    is_open = (breakers.c.name == name) & breakers.c.closed_at.is_(None)
    return connection.execute(update(breakers).where(is_open).values(closed_at=now)).rowcount == 1
