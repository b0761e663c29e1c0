"""Approval: who let an issue go, as which, and for exactly which bytes.

An approval is for the editions as they were: it names their hash, and it ends when they are discarded. So
nothing goes out that differs from what was looked at, whoever changed it and however.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import permutations
from typing import Any, Literal

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Index,
    Integer,
    Select,
    String,
    Table,
    select,
    text,
    update,
)

from newsletter.database import UTCDateTime, metadata

#: Whose word an issue waits for: nobody's, one person's, or an editor's and a clinician's.
Asked = Literal["off", "one", "two"]
EDITOR, CLINICIAN = "editor", "clinician"
ANYBODY = "anybody"
#: Both, each by another person.
_BOTH = (EDITOR, CLINICIAN)

approvals = Table(
    "approvals",
    metadata,
    Column("id", Integer, primary_key=True),
    # No foreign key: an issue that is made anew gets another number, and what was approved stays noted.
    Column("issue_id", Integer, nullable=False),
    Column("newsletter", String(40), nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("operator_id", Integer),
    Column("name", String(100), nullable=False),
    Column("role", String(40), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("approved_at", UTCDateTime, nullable=False),
    Column("is_void", Boolean, nullable=False, server_default=text("false")),
    Index("ix_approvals_newsletter_issued_on", "newsletter", "issued_on"),
)


@dataclass(frozen=True)
class Approver:
    """One who approves. *operator_id* None: whoever has the shell, which counts as one person.

    *roles*: as which; of two approvals one must be an editor's and the other a clinician's.
    """

    name: str
    operator_id: int | None = None
    roles: tuple[str, ...] = _BOTH


@dataclass(frozen=True)
class Approval:
    """That somebody approved the editions with the hash *sha256*; void once they were discarded."""

    id: int
    by: Approver
    sha256: str
    approved_at: datetime
    is_void: bool = False


def is_same_person(one: Approver, other: Approver) -> bool:
    """Whether two are taken for one: the same account or name; all who have the shell are one."""
    return one.operator_id == other.operator_id or one.name.casefold() == other.name.casefold()


def is_enough(asked: Asked, given: Iterable[Approver]) -> bool:
    """Whether what was *given* lets an issue go."""
    people = list(given)
    if asked == "off":
        return True
    if asked == "one":
        return bool(people)
    return any(
        EDITOR in one.roles and CLINICIAN in other.roles and not is_same_person(one, other)
        for one, other in permutations(people, 2)
    )


def missing(asked: Asked, given: Iterable[Approver]) -> tuple[str, ...]:
    """Whose word an issue waits for, by role; "anybody" where it is one person's. Nothing: nobody's."""
    people = list(given)
    if is_enough(asked, people):
        return ()
    if asked == "one":
        return (ANYBODY,)
    # One who could stand for either leaves the other open: what a next one brings decides.
    wanted = [
        role
        for role, other in ((EDITOR, CLINICIAN), (CLINICIAN, EDITOR))
        if not people or any(other in one.roles for one in people)
    ]
    return tuple(wanted) or _BOTH


def add(
    connection: Connection,
    *,
    issue_id: int,
    newsletter: str,
    issued_on: date,
    by: Approver,
    sha256: str,
    approved_at: datetime,
) -> None:
    """Note that *by* approved the editions with that hash; nothing where the same person did before."""
    if any(is_same_person(one.by, by) for one in in_force(connection, issue_id, sha256)):
        return
    connection.execute(
        approvals.insert().values(
            issue_id=issue_id,
            newsletter=newsletter,
            issued_on=issued_on,
            operator_id=by.operator_id,
            name=by.name[:100],
            role=" ".join(by.roles),
            sha256=sha256,
            approved_at=approved_at,
        )
    )


def in_force(connection: Connection, issue_id: int, sha256: str) -> list[Approval]:
    """The approvals of the issue's editions as they are, by their hash, oldest first."""
    query = select(approvals).where(
        approvals.c.issue_id == issue_id, approvals.c.sha256 == sha256, approvals.c.is_void.is_(False)
    )
    return _read(connection, query)


def of_day(connection: Connection, newsletter: str, day: date) -> list[Approval]:
    """Every approval of the day's issue that there ever was, oldest first."""
    query = select(approvals).where(approvals.c.newsletter == newsletter, approvals.c.issued_on == day)
    return _read(connection, query)


def void(connection: Connection, issue_id: int) -> None:
    """End the approvals of an issue that is discarded: whatever is made in its place is looked at anew."""
    connection.execute(update(approvals).where(approvals.c.issue_id == issue_id).values(is_void=True))


def _read(connection: Connection, query: Select[Any]) -> list[Approval]:
    return [
        Approval(
            row.id,
            Approver(row.name, row.operator_id, tuple(row.role.split())),
            row.sha256,
            row.approved_at,
            row.is_void,
        )
        for row in connection.execute(query.order_by(approvals.c.id))
    ]
