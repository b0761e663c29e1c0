"""What was done, by whom and when: lines that are only ever added, each bound to the one before by a hash.

The hash of a line (SHA-256) covers the previous line's, its number, time, operator, act, subject and detail.
A line that is changed, left out or put in breaks the chain; where the chain ends is kept apart, so that
lines missing from its end are found, too. The database itself refuses to change or delete a line. No
personal data of readers goes in: no address, no free text about a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from newsletter.operators.account import Operator

PAGE = 50


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: an operator (*id*), or the command line or the program itself (None)."""

    name: str
    id: int | None = None


COMMAND_LINE = Actor("command line")
PROGRAM = Actor("newsletter")


def actor_of(operator: Operator) -> Actor:
    """*operator* as the one who did it."""
    return Actor(operator.name, operator.id)


@dataclass(frozen=True, slots=True)
class Line:
    """One act."""

    id: int
    at: datetime
    actor: Actor
    act: str
    subject: str
    detail: Mapping[str, str | int | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verify() found: *lines* looked at; *broken_at* the first line that is wrong (None: none), *why*."""

    lines: int
    broken_at: int | None = None
    why: str = ""

    @property
    def is_sound(self) -> bool:
        """Whether nothing was changed, removed or inserted."""
        return self.broken_at is None


def record(
    connection: Connection,
    actor: Actor,
    act: str,
    subject: str,
    *,
    at: datetime,
    detail: Mapping[str, str | int | bool] | None = None,
) -> int:
    """Add a line in the caller's own writing transaction; its number."""
    raise NotImplementedError


def page(
    connection: Connection,
    *,
    before: int | None = None,
    act: str = "",
    operator: str = "",
    limit: int = PAGE,
) -> list[Line]:
    """Lines, latest first: those with a number under *before*, of that act, by the operator of that name."""
    raise NotImplementedError


def verify(connection: Connection, *, chunk: int = 1000) -> Verdict:
    """Compute the whole chain anew, *chunk* lines at a time."""
    raise NotImplementedError
