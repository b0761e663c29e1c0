"""One-time codes by time (RFC 6238) as a second factor; each time step is taken once."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyotp
from sqlalchemy import Connection, Row, delete, or_, select, update

from newsletter.errors import OperatorError
from newsletter.operators.account import Operator
from newsletter.operators.schema import operator_recovery_codes, operators
from newsletter.operators.secrecy import Sealing

ISSUER = "Daily Health Newsletter"
_STEP_S = 30
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A secret that is not in force before a code of it was given: in base32, and as *uri* for a QR code."""

    secret: str
    uri: str


def begin(connection: Connection, operator: Operator, sealing: Sealing, *, issuer: str = ISSUER) -> Enrolment:
    """A new secret, sealed and kept aside until confirm(); shown again by pending().

    Raises:
        OperatorError: codes are in force already; remove() them first.
    """
    row = _row(connection, operator)
    if row.totp_confirmed_at is not None:
        step = "Take them away first, then set them up again."
        raise OperatorError(f"operator {operator.name}", "has one-time codes already", step)
    secret = pyotp.random_base32()
    _keep(connection, operator, totp_sealed=sealing.seal(secret, owner=operator.id), totp_step=None)
    return _enrolment(operator, secret, issuer)


def pending(
    connection: Connection, operator: Operator, sealing: Sealing, *, issuer: str = ISSUER
) -> Enrolment | None:
    """The enrolment that begin() made and that was not confirmed yet."""
    row = _row(connection, operator)
    if row.totp_sealed is None or row.totp_confirmed_at is not None:
        return None
    return _enrolment(operator, sealing.open(row.totp_sealed, owner=operator.id), issuer)


def confirm(
    connection: Connection, operator: Operator, sealing: Sealing, code: str, *, now: datetime
) -> bool:
    """Put the pending secret in force if *code* is one of it."""
    if _row(connection, operator).totp_confirmed_at is not None:
        return False
    if not _take(connection, operator, sealing, code, now=now):
        return False
    _keep(connection, operator, totp_confirmed_at=now)
    return True


def check(connection: Connection, operator: Operator, sealing: Sealing, code: str, *, now: datetime) -> bool:
    """Take *code*: of this time step or the one before or after, and never of one that was taken already.

    The transaction must be a writing one. Count attempts with attempt.count before.
    """
    if _row(connection, operator).totp_confirmed_at is None:
        return False
    return _take(connection, operator, sealing, code, now=now)


def remove(connection: Connection, operator: Operator) -> None:
    """No codes any more; recovery codes go, too."""
    _keep(connection, operator, totp_sealed=None, totp_confirmed_at=None, totp_step=None)
    codes = operator_recovery_codes
    connection.execute(delete(codes).where(codes.c.operator_id == operator.id))


def _take(connection: Connection, operator: Operator, sealing: Sealing, code: str, *, now: datetime) -> bool:
    row = _row(connection, operator)
    given = "".join(code.split())
    if row.totp_sealed is None or len(given) != _DIGITS or not given.isascii() or not given.isdigit():
        return False
    codes = pyotp.TOTP(sealing.open(row.totp_sealed, owner=operator.id))
    present = int(now.timestamp()) // _STEP_S
    fits = [
        step
        for step in (present - 1, present, present + 1)
        if hmac.compare_digest(codes.generate_otp(step), given)
    ]
    last = operators.c.totp_step
    for step in fits:
        is_new = (operators.c.id == operator.id) & or_(last.is_(None), last < step)
        # Of two who give the same code at once one is too late.
        if connection.execute(update(operators).where(is_new).values(totp_step=step)).rowcount == 1:
            return True
    return False


def _row(connection: Connection, operator: Operator) -> Row[Any]:
    return connection.execute(select(operators).where(operators.c.id == operator.id)).one()


def _keep(connection: Connection, operator: Operator, **values: object) -> None:
    connection.execute(update(operators).where(operators.c.id == operator.id).values(**values))


def _enrolment(operator: Operator, secret: str, issuer: str) -> Enrolment:
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=operator.name, issuer_name=issuer))
