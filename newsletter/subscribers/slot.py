"""Counts that several transactions add to at the same time without waiting for each other.

Such a table has a column *slot* in its key. SQLite, which has one writer, needs one slot. On PostgreSQL each
server process, which is in one transaction at a time, writes its own; the sum counts. fold() gathers them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Table, delete, func, literal, select, tuple_

from newsletter.database import upsert

#: The slot that every other one is folded into.
_FOLDED = 0


def add(connection: Connection, table: Table, place: Mapping[str, Any], number: int) -> None:
    """Add *number* to the count at *place* (the key without its slot)."""
    slot: ColumnElement[int] = (
        literal(_FOLDED) if connection.dialect.name == "sqlite" else func.pg_backend_pid(type_=Integer)
    )
    _add(connection, table, {**place, "slot": slot}, number)


def fold(connection: Connection, table: Table) -> None:
    """Gather the slots of *table*, but for those that somebody is writing now."""
    if connection.dialect.name == "sqlite":
        return
    key = list(table.primary_key)
    free = select(*key).where(table.c.slot != _FOLDED).with_for_update(skip_locked=True)
    gone = connection.execute(delete(table).where(tuple_(*key).in_(free)).returning(*key, table.c["count"]))
    totals: Counter[tuple[Any, ...]] = Counter()
    for *place, number in gone:
        named = {column.name: value for column, value in zip(key, place, strict=True)} | {"slot": _FOLDED}
        totals[tuple(named.items())] += number
    for named_place, number in totals.items():
        _add(connection, table, dict(named_place), number)


def _add(connection: Connection, table: Table, place: Mapping[str, Any], number: int) -> None:
    new = upsert(connection.dialect.name, table).values({**place, "count": number})
    more = {"count": table.c["count"] + new.excluded["count"]}
    connection.execute(new.on_conflict_do_update(index_elements=list(table.primary_key), set_=more))
