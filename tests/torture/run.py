"""Runs of the scenarios, two at a time, and what they came to."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from tests.stocked import stock
from tests.torture.house import House, Recorder, Stock
from tests.torture.scenario import clean, full_disk, small_disk
from tests.torture.verdict import Verdict, judge

#: Small, for speed: the holes and the header lines.
OCTETS = 1_000
#: What a disk that is about to be full has beside a copy of the stock.
_ROOM = 16 << 20
_DELAYS_MS = (0, 0, 1, 2)


@dataclass(frozen=True)
class Result:
    """One run: how often its newsletter was hurt, and how it stands."""

    number: int
    seconds: float
    faults: int
    repeats: int
    verdict: Verdict
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether every invariant does."""
        return not self.problems and self.verdict.holds(repeats=self.repeats)


def prepare(folder: Path, *, readers: int) -> Stock:
    """Stock a workplace in *folder*, and send a copy of it undisturbed to see how its database grows."""
    shutil.rmtree(folder, ignore_errors=True)
    day = datetime.now(UTC).date()
    stock(folder / "stock", day, count=readers, octets=OCTETS, is_begun=True)
    stocked = Stock(folder / "stock", day, readers)
    grown = 0

    def measured(house: House) -> None:
        nonlocal grown
        before = house.number("PRAGMA page_count")
        clean(house)
        grown = house.number("PRAGMA page_count") - before

    result = one_run(stocked, folder / "clean", measured, number=0, seed="clean")
    if not result.holds:
        raise SystemExit(f"an undisturbed run does not hold: {result} (kept in {folder / 'clean'})")
    return replace(stocked, growth=grown)


def one_run(
    stocked: Stock, folder: Path, scenario: Callable[[House], None], *, number: int, seed: str
) -> Result:
    """One run in *folder*, which stays there when an invariant broke."""
    chance = random.Random(seed)
    began = time.monotonic()
    (folder / "home").mkdir(parents=True)
    with ExitStack() as stack:
        if scenario is full_disk:
            size = sum(file.stat().st_size for file in stocked.folder.iterdir())
            stack.enter_context(small_disk(folder / "home", size + _ROOM))
        recorder = stack.enter_context(Recorder(folder / "record", delay_ms=chance.choice(_DELAYS_MS)))
        house = House(folder, stocked, chance, recorder)
        house.move_in()
        scenario(house)
        recorder.settle()
        verdict = judge(house.database, house.record)
        taken = time.monotonic() - began
        result = Result(number, taken, house.faults, house.repeats, verdict, tuple(house.problems))
        if not result.holds:
            shutil.copytree(house.home, folder / "kept")
    if result.holds:
        shutil.rmtree(folder)
    return result


def many_runs(
    stocked: Stock, folder: Path, name: str, scenario: Callable[[House], None], *, runs: int, seed: str
) -> Iterator[Result]:
    """The results of *runs* runs of a scenario, in the order of their numbers."""

    def run(number: int) -> Result:
        place = folder / f"{name.replace(' ', '-')}-{number}"
        return one_run(stocked, place, scenario, number=number, seed=f"{seed}/{name}/{number}")

    # Their processes need the cores: more at a time would only wait for each other.
    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(run, range(runs))


def line(name: str, results: list[Result]) -> str:
    """What the runs of one scenario came to."""
    total = sum((result.verdict for result in results), Verdict())
    faults, repeats = sum(one.faults for one in results), sum(one.repeats for one in results)
    broken = [one for one in results if not one.holds]
    said = f"{len(broken)} of {len(results)} BROKEN" if broken else "holds"
    mean = sum(one.seconds for one in results) / len(results)
    return (
        f"{name:16} {len(results):4} runs ({mean:.1f} s each), {faults} faults, {total.readers:,} letters: "
        f"lost {total.lost}, repeated {total.repeated} (allowed {repeats}), "
        f"other Message-ID {total.other_id}, ledger differs {total.differs}, unknown {total.unknown}: {said}"
    )
