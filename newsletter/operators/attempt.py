"""Attempts to sign in: after five failures each next one waits longer, and nobody is locked out for good.

They are counted by name, whether or not there is such an operator, and by client network. Neither is kept,
only a keyed hash. A passkey cannot be guessed: its attempts are not held back by what was tried on a name.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from newsletter.database import upsert
from newsletter.operators.account import name_key
from newsletter.operators.schema import operator_attempts
from newsletter.operators.secrecy import Mac

FREE = 5
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)
#: After so long without a failure it is forgotten.
FORGOTTEN = timedelta(hours=24)


def count(connection: Connection, mac: Mac, *, name: str, network: str, now: datetime) -> timedelta:
    """Count an attempt as failed before it is checked, so that many at once gain nothing.

    Returns how long to wait: zero when it may be checked now; otherwise nothing was counted, and the
    password must not be looked at. *network*: subscribers.limit.ip_block(ip), "" for none; *name* "" for a
    passkey. The transaction must be a writing one and be committed before the password is checked.
    """
    table = operator_attempts
    connection.execute(delete(table).where(table.c.failed_at <= now - FORGOTTEN))
    keys = _keys(mac, name=name, network=network)
    blank = {"failures": 0, "failed_at": now, "waits_until": now}
    for key in keys:
        new = upsert(connection.dialect.name, table).values(key=key, **blank)
        connection.execute(new.on_conflict_do_nothing())
    # Always in the same order, so that two at once wait for each other and do not get stuck.
    rows = connection.execute(
        select(table).where(table.c.key.in_(keys)).order_by(table.c.key).with_for_update()
    ).all()
    until: datetime = max((row.waits_until for row in rows), default=now)
    if until > now:
        return until - now
    for row in rows:
        failures = row.failures + 1
        values = {"failures": failures, "failed_at": now, "waits_until": now + wait_after(failures)}
        connection.execute(update(table).where(table.c.key == row.key).values(**values))
    return timedelta()


def wait_after(failures: int) -> timedelta:
    """How long the next attempt waits after so many in a row failed."""
    if failures < FREE:
        return timedelta()
    # 2 to the 6th is past the longest wait; higher powers would be past all numbers.
    return min(FIRST_WAIT * (1 << min(failures - FREE, 16)), LONGEST_WAIT)


def succeeded(connection: Connection, mac: Mac, *, name: str, network: str) -> None:
    """The attempt counted last was right: the name's failures are forgotten, the network has one less."""
    table = operator_attempts
    if name:
        connection.execute(delete(table).where(table.c.key == _name(mac, name)))
    if network:
        # Not all: whoever has an account could wipe out what they tried on others.
        connection.execute(
            update(table)
            .where(table.c.key == _network(mac, network), table.c.failures > 0)
            .values(failures=table.c.failures - 1, waits_until=table.c.failed_at)
        )


def _keys(mac: Mac, *, name: str, network: str) -> list[bytes]:
    return ([_name(mac, name)] if name else []) + ([_network(mac, network)] if network else [])


def _name(mac: Mac, name: str) -> bytes:
    return mac(b"operator name\0" + name_key(name).encode(errors="replace"))


def _network(mac: Mac, network: str) -> bytes:
    return mac(b"operator network\0" + network.encode(errors="replace"))
