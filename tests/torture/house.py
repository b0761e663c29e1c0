"""One run's newsletter in a folder of its own: real processes that send it, and the moments to hurt them."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from newsletter.settings import Settings
from tests.stocked import configure

ROOT = Path(__file__).parents[2]
#: Beyond this a process does not end by itself.
SECONDS = 120
#: Connections to the relay, where they can be set; the program has one where they cannot.
CONNECTIONS = 10
#: A process takes about so long to begin; a page of readers is queued within the second time.
_START_S, _QUEUEING_S, _AFTER_S = 1.2, 0.02, 0.4
_PASS_TIME = "update deliveries set next_at = null where state in ('queued', 'deferred', 'unknown')"


class Moment(StrEnum):
    """When in the life of a process something happens to it."""

    START = "start"
    QUEUEING = "queueing"
    SENDING = "sending"
    AFTER = "after"


@dataclass(frozen=True)
class Stock:
    """What every run begins with: a stocked workplace, and how many pages its database grows by.

    *locked_s*: how long somebody else holds the database, where that is what happens.
    """

    folder: Path
    day: date
    readers: int
    growth: int = 0
    locked_s: float = 5


class Recorder:
    """The recording server, seen from here."""

    def __init__(self, record: Path, *, delay_ms: float) -> None:
        record.touch()
        command = [sys.executable, "-m", "tests.torture.recorder", str(record), str(delay_ms)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._lines = record.open("rb")
        self._count = 0
        self.port = int(self._read())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.close()
        self._process.communicate(timeout=30)

    def count(self) -> int:
        """How many messages it accepted so far."""
        self._count += self._lines.read().count(b"\n")
        return self._count

    def settle(self) -> int:
        """Wait until nobody is connected; how many were at most at a time."""
        assert self._process.stdin is not None
        self._process.stdin.write("settle\n")
        self._process.stdin.flush()
        return int(json.loads(self._read())["peak"])

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@dataclass
class House:
    """A copy of the stock, the processes that run it, and what was found wrong on the way.

    *faults*: how often it was hurt, by how far the issue was; *repeats*: how many copies may come twice.
    """

    folder: Path
    stock: Stock
    chance: random.Random
    recorder: Recorder
    faults: Counter[str] = field(default_factory=Counter)
    repeats: int = 0
    problems: list[str] = field(default_factory=list)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def database(self) -> Path:
        return self.home / "subscribers.db"

    @property
    def record(self) -> Path:
        return self.folder / "record"

    def move_in(self) -> None:
        """Copy the stock, with the recorder as its relay."""
        shutil.copytree(self.stock.folder, self.home, dirs_exist_ok=True)
        configure(self.home, port=self.recorder.port, connections=CONNECTIONS)

    def start(self, *, pages: int | None = None) -> subprocess.Popen[bytes]:
        """A process that sends the issue: the scheduler or the command, as it happens."""
        day = self.stock.day.isoformat()
        command = [str(ROOT / "scheduler.py"), "--once", day]
        if pages is not None:
            command = ["-m", "tests.torture.small_disk", str(pages), *command]
        elif self.chance.random() < 0.25:
            command = ["-m", "newsletter", "send", day, "--json"]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=self.home,
                env={**kept, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.running.append(process)
        return process

    def move_out(self) -> None:
        """Leave no process behind, whatever became of the run."""
        for process in self.running:
            process.kill()
            process.wait()

    def end(self, process: subprocess.Popen[bytes]) -> int:
        """Wait for its end; the exit status. One that does not end is killed, and a problem."""
        try:
            return process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.problems.append(f"a process did not end within {SECONDS} s")
            process.kill()
            return process.wait()

    def hurt(self) -> None:
        """Note that something happens to it, and how far the issue is.

        Of a process that is to be killed, before: whoever opens the database of a dead one mends it.
        """
        if self.number("select count(audience_at) from issues"):
            is_done = self.recorder.count() >= self.stock.readers
            self.faults["when all were out" if is_done else "sending"] += 1
        else:
            self.faults["queueing" if self.number("select count(*) from deliveries") else "before"] += 1

    def failed(self) -> None:
        """Note that a process died: every message that was out may come once more."""
        self.repeats += CONNECTIONS if "connections" in Settings.model_fields else 1

    def finish(self) -> None:
        """Run the issue to its end, undisturbed; what waits for its retry is due at once."""
        for _ in range(4):
            status = self.end(self.start())
            waiting = self.let_time_pass()
            if not waiting:
                if status:
                    self.problems.append(f"the last process ended with {status}")
                return
        self.problems.append("deliveries wait for their retry again and again")

    def let_time_pass(self) -> int:
        """Make due what waits for a later time; how many deliveries did."""
        with closing(sqlite3.connect(self.database, timeout=30)) as connection, connection:
            return connection.execute(_PASS_TIME).rowcount

    def number(self, query: str) -> int:
        """The one number that *query* gives."""
        with closing(sqlite3.connect(self.database, timeout=30)) as connection:
            return int(connection.execute(query).fetchone()[0])

    def wait(self, moment: Moment, process: subprocess.Popen[bytes]) -> bool:
        """Wait for a random instant of *moment*; False when the process ended before."""
        if moment is Moment.START:
            return self._doze(_START_S, process)
        if moment is Moment.QUEUEING:
            # Half of them between its first write and the first page of readers, half among the pages.
            query = self.chance.choice(("PRAGMA data_version", "select count(*) from deliveries"))
            with self._changed(query) as is_changed:
                return _until(is_changed, process) and self._doze(_QUEUEING_S, process)
        done = self.recorder.count()
        left = max(1, self.stock.readers - done)
        if moment is Moment.SENDING:
            goal = done + self.chance.randint(1, left)
            return _until(lambda: self.recorder.count() >= goal, process)
        return _until(lambda: self.recorder.count() >= done + left, process) and self._doze(_AFTER_S, process)

    def _doze(self, most_s: float, process: subprocess.Popen[bytes]) -> bool:
        end = time.monotonic() + self.chance.random() * most_s
        return _until(lambda: time.monotonic() >= end, process)

    @contextmanager
    def _changed(self, query: str) -> Iterator[Callable[[], bool]]:
        """Whether another process has changed what *query* gives."""
        with closing(sqlite3.connect(self.database, timeout=30)) as connection:

            def ask() -> int:
                return int(connection.execute(query).fetchone()[0])

            before = ask()
            yield lambda: ask() != before


def _until(is_reached: Callable[[], bool], process: subprocess.Popen[bytes]) -> bool:
    while not is_reached():
        if process.poll() is not None:
            return False
        time.sleep(0.0005)
    return process.poll() is None
