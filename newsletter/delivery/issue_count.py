"""How many deliveries of an issue are in each state, kept as they change: a million are never counted.

Whatever changes the state of a delivery says so here, in the same transaction. An issue has a few rows, so
that senders on several machines do not wait for each other's (PostgreSQL); its count is their sum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from zlib import crc32

from sqlalchemy import Column, Connection, ForeignKey, Integer, Table, bindparam, func, select

from newsletter.database import Prepared, metadata, upsert
from newsletter.delivery.delivery import State

#: Among so many rows the senders of an issue are spread.
SHARDS = 8

issue_counts = Table(
    "issue_counts",
    metadata,
    Column("issue_id", ForeignKey("issues.id"), primary_key=True),
    # Of whom: 0 for what no sender does.
    Column("shard", Integer, primary_key=True, autoincrement=False),
    *(Column(state.value, Integer, nullable=False) for state in State),
)

#: By state: how many more deliveries are in it than before.
Change = Mapping[State, int]


def moved(before: State, after: State, number: int = 1) -> Counter[State]:
    """The change where so many deliveries went from one state to another."""
    change = Counter({before: -number})
    change[after] += number
    return change


def count_change(connection: Connection, issue_id: int, change: Change, *, owner: str = "") -> None:
    """Add *change* to what is kept of the issue. *owner*: the sender that made it, if one did.

    The caller's transaction must be a writing one, and touch several issues in the order of their numbers.
    """
    if not any(change.values()):
        return
    row = {
        "issue": issue_id,
        "of_shard": crc32(owner.encode()) % (SHARDS - 1) + 1 if owner else 0,
        **{f"more_{state.value}": change.get(state, 0) for state in State},
    }
    if not _ADD.run(connection, [row])[0]:
        _insert(connection, row)


def issue_count(connection: Connection, issue_id: int) -> dict[str, int]:
    """How many deliveries of the issue are in each state; every state is a key."""
    row = connection.execute(_SUM, {"issue": issue_id}).one()
    return {state.value: number or 0 for state, number in zip(State, row, strict=True)}


_ADD = Prepared(
    issue_counts.update()
    .where(issue_counts.c.issue_id == bindparam("issue"), issue_counts.c.shard == bindparam("of_shard"))
    .values({state.value: issue_counts.c[state.value] + bindparam(f"more_{state.value}") for state in State})
)
_SUM = select(*(func.sum(issue_counts.c[state.value]) for state in State)).where(
    issue_counts.c.issue_id == bindparam("issue")
)


def _insert(connection: Connection, row: Mapping[str, int]) -> None:
    by_state = {state.value: row[f"more_{state.value}"] for state in State}
    values = {"issue_id": row["issue"], "shard": row["of_shard"], **by_state}
    new = upsert(connection.dialect.name, issue_counts).values(values)
    # Another process may have been quicker (PostgreSQL).
    more = {state.value: issue_counts.c[state.value] + new.excluded[state.value] for state in State}
    keys = [issue_counts.c.issue_id, issue_counts.c.shard]
    connection.execute(new.on_conflict_do_update(index_elements=keys, set_=more))
