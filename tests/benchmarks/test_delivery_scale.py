"""`make bench`: an issue for a million readers begins at once and needs little memory; 100,000 arrive.

The million is stocked once a day and kept under var/bench. NEWSLETTER_BENCH_READERS, NEWSLETTER_BENCH_WATCHED
and NEWSLETTER_BENCH_DELIVERIES make it shorter.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.benchmarks.issue_mail import kept_stock, send, sending
from tests.benchmarks.sinks import discard_sink, discarding

READERS = int(os.environ.get("NEWSLETTER_BENCH_READERS", "1000000"))
#: Deliveries of the million over which memory is watched.
WATCHED = int(os.environ.get("NEWSLETTER_BENCH_WATCHED", "200000"))
DELIVERIES = int(os.environ.get("NEWSLETTER_BENCH_DELIVERIES", "100000"))
OCTETS, CONNECTIONS = 60_000, 10
MOST_S, FIRST_WITHIN_S, MOST_MB = 60, 5, 200

pytestmark = pytest.mark.timeout(7200)


@dataclass
class Watched:
    """What was seen of a process from outside: seconds since it began, and resident memory in MB then."""

    queued_s: float | None = None
    first_s: float | None = None
    accepted: int = 0
    seconds: float = 0
    resident_mb: list[tuple[float, float]] = field(default_factory=list)

    def fifths(self) -> list[float]:
        """The most memory in each fifth of the time."""
        most = [0.0] * 5
        for at, resident in self.resident_mb:
            part = min(4, int(at / self.seconds * 5))
            most[part] = max(most[part], resident)
        return most


def watch(process: subprocess.Popen[str], database: Path) -> Watched:
    """Look every so often, until enough readers have their letters and every one has a delivery."""
    seen, began = Watched(), time.perf_counter()
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as connection:

        def ask(query: str) -> int:
            return int(connection.execute(query).fetchone()[0])

        pause = 0.01
        while process.poll() is None and (seen.accepted < WATCHED or seen.queued_s is None):
            time.sleep(pause)
            seen.seconds = time.perf_counter() - began
            seen.resident_mb.append((seen.seconds, _resident_mb(process.pid)))
            if seen.queued_s is None and ask("select count(audience_at) from issues"):
                seen.queued_s = seen.seconds
            seen.accepted = ask(
                "select count(*) from deliveries where issue_id = (select min(id) from issues) "
                "and state = 'accepted'"
            )
            if seen.first_s is None and seen.accepted:
                seen.first_s, pause = seen.seconds, 0.5
    return seen


def _resident_mb(pid: int) -> float:
    """Resident memory; 0 once the process is gone (proc(5))."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def test_an_issue_for_a_million_begins_at_once_and_needs_little_memory(tmp_path: Path, program: Path) -> None:
    began = time.perf_counter()
    stocked = kept_stock(count=READERS, octets=OCTETS)
    print(f"\na list of {READERS:,} readers: {time.perf_counter() - began:.0f} s")
    with (
        discarding(program) as sink,
        sending("deliver", stocked, tmp_path, sink=sink, connections=CONNECTIONS) as (process, home),
    ):
        seen = watch(process, home / "subscribers.db")
        ended = process.poll()
    assert ended in (None, 0)
    assert seen.queued_s is not None, "not every reader has a delivery"
    assert seen.first_s is not None, "no message was accepted"
    assert sink.messages >= seen.accepted
    fifths = ", ".join(f"{most:.0f}" for most in seen.fifths())
    print(
        f"everybody has a delivery after {seen.queued_s:.1f} s (wanted ≤ {MOST_S}), the first message is "
        f"booked after {seen.first_s:.2f} s (wanted ≤ {FIRST_WITHIN_S})\n"
        f"{seen.accepted:,} deliveries in {seen.seconds:.0f} s; most memory {max(seen.fifths()):.0f} MB "
        f"(wanted ≤ {MOST_MB}), by fifths of the time {fifths} MB (wanted: flat)"
    )


def test_each_of_many_deliveries_arrives(tmp_path: Path, program: Path) -> None:
    stocked = kept_stock(count=DELIVERIES, octets=OCTETS)
    with discarding(program) as sink:
        sent = send("deliver", stocked, tmp_path, sink=sink, connections=CONNECTIONS)
    assert sent.spent.messages == sink.messages == DELIVERIES
    print(
        f"\n{DELIVERIES:,} deliveries end to end: {sent.spent.seconds:.0f} s, {sent.spent.rate:,.0f} msg/s, "
        f"{sent.spent.cpu_us:,.0f} µs of CPU each, at most {sent.peak_mb:.0f} MB; the sink counted as many"
    )


@pytest.fixture
def program() -> Path:
    found = discard_sink()
    if found is None:
        pytest.skip("no C compiler (cc): the sink in C cannot be made")
    return found
