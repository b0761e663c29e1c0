"""Recovery codes: ten, once each, for one operator."""

from __future__ import annotations

from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.operators import recovery
from newsletter.operators.account import Operator


def test_each_code_works_once_however_it_is_typed(
    database: Database, clock: FixedClock, ada: Operator, eve: Operator
) -> None:
    now = clock.now()
    with database.write() as connection:
        codes = recovery.renew(connection, ada)
        assert len(set(codes)) == recovery.COUNT
        assert not recovery.use(connection, eve, codes[0], now=now)
        typed = codes[0].upper().replace("-", " ").replace("0", "O").replace("1", "l")
        assert recovery.use(connection, ada, typed, now=now)
        assert not recovery.use(connection, ada, codes[0], now=now)
        assert recovery.left(connection, ada) == recovery.COUNT - 1


def test_new_codes_replace_the_old_ones(database: Database, clock: FixedClock, ada: Operator) -> None:
    with database.write() as connection:
        old = recovery.renew(connection, ada)
        recovery.renew(connection, ada)
        assert not recovery.use(connection, ada, old[1], now=clock.now())
        assert not recovery.use(connection, ada, "", now=clock.now())
        assert recovery.left(connection, ada) == recovery.COUNT
