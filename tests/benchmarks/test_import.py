"""`make bench`: a list of 1,000,000 readers comes in, beside a bare executemany of its rows in the same run.

Each run is a process of its own, so that its memory is its own. NEWSLETTER_BENCH_ROWS makes a smaller list.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROWS = int(os.environ.get("NEWSLETTER_BENCH_ROWS", "1000000"))

_BARE = """
import csv, json, resource, sqlite3, sys, time
began = time.perf_counter()
with open(sys.argv[1], encoding="utf-8", newline="") as text, sqlite3.connect(sys.argv[2]) as connection:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("create table bare (id integer primary key, email text unique, name text, at text)")
    rows = csv.reader(text)
    next(rows)
    connection.executemany("insert into bare (email, name, at) values (?, ?, ?)", rows)
print(json.dumps({"seconds": time.perf_counter() - began, "cpu": time.process_time()}))
"""

_IMPORT = """
import json, resource, sys, time
from pathlib import Path
from newsletter.clock import SystemClock
from newsletter.settings import Settings
from newsletter.subscribers.token import write_key_file
from newsletter.subscribers.transfer.recognise import recognise
from newsletter.subscribers.transfer.table import read_table
from newsletter.workflows.import_subscribers import Manner, import_subscribers
from newsletter.workflows.workplace import open_workplace

file, folder = Path(sys.argv[1]), Path(sys.argv[2])
key_path = folder / "newsletter.key"
if not key_path.exists():
    write_key_file(key_path)
settings = Settings(
    database_url=f"sqlite:///{folder / 'letters.db'}", key_path=key_path,
    journal_path=folder / "newsletter.journal",
)
began, cpu = time.perf_counter(), time.process_time()
with open_workplace(settings, SystemClock()) as workplace:
    found = recognise(read_table(lambda: file.open("rb"), file.name), newsletter="daily")
    report = import_subscribers(workplace, found, basis="bench", manner=Manner(key="bench"))
print(json.dumps({
    "seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu,
    "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "imported": report.imported, "unchanged": report.unchanged, "rejected": report.rejected_count,
}))
"""


def run(script: str, *arguments: str) -> dict[str, float]:
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def test_a_million_readers_come_in(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    with file.open("w", encoding="utf-8") as text:
        text.write("Email,Name,Subscribed at\n")
        for number in range(ROWS):
            text.write(f"reader.{number * 7919 % 9999991}@example.org,Reader {number},2024-05-06 07:08:09\n")
    bare = run(_BARE, str(file), str(tmp_path / "bare.db"))
    came = run(_IMPORT, str(file), str(tmp_path))
    again = run(_IMPORT, str(file), str(tmp_path))
    assert (came["imported"], again["imported"], again["unchanged"]) == (ROWS, 0, ROWS)
    assert came["rejected"] == again["rejected"] == 0
    print(
        f"\nimport of {ROWS:,} rows: {came['seconds']:.1f} s ({came['cpu']:.1f} s of CPU), "
        f"{came['mb']:.0f} MB; a bare executemany {bare['seconds']:.1f} s ({bare['cpu']:.1f} s), "
        f"ratio {came['seconds'] / bare['seconds']:.1f} (CPU {came['cpu'] / bare['cpu']:.1f}); "
        f"the same list again {again['seconds']:.1f} s"
    )
    assert came["seconds"] <= 150
    assert came["mb"] <= 300
