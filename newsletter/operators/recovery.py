"""Recovery codes: for who lost the device that makes the one-time codes. Each works once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from newsletter.operators.account import Operator

COUNT = 10


def renew(connection: Connection, operator: Operator) -> tuple[str, ...]:
    """Ten new codes, told this once; older ones are worthless from now on."""
    raise NotImplementedError


def use(connection: Connection, operator: Operator, code: str, *, now: datetime) -> bool:
    """Take *code*, if it is one of the operator's and unused. Spaces, hyphens and case do not count."""
    raise NotImplementedError


def left(connection: Connection, operator: Operator) -> int:
    """How many are unused."""
    raise NotImplementedError
