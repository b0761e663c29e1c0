"""Readers for the benchmarks, with topics of their own: made quickly, in the product's own tables."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator

from newsletter.database import Database
from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.token import Keyring

TOPICS = [f"topic {number}" for number in range(20)]
_BATCH = 50_000


def fill(url: str, *, count: int, topics: bool = True) -> None:
    """*count* active readers of "daily" in the database at *url*, each with up to four topics, sealed.

    Without *topics*, nobody has chosen any.
    """
    database = Database(url)
    database.upgrade()
    path = database.url.database or ""
    database.close()
    sealer, chance = Sealer(Keyring.example()), random.Random(1)
    moment = "2026-03-01 00:00:00.000000"
    with sqlite3.connect(path) as connection:
        for first in range(1, count + 1, _BATCH):
            ids = range(first, min(first + _BATCH, count + 1))
            connection.executemany(
                "insert into subscribers (id, handle, address, canonical, created_at, suppressed) "
                "values (?1, ?2, ?3, ?3, ?4, 0)",
                ((one, one.to_bytes(12), f"r{one}@example.org", moment) for one in ids),
            )
            connection.executemany(
                "insert into subscriptions "
                "(id, subscriber_id, newsletter, state, handle, created_at, changed_at) "
                "values (?1, ?1, 'daily', 'active', ?2, ?3, ?3)",
                ((one, one.to_bytes(12), moment) for one in ids),
            )
            if topics:
                connection.executemany(
                    "insert into reader_topics (subscriber_id, sealed, changed_at) values (?, ?, ?)",
                    ((one, sealed, moment) for one, sealed in _sealed(ids, sealer, chance)),
                )


def _sealed(ids: range, sealer: Sealer, chance: random.Random) -> Iterator[tuple[int, bytes]]:
    for one in ids:
        chosen = sorted(chance.sample(TOPICS, chance.choice((1, 1, 2, 3, 4))))
        yield one, sealer.seal("\n".join(chosen) + "\f", owner=one)
