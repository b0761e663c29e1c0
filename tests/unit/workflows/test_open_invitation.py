"""The first time in: a link, a password or passkey, and signed in."""

from __future__ import annotations

import pytest

from newsletter.errors import OperatorError
from newsletter.operators import account, audit, invitation, session
from newsletter.operators.account import Operator
from newsletter.operators.passkey import RelyingParty
from newsletter.operators.password import Hasher
from newsletter.operators.role import Role
from newsletter.operators.session import Means, NewSession
from newsletter.workflows.open_invitation import (
    ask_for_passkey,
    invited,
    open_invitation,
    open_invitation_by_passkey,
)
from newsletter.workflows.sign_in import sign_in
from newsletter.workflows.workplace import Workplace
from tests.unit.operators.authenticator import Authenticator

PASSWORD = "correct horse battery"
PARTY = RelyingParty("letter.example", "https://letter.example", "Letter")
QUICK = Hasher(time_cost=1, memory_kib=64)


@pytest.fixture
def ada(workplace: Workplace) -> Operator:
    """An operator who was not in yet."""
    with workplace.database.write() as connection:
        return account.add(connection, "Ada", [Role.ADMIN], now=workplace.clock.now())


@pytest.fixture
def link(workplace: Workplace, ada: Operator) -> str:
    """The token in her link."""
    return new_link(workplace, ada)


def new_link(workplace: Workplace, operator: Operator) -> str:
    with workplace.database.write() as connection:
        return invitation.invite(connection, operator, now=workplace.clock.now()).token


def is_open(workplace: Workplace, new: NewSession) -> bool:
    with workplace.database.read() as connection:
        return session.find(connection, new.token, now=workplace.clock.now()) is not None


def test_whoever_chooses_a_password_is_in_and_can_come_again(workplace: Workplace, link: str) -> None:
    new = open_invitation(workplace, link, password=PASSWORD, hasher=QUICK)
    assert is_open(workplace, new)
    assert sign_in(workplace, name="ada", password=PASSWORD, network="", hasher=QUICK).session.is_complete
    with pytest.raises(OperatorError, match="is not valid"):
        open_invitation(workplace, link, password=PASSWORD, hasher=QUICK)
    with workplace.database.read() as connection:
        assert [one.act for one in audit.page(connection)] == ["sign in", "open invitation"]


def test_a_password_that_may_not_be_chosen_leaves_the_link_as_it_is(
    workplace: Workplace, ada: Operator, link: str
) -> None:
    with pytest.raises(OperatorError, match="shorter than 15"):
        open_invitation(workplace, link, password="short", hasher=QUICK)
    assert invited(workplace, link) == ada


def test_whoever_registers_a_passkey_is_in(workplace: Workplace, link: str) -> None:
    answer = Authenticator().register(ask_for_passkey(workplace, link, PARTY))
    new = open_invitation_by_passkey(workplace, link, PARTY, answer=answer, name="laptop")
    assert new.session.means is Means.PASSKEY
    assert is_open(workplace, new)


def test_a_passkey_that_is_not_accepted_leaves_the_link_as_it_is(
    workplace: Workplace, ada: Operator, link: str
) -> None:
    answer = Authenticator(verifies=False).register(ask_for_passkey(workplace, link, PARTY))
    with pytest.raises(OperatorError, match="was not accepted"):
        open_invitation_by_passkey(workplace, link, PARTY, answer=answer, name="laptop")
    assert invited(workplace, link) == ada


def test_a_new_link_ends_all_from_before_and_takes_the_same_device(
    workplace: Workplace, ada: Operator, link: str
) -> None:
    device = Authenticator()
    answer = device.register(ask_for_passkey(workplace, link, PARTY))
    first = open_invitation_by_passkey(workplace, link, PARTY, answer=answer, name="laptop")
    again = new_link(workplace, ada)
    assert is_open(workplace, first)
    answer = device.register(ask_for_passkey(workplace, again, PARTY))
    second = open_invitation_by_passkey(workplace, again, PARTY, answer=answer, name="laptop")
    assert is_open(workplace, second)
    assert not is_open(workplace, first)
