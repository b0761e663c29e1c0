"""`make bench`: 1,000,000 webhook events about the letters of one issue are folded into states.

Beside it stand the same events as bare rows of a table with a unique key. NEWSLETTER_BENCH_EVENTS makes it
smaller. Each run is a process of its own, so that its memory is its own; a tenth of the events shows whether
memory grows with their number.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EVENTS = int(os.environ.get("NEWSLETTER_BENCH_EVENTS", "1000000"))
#: The most that 1,000,000 events may take, and by how much memory may grow from a tenth to all of them.
MOST_S, MOST_MB = 600, 60

_LETTERS = """
import hashlib, sqlite3, sys
from datetime import UTC, datetime
from newsletter.database import Database
folder, number = sys.argv[1], int(sys.argv[2])
Database(f"sqlite:///{folder}/letters.db").upgrade()
def handle(what, place): return hashlib.sha256(f"{what}{place}".encode()).digest()[:12]
def domain(place): return f"d{place % 997}.example" if place % 10 else "gmail.example"
at, day = "2026-03-02 08:00:00.000000", "2026-03-02"
with sqlite3.connect(f"{folder}/letters.db") as db:
    db.execute("pragma synchronous = off")
    db.executemany(
        "insert into subscribers (id, handle, address, canonical, created_at, suppressed, language)"
        " values (?, ?, ?, ?, ?, 0, '')",
        ((p, handle("r", p), f"r{p}@{domain(p)}", f"r{p}@{domain(p)}", at) for p in range(1, number + 1)))
    db.executemany(
        "insert into subscriptions (id, subscriber_id, newsletter, state, handle, created_at, changed_at,"
        " frequency, site) values (?, ?, 'daily', 'active', ?, ?, ?, 'daily', '')",
        ((p, p, handle("s", p), at, at) for p in range(1, number + 1)))
    for issue in (1, 2):
        day = f"2026-03-0{issue + 1}"
        db.execute("insert into issues (id, newsletter, issued_on, state, document, composed_at, started_at,"
                   " finished_at) values (?, 'daily', ?, 'sent', '{}', ?, ?, ?)", (issue, day, at, at, at))
    db.executemany(
        "insert into deliveries (issue_id, subscription_id, state, attempts, queued_at, changed_at)"
        " values (2, ?, 'accepted', 1, ?, ?)", ((p, at, at) for p in range(1, number + 1)))
"""

_FOLD = """
import json, resource, sys, time
from datetime import UTC, datetime
from pathlib import Path
from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.feedback.event import Event, Kind, Permanence, Reason
from newsletter.settings import Settings
from newsletter.subscribers.token import Keyring
from newsletter.workflows.take_feedback import take
from newsletter.workflows.workplace import Workplace
folder, number = Path(sys.argv[1]), int(sys.argv[2])
url = f"sqlite:///{folder / 'letters.db'}"
settings = Settings(database_url=url, journal_path=folder / "newsletter.journal")
clock = FixedClock(datetime(2026, 3, 3, 12, tzinfo=UTC))
workplace = Workplace(settings, clock, Database(url), Keyring.example())
def domain(place): return f"d{place % 997}.example" if place % 10 else "gmail.example"
def event(place):
    rest = place % 1000
    said = {"recipient": f"r{place}@{domain(place)}", "remote_id": f"event-{place}"}
    if rest < 1:
        return Event(kind=Kind.COMPLAINT, reason=Reason.SPAM, **said)
    if rest < 10:
        return Event(kind=Kind.BOUNCE, reason=Reason.NO_ADDRESS, status="5.1.1",
                     permanence=Permanence.PERMANENT, diagnostic="550 5.1.1 no such user", **said)
    if rest < 30:
        return Event(kind=Kind.BOUNCE, reason=Reason.MAILBOX_FULL, status="4.2.2",
                     permanence=Permanence.TEMPORARY, diagnostic="452 4.2.2 over quota", **said)
    kind = Kind.DELAYED if rest < 40 else Kind.DELIVERED
    return Event(kind=kind, **said)
began, cpu, matched = time.perf_counter(), time.process_time(), 0
for first in range(1, number + 1, 500):
    batch = [event(place) for place in range(first, min(first + 500, number + 1))]
    matched += take(workplace, batch, source="sendgrid").matched
print(json.dumps({
    "seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu, "matched": matched,
    "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""

_BARE = """
import hashlib, json, sqlite3, sys, time
number = int(sys.argv[2])
began = time.perf_counter()
with sqlite3.connect(f"{sys.argv[1]}/bare.db", isolation_level=None) as db:
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = full")
    db.execute("create table bare (id integer primary key, key blob unique, kind text, address text)")
    for first in range(1, number + 1, 500):
        db.execute("begin immediate")
        db.executemany("insert into bare (key, kind, address) values (?, ?, ?)", (
            (hashlib.sha256(b"%d" % p).digest(), "delivered", f"r{p}@example.net")
            for p in range(first, min(first + 500, number + 1))))
        db.execute("commit")
print(json.dumps({"seconds": time.perf_counter() - began}))
"""


def run(script: str, *arguments: object) -> dict[str, float]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, float] = json.loads(done.stdout or "{}")
    return found


@pytest.mark.timeout(3600)
def test_webhook_events_are_folded_into_states(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folded = {}
    for number in (EVENTS // 10, EVENTS):
        folder = tmp_path / str(number)
        folder.mkdir()
        run(_LETTERS, folder, number)
        folded[number] = run(_FOLD, folder, number)
        assert folded[number]["matched"] == number
    bare = run(_BARE, tmp_path, EVENTS)
    few, all_of_them = folded[EVENTS // 10], folded[EVENTS]
    with capsys.disabled():
        print(
            f"\n{EVENTS:,} webhook events folded in {all_of_them['seconds']:.0f} s "
            f"({EVENTS / all_of_them['seconds']:,.0f}/s, {all_of_them['cpu']:.0f} s of CPU), "
            f"{all_of_them['seconds'] / bare['seconds']:.1f} times bare rows ({bare['seconds']:.0f} s); "
            f"memory {all_of_them['mb']:.0f} MB, {few['mb']:.0f} MB for a tenth"
        )
    assert all_of_them["seconds"] <= MOST_S * max(EVENTS / 1_000_000, 0.1)
    assert all_of_them["mb"] - few["mb"] <= MOST_MB
