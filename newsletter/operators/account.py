"""The operators: who may use the console, under which name and in which roles."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from newsletter.errors import OperatorError
from newsletter.operators.role import Right, Role, may
from newsletter.operators.schema import (
    operator_challenges,
    operator_invitations,
    operator_passkeys,
    operator_recovery_codes,
    operator_sessions,
    operators,
)

_MOST = 64
#: Letters and digits of any script, and what stands between the parts of a name or address.
_NAME = re.compile(r"[^\W_](?:[\w .@'’-]*[\w.])?")
#: Names that the audit uses for itself.
_TAKEN = ("command line", "newsletter", "circuit breaker", "source", "operator")


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
    shown = _checked_name(name)
    if find(connection, shown) is not None:
        step = "For a new link to the same account: newsletter operator add NAME --again"
        raise OperatorError(f"operator {shown}", "is there already", step)
    made = connection.execute(
        operators.insert().values(
            name=shown,
            name_key=name_key(shown),
            roles=_written(shown, roles),
            is_disabled=False,
            created_at=now,
            handle=secrets.token_bytes(32),
        )
    )
    found = get(connection, int(made.inserted_primary_key[0]))  # type: ignore[index] # one row, one key
    assert found is not None  # noqa: S101 - it was written just now
    return found


def name_key(name: str) -> str:
    """*name* as it is compared: without case and without what only looks different (NFKC)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name.strip()).casefold())


def find(connection: Connection, name: str) -> Operator | None:
    """The operator of that name, also a disabled one; case does not count."""
    row = connection.execute(select(operators).where(operators.c.name_key == name_key(name))).one_or_none()
    return None if row is None else operator_of(row)


def get(connection: Connection, operator_id: int) -> Operator | None:
    """The operator with that number, also a disabled one."""
    row = connection.execute(select(operators).where(operators.c.id == operator_id)).one_or_none()
    return None if row is None else operator_of(row)


def every(connection: Connection) -> list[Operator]:
    """All operators by name, disabled ones too."""
    return [operator_of(row) for row in connection.execute(select(operators).order_by(operators.c.name_key))]


def is_any(connection: Connection) -> bool:
    """Whether there is an operator at all."""
    return connection.execute(select(operators.c.id).limit(1)).scalar() is not None


def set_roles(connection: Connection, operator: Operator, roles: Collection[Role]) -> Operator:
    """Give *operator* these roles instead of the ones they had.

    Raises:
        OperatorError: no role, or it would leave nobody who is an admin.
    """
    written = _written(operator.name, roles)
    if Role.ADMIN not in roles:
        _keep_an_admin(connection, operator)
    return _change(connection, operator, roles=written)


def disable(connection: Connection, operator: Operator, *, even_last: bool = False) -> Operator:
    """Let *operator* in no more; their sessions and unopened links end at once.

    Raises:
        OperatorError: it is the last admin, and *even_last* is not set (the command line sets it).
    """
    if not even_last:
        _keep_an_admin(connection, operator)
    for table in (operator_sessions, operator_challenges, operator_invitations):
        connection.execute(delete(table).where(table.c.operator_id == operator.id))
    return _change(connection, operator, is_disabled=True)


def enable(connection: Connection, operator: Operator) -> Operator:
    """Let *operator* in again."""
    return _change(connection, operator, is_disabled=False)


def credentials(connection: Connection, operator: Operator) -> Credentials:
    """By what *operator* proves who they are."""
    row = connection.execute(select(operators).where(operators.c.id == operator.id)).one()
    passkeys, codes = operator_passkeys.c, operator_recovery_codes.c
    return Credentials(
        handle=row.handle,
        password_hash=row.password_hash,
        password_set_at=row.password_set_at,
        has_totp=row.totp_confirmed_at is not None,
        passkeys=connection.execute(
            select(func.count()).where(passkeys.operator_id == operator.id)
        ).scalar_one(),
        recovery_codes=connection.execute(
            select(func.count()).where(codes.operator_id == operator.id, codes.used_at.is_(None))
        ).scalar_one(),
    )


def set_password(connection: Connection, operator: Operator, password_hash: str, *, now: datetime) -> None:
    """Keep *password_hash* (password.Hasher.hash, made before the transaction). Sessions are left."""
    connection.execute(
        update(operators)
        .where(operators.c.id == operator.id)
        .values(password_hash=password_hash, password_set_at=now)
    )


def replace_hash(connection: Connection, operator: Operator, *, old: str, new: str) -> None:
    """Keep the same password under *new*, made with today's parameters, unless it was changed meanwhile."""
    is_old = (operators.c.id == operator.id) & (operators.c.password_hash == old)
    connection.execute(update(operators).where(is_old).values(password_hash=new))


def begin_anew(connection: Connection, operator: Operator) -> None:
    """Take away all by which *operator* signed in, and every session: before new credentials are chosen."""
    for table in (operator_sessions, operator_challenges, operator_passkeys, operator_recovery_codes):
        connection.execute(delete(table).where(table.c.operator_id == operator.id))
    connection.execute(
        update(operators)
        .where(operators.c.id == operator.id)
        .values(
            password_hash=None,
            password_set_at=None,
            totp_sealed=None,
            totp_confirmed_at=None,
            totp_step=None,
        )
    )


def operator_of(row: Row[Any]) -> Operator:
    """The operator in a row of the table, or of a join that has its columns under these names."""
    held = set(row.roles.split())
    return Operator(
        id=row.id,
        name=row.name,
        roles=tuple(role for role in Role if role.value in held),
        is_disabled=row.is_disabled,
        created_at=row.created_at,
    )


def _checked_name(name: str) -> str:
    shown = unicodedata.normalize("NFC", " ".join(name.split()))
    if len(shown) > _MOST or not _NAME.fullmatch(shown):
        reason = f"is no name: it takes up to {_MOST} letters, digits, spaces and . _ @ ' -, a letter first"
        raise OperatorError(f"operator {name[:_MOST]!r}", reason, "Choose another name.")
    if name_key(shown) in _TAKEN:
        raise OperatorError(f"operator {shown}", "is what the audit calls itself", "Choose another name.")
    return shown


def _written(name: str, roles: Collection[Role]) -> str:
    if not roles:
        raise OperatorError(f"operator {name}", "has no role", f"Give one or more: {', '.join(Role)}.")
    return " ".join(role.value for role in Role if role in roles)


def _change(connection: Connection, operator: Operator, **values: object) -> Operator:
    connection.execute(update(operators).where(operators.c.id == operator.id).values(**values))
    found = get(connection, operator.id)
    assert found is not None  # noqa: S101 - operators are never deleted: the audit names them
    return found


def _keep_an_admin(connection: Connection, operator: Operator) -> None:
    others = (one for one in every(connection) if one.id != operator.id and not one.is_disabled)
    is_admin = Role.ADMIN in operator.roles and not operator.is_disabled
    if is_admin and not any(Role.ADMIN in one.roles for one in others):
        step = "Give another operator the role admin first."
        raise OperatorError(f"operator {operator.name}", "is the only admin", step)
