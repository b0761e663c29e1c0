"""Watching an issue that another process sends, through a slow relay."""

from __future__ import annotations

import io
import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from newsletter.cli.follow import drawn, told
from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.delivery.delivery import State as DeliveryState
from newsletter.delivery.fault import Act
from newsletter.delivery.fault_server import FaultServer
from newsletter.delivery.slow_domain import SlowDomain, strike
from newsletter.issues.issue import State
from newsletter.workflows.follow import Follow, Sight
from newsletter.workflows.tally import Tally
from tests.integration.article_source import fill
from tests.unit.factory import issue

pytestmark = pytest.mark.long
DAY = "2026-03-03"
READERS = 16


@pytest.fixture
def composed(run: Callable[..., object], config: Path, tmp_path: Path) -> Path:
    """An issue is composed for READERS readers; the settings file, with one connection to the relay."""
    fill(tmp_path / "content.db")
    addresses = "\n".join(f"reader{number}@example.org" for number in range(READERS))
    (tmp_path / "readers.csv").write_text(f"email\n{addresses}\n", encoding="utf-8")
    run("subscribers", "import", str(tmp_path / "readers.csv"), "--basis", "asked on paper", "--yes")
    run("hold", DAY)
    run("approve", DAY)
    config.write_text(config.read_text(encoding="utf-8") + "connections = 1\n", encoding="utf-8")
    return config


@dataclass
class Sending:
    """Another process sends the issue; half-way its relay waits until *go_on* is set, and is slow then."""

    server: FaultServer
    process: subprocess.Popen[str]
    go_on: threading.Event


@contextmanager
def sending(config: Path) -> Iterator[Sending]:
    """The issue is half sent; whoever uses this lets it go on, and it comes to its end."""
    half, go_on = threading.Event(), threading.Event()

    def before(stage: str, number: int) -> None:
        if (stage, number) == ("dot", READERS // 2):
            half.set()
            go_on.wait(60)

    plan = [{"dot": Act(wait_s=0.2 if number >= READERS // 2 else 0)} for number in range(READERS)]
    with FaultServer(plan, before=before) as server:
        config.write_text(f'smtp_url = "{server.url}"\nconnections = 1\n', encoding="utf-8")
        with command(config, "send", DAY) as process:
            assert half.wait(30)
            yield Sending(server, process, go_on)
            said, _ = process.communicate(timeout=60)
            assert process.returncode == 0, said


def command(config: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "newsletter", "--config", str(config), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_without_a_terminal_a_line_tells_how_far_it_is_until_it_is_sent(composed):
    with sending(composed) as seen, command(composed, "deliveries", DAY, "--follow") as watcher:
        assert watcher.stdout is not None
        first = watcher.stdout.readline()
        seen.go_on.set()
        rest = watcher.communicate(timeout=60)[0].splitlines()
    assert first.startswith(f"daily {DAY} (sending): ")
    assert "queued" in first
    assert rest[-1] == f"daily {DAY} (sent): {READERS} accepted"


def test_an_issue_that_is_still_to_come_today_is_waited_for(run, composed):
    today = datetime.now(UTC).date().isoformat()
    with command(composed, "deliveries", today, "--follow") as watcher:
        assert watcher.stdout is not None
        assert watcher.stdout.readline() == f"daily {today}: not composed yet\n"
        run("hold", today)
        assert watcher.stdout.readline().startswith(f"daily {today} (held")
        run("skip", today)
        assert "(skipped)" in watcher.communicate(timeout=20)[0]


def test_json_comes_once_at_the_end_with_the_rate_and_what_is_left(run, composed):
    with sending(composed) as seen:
        threading.Timer(2, seen.go_on.set).start()
        shown = json.loads(run("deliveries", DAY, "--follow", "--json").stdout)
    assert (shown["issue"]["state"], shown["counts"]["accepted"]) == ("sent", READERS)
    assert 0 < shown["rate"] < READERS
    assert (shown["left_s"], shown["slow_domains"], shown["reason"]) == (0, [], "")
    assert shown["seconds"] > 1


def test_ctrl_c_ends_the_watching_and_not_the_sending(composed):
    with sending(composed) as seen:
        with command(composed, "deliveries", DAY, "--follow") as watcher:
            assert watcher.stdout is not None
            assert "(sending)" in watcher.stdout.readline()
            watcher.send_signal(signal.SIGINT)
            rest, _ = watcher.communicate(timeout=20)
        assert watcher.returncode == 0
        assert "not touched" in rest
        assert seen.process.poll() is None
        seen.go_on.set()
    assert len(seen.server.received) == READERS


def test_on_a_terminal_a_table_is_drawn_anew_until_it_is_sent(composed):
    with sending(composed) as seen:
        shown = _on_a_terminal(seen, composed, "deliveries", DAY, "--follow")
    first, _, last = shown.partition("Ctrl-C ends the watching, not the sending.")
    assert "(sending)" in first
    assert "(sent)" in last
    assert f"accepted  {READERS}" in last


def test_a_sight_tells_rate_time_left_and_slow_domains():
    seen = sight(counts={"accepted": 900, "queued": 5400}, rate=1.5, left_s=3600)
    line = told(seen)
    assert line == (
        f"daily {DAY} (sending): 5400 queued, 900 accepted; 1.5 messages/s; 1 h 0 min left; "
        "slow.example waits until 09:40 UTC; slower.example takes 2 at a time"
    )
    screen = Console(width=100, record=True, file=io.StringIO())
    screen.print(drawn(seen))
    text = screen.export_text()
    for word in ("5,400", "1.5 messages/s; 1 h 0 min left", "421 4.7.28", "waits until 09:40 UTC"):
        assert word in text


@pytest.mark.parametrize(
    ("left", "said"), [(41.2, "41 s left"), (600.0, "10 min left"), (9000.0, "2 h 30 min left")]
)
def test_the_time_left_is_told_in_words(left, said):
    assert said in told(sight(counts={"queued": 1}, rate=1.0, left_s=left))


def test_a_paused_sight_tells_the_next_step_and_no_time_left():
    seen = sight(State.PAUSED, counts={"queued": 7}, rate=None, left_s=None, reason="too many refused")
    assert told(seen).startswith(f"daily {DAY} (paused: too many refused): 7 queued; ")
    assert "messages/s" not in told(seen)
    screen = Console(width=100, record=True, file=io.StringIO())
    screen.print(drawn(seen))
    assert f"newsletter resume {DAY}" in screen.export_text()


def sight(
    state: State = State.SENDING,
    *,
    counts: dict[str, int],
    rate: float | None,
    left_s: float | None,
    reason: str = "",
) -> Sight:
    made = issue(day=date.fromisoformat(DAY)).model_copy(update={"state": state})
    now = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
    held = SlowDomain("slow.example", now + timedelta(minutes=10), 1, 0, 1, "421 4.7.28: too fast", now)
    slower = SlowDomain("slower.example", None, 2, 0, 1, "452 4.3.1: busy", now)
    return Sight(
        tally=Tally(made, {each.value: 0 for each in DeliveryState} | counts, 60.0, reason=reason),
        at=now,
        rate=rate,
        left_s=left_s,
        slow_domains=(held, slower),
        is_over=False,
    )


@pytest.mark.usefixtures("composed")
def test_no_speed_is_told_of_a_pause_nor_of_the_moment_it_ends(run, tmp_path):
    run("pause", DAY)
    database, now = Database(f"sqlite:///{tmp_path / 'subscribers.db'}"), datetime.now(UTC)
    following = Follow(database, "daily", date.fromisoformat(DAY), FixedClock(now), "UTC")
    rates = []
    for seconds in range(3):
        following.clock = FixedClock(now + timedelta(seconds=seconds))
        seen = following.look()
        assert seen is not None
        rates.append(seen.rate)
    run("resume", DAY)
    database.close()
    assert rates == [None, None, None]


def test_a_paused_issue_says_why_and_which_domains_are_slow(run, composed, tmp_path):
    run("pause", DAY, "--reason", "7 of the first messages were refused")
    database = Database(f"sqlite:///{tmp_path / 'subscribers.db'}")
    with database.write() as connection:
        now = datetime.now(UTC) + timedelta(hours=1)
        strike(connection, "slow.example", reason="421 4.7.28: too fast", now=now)
    database.close()
    shown = json.loads(run("deliveries", DAY, "--json").stdout)
    assert shown["reason"] == "7 of the first messages were refused"
    with command(composed, "deliveries", DAY, "--follow") as watcher:
        assert watcher.stdout is not None
        line = watcher.stdout.readline()
        assert "(paused: 7 of the first messages were refused)" in line
        assert "slow.example waits until" in line
        run("cancel", DAY)
        assert "(cancelled)" in watcher.communicate(timeout=20)[0]


def _on_a_terminal(seen: Sending, config: Path, *arguments: str) -> str:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"}
    process = subprocess.Popen(
        [sys.executable, "-m", "newsletter", "--config", str(config), *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            more = os.read(ours, 65536)
        except OSError:  # the other end is closed (Linux)
            break
        if not more:
            break
        shown += more
        seen.go_on.set()
    os.close(ours)
    assert process.wait(20) == 0, shown
    return shown.decode()
