"""What an operator may do: roles, rights, and the one place that says which role gives which right."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class Role(StrEnum):
    """What somebody is there for; an operator may have several."""

    VIEWER = "viewer"
    EDITOR = "editor"
    CLINICIAN = "clinician"
    SENDER = "sender"
    PRIVACY = "privacy"
    ADMIN = "admin"


class Right(StrEnum):
    """What a page asks for."""

    LOOK = "look"
    EDIT = "edit"
    APPROVE = "approve"
    SEND = "send"
    READERS = "readers"  # looks at persons
    CONTENT = "content"
    FEEDBACK = "feedback"  # raw returned mail
    SETTINGS = "settings"
    OPERATORS = "operators"
    AUDIT = "audit"


_WHO: dict[Right, frozenset[Role]] = {
    Right.LOOK: frozenset(Role),
    Right.EDIT: frozenset({Role.EDITOR, Role.CLINICIAN, Role.ADMIN}),
    Right.APPROVE: frozenset({Role.EDITOR, Role.CLINICIAN, Role.ADMIN}),
    Right.SEND: frozenset({Role.SENDER, Role.ADMIN}),
    Right.READERS: frozenset({Role.PRIVACY, Role.ADMIN}),
    Right.CONTENT: frozenset({Role.EDITOR, Role.CLINICIAN, Role.ADMIN}),
    Right.FEEDBACK: frozenset({Role.PRIVACY, Role.SENDER, Role.ADMIN}),
    Right.SETTINGS: frozenset({Role.ADMIN}),
    Right.OPERATORS: frozenset({Role.ADMIN}),
    Right.AUDIT: frozenset({Role.PRIVACY, Role.ADMIN}),
}


def may(roles: Collection[Role], right: Right) -> bool:
    """Whether somebody with *roles* has *right*; without a role there is none."""
    return not _WHO[right].isdisjoint(roles)


def rights_of(roles: Collection[Role]) -> frozenset[Right]:
    """Every right that *roles* give."""
    return frozenset(right for right in Right if may(roles, right))
