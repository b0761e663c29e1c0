"""`make bench`: proving one consent among 1,000,000 readers, beside one row read by its key in that file.

NEWSLETTER_BENCH_ROWS makes a smaller list.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import insert

from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.settings import Settings
from newsletter.subscribers.consent import Action, ConsentAct, append_record
from newsletter.subscribers.ledger import end_row, row_of
from newsletter.subscribers.schema import consent_ends, consents, subscribers
from newsletter.subscribers.token import Keyring
from newsletter.workflows.prove_consent import prove_consent
from newsletter.workflows.workplace import Workplace

ROWS = int(os.environ.get("NEWSLETTER_BENCH_ROWS", "1000000"))
BATCH = 10_000
ROUNDS = 200
MOST_MS = 50.0
NOW = datetime(2026, 3, 3, tzinfo=UTC)


def fill(database: Database, keyring: Keyring) -> None:
    """ROWS readers, each with the two records of a double opt-in."""
    for first in range(1, ROWS + 1, BATCH):
        people, records, ends = [], [], []
        for one in range(first, min(first + BATCH, ROWS + 1)):
            handle, address = one.to_bytes(12), f"r{one}@example.org"
            people.append(
                {"id": one, "handle": handle, "address": address, "canonical": address, "created_at": NOW}
            )
            last = None
            for action in (Action.REQUEST, Action.CONFIRM):
                act = ConsentAct(
                    newsletter="daily",
                    action=action,
                    address=address,
                    wording="Yes, send me Daily Health by e-mail.",
                    locale="en",
                    door="sign-up page",
                    evidence="POST",
                    acted_at=NOW,
                )
                last = append_record(act, subscriber=handle, last=last, salt=b"s" * 16, keyring=keyring)
                records.append(row_of(last, one))
            if last is not None:
                ends.append(end_row(last, one, keyring))
        with database.write() as connection:
            connection.execute(insert(subscribers), people)
            connection.execute(insert(consents), records)
            connection.execute(insert(consent_ends), ends)


def median_ms(work: Callable[[int], object]) -> float:
    taken = []
    for number in range(ROUNDS):
        began = time.perf_counter()
        work(number * 4_999 % ROWS + 1)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def test_one_consent_among_a_million_is_proved_at_once(tmp_path: Path) -> None:
    path, keyring = tmp_path / "million.db", Keyring.example()
    settings = Settings(database_url=SecretStr(f"sqlite:///{path}"), journal_path=tmp_path / "journal")
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    fill(database, keyring)
    workplace = Workplace(settings, FixedClock(NOW), database, keyring)

    def prove(number: int) -> None:
        proof = prove_consent(workplace, f"r{number}@example.org")
        assert proof is not None
        assert proof.is_whole

    proved = median_ms(prove)
    with sqlite3.connect(path) as bare:
        read = "SELECT * FROM subscribers WHERE canonical = ?"
        reference = median_ms(lambda number: bare.execute(read, (f"r{number}@example.org",)).fetchone())
    database.close()
    print(
        f"\nproof of one consent among {ROWS:,}: {proved:.2f} ms, one row by its key {reference:.4f} ms: "
        f"{proved / reference:.0f} times as long"
    )
    assert proved <= MOST_MS
