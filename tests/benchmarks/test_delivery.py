"""`make bench`: an issue sent to its readers, beside Postfix's generator and the usual ways.

Messages of 60 kB over 10 connections, personalised, every result in the ledger on SQLite; rounds of all in
turn, medians, ratios within a round. NEWSLETTER_BENCH_MESSAGES and NEWSLETTER_BENCH_ROUNDS make it shorter.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from tests.benchmarks.issue_mail import CAN_SIGN, kept_stock, new_key, send
from tests.benchmarks.sinks import Sink, Spent, discard_sink, discarding, postfix, smtp_sink, smtp_source

MESSAGES = int(os.environ.get("NEWSLETTER_BENCH_MESSAGES", "20000"))
ROUNDS = int(os.environ.get("NEWSLETTER_BENCH_ROUNDS", "5"))
#: The usual ways take a hundredth of a second and more for each.
FEW = min(MESSAGES, 500)
OCTETS, CONNECTIONS, DELAY_MS, SIGNING_S = 60_000, 10, 20, 3

pytestmark = pytest.mark.timeout(7200)
Opened = Callable[[], AbstractContextManager[Sink]]


class Figures:
    """What each way took, round by round."""

    def __init__(self) -> None:
        self.spent: dict[str, list[Spent]] = defaultdict(list)

    def add(self, way: str, spent: Spent) -> None:
        self.spent[way].append(spent)

    def rate(self, way: str) -> float:
        return statistics.median(one.rate for one in self.spent[way])

    def row(self, way: str, *, beside: list[float], wanted: str = "") -> str:
        """A line of the table; *beside*: the reference of each round, in messages a second."""
        every = self.spent[way]
        ratios = [one.rate / other for one, other in zip(every, beside, strict=True)]
        cpu = statistics.median(one.cpu_us for one in every)
        ratio, span = statistics.median(ratios), f"[{min(ratios):.2f}-{max(ratios):.2f}]"
        return f"  {way:26}{self.rate(way):9,.0f} msg/s{ratio:7.2f} {span:14}{cpu:8,.0f} µs CPU  {wanted}"

    def rates(self, way: str) -> list[float]:
        return [one.rate for one in self.spent[way]]


def usual_ways() -> list[str]:
    """smtplib, and aiosmtplib where it is installed."""
    if importlib.util.find_spec("aiosmtplib"):
        return ["smtplib", "aiosmtplib"]
    print("\naiosmtplib is not installed: left out")
    return ["smtplib"]


def one(figures: Figures, way: str, opened: Opened, folder: Path, *, count: int, label: str = "") -> None:
    """Send to so many readers through a sink that is opened for it, and see that each got theirs."""
    stocked = kept_stock(count=count, octets=OCTETS)
    with opened() as sink:
        sent = send(way, stocked, folder, sink=sink, connections=CONNECTIONS, is_signed=label == "signed")
    assert sink.messages == sent.spent.messages == count
    if sink.octets:
        assert 0.9 < sink.octets / count / OCTETS < 1.1
    figures.add(label or way, sent.spent)


def source(figures: Figures, opened: Opened, *, count: int = MESSAGES) -> None:
    """The same number from Postfix's generator."""
    programs = postfix()
    assert programs is not None
    with opened() as sink:
        spent = smtp_source(programs, sink, messages=count, connections=CONNECTIONS, octets=OCTETS)
    assert sink.messages == count
    figures.add("smtp-source -d", spent)


def beside_smtp_source(title: str, opened: Opened, folder: Path, *, wanted: str) -> None:
    """Rounds of the generator, ours and the usual ways, and their table."""
    figures, usual = Figures(), usual_ways()
    for _ in range(ROUNDS):
        source(figures, opened)
        one(figures, "deliver", opened, folder, count=MESSAGES)
        for way in usual:
            one(figures, way, opened, folder, count=FEW)
    reference = figures.rates("smtp-source -d")
    print(
        f"\n{title}: {MESSAGES:,} messages of {OCTETS:,} octets, {CONNECTIONS} connections, {ROUNDS} rounds"
    )
    print(figures.row("smtp-source -d", beside=reference))
    print(figures.row("deliver", beside=reference, wanted=wanted))
    for way in usual:
        print(figures.row(way, beside=reference, wanted=f"({FEW} messages, no ledger)"))


def test_on_the_sink_of_postfix(tmp_path: Path) -> None:
    programs = postfix()
    if programs is None:
        pytest.skip("no smtp-sink and smtp-source: install Debian's postfix, or let apt-get download it")
    beside_smtp_source(
        "smtp-sink", lambda: smtp_sink(programs, tmp_path), tmp_path, wanted="wanted: ratio ≥ 0.9"
    )


def test_on_a_sink_that_is_not_the_limit(tmp_path: Path, program: Path) -> None:
    if postfix() is None:
        pytest.skip("no smtp-source: install Debian's postfix, or let apt-get download it")
    wanted = "wanted: ratio ≥ 0.7, ≤ 200 µs CPU"
    beside_smtp_source("discard sink in C", lambda: discarding(program), tmp_path, wanted=wanted)


def test_signed(tmp_path: Path, program: Path) -> None:
    if not CAN_SIGN:
        pytest.skip("letters are not signed yet: there is no setting dkim")
    figures, count = Figures(), max(1, MESSAGES // 4)
    for _ in range(ROUNDS):
        figures.add("bare RSA-2048, all cores", bare_signing())
        one(figures, "deliver", lambda: discarding(program), tmp_path, count=count, label="signed")
    reference = figures.rates("bare RSA-2048, all cores")
    print(
        f"\nsigned with DKIM, discard sink in C: {count:,} messages, {ROUNDS} rounds, {os.cpu_count()} cores"
    )
    print(figures.row("bare RSA-2048, all cores", beside=reference))
    print(figures.row("signed", beside=reference, wanted="wanted: ratio ≥ 0.65"))


def test_on_a_sink_that_takes_its_time(tmp_path: Path, program: Path) -> None:
    figures, usual, count = Figures(), usual_ways(), min(MESSAGES, 5000)

    def late() -> AbstractContextManager[Sink]:
        return discarding(program, str(DELAY_MS), "every")

    for _ in range(ROUNDS):
        if postfix() is not None:
            source(figures, late, count=FEW)
        one(figures, "deliver", late, tmp_path, count=count)
        for way in usual:
            one(figures, way, late, tmp_path, count=min(FEW, 200))
    limit = CONNECTIONS / DELAY_MS * 1000
    print(f"\nevery group of replies after {DELAY_MS} ms: ratio to {limit:,.0f} msg/s, {ROUNDS} rounds")
    for way in figures.spent:
        wanted = "wanted: ratio ≥ 0.8" if way == "deliver" else ""
        print(figures.row(way, beside=[limit] * ROUNDS, wanted=wanted))


def bare_signing() -> Spent:
    """As many signatures as all cores make in a few seconds."""
    key, cores = new_key(), os.cpu_count() or 1
    digest, how = hashlib.sha256(b"a letter").digest(), Prehashed(SHA256())
    began, cpu = time.perf_counter(), time.process_time()

    def sign(_core: int) -> int:
        made = 0
        while time.perf_counter() < began + SIGNING_S:
            key.sign(digest, padding.PKCS1v15(), how)
            made += 1
        return made

    with ThreadPoolExecutor(cores) as pool:
        made = sum(pool.map(sign, range(cores)))
    return Spent(made, time.perf_counter() - began, time.process_time() - cpu)


@pytest.fixture
def program() -> Path:
    found = discard_sink()
    if found is None:
        pytest.skip("no C compiler (cc): the sink in C cannot be made")
    return found
