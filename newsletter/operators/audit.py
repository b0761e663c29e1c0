"""What was done, by whom and when: lines that are only ever added, each bound to the one before by a hash.

The hash of a line (SHA-256) covers the previous line's, its number, time, operator, act, subject and detail.
A line that is changed, left out or put in breaks the chain; where the chain ends is kept apart, so that
lines missing from its end are found, too. The database itself refuses to change or delete a line. No
personal data of readers goes in: no address, no free text about a person.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, func, insert, or_, select, update

from newsletter.operators.account import Operator, find
from newsletter.operators.schema import audit_end, audit_lines

PAGE = 50
#: How many lines a search for words goes back.
REACH = 50_000
_BEGINNING = b"\0" * 32
_MOST = 200


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: an operator (*id*), or the command line or the program itself (None)."""

    name: str
    id: int | None = None


COMMAND_LINE = Actor("command line")
PROGRAM = Actor("newsletter")
#: How the name of one ends who gives commands: "ada (command line)". No operator's name has brackets.
BY_COMMAND = " (command line)"


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
    """What verify() found: how many *lines* are sound, the first that is not (*broken_at*), and *why*."""

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
    # Whoever has this row writes the next line: on PostgreSQL others wait, SQLite has one writer anyway.
    last = connection.execute(select(audit_end).where(audit_end.c.id == 1).with_for_update()).one()
    values: dict[str, Any] = {
        "id": last.line_id + 1,
        "at": at.astimezone(UTC),
        "operator_id": actor.id,
        "operator": _plain(actor.name),
        "act": _plain(act),
        "subject": _plain(subject),
        "detail": _canonical({key: _plain_value(value) for key, value in (detail or {}).items()}),
    }
    made = _hash(last.hash, **values)
    connection.execute(insert(audit_lines).values(**values, hash=made))
    connection.execute(update(audit_end).where(audit_end.c.id == 1).values(line_id=values["id"], hash=made))
    return int(values["id"])


def record_by(
    connection: Connection,
    name: str,
    act: str,
    subject: str,
    *,
    at: datetime,
    detail: Mapping[str, str | int | bool] | None = None,
) -> int:
    """As record, of one whom a workflow knows by *name* alone: an operator, the command line, the program."""
    if name.endswith(BY_COMMAND):
        more = {**(detail or {}), "user": name.removesuffix(BY_COMMAND)}
        return record(connection, COMMAND_LINE, act, subject, at=at, detail=more)
    operator = find(connection, name)
    return record(
        connection, actor_of(operator) if operator else Actor(name), act, subject, at=at, detail=detail
    )


def page(
    connection: Connection,
    *,
    before: int | None = None,
    act: str = "",
    operator: str = "",
    words: str = "",
    limit: int = PAGE,
) -> list[Line]:
    """Lines, latest first: those with a number under *before*, of that act, by the operator of that name.

    *words* stand in their subject or detail, whatever the case; then at most REACH lines are looked through.
    """
    lines = audit_lines.c
    query = select(audit_lines).order_by(lines.id.desc()).limit(limit)
    if before is not None:
        query = query.where(lines.id < before)
    if act:
        query = query.where(lines.act == act)
    if operator:
        query = query.where(lines.operator == operator)
    if words:
        # No index holds words: however long the audit grows, a search takes no longer than this.
        last = before if before is not None else _last(connection) + 1
        says = or_(*(column.icontains(words, autoescape=True) for column in (lines.subject, lines.detail)))
        query = query.where(lines.id >= last - REACH, says)
    return [_line(row) for row in connection.execute(query)]


def acts(connection: Connection) -> list[str]:
    """Every act there is a line of, to choose from."""
    found: list[str] = []
    act = audit_lines.c.act
    # From one to the next by the index: DISTINCT would read every line there is.
    while following := connection.execute(select(func.min(act)).where(act > (found or [""])[-1])).scalar():
        found.append(following)
    return found


def _last(connection: Connection) -> int:
    return connection.execute(select(audit_end.c.line_id).where(audit_end.c.id == 1)).scalar() or 0


def verify(connection: Connection, *, chunk: int = 1000) -> Verdict:
    """Compute the whole chain anew, *chunk* lines at a time."""
    last_id, last_hash = 0, _BEGINNING
    while True:
        rows = _after(connection, last_id, chunk)
        if not rows:
            end = connection.execute(select(audit_end).where(audit_end.c.id == 1)).one_or_none()
            # Somebody may have written meanwhile: then there is more to read.
            if end is None or end.line_id <= last_id or not _after(connection, last_id, 1):
                return _at_the_end(end, last_id, last_hash)
            continue
        for row in rows:
            if row["id"] != last_id + 1:
                return Verdict(last_id, last_id + 1, f"line {last_id + 1} is missing")
            if row["hash"] != _hash_of(row, last_hash):
                return Verdict(last_id, row["id"], f"line {row['id']} is not what was written")
            last_id, last_hash = row["id"], row["hash"]


def end_of(connection: Connection) -> str:
    """The hash that the chain ends with, in hexadecimal: written down elsewhere, it vouches for all lines."""
    end = connection.execute(select(audit_end.c.hash).where(audit_end.c.id == 1)).scalar()
    return end.hex() if end else ""


def _at_the_end(end: Row[Any] | None, last_id: int, last_hash: bytes) -> Verdict:
    if end is None:
        return Verdict(last_id, last_id + 1, "where the chain ends is not known any more")
    if end.line_id > last_id:
        return Verdict(last_id, last_id + 1, f"lines {last_id + 1} to {end.line_id} are missing")
    if end.line_id < last_id:
        return Verdict(end.line_id, end.line_id + 1, f"line {end.line_id + 1} was put in")
    if end.hash != last_hash:
        return Verdict(last_id, last_id or 1, f"line {last_id} is not what was written")
    return Verdict(last_id)


def _after(connection: Connection, last_id: int, limit: int) -> list[RowMapping]:
    lines = audit_lines.c
    query = select(audit_lines).where(lines.id > last_id).order_by(lines.id).limit(limit)
    return list(connection.execute(query).mappings())


def _hash_of(row: RowMapping, previous: bytes) -> bytes:
    return _hash(previous, **{name: value for name, value in row.items() if name != "hash"})


def _hash(previous: bytes, **values: Any) -> bytes:
    at = values["at"].astimezone(UTC).isoformat(timespec="microseconds")
    parts = [values[name] for name in ("id", "operator_id", "operator", "act", "subject", "detail")]
    return hashlib.sha256(_canonical([previous.hex(), at, *parts]).encode()).digest()


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def _plain_value(value: str | int | bool) -> str | int | bool:  # noqa: FBT001 - one of three kinds of value
    return _plain(value) if isinstance(value, str) else value


def _plain(text: str) -> str:
    """One line of what can be printed: a line break must not look like another line of the audit."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)[:_MOST]


def _line(row: Row[Any]) -> Line:
    try:
        detail = json.loads(row.detail)
    except ValueError:  # it was tampered with: verify() says so, and the page still shows the rest
        detail = {"unreadable": row.detail}
    return Line(row.id, row.at, Actor(row.operator, row.operator_id), row.act, row.subject, detail)
