"""Operators: their names, their roles, and what ends when one is disabled."""

from __future__ import annotations

import pytest

from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.errors import OperatorError
from newsletter.operators import account, session
from newsletter.operators.account import Operator
from newsletter.operators.invitation import invite, peek
from newsletter.operators.role import Right, Role
from newsletter.operators.session import Means


@pytest.mark.parametrize("name", ["ada", "ADA", " Ada ", "Ａｄａ"])
def test_a_name_is_found_and_taken_whatever_its_case(
    database: Database, clock: FixedClock, ada: Operator, name: str
) -> None:
    with database.write() as connection:
        assert account.find(connection, name) == ada
        with pytest.raises(OperatorError, match="is there already"):
            account.add(connection, name, [Role.EDITOR], now=clock.now())


@pytest.mark.parametrize(
    "name",
    ["", " ", "a" * 65, "a\nb <i>", "x (command line)", "command line", "Newsletter", "<script>", "-a"],
)
def test_a_name_that_could_be_taken_for_something_else_is_refused(
    database: Database, clock: FixedClock, name: str
) -> None:
    with database.write() as connection, pytest.raises(OperatorError):
        account.add(connection, name, [Role.EDITOR], now=clock.now())


@pytest.mark.parametrize("name", ["Source", "circuit  breaker", "operator", "COMMAND line", "newsletter"])
def test_no_operator_is_called_what_the_program_calls_itself(
    database: Database, clock: FixedClock, name: str
) -> None:
    with database.write() as connection, pytest.raises(OperatorError, match="what the audit calls itself"):
        account.add(connection, name, [Role.EDITOR], now=clock.now())


@pytest.mark.parametrize("name", ["Ada", "Dr. Zoë O'Neil-Weiß", "ada@example.org", "李雷", "7of9"])
def test_names_of_people_are_names(database: Database, clock: FixedClock, name: str) -> None:
    with database.write() as connection:
        assert account.add(connection, name, [Role.EDITOR], now=clock.now()).name == name


def test_an_operator_without_a_role_is_not_made(database: Database, clock: FixedClock) -> None:
    with database.write() as connection, pytest.raises(OperatorError, match="has no role"):
        account.add(connection, "Bob", [], now=clock.now())


def test_roles_are_changed_and_told_in_one_order(database: Database, eve: Operator) -> None:
    with database.write() as connection:
        changed = account.set_roles(connection, eve, [Role.SENDER, Role.EDITOR])
    assert changed.roles == (Role.EDITOR, Role.SENDER)
    assert changed.may(Right.SEND)


def test_the_only_admin_stays_one_and_stays_enabled(database: Database, ada: Operator, eve: Operator) -> None:
    with database.write() as connection:
        with pytest.raises(OperatorError, match="is the only admin"):
            account.set_roles(connection, ada, [Role.EDITOR])
        with pytest.raises(OperatorError, match="is the only admin"):
            account.disable(connection, ada)
        account.set_roles(connection, eve, [Role.ADMIN])
        assert account.disable(connection, ada).is_disabled
        with pytest.raises(OperatorError, match="is the only admin"):
            account.disable(connection, account.find(connection, "eve") or eve)


def test_the_command_line_may_disable_even_the_only_admin(database: Database, ada: Operator) -> None:
    with database.write() as connection:
        assert account.disable(connection, ada, even_last=True).is_disabled
        assert not account.enable(connection, ada).is_disabled


def test_who_is_disabled_has_no_right_no_session_and_no_link(
    database: Database, clock: FixedClock, eve: Operator
) -> None:
    now = clock.now()
    with database.write() as connection:
        token = session.begin(connection, eve, means=Means.PASSWORD, now=now).token
        link = invite(connection, eve, now=now).token
        gone = account.disable(connection, eve)
        assert not gone.may(Right.LOOK)
        assert session.find(connection, token, now=now) is None
        with pytest.raises(OperatorError, match="is disabled"):
            invite(connection, gone, now=now)
        account.enable(connection, gone)
        assert session.find(connection, token, now=now) is None
        with pytest.raises(OperatorError, match="is not valid"):
            peek(connection, link, now=now)


def test_operators_are_listed_by_name(database: Database, ada: Operator, eve: Operator) -> None:
    with database.read() as connection:
        assert account.every(connection) == [ada, eve]
        assert account.is_any(connection)
        assert account.credentials(connection, ada).password_hash is None
