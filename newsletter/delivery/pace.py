"""How fast mail may leave, kept in the database, where every process that sends reads it."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache

from sqlalchemy import Column, Connection, Date, Insert, Integer, String, Table, bindparam, or_, select

from newsletter.database import UTCDateTime, metadata, upsert
from newsletter.delivery.slow_domain import SlowDomain, accepted, lock, slow_domains, strike
from newsletter.delivery.slowdown import why_slower
from newsletter.settings import Settings

#: When the next message may leave by a configured rate: "all", or the domain that the rate is for.
pace_slots = Table(
    "pace_slots",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("free_at", UTCDateTime, nullable=False),
)

#: How many messages left on each UTC day, for the warm-up of a new sender.
relay_days = Table(
    "relay_days",
    metadata,
    Column("counted_on", Date, primary_key=True),
    Column("sent", Integer, nullable=False),
)

#: How far ahead a message takes its turn: farther, and those of one process would shut out another's.
AHEAD = timedelta(seconds=2)
#: For how long is believed what was read of slow domains.
FRESH = timedelta(seconds=1)
#: What waits for a slow domain comes back one by one, so long apart, and within SPREAD of the first.
APART = timedelta(milliseconds=20)
SPREAD = timedelta(hours=1)
#: A message that may go and is not counted as sent within this time was not sent.
UNCOUNTED_FOR = timedelta(minutes=10)

_ALL = "all"


class Wait(StrEnum):
    """Why a message is put back."""

    HELD = "the domain is held"
    BUSY = "enough messages to the domain are under way"
    DOMAIN_RATE = "the rate of the domain"
    RATE = "the rate of all mail"
    WARM_UP = "the warm-up number of the day"


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a message may start: now (GO), at the time *at* that is reserved for it, or not yet.

    *until*: put it back until then, for the reason *why*; nothing is reserved.
    """

    at: datetime | None = None
    until: datetime | None = None
    why: Wait | None = None


GO = Admission()


class Pace:
    """What one run heeds: the rates and the warm-up of its settings, and what domains asked for.

    Domains are given in lower case, as in the envelope (A-labels). Every method takes the connection of a
    writing transaction (Database.write). Not for several threads at once.
    """

    def __init__(self, settings: Settings) -> None:
        self._connections = settings.connections
        self._every = {one.domain: _interval(60 / one.per_minute) for one in settings.domain_rates}
        if settings.messages_per_second:
            self._every[_ALL] = _interval(1 / settings.messages_per_second)
        self._warm_up, self._warm_up_from = settings.warm_up, settings.warm_up_from
        self._is_unlimited = not self._every and not self._warm_up
        self._slow: dict[str, SlowDomain] = {}
        self._read_at = self._stale_at = datetime.min.replace(tzinfo=UTC)
        self._tails: dict[str, datetime] = {}
        self._uncounted: deque[datetime] = deque()

    def admit(self, connection: Connection, domain: str, *, now: datetime, in_flight: int) -> Admission:
        """Whether one message to *domain* may start, of which *in_flight* are under way in this run."""
        if not self._read_at <= now < self._stale_at:
            self.refresh(connection, now=now)
        if self._is_unlimited and domain not in self._slow:
            return GO
        if domain in self._slow and (put_back := self._slowed(domain, now, in_flight)):
            return put_back
        if self._warm_up and self._is_used_up(connection, now):
            return Admission(until=_next_midnight(now), why=Wait.WARM_UP)
        admission = GO
        if _ALL in self._every or domain in self._every:
            admission = self._take_turn(connection, domain, now)
        if self._warm_up and admission.until is None:
            self._uncounted.append(now)
        return admission

    def overtake(self, connection: Connection, domain: str, *, now: datetime) -> None:
        """Take the next turn for a mail that does not wait: what is admitted after it waits in its place."""
        if not self._read_at <= now < self._stale_at:
            self.refresh(connection, now=now)
        if free := self._free_at(connection, domain, now):
            self._reserve(connection, {name: at + self._every[name] for name, at in free.items()})

    def heard(self, connection: Connection, domain: str, *, code: int, status: str, now: datetime) -> None:
        """Heed the reply to one message: a domain that asks for less is held, one that takes mail gets more.

        What the relay says at connect is not about a domain and is not told here.
        """
        if 200 <= code < 300:
            if domain in self._slow:
                self._note(domain, accepted(connection, domain, enough=self._connections, now=now))
        elif means := why_slower(code, status):
            reason = f"{code} {status}".strip() + f": {means}"
            self._note(domain, strike(connection, domain, reason=reason, now=now))

    def sent(self, connection: Connection, number: int, now: datetime) -> None:
        """Count messages towards the warm-up number of the day; nothing when there is no warm-up.

        Best told in the transaction that admits them: then no other process admits more than the number.
        """
        if not self._warm_up or not number:
            return
        for _ in range(min(number, len(self._uncounted))):
            self._uncounted.popleft()
        connection.execute(_count(connection.dialect.name), {"counted_on": _day(now), "sent": number})

    def refresh(self, connection: Connection, *, now: datetime) -> None:
        """Read what domains asked for, of this process or another."""
        self._slow = {one.domain: one for one in slow_domains(connection)}
        self._read_at, self._stale_at = now, now + FRESH

    def _slowed(self, domain: str, now: datetime, in_flight: int) -> Admission | None:
        slow = self._slow[domain]
        if slow.held_until is not None and now < slow.held_until:
            return Admission(until=self._after(domain, slow.held_until, APART), why=Wait.HELD)
        if in_flight >= slow.at_once:
            return Admission(until=self._after(domain, now + APART, APART), why=Wait.BUSY)
        return None

    def _is_used_up(self, connection: Connection, now: datetime) -> bool:
        day, first = _day(now), self._warm_up_from
        number = (day - first).days if first else -1
        if not 0 <= number < len(self._warm_up):
            return False
        while self._uncounted and self._uncounted[0] <= now - UNCOUNTED_FOR:
            self._uncounted.popleft()
        lock(connection)
        sent = connection.execute(_SENT, {"day": day}).scalar() or 0
        return sent + len(self._uncounted) >= self._warm_up[number]

    def _take_turn(self, connection: Connection, domain: str, now: datetime) -> Admission:
        """A turn by every rate that the message is under (the generic cell rate algorithm, no bursts)."""
        free = self._free_at(connection, domain, now)
        at = max(free.values())
        name = domain if free.get(domain) == at else _ALL
        # A turn of all mail that is kept for a domain whose own turn comes much later is lost to the others.
        is_lost = _ALL in free and at - free[_ALL] > self._every[_ALL]
        if at - now > AHEAD or is_lost:
            # Twice as many come back as there are turns, so that none is lost when some do not.
            until = self._after(name, at, self._every[name] / 2)
            return Admission(until=until, why=Wait.RATE if name == _ALL else Wait.DOMAIN_RATE)
        self._reserve(connection, {name: at + self._every[name] for name in free})
        return GO if at == now else Admission(at=at)

    def _free_at(self, connection: Connection, domain: str, now: datetime) -> dict[str, datetime]:
        """When the next turn is, from *now* on, by each rate that a message to *domain* is under."""
        names = [name for name in (_ALL, domain) if name in self._every]
        if not names:
            return {}
        lock(connection)
        rows = connection.execute(_SLOTS, {"one": names[0], "other": names[-1]})
        kept = {row.name: row.free_at for row in rows}
        return {name: max(now, kept.get(name, now)) for name in names}

    def _reserve(self, connection: Connection, free_at: dict[str, datetime]) -> None:
        rows = [{"name": name, "free_at": at} for name, at in free_at.items()]
        connection.execute(_move(connection.dialect.name), rows)

    def _after(self, name: str, first: datetime, apart: timedelta) -> datetime:
        """When the next of those that wait for *name* comes back: *first*, or *apart* from the one before.

        If all came back at *first*, most would be put back again, over and over.
        """
        tail = self._tails.get(name, first)
        if not first <= tail <= first + SPREAD:
            tail = first
        self._tails[name] = tail + apart
        return tail

    def _note(self, domain: str, slow: SlowDomain | None) -> None:
        if slow is None:
            self._slow.pop(domain, None)
        else:
            self._slow[domain] = slow


_SLOTS = select(pace_slots.c.name, pace_slots.c.free_at).where(
    or_(pace_slots.c.name == bindparam("one"), pace_slots.c.name == bindparam("other"))
)
_SENT = select(relay_days.c.sent).where(relay_days.c.counted_on == bindparam("day"))


@cache
def _move(dialect: str) -> Insert:
    """Write when the next turn by a rate is."""
    new = upsert(dialect, pace_slots)
    moved = {"free_at": new.excluded.free_at}
    return new.on_conflict_do_update(index_elements=[pace_slots.c.name], set_=moved)


@cache
def _count(dialect: str) -> Insert:
    """Count messages on a day."""
    new = upsert(dialect, relay_days)
    more = {"sent": relay_days.c.sent + new.excluded.sent}
    return new.on_conflict_do_update(index_elements=[relay_days.c.counted_on], set_=more)


def _interval(seconds: float) -> timedelta:
    """The time between two messages, in whole microseconds and not too short."""
    return timedelta(microseconds=math.ceil(round(seconds * 1_000_000, 3)))


def _day(now: datetime) -> date:
    return now.astimezone(UTC).date()


def _next_midnight(now: datetime) -> datetime:
    start = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return start + timedelta(days=1)
