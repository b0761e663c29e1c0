"""The operators: who may use the console, under which name and in which roles."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from newsletter.operators.role import Right, Role, may


@dataclass(frozen=True, slots=True)
class Operator:
    """One who may use the console. *roles* in the order of Role."""

    id: int
    name: str
    roles: tuple[Role, ...]
    is_disabled: bool
    created_at: datetime

    def may(self, right: Right) -> bool:
        """Whether the operator has *right*."""
        return not self.is_disabled and may(self.roles, right)


@dataclass(frozen=True, slots=True)
class Credentials:
    """By what an operator proves who they are. *handle*: what passkeys know the account by."""

    handle: bytes
    password_hash: str | None
    password_set_at: datetime | None
    has_totp: bool
    passkeys: int
    recovery_codes: int  # still unused

    @property
    def has_second_factor(self) -> bool:
        """Whether the password alone does not sign in: then 8 characters are enough for it."""
        return self.has_totp


def add(connection: Connection, name: str, roles: Collection[Role], *, now: datetime) -> Operator:
    """A new operator, who cannot sign in before they opened an invitation.

    Raises:
        OperatorError: the name is taken (case does not count) or cannot be one, or there is no role.
    """
    raise NotImplementedError


def find(connection: Connection, name: str) -> Operator | None:
    """The operator of that name, also a disabled one; case does not count."""
    raise NotImplementedError


def get(connection: Connection, operator_id: int) -> Operator | None:
    """The operator with that number, also a disabled one."""
    raise NotImplementedError


def every(connection: Connection) -> list[Operator]:
    """All operators by name, disabled ones too."""
    raise NotImplementedError


def is_any(connection: Connection) -> bool:
    """Whether there is an operator at all."""
    raise NotImplementedError


def set_roles(connection: Connection, operator: Operator, roles: Collection[Role]) -> Operator:
    """Give *operator* these roles instead of the ones they had.

    Raises:
        OperatorError: no role, or it would leave nobody who is an admin.
    """
    raise NotImplementedError


def disable(connection: Connection, operator: Operator, *, even_last: bool = False) -> Operator:
    """Let *operator* in no more; their sessions and unopened links end at once.

    Raises:
        OperatorError: it is the last admin, and *even_last* is not set (the command line sets it).
    """
    raise NotImplementedError


def enable(connection: Connection, operator: Operator) -> Operator:
    """Let *operator* in again."""
    raise NotImplementedError


def credentials(connection: Connection, operator: Operator) -> Credentials:
    """By what *operator* proves who they are."""
    raise NotImplementedError


def set_password(connection: Connection, operator: Operator, password_hash: str, *, now: datetime) -> None:
    """Keep *password_hash* (password.Hasher.hash, made outside the transaction). Sessions are the caller's."""
    raise NotImplementedError
