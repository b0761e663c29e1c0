"""Whether nobody was missed and nobody mailed twice: the server's record beside the ledger."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path

_LEDGER = (
    "select subscribers.address, deliveries.state from deliveries "
    "join subscriptions on subscriptions.id = deliveries.subscription_id "
    "join subscribers on subscribers.id = subscriptions.subscriber_id"
)


@dataclass(frozen=True)
class Verdict:
    """What became of one run, in numbers of readers, or of copies for *repeated*.

    *other_id*: their copies do not all have the Message-ID of the first, or it is somebody else's.
    *differs*: the ledger says something else than the server, unknown ones apart.
    """

    readers: int = 0
    lost: int = 0
    repeated: int = 0
    other_id: int = 0
    differs: int = 0
    unknown: int = 0

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def holds(self, *, repeats: int) -> bool:
        """Whether it is as promised, when so many copies may have come twice."""
        return not (self.lost or self.other_id or self.differs) and self.repeated <= repeats


def judge(database: Path, record: Path) -> Verdict:
    """Compare the ledger in *database* (which knows one issue) with what the server wrote down."""
    copies: dict[str, list[str]] = defaultdict(list)
    for line in record.read_text(encoding="utf-8").splitlines():
        address, _, message_id = line.partition("\t")
        copies[address].append(message_id)
    with closing(sqlite3.connect(database)) as connection:
        ledger = connection.execute(_LEDGER).fetchall()
        asked = {each for (each,) in connection.execute("select address from subscribers")}
    owners = Counter(one for ids in copies.values() for one in set(ids))
    states: dict[str, list[str]] = defaultdict(list)
    for address, state in ledger:
        states[address].append(state)
    return Verdict(
        readers=len(asked),
        lost=sum(not copies.get(each) for each in asked),
        repeated=sum(len(ids) - 1 for ids in copies.values()),
        other_id=sum(len(set(ids)) > 1 or owners[ids[0]] > 1 for ids in copies.values()),
        differs=sum(not _agree(states.get(each, []), copies.get(each, [])) for each in asked | set(copies)),
        unknown=sum(state == "unknown" for _, state in ledger),
    )


def _agree(states: list[str], copies: list[str]) -> bool:
    """One row: accepted where the server took it, something else where it did not."""
    if len(states) != 1:
        return False
    return states[0] == "unknown" or (states[0] == "accepted") == bool(copies)
