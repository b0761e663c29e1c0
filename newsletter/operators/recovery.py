"""Recovery codes: for who lost the device that makes the one-time codes. Each works once."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from newsletter.operators.account import Operator
from newsletter.operators.schema import operator_recovery_codes
from newsletter.operators.secrecy import digest

COUNT = 10
#: 24 of these 32 characters are 120 random bits: a plain hash is enough to keep them (SP 800-63B-4, 3.1.2.2).
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH, _GROUP = 24, 4
_READ_AS = str.maketrans("oil", "011")


def renew(connection: Connection, operator: Operator) -> tuple[str, ...]:
    """Ten new codes, told this once; older ones are worthless from now on."""
    table = operator_recovery_codes
    connection.execute(delete(table).where(table.c.operator_id == operator.id))
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)) for _ in range(COUNT)]
    rows = [{"digest": _digest(operator, code), "operator_id": operator.id} for code in codes]
    connection.execute(insert(table), rows)
    return tuple("-".join(code[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP)) for code in codes)


def use(connection: Connection, operator: Operator, code: str, *, now: datetime) -> bool:
    """Take *code*, if it is one of the operator's and unused. Spaces, hyphens and case do not count."""
    given = "".join(code.split()).replace("-", "").lower().translate(_READ_AS)
    if len(given) != _LENGTH:
        return False
    table = operator_recovery_codes
    is_open = (table.c.digest == _digest(operator, given)) & table.c.used_at.is_(None)
    return connection.execute(update(table).where(is_open).values(used_at=now)).rowcount == 1


def left(connection: Connection, operator: Operator) -> int:
    """How many are unused."""
    codes = operator_recovery_codes.c
    unused = (codes.operator_id == operator.id) & codes.used_at.is_(None)
    return connection.execute(select(func.count()).where(unused)).scalar_one()


def _digest(operator: Operator, code: str) -> bytes:
    return digest("recovery code", f"{operator.id} {code}")
