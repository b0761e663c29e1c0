"""Who may do what: the table of the issue, read as it stands there."""

from __future__ import annotations

import pytest

from newsletter.operators.role import Right, Role, may, rights_of

#: Right by right, the roles that have it.
TABLE = {
    Right.LOOK: "viewer editor clinician sender privacy admin",
    Right.EDIT: "editor clinician admin",
    Right.APPROVE: "editor clinician admin",
    Right.SEND: "sender admin",
    Right.READERS: "privacy admin",
    Right.CONTENT: "editor clinician admin",
    Right.FEEDBACK: "privacy sender admin",
    Right.SETTINGS: "admin",
    Right.OPERATORS: "admin",
    Right.AUDIT: "privacy admin",
}


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("role", Role)
def test_a_role_gives_the_rights_of_the_table_and_no_other(role: Role, right: Right) -> None:
    assert may([role], right) == (role.value in TABLE[right].split())


def test_nobody_without_a_role_may_even_look() -> None:
    assert rights_of([]) == frozenset()


def test_an_admin_may_do_everything_and_two_roles_what_either_may() -> None:
    assert rights_of([Role.ADMIN]) == frozenset(Right)
    assert rights_of([Role.SENDER, Role.PRIVACY]) == frozenset(Right) - {
        Right.EDIT,
        Right.APPROVE,
        Right.CONTENT,
        Right.SETTINGS,
        Right.OPERATORS,
    }
