"""The link that lets an operator in: once, for a day, and replaced by a newer one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.errors import OperatorError
from newsletter.operators import account, recovery, session
from newsletter.operators.account import Operator
from newsletter.operators.invitation import accept, invite, peek
from newsletter.operators.schema import operator_invitations
from newsletter.operators.session import Means


def test_a_link_lets_its_operator_in_once(database: Database, clock: FixedClock, ada: Operator) -> None:
    now = clock.now()
    with database.write() as connection:
        made = invite(connection, ada, now=now)
        assert made.link("http://letter.example/") == f"http://letter.example/console/welcome/{made.token}"
        for _ in range(2):
            assert peek(connection, made.token, now=now) == ada
        assert accept(connection, made.token, now=now) == ada
        for again in (peek, accept):
            with pytest.raises(OperatorError, match="is not valid"):
                again(connection, made.token, now=now)


def test_a_link_ends_after_a_day_and_when_a_newer_one_is_made(
    database: Database, clock: FixedClock, ada: Operator
) -> None:
    now = clock.now()
    with database.write() as connection:
        first = invite(connection, ada, now=now).token
        second = invite(connection, ada, now=now).token
        with pytest.raises(OperatorError, match="is not valid"):
            peek(connection, first, now=now)
        assert peek(connection, second, now=now + timedelta(hours=24, seconds=-1)) == ada
        with pytest.raises(OperatorError, match="is not valid"):
            peek(connection, second, now=now + timedelta(hours=24))
        with pytest.raises(OperatorError, match="is not valid"):
            peek(connection, "made-up", now=now)


def test_the_database_does_not_tell_the_link(database: Database, clock: FixedClock, ada: Operator) -> None:
    with database.write() as connection:
        made = invite(connection, ada, now=clock.now())
        kept = connection.execute(select(operator_invitations)).one()
    assert made.token.encode() not in kept.digest
    assert len(made.token) >= 43  # 256 bits


def test_whoever_opens_a_new_link_begins_anew(database: Database, clock: FixedClock, ada: Operator) -> None:
    now = clock.now()
    with database.write() as connection:
        account.set_password(connection, ada, "a hash", now=now)
        recovery.renew(connection, ada)
        token = session.begin(connection, ada, means=Means.PASSWORD, now=now).token
        accept(connection, invite(connection, ada, now=now).token, now=now)
        held = account.credentials(connection, ada)
        assert (held.password_hash, held.recovery_codes, held.passkeys) == (None, 0, 0)
        assert session.find(connection, token, now=now) is None
