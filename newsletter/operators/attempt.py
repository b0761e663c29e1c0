"""Attempts to sign in: after five failures each next one waits longer, and nobody is locked out for good.

They are counted by name, whether or not there is such an operator, and by client network. Neither is kept,
only a keyed hash. A passkey cannot be guessed: its attempts are not held back by what was tried on a name.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

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
    raise NotImplementedError


def succeeded(connection: Connection, mac: Mac, *, name: str, network: str) -> None:
    """The attempt that was counted last was right: the name's failures are forgotten, the network's one less."""
    raise NotImplementedError
