"""Signing in: what lets somebody in, what does not, and what is written down of either."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from newsletter.clock import FixedClock
from newsletter.errors import OperatorError
from newsletter.operators import account, audit, passkey, recovery, session, totp
from newsletter.operators.account import Operator
from newsletter.operators.passkey import RelyingParty
from newsletter.operators.password import Hasher
from newsletter.operators.role import Role
from newsletter.operators.session import Means, NewSession
from newsletter.workflows import sign_in as workflow
from newsletter.workflows.sign_in import WaitError, give_code, prove_again, sealing
from newsletter.workflows.workplace import Workplace
from tests.unit.operators.authenticator import Authenticator

PASSWORD = "correct horse battery"
HOME = "192.0.2.0/24"
PARTY = RelyingParty("letter.example", "https://letter.example", "Letter")
QUICK = Hasher(time_cost=1, memory_kib=64)


@pytest.fixture
def ada(workplace: Workplace) -> Operator:
    """An operator with a password."""
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        operator = account.add(connection, "Ada", [Role.ADMIN], now=now)
        account.set_password(connection, operator, QUICK.hash(PASSWORD), now=now)
    return operator


@pytest.fixture
def device(workplace: Workplace, ada: Operator) -> pyotp.TOTP:
    """Her device for one-time codes."""
    earlier = workplace.clock.now() - timedelta(hours=1)
    with workplace.database.write() as connection:
        made = pyotp.TOTP(totp.begin(connection, ada, sealing(workplace)).secret)
        assert totp.confirm(connection, ada, sealing(workplace), made.at(earlier), now=earlier)
    return made


@pytest.fixture
def key(workplace: Workplace, ada: Operator) -> Authenticator:
    """Her passkey."""
    now, made = workplace.clock.now(), Authenticator()
    with workplace.database.write() as connection:
        options = passkey.begin_registration(connection, ada, PARTY, bound_to="b", now=now)
    new = passkey.answer_registration(
        workplace.database, ada, PARTY, answer=made.register(options), bound_to="b", now=now
    )
    with workplace.database.write() as connection:
        passkey.keep(connection, ada, new, name="laptop", now=now)
    return made


def sign_in(workplace: Workplace, password: str = PASSWORD, *, name: str = "ada", **more: Any) -> NewSession:
    values = {"network": HOME, "hasher": QUICK, **more}
    return workflow.sign_in(workplace, name=name, password=password, **values)


def acts(workplace: Workplace) -> list[tuple[str, str]]:
    with workplace.database.read() as connection:
        return [(one.act, str(one.detail.get("means", ""))) for one in audit.page(connection)]


def is_open(workplace: Workplace, new: NewSession) -> bool:
    with workplace.database.read() as connection:
        return session.find(connection, new.token, now=workplace.clock.now()) is not None


def options_for(workplace: Workplace, bound_to: str, operator: Operator | None = None) -> str:
    with workplace.database.write() as connection:
        return passkey.begin_authentication(
            connection, PARTY, bound_to=bound_to, now=workplace.clock.now(), operator=operator
        )


@pytest.mark.usefixtures("ada")
def test_the_right_password_lets_in_and_is_written_down(workplace: Workplace) -> None:
    new = sign_in(workplace, client="Firefox")
    assert new.session.is_complete
    assert (new.session.means, new.session.client) == (Means.PASSWORD, "Firefox")
    assert is_open(workplace, new)
    assert acts(workplace) == [("sign in", "password")]


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(
    ("name", "password"), [("ada", "wrong"), ("nobody", PASSWORD), ("", ""), ("ada", "")]
)
def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(
    workplace: Workplace, name: str, password: str
) -> None:
    with pytest.raises(OperatorError) as error:
        sign_in(workplace, password, name=name)
    assert str(error.value) == "signing in: did not work: wrong name or password. Try again."


@pytest.mark.usefixtures("ada")
def test_what_was_typed_as_a_name_is_not_written_down(workplace: Workplace) -> None:
    with pytest.raises(OperatorError):
        sign_in(workplace, "x", name="my-password-in-the-wrong-field")
    assert acts(workplace) == []
    with pytest.raises(OperatorError):
        sign_in(workplace, "x")
    assert acts(workplace) == [("sign-in failed", "password")]


def test_neither_disabled_nor_without_a_password_does_anybody_get_in(
    workplace: Workplace, ada: Operator
) -> None:
    with workplace.database.write() as connection:
        account.disable(connection, ada, even_last=True)
        account.add(connection, "Eve", [Role.VIEWER], now=workplace.clock.now())
    for name in ("Ada", "Eve"):
        with pytest.raises(OperatorError, match="wrong name or password"):
            sign_in(workplace, name=name)


@pytest.mark.usefixtures("ada")
def test_after_five_failures_even_the_right_password_waits(
    workplace: Workplace, later: Callable[..., Workplace]
) -> None:
    for _ in range(5):
        with pytest.raises(OperatorError, match="wrong name"):
            sign_in(workplace, "guess")
    with pytest.raises(WaitError) as error:
        sign_in(workplace)
    assert error.value.seconds == 15
    assert sign_in(later(workplace, seconds=15)).session.is_complete
    # And the name is as new.
    with pytest.raises(OperatorError, match="wrong name"):
        sign_in(later(workplace, seconds=16), "guess", network="203.0.113.0/24")


@pytest.mark.usefixtures("ada")
def test_a_code_is_asked_for_where_there_is_a_device(workplace: Workplace, device: pyotp.TOTP) -> None:
    half = sign_in(workplace)
    assert not half.session.is_complete
    assert not is_open(workplace, half)
    assert acts(workplace) == []
    whole = give_code(workplace, half.token, code=device.at(workplace.clock.now()), network=HOME)
    assert whole.session.means is Means.TOTP
    assert is_open(workplace, whole)
    assert acts(workplace) == [("sign in", "totp")]


@pytest.mark.usefixtures("ada")
def test_wrong_codes_are_counted_as_wrong_passwords_are(workplace: Workplace, device: pyotp.TOTP) -> None:
    half = sign_in(workplace)
    for _ in range(4):  # the password was counted, too, until the code proves it right
        with pytest.raises(OperatorError, match="wrong code"):
            give_code(workplace, half.token, code="000000", network="")
    with pytest.raises(WaitError):
        give_code(workplace, half.token, code=device.at(workplace.clock.now()), network="")


@pytest.mark.usefixtures("device")
def test_a_recovery_code_stands_in_once(workplace: Workplace, ada: Operator) -> None:
    with workplace.database.write() as connection:
        spare = recovery.renew(connection, ada)
    whole = give_code(workplace, sign_in(workplace).token, code=spare[0], network=HOME)
    assert whole.session.means is Means.RECOVERY
    with pytest.raises(OperatorError, match="wrong code"):
        give_code(workplace, sign_in(workplace).token, code=spare[0], network=HOME)


@pytest.mark.usefixtures("ada")
def test_half_a_sign_in_that_took_too_long_begins_again(
    workplace: Workplace, device: pyotp.TOTP, later: Callable[..., Workplace]
) -> None:
    half = sign_in(workplace)
    after = later(workplace, minutes=5)
    with pytest.raises(OperatorError, match="took too long"):
        give_code(after, half.token, code=device.at(after.clock.now()), network=HOME)


def test_a_passkey_lets_in_without_a_name(workplace: Workplace, key: Authenticator) -> None:
    answer = key.sign(options_for(workplace, "cookie"))
    new = workflow.sign_in_by_passkey(workplace, PARTY, answer=answer, bound_to="cookie", network=HOME)
    assert is_open(workplace, new)
    assert acts(workplace) == [("sign in", "passkey")]
    with pytest.raises(OperatorError, match="was not accepted"):
        workflow.sign_in_by_passkey(workplace, PARTY, answer=answer, bound_to="cookie", network=HOME)


@pytest.mark.usefixtures("ada")
def test_a_proof_by_password_renews_the_session(
    workplace: Workplace, later: Callable[..., Workplace]
) -> None:
    first = sign_in(workplace)
    after = later(workplace, minutes=20)
    with pytest.raises(OperatorError, match="wrong password"):
        prove_again(after, first.token, password="wrong", network=HOME, hasher=QUICK)
    assert is_open(after, first)
    again = prove_again(after, first.token, password=PASSWORD, network=HOME, hasher=QUICK)
    assert again.session.is_fresh(after.clock.now())
    assert not is_open(after, first)
    with pytest.raises(OperatorError, match="is over"):
        prove_again(after, first.token, password=PASSWORD, network=HOME, hasher=QUICK)


@pytest.mark.usefixtures("ada")
def test_a_proof_asks_for_the_code_too(
    workplace: Workplace, device: pyotp.TOTP, later: Callable[..., Workplace]
) -> None:
    now = workplace.clock.now()
    whole = give_code(workplace, sign_in(workplace).token, code=device.at(now), network=HOME)
    after = later(workplace, minutes=20)
    with pytest.raises(OperatorError, match="wrong password or code"):
        prove_again(after, whole.token, password=PASSWORD, network=HOME, hasher=QUICK)
    code = device.at(after.clock.now())
    again = prove_again(after, whole.token, password=PASSWORD, code=code, network=HOME, hasher=QUICK)
    assert is_open(after, again)


def test_a_proof_by_passkey_renews_the_session(
    workplace: Workplace, ada: Operator, key: Authenticator
) -> None:
    first = sign_in(workplace)
    answer = key.sign(options_for(workplace, first.token, ada))
    again = workflow.prove_again_by_passkey(workplace, first.token, PARTY, answer=answer)
    assert is_open(workplace, again)
    assert not is_open(workplace, first)
    assert acts(workplace)[0] == ("prove again", "passkey")


@pytest.mark.usefixtures("ada")
def test_signing_out_ends_the_session(workplace: Workplace) -> None:
    new = sign_in(workplace)
    workflow.sign_out(workplace, new.token)
    workflow.sign_out(workplace, new.token)
    assert not is_open(workplace, new)
    assert [act for act, _ in acts(workplace)] == ["sign out", "sign in"]


def test_an_old_hash_is_made_anew_at_the_next_sign_in(workplace: Workplace, ada: Operator) -> None:
    stronger = Hasher(time_cost=2, memory_kib=128)
    sign_in(workplace, hasher=stronger)
    with workplace.database.read() as connection:
        stored = account.credentials(connection, ada).password_hash
    assert stored
    assert not stronger.is_outdated(stored)
    assert stronger.verify(stored, PASSWORD)


@pytest.mark.usefixtures("ada")
def test_a_session_outlives_a_restart(workplace: Workplace) -> None:
    new = sign_in(workplace)
    assert is_open(replace(workplace, clock=FixedClock(workplace.clock.now())), new)
