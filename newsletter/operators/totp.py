"""One-time codes by time (RFC 6238) as a second factor; each time step is taken once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from newsletter.operators.account import Operator
from newsletter.operators.secrecy import Sealing

ISSUER = "Daily Health Newsletter"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A secret that is not in force before a code of it was given: *secret* in base32, *uri* for a QR code."""

    secret: str
    uri: str


def begin(connection: Connection, operator: Operator, sealing: Sealing, *, issuer: str = ISSUER) -> Enrolment:
    """A new secret, sealed and kept aside until confirm(); shown again by pending().

    Raises:
        OperatorError: codes are in force already; remove() them first.
    """
    raise NotImplementedError


def pending(
    connection: Connection, operator: Operator, sealing: Sealing, *, issuer: str = ISSUER
) -> Enrolment | None:
    """The enrolment that begin() made and that was not confirmed yet."""
    raise NotImplementedError


def confirm(
    connection: Connection, operator: Operator, sealing: Sealing, code: str, *, now: datetime
) -> bool:
    """Put the pending secret in force if *code* is one of it."""
    raise NotImplementedError


def check(connection: Connection, operator: Operator, sealing: Sealing, code: str, *, now: datetime) -> bool:
    """Take *code*: of this time step or the one before or after, and never of one that was taken already.

    The transaction must be a writing one. Count attempts with attempt.count before.
    """
    raise NotImplementedError


def remove(connection: Connection, operator: Operator) -> None:
    """No codes any more; recovery codes go, too."""
    raise NotImplementedError
