"""`make bench`: sign-ups a second beside a bare endpoint with one row, and how long a visitor waits."""

from __future__ import annotations

import gzip
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from sqlalchemy import func, select

from newsletter.database import Database
from newsletter.delivery.outbox import MailState, system_mails
from tests.benchmarks.door_server import settings_in
from tests.conftest import free_port
from tests.load import Answers, as_fast_as_it_goes, at_fixed_times, form, in_json

ROUNDS, A_ROUND, CONNECTIONS = 5, 400, 32
LEAST_RATIO = 0.3
#: Octets of the script that a site loads (issue 7: ten kilobytes).
MOST_SCRIPT = 10_000
A_SECOND, SECONDS, MOST_P99_S = 100, 20, 0.05


@contextmanager
def served(kind: str, folder: Path, *more: str) -> Iterator[int]:
    """The port of a process that serves (door_server)."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.door_server", kind, str(folder), str(port), *more]
    )
    try:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def sign_ups(first: int, number: int) -> list[bytes]:
    """So many different readers, each in a network of its own and at a domain that few others are at."""
    return [
        form(
            "/subscribe",
            {"email": f"reader{n}@d{n % 499}.example.org", "consent": "yes", "site": "clinic"},
            X_Forwarded_For=f"10.{n // 250 % 250}.{n % 250}.7",
        )
        for n in range(first, first + number)
    ]


def rows(first: int, number: int) -> list[bytes]:
    return [
        in_json("/rows", {"address": f"reader{n}@d{n % 499}.example.org"})
        for n in range(first, first + number)
    ]


def test_signing_up_is_not_much_slower_than_one_row_written(tmp_path: Path) -> None:
    rates: dict[str, list[float]] = {"pages": [], "bare": []}
    with served("pages", tmp_path) as pages, served("bare", tmp_path) as bare:
        as_fast_as_it_goes(pages, sign_ups(100_000, 100), connections=CONNECTIONS)
        as_fast_as_it_goes(bare, rows(100_000, 100), connections=CONNECTIONS)
        for turn in range(ROUNDS):
            for kind, port, make in (("pages", pages, sign_ups), ("bare", bare, rows)):
                requests = make(turn * A_ROUND, A_ROUND)
                rate, answers = as_fast_as_it_goes(port, requests, connections=CONNECTIONS)
                assert answers.statuses == {202: A_ROUND}
                rates[kind].append(rate)
    ours, theirs = (statistics.median(rates[kind]) for kind in ("pages", "bare"))
    print(
        f"\nsign-up POST: {ours:,.0f}/s, bare endpoint with one row {theirs:,.0f}/s: "
        f"ratio {ours / theirs:.2f}"
    )
    assert ours / theirs >= LEAST_RATIO


def mails_sent(folder: Path) -> int:
    """How many confirmations the relay has taken."""
    database = Database(settings_in(folder).database_url.get_secret_value())
    try:
        with database.read() as connection:
            taken = select(func.count()).where(system_mails.c.state == MailState.ACCEPTED)
            return int(connection.execute(taken).scalar_one())
    finally:
        database.close()


def test_a_visitor_waits_no_longer_than_fifty_milliseconds(tmp_path: Path) -> None:
    """Until the sign-up is written and its mail queued; what sending adds in that process is told, too."""
    queued, sending = tmp_path / "queued", tmp_path / "sending"
    queued.mkdir()
    sending.mkdir()
    with served("pages", queued) as port:
        told = answers_at(port, "mails queued")
    with (
        served("sink", sending) as sink,
        served("pages", sending, f"smtp://127.0.0.1:{sink}") as port,
    ):
        answers_at(port, "mails sent meanwhile, to a server on the same two cores")
        print(f"{mails_sent(sending)} mails were sent")
    assert told.quantile(0.99) <= MOST_P99_S


def answers_at(port: int, what: str) -> Answers:
    as_fast_as_it_goes(port, sign_ups(100_000, 20), connections=4)
    answers = at_fixed_times(port, sign_ups(0, A_SECOND * SECONDS), a_second=A_SECOND)
    assert answers.statuses == {202: A_SECOND * SECONDS}
    print(
        f"\nsign-up POST at {A_SECOND}/s, {what}: median {answers.quantile(0.5) * 1000:.1f} ms, "
        f"p99 {answers.quantile(0.99) * 1000:.1f} ms, slowest {max(answers.taken) * 1000:.0f} ms"
    )
    return answers


def test_the_script_of_a_form_is_small(tmp_path: Path) -> None:
    with served("pages", tmp_path) as port:
        script = httpx.get(f"http://127.0.0.1:{port}/embed.js").content
    print(f"\nembed.js: {len(script):,} octets, {len(gzip.compress(script)):,} compressed")
    assert len(script) <= MOST_SCRIPT
