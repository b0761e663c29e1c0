"""One-time codes: a minute and a half of grace, and each code once."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select

from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.errors import OperatorError
from newsletter.operators import account, recovery, totp
from newsletter.operators.account import Operator
from newsletter.operators.schema import operators
from newsletter.subscribers.seal import Sealer
from newsletter.workflows.sign_in import sealing as sealing_of
from newsletter.workflows.workplace import Workplace


@pytest.fixture
def codes(database: Database, clock: FixedClock, ada: Operator, sealing: Sealer) -> pyotp.TOTP:
    """Ada's device, set up a while ago."""
    earlier = clock.now() - timedelta(hours=1)
    with database.write() as connection:
        device = pyotp.TOTP(totp.begin(connection, ada, sealing).secret)
        assert totp.confirm(connection, ada, sealing, device.at(earlier), now=earlier)
    return device


def test_codes_are_in_force_only_once_one_was_given(
    database: Database, clock: FixedClock, ada: Operator, sealing: Sealer
) -> None:
    now = clock.now()
    with database.write() as connection:
        enrolment = totp.begin(connection, ada, sealing, issuer="Letter")
        assert totp.pending(connection, ada, sealing, issuer="Letter") == enrolment
        assert enrolment.uri.startswith("otpauth://totp/Letter:Ada?secret=")
        device = pyotp.TOTP(enrolment.secret)
        assert not totp.check(connection, ada, sealing, device.at(now), now=now)
        assert not account.credentials(connection, ada).has_second_factor
        assert not totp.confirm(connection, ada, sealing, "000000", now=now)
        assert totp.confirm(connection, ada, sealing, device.at(now), now=now)
        assert account.credentials(connection, ada).has_second_factor
        assert totp.pending(connection, ada, sealing) is None
        with pytest.raises(OperatorError, match="has one-time codes already"):
            totp.begin(connection, ada, sealing)


@pytest.mark.parametrize(
    ("seconds", "is_taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_a_clock_may_be_one_step_off(
    workplace: Workplace,
    ada: Operator,
    codes: pyotp.TOTP,
    seconds: int,
    is_taken: bool,  # noqa: FBT001 - a value of the table
) -> None:
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        code = codes.at(now + timedelta(seconds=seconds))
        typed = f" {code[:3]} {code[3:]} "
        assert totp.check(connection, ada, sealing_of(workplace), typed, now=now) is is_taken


def test_a_code_is_taken_once_and_none_from_before_it(
    database: Database, clock: FixedClock, ada: Operator, sealing: Sealer, codes: pyotp.TOTP
) -> None:
    now = clock.now()
    with database.write() as connection:
        assert totp.check(connection, ada, sealing, codes.at(now), now=now)
        assert not totp.check(connection, ada, sealing, codes.at(now), now=now)
        assert not totp.check(connection, ada, sealing, codes.at(now - timedelta(seconds=30)), now=now)
        later = now + timedelta(seconds=30)
        assert totp.check(connection, ada, sealing, codes.at(later), now=later)


@pytest.mark.usefixtures("codes")
@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "-12345"])
def test_what_is_no_code_is_no_error_either(workplace: Workplace, ada: Operator, code: str) -> None:
    with workplace.database.write() as connection:
        assert not totp.check(connection, ada, sealing_of(workplace), code, now=workplace.clock.now())


def test_the_database_does_not_tell_the_secret(
    database: Database, ada: Operator, eve: Operator, sealing: Sealer, codes: pyotp.TOTP
) -> None:
    with database.read() as connection:
        sealed = connection.execute(
            select(operators.c.totp_sealed).where(operators.c.id == ada.id)
        ).scalar_one()
    assert codes.secret.encode() not in sealed
    assert sealing.open(sealed, owner=ada.id) == codes.secret
    with pytest.raises(Exception, match="cannot be opened"):
        sealing.open(sealed, owner=eve.id)


def test_codes_that_were_taken_away_work_no_more_nor_those_for_recovery(
    database: Database, clock: FixedClock, ada: Operator, sealing: Sealer, codes: pyotp.TOTP
) -> None:
    now = clock.now()
    with database.write() as connection:
        spare = recovery.renew(connection, ada)
        totp.remove(connection, ada)
        assert not totp.check(connection, ada, sealing, codes.at(now), now=now)
        assert not recovery.use(connection, ada, spare[0], now=now)
        assert totp.begin(connection, ada, sealing).secret != codes.secret
