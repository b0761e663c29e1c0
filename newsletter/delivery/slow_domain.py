"""Domains that asked to be sent less: held for a while, then one message at a time, then ever more.

Gmail on 4.7.28: stop for 10 minutes, go on over one connection, add one at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    String,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
    update,
)

from newsletter.database import UTCDateTime, metadata, upsert

#: The first hold; each further one lasts twice as long, up to LONGEST_HOLD.
FIRST_HOLD = timedelta(minutes=10)
LONGEST_HOLD = timedelta(hours=2)
#: After so many accepted messages one more may be under way at once.
ACCEPTED_FOR_ONE_MORE = 20

domain_paces = Table(
    "domain_paces",
    metadata,
    Column("domain", String(255), primary_key=True),
    Column("held_until", UTCDateTime),
    Column("at_once", Integer, nullable=False),
    # Since at_once last changed.
    Column("accepted", Integer, nullable=False),
    Column("strikes", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class SlowDomain:
    """A domain that is sent less: nothing until *held_until*, and then *at_once* messages at a time.

    *strikes*: how often it asked for less. *reason*: the last time, in our words and without an address.
    """

    domain: str
    held_until: datetime | None
    at_once: int
    accepted: int
    strikes: int
    reason: str
    changed_at: datetime

    def is_held(self, now: datetime) -> bool:
        """Whether nothing of an issue goes there at *now*."""
        return self.held_until is not None and now < self.held_until


#: The key of the lock: any number that nothing else locks.
_LOCK = 0x70616365

_ALL = select(domain_paces).order_by(domain_paces.c.domain)
_ONE = select(domain_paces).where(domain_paces.c.domain == bindparam("of"))
_CHANGE = (
    update(domain_paces)
    .where(domain_paces.c.domain == bindparam("of"))
    .values({name: bindparam(name) for name in ("at_once", "accepted", "changed_at")})
)


def slow_domains(connection: Connection) -> list[SlowDomain]:
    """Every domain that is sent less, by name."""
    return [SlowDomain(*row) for row in connection.execute(_ALL)]


def release(connection: Connection, domains: Iterable[str]) -> int:
    """Forget that these domains asked for less; how many had."""
    lock(connection)
    return connection.execute(delete(domain_paces).where(domain_paces.c.domain.in_(list(domains)))).rowcount


def strike(connection: Connection, domain: str, *, reason: str, now: datetime) -> SlowDomain:
    """Hold *domain*, which asked for less, and start at one message at a time after that.

    What it says while it is held is the same request, made to messages that were under way.
    """
    lock(connection)
    before = _find(connection, domain)
    if before is not None and before.is_held(now):
        return before
    strikes = before.strikes + 1 if before else 1
    hold = min(FIRST_HOLD * 2 ** min(strikes - 1, 10), LONGEST_HOLD)
    after = SlowDomain(domain, now + hold, 1, 0, strikes, reason, now)
    values = {name: getattr(after, name) for name in domain_paces.c.keys()}  # noqa: SIM118 - no mapping
    new = upsert(connection.dialect.name, domain_paces).values(values)
    connection.execute(new.on_conflict_do_update(index_elements=[domain_paces.c.domain], set_=values))
    return after


def accepted(connection: Connection, domain: str, *, enough: int, now: datetime) -> SlowDomain | None:
    """Count a message that *domain* took; what holds now: None once *enough* may be under way at once.

    What it takes while it is held left before, or is a mail that does not wait, and is not counted.
    """
    lock(connection)
    before = _find(connection, domain)
    if before is None or before.is_held(now):
        return before
    at_once, taken = before.at_once, before.accepted + 1
    if taken >= ACCEPTED_FOR_ONE_MORE:
        at_once, taken = at_once + 1, 0
    if at_once > before.at_once and at_once >= enough:
        release(connection, [domain])
        return None
    connection.execute(_CHANGE, {"of": domain, "at_once": at_once, "accepted": taken, "changed_at": now})
    return SlowDomain(domain, before.held_until, at_once, taken, before.strikes, before.reason, now)


def lock(connection: Connection) -> None:
    """Keep others from the pace until the transaction ends; SQLite has one writer anyway.

    One lock for all of it: rows taken in whatever order messages come would lock each other out.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _find(connection: Connection, domain: str) -> SlowDomain | None:
    row = connection.execute(_ONE, {"of": domain}).first()
    return SlowDomain(*row) if row else None
