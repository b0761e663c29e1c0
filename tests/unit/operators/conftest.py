"""What the tests of the operators share."""

from __future__ import annotations

from functools import partial

import pytest

from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.operators import account
from newsletter.operators.account import Operator
from newsletter.operators.password import Hasher
from newsletter.operators.role import Role
from newsletter.operators.secrecy import Mac
from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.token import Keyring, Purpose


@pytest.fixture
def ada(database: Database, clock: FixedClock) -> Operator:
    """An operator with every role."""
    with database.write() as connection:
        return account.add(connection, "Ada", list(Role), now=clock.now())


@pytest.fixture
def eve(database: Database, clock: FixedClock) -> Operator:
    """Another one, who may only look."""
    with database.write() as connection:
        return account.add(connection, "Eve", [Role.VIEWER], now=clock.now())


@pytest.fixture
def sealing(keyring: Keyring) -> Sealer:
    """As the program seals the secrets of one-time codes."""
    return Sealer(keyring, Purpose.OPERATOR)


@pytest.fixture
def mac(keyring: Keyring) -> Mac:
    """As the program hashes names and networks."""
    return partial(keyring.mac, Purpose.LIMIT)


@pytest.fixture
def hasher() -> Hasher:
    """One that is quick, for passwords that protect nothing."""
    return Hasher(time_cost=1, memory_kib=64)
