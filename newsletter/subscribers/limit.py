"""How often something may be done in a while: the strategies of `limits`, counted in our own database.

All processes share the counters. Who did it is kept as a keyed hash, for as long as its window is open; no
network address is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address

from limits import RateLimitItemPerSecond
from limits.storage import MovingWindowSupport, Storage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter
from sqlalchemy import ColumnElement, Connection, Insert, bindparam, case, delete, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from newsletter.database import upsert
from newsletter.subscribers.schema import limit_counts, limit_hits
from newsletter.subscribers.token import Keyring, Purpose

#: What one household or office has: an IPv4 network of 256, and the smaller of the usual IPv6 allotments.
_IPV4_BITS, _IPV6_BITS = 24, 56


def within_limit(
    connection: Connection,
    keyring: Keyring,
    *,
    what: str,
    who: str,
    limit: int,
    window: timedelta,
    now: datetime,
) -> bool:
    """Count that *who* does *what* once more; False when that is over *limit*.

    A window opens with the first act and lasts *window* from then. It opens anew when the key file gets a
    new key. The caller's transaction must be a writing one.
    """
    counters = FixedWindowRateLimiter(CounterStorage(connection, keyring, now=now))
    return counters.hit(_item(what, limit, window), who)


def opens_at(
    connection: Connection,
    keyring: Keyring,
    *,
    what: str,
    who: str,
    limit: int,
    window: timedelta,
    now: datetime,
) -> datetime:
    """When the window of within_limit with the same values is over; *now* when none is open."""
    key = _item(what, limit, window).key_for(who)
    return datetime.fromtimestamp(CounterStorage(connection, keyring, now=now).get_expiry(key), now.tzinfo)


def within_any(
    connection: Connection,
    keyring: Keyring,
    *,
    what: str,
    who: str,
    limits: dict[timedelta, int],
    now: datetime,
    count: bool = True,
) -> bool:
    """Whether *who* may do *what* once more: over no stretch of time that long, more often than its limit.

    Unlike the windows of within_limit these have no edges. It is counted if it may be done and *count* is
    set.
    """
    storage = CounterStorage(connection, keyring, now=now)
    if count:
        storage.lock(f"{what} {who}")
    windows = MovingWindowRateLimiter(storage)
    items = [_item(what, limit, window) for window, limit in limits.items()]
    if not all(windows.test(item, who) for item in items):
        return False
    if count:
        storage.note({item.key_for(who): item.get_expiry() for item in items})
    return True


def ip_block(ip: str) -> str:
    """The /24 (IPv4) or /56 (IPv6) network that *ip* is in, as text; "" for what is no address.

    An IPv4 address that is mapped into IPv6 counts as the IPv4 address it is.
    """
    try:
        address = ip_address(ip)
    except ValueError:
        return ""
    if not isinstance(address, IPv4Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if isinstance(address, IPv4Address):
        return str(IPv4Network((int(address), _IPV4_BITS), strict=False))
    return str(IPv6Network((int(address), _IPV6_BITS), strict=False))


#: Statements of every sign-up are made once: putting one together takes longer than running it.
_OPEN_HITS = select(func.min(limit_hits.c.ends_at), func.count()).where(
    limit_hits.c.key == bindparam("who"), limit_hits.c.ends_at > bindparam("now")
)


@cache
def _more(dialect: str) -> Insert:
    """Count more in an open window, or open one."""
    new, counts = upsert(dialect, limit_counts), limit_counts.c
    is_over = counts.ends_at <= bindparam("now")
    return new.on_conflict_do_update(
        index_elements=[counts.key],
        set_={
            "count": case((is_over, new.excluded.count), else_=counts.count + new.excluded.count),
            "ends_at": case((is_over, new.excluded.ends_at), else_=counts.ends_at),
        },
    ).returning(counts.count)


class CounterStorage(Storage, MovingWindowSupport):
    """The counters of `limits` in the transaction of *connection*, at the moment *now*."""

    STORAGE_SCHEME = None  # it is not made from an address

    def __init__(self, connection: Connection, keyring: Keyring, *, now: datetime) -> None:
        super().__init__()
        self._connection = connection
        self._keyring = keyring
        self._now = now

    @property
    def base_exceptions(self) -> type[Exception]:
        """What a failing database raises."""
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count *amount* more in the open window of *key*, or in a new one of *expiry* seconds."""
        ends_at = self._now + timedelta(seconds=expiry)
        row = {"key": self._digest(key), "ends_at": ends_at, "count": amount, "now": self._now}
        return int(self._connection.execute(_more(self._connection.dialect.name), row).scalar_one())

    def get(self, key: str) -> int:
        """What was counted in the open window of *key*."""
        found = self._connection.execute(select(limit_counts.c.count).where(*self._open(key))).scalar()
        return found or 0

    def get_expiry(self, key: str) -> float:
        """When the open window of *key* ends, in seconds since 1970; now when there is none."""
        found = self._connection.execute(select(limit_counts.c.ends_at).where(*self._open(key))).scalar()
        return (found or self._now).timestamp()

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count *amount* acts, each for *expiry* seconds, unless more than *limit* would count then."""
        if self.get_moving_window(key, limit, expiry)[1] + amount > limit:
            return False
        for _ in range(amount):
            self.note({key: expiry})
        return True

    def lock(self, key: str) -> None:
        """Keep others from *key* until the transaction ends; SQLite has one writer anyway."""
        if self._connection.dialect.name == "postgresql":
            number = int.from_bytes(self._digest(key)[:8], "big", signed=True)
            self._connection.execute(select(func.pg_advisory_xact_lock(number)))

    def note(self, keys: Mapping[str, int]) -> None:
        """Count an act for each of *keys*, for so many seconds, whatever the limit is."""
        rows = [
            {"key": self._digest(key), "ends_at": self._now + timedelta(seconds=expiry)}
            for key, expiry in keys.items()
        ]
        self._connection.execute(insert(limit_hits), rows)

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the oldest act that still counts was done, in seconds since 1970, and how many count."""
        asked = {"who": self._digest(key), "now": self._now}
        oldest, number = self._connection.execute(_OPEN_HITS, asked).one()
        return (oldest - timedelta(seconds=expiry) if oldest else self._now).timestamp(), number

    def check(self) -> bool:
        """Whether the database answers: it does, in a transaction."""
        return True

    def reset(self) -> int | None:
        """Forget every counter."""
        gone = [self._connection.execute(delete(table)).rowcount for table in (limit_counts, limit_hits)]
        return sum(gone)

    def clear(self, key: str) -> None:
        """Forget the counters of *key*."""
        digest = self._digest(key)
        self._connection.execute(delete(limit_counts).where(limit_counts.c.key == digest))
        self._connection.execute(delete(limit_hits).where(limit_hits.c.key == digest))

    def _digest(self, key: str) -> bytes:
        return self._keyring.mac(Purpose.LIMIT, key.encode())

    def _open(self, key: str) -> tuple[ColumnElement[bool], ...]:
        return (limit_counts.c.key == self._digest(key), limit_counts.c.ends_at > self._now)


def _item(what: str, limit: int, window: timedelta) -> RateLimitItemPerSecond:
    return RateLimitItemPerSecond(limit, multiples=int(window.total_seconds()), namespace=what)
