"""Sessions: half an hour idle, twelve hours in all, a new token at every proof; as a machine of states."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import select

from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.operators import account, session
from newsletter.operators.account import Operator
from newsletter.operators.schema import operator_sessions
from newsletter.operators.session import ABSOLUTE, FRESH, HALF, IDLE, Means, NewSession

MINUTE = timedelta(minutes=1)


def begun(database: Database, operator: Operator, now: datetime, *, is_complete: bool = True) -> NewSession:
    with database.write() as connection:
        return session.begin(connection, operator, means=Means.PASSWORD, now=now, is_complete=is_complete)


def test_a_session_is_known_by_its_token_alone(database: Database, clock: FixedClock, ada: Operator) -> None:
    now = clock.now()
    new = begun(database, ada, now)
    assert len(new.token) >= 43  # 256 bits
    with database.read() as connection:
        assert session.find(connection, new.token, now=now) == new.session
        assert session.find(connection, new.token + "x", now=now) is None
        kept = connection.execute(select(operator_sessions)).one()
    assert new.token.encode() not in kept.digest
    assert new.token not in repr(new)
    assert new.session.csrf_token not in repr(new)


def test_it_ends_after_half_an_hour_without_use(database: Database, clock: FixedClock, ada: Operator) -> None:
    now = clock.now()
    new = begun(database, ada, now)
    with database.write() as connection:
        assert session.find(connection, new.token, now=now + IDLE - MINUTE)
        assert session.find(connection, new.token, now=now + IDLE) is None
        session.touch(connection, new.session, now=now + IDLE - MINUTE)
        assert session.find(connection, new.token, now=now + IDLE)


def test_it_ends_after_twelve_hours_however_busy(
    database: Database, clock: FixedClock, ada: Operator
) -> None:
    now = clock.now()
    new = begun(database, ada, now)
    with database.write() as connection:
        for quarters in range(1, 48):
            at = now + quarters * timedelta(minutes=15)
            found = session.find(connection, new.token, now=at)
            assert found
            assert session.is_due(found, at)
            session.touch(connection, found, now=at)
        assert session.find(connection, new.token, now=now + ABSOLUTE) is None
        # Proving it again in between does not put that off.
        later = begun_at = now + ABSOLUTE
        again = session.begin(connection, ada, means=Means.PASSWORD, now=later)
        renewed = session.renew(connection, again.token, now=later + MINUTE)
        assert renewed
        assert renewed.session.ends_at == begun_at + ABSOLUTE


def test_use_is_noted_once_a_minute_and_not_at_every_page(
    database: Database, clock: FixedClock, ada: Operator
) -> None:
    now = clock.now()
    new = begun(database, ada, now)
    assert not session.is_due(new.session, now + timedelta(seconds=59))
    assert session.is_due(new.session, now + MINUTE)


def test_a_proof_gives_a_new_token_that_is_fresh_and_forms_keep_working(
    database: Database, clock: FixedClock, ada: Operator
) -> None:
    now = clock.now()
    new = begun(database, ada, now)
    later = now + FRESH
    assert new.session.is_fresh(later - MINUTE)
    assert not new.session.is_fresh(later)
    with database.write() as connection:
        renewed = session.renew(connection, new.token, now=later)
        assert renewed
        assert renewed.token != new.token
        assert renewed.session.is_fresh(later)
        assert renewed.session.is_csrf_token(new.session.csrf_token)
        assert session.find(connection, new.token, now=later) is None
        assert session.renew(connection, new.token, now=later) is None


def test_a_csrf_token_is_of_one_session(database: Database, clock: FixedClock, ada: Operator) -> None:
    one, other = begun(database, ada, clock.now()).session, begun(database, ada, clock.now()).session
    assert one.is_csrf_token(one.csrf_token)
    for given in (other.csrf_token, "", "é", "\ud800"):
        assert not one.is_csrf_token(given)


def test_half_a_sign_in_opens_nothing_and_waits_five_minutes(
    database: Database, clock: FixedClock, ada: Operator
) -> None:
    now = clock.now()
    half = begun(database, ada, now, is_complete=False)
    with database.write() as connection:
        assert session.find(connection, half.token, now=now) is None
        assert not half.session.is_fresh(now)
        assert session.every(connection, ada, now=now) == []
        assert session.renew(connection, half.token, now=now) is None
        assert session.find(connection, half.token, now=now + HALF, is_complete=False) is None
        assert session.complete(connection, half.token, means=Means.TOTP, now=now + HALF) is None
        whole = session.complete(connection, half.token, means=Means.TOTP, now=now)
        assert whole
        assert whole.token != half.token
        assert whole.session.means is Means.TOTP
        assert session.find(connection, whole.token, now=now)
        assert session.complete(connection, half.token, means=Means.TOTP, now=now) is None


def test_sessions_are_listed_and_ended_one_or_all_others(
    database: Database, clock: FixedClock, ada: Operator, eve: Operator
) -> None:
    now = clock.now()
    first, second, third = (begun(database, ada, now) for _ in range(3))
    foreign = begun(database, eve, now)
    with database.write() as connection:
        assert [one.id for one in session.every(connection, ada, now=now)] == [
            third.session.id, second.session.id, first.session.id,
        ]  # fmt: skip
        assert not session.revoke(connection, ada, foreign.session.id)
        assert session.revoke(connection, ada, first.session.id)
        assert session.revoke_others(connection, ada, keep=second.session.id) == 1
        assert session.every(connection, ada, now=now) == [second.session]
        assert session.end(connection, second.token)
        assert not session.end(connection, second.token)
        assert session.find(connection, foreign.token, now=now)


def test_what_a_browser_calls_itself_is_one_short_line(
    database: Database, clock: FixedClock, ada: Operator
) -> None:
    with database.write() as connection:
        new = session.begin(
            connection, ada, means=Means.PASSKEY, now=clock.now(), client="a\r\nb" + "c" * 200
        )
    assert new.session.client == "ab" + "c" * 78


def test_sessions_that_are_over_are_deleted(database: Database, clock: FixedClock, ada: Operator) -> None:
    now = clock.now()
    begun(database, ada, now)
    begun(database, ada, now + IDLE)
    with database.read() as connection:
        assert len(connection.execute(select(operator_sessions)).all()) == 1


class _Life(RuleBasedStateMachine):
    """Sessions of one operator as they should be, beside those in the database."""

    database: Database
    operator: Operator
    start: datetime

    def __init__(self) -> None:
        super().__init__()
        self.now = self.start
        self.is_disabled = False
        #: By token: seen, fresh until, ends; a token that is over stays, to be tried again.
        self.known: dict[str, tuple[datetime, datetime, datetime] | None] = {}
        with self.database.write() as connection:
            account.enable(connection, self.operator)
            session.revoke_others(connection, self.operator, keep=None)

    def _is_open(self, token: str) -> bool:
        held = self.known[token]
        return held is not None and self.now < held[0] + IDLE and self.now < held[2]

    @rule()
    def sign_in(self) -> None:
        if self.is_disabled:
            return
        token = begun(self.database, self.operator, self.now).token
        assert token not in self.known
        self.known[token] = (self.now, self.now + FRESH, self.now + ABSOLUTE)

    @rule(minutes=st.integers(1, 29) | st.sampled_from([30, 31, 300, 720]))
    def wait(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @rule(data=st.data(), act=st.sampled_from(["use", "renew", "sign out", "revoke others"]))
    def act(self, data: st.DataObject, act: str) -> None:
        if not self.known:
            return
        token = data.draw(st.sampled_from(sorted(self.known)))
        with self.database.write() as connection:
            found = session.find(connection, token, now=self.now)
            assert (found is not None) == self._is_open(token)
            held = self.known[token]
            if found is None or held is None:
                assert session.renew(connection, token, now=self.now) is None
            elif act == "use":
                session.touch(connection, found, now=self.now)
                self.known[token] = (self.now, held[1], held[2])
            elif act == "renew":
                again = session.renew(connection, token, now=self.now)
                assert again is not None
                self.known[token] = None
                self.known[again.token] = (self.now, self.now + FRESH, held[2])
            elif act == "sign out":
                assert session.end(connection, token)
                self.known[token] = None
            else:
                session.revoke_others(connection, self.operator, keep=found.id)
                self.known = {each: held if each == token else None for each in self.known}

    @rule()
    def disable_or_enable(self) -> None:
        with self.database.write() as connection:
            if self.is_disabled:
                account.enable(connection, self.operator)
            else:
                account.disable(connection, self.operator, even_last=True)
        self.is_disabled = not self.is_disabled
        self.known = dict.fromkeys(self.known)

    def teardown(self) -> None:
        with self.database.read() as connection:
            for token, held in self.known.items():
                found = session.find(connection, token, now=self.now)
                assert (found is not None) == self._is_open(token)
                if found is not None and held is not None:
                    assert found.is_fresh(self.now) == (self.now < held[1])
            is_open = sum(self._is_open(token) for token in self.known)
            assert len(session.every(connection, self.operator, now=self.now)) == is_open


def test_a_session_is_open_exactly_as_long_as_it_should_be(
    database: Database, clock: FixedClock, ada: Operator
) -> None:
    life = type("Life", (_Life,), {"database": database, "operator": ada, "start": clock.now()})
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("means", Means)
def test_every_means_is_kept(database: Database, clock: FixedClock, ada: Operator, means: Means) -> None:
    with database.write() as connection:
        assert session.begin(connection, ada, means=means, now=clock.now()).session.means is means
