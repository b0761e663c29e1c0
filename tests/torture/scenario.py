"""What is done to a newsletter while it goes out; each a function of the house it is done to.

Afterwards the issue has been sent to its end, and the house knows how many copies may have come twice.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.torture.house import House, Moment

#: How long a disk stays full.
_FULL_S = 1.5
_LIFE = (Moment.QUEUEING, Moment.SENDING)


def clean(house: House) -> None:
    """Nothing."""
    house.finish()


def killed(house: House) -> None:
    """Kill -9, up to three times, anywhere between the start of a process and its end."""
    weights = {Moment.START: 1, Moment.QUEUEING: 2, Moment.SENDING: 5, Moment.AFTER: 2}
    times = house.chance.randint(1, 3)
    chosen = house.chance.choices(list(weights), list(weights.values()), k=times)
    for moment in sorted(chosen, key=list(weights).index):
        process = house.start()
        if house.wait(moment, process):
            process.kill()
        status = house.end(process)
        if status == -signal.SIGKILL:
            house.failed()
        elif status:
            house.problems.append(f"a process ended with {status} before it was killed")
    house.finish()


def terminated(house: House) -> None:
    """SIGTERM, up to two times: what is out is brought to its end, and nothing comes twice."""
    moments = [Moment.START, Moment.QUEUEING, *[Moment.SENDING] * 4, Moment.AFTER]
    for moment in house.chance.sample(moments, house.chance.randint(1, 2)):
        process = house.start()
        if house.wait(moment, process):
            process.terminate()
            house.faults += 1
        house.end(process)
        if left := house.number("select count(*) from deliveries where state = 'sending'"):
            house.problems.append(
                f"SIGTERM while {moment.value}: {left} messages of unknown outcome are left"
            )
    house.finish()


def twins(house: House) -> None:
    """Two schedulers at once: nothing comes twice."""
    for process in (house.start(), house.start()):
        if status := house.end(process):
            house.problems.append(f"one of two ended with {status}")
    house.faults += 1
    house.finish()


def locked(house: House) -> None:
    """Somebody else holds the database for a while: it is waited for, and nothing comes twice."""
    process = house.start()
    if house.wait(house.chance.choice(_LIFE), process):
        with closing(sqlite3.connect(house.database, timeout=30, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            house.faults += 1
            time.sleep(house.stock.locked_s)
            other.execute("ROLLBACK")
    if status := house.end(process):
        house.problems.append(f"the process ended with {status}")
    house.finish()


def full(house: House) -> None:
    """The database may grow by so much and no more; then it may."""
    pages = house.number("PRAGMA page_count") + house.chance.randint(0, house.stock.growth)
    if house.end(house.start(pages=pages)):
        house.failed()
    house.finish()


def full_disk(house: House) -> None:
    """The file system has no octet left, at any moment; then somebody makes room."""
    process = house.start()
    if house.wait(house.chance.choice(_LIFE), process):
        ballast = house.home / "ballast"
        _fill(ballast)
        end = time.monotonic() + _FULL_S
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        ballast.unlink()
    if house.end(process):
        house.failed()
    house.finish()


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


@contextmanager
def small_disk(folder: Path, octets: int) -> Iterator[None]:
    """A file system of its own in *folder*, in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={octets}", "tmpfs", str(folder)],
        check=True,
        capture_output=True,
    )
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def can_mount(folder: Path) -> bool:
    """Whether this user may mount file systems here."""
    if os.geteuid():
        return False
    try:
        with small_disk(folder, 4096):
            return True
    except (subprocess.CalledProcessError, FileNotFoundError):
        return False


Scenario = Callable[[House], None]
SCENARIOS: dict[str, Scenario] = {
    "kill -9": killed,
    "SIGTERM": terminated,
    "two schedulers": twins,
    "database locked": locked,
    "database full": full,
    "disk full": full_disk,
}
