"""`newsletter serve` as an operator runs it: two real processes, either of which may be killed."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from newsletter.cli.server import announcement
from newsletter.clock import SystemClock
from newsletter.settings import load_settings
from newsletter.subscribers.token import write_key_file
from newsletter.workflows.workplace import open_workplace
from tests.conftest import free_port
from tests.integration.article_source import add_readers, fill
from tests.integration.web_site import wait_until

SECONDS = 90


@dataclass
class House:
    """A newsletter in a folder of its own, and the processes that serve it."""

    folder: Path
    port: int = field(default_factory=free_port)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def configure(self, text: str) -> None:
        (self.folder / "newsletter.toml").write_text(text, encoding="utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Serve; what it says goes to a file, as with a service manager."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "newsletter", "serve", "--port", str(self.port), *arguments],
                cwd=self.folder,
                stderr=log,
            )
        self.running.append(process)
        return process

    def serve(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Serve, and wait until it does."""
        process = self.start(*arguments)
        wait_until(lambda: self.ready() == 200, SECONDS)
        return process

    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")

    def ready(self) -> int:
        """The status of /readyz; 0 when nobody answers."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz").status_code
        except httpx.TransportError:
            return 0

    def clocks(self) -> list[int]:
        """The clock processes so far, the newest last."""
        return [int(pid) for pid in re.findall(r"the clock runs in process (\d+)", self.log())]

    def lives(self) -> int:
        """How many clocks have come so far that they said what they will do."""
        return self.log().count("UTC: deliver daily (")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    write_key_file(tmp_path / "newsletter.key")
    house.configure("")
    yield house
    for process in house.running:
        process.kill()
        process.wait(SECONDS)


def runs(pid: int) -> bool:
    """Whether a process is there and not merely waiting to be noticed by its parent."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return done.stdout.strip()[:1] not in ("", "Z")


@pytest.mark.long
def test_a_killed_clock_is_told_of_and_followed_by_another_on_the_same_settings(house: House) -> None:
    house.serve()
    wait_until(lambda: house.lives() == 1, SECONDS)
    house.configure('[[newsletters]]\nname = "other"\n')  # an edit that the pages have not read either
    for life, wait_s in ((1, 1), (2, 2)):
        os.kill(house.clocks()[-1], signal.SIGKILL)
        wait_until(lambda: house.ready() == 503, SECONDS)
        said = httpx.get(f"http://127.0.0.1:{house.port}/readyz").json()
        assert said == {"status": "the clock does not run"}
        wait_until(lambda: house.ready() == 200, SECONDS)
        wait_until(lambda life=life: house.lives() == life + 1, SECONDS)
        killed, new = house.clocks()[-2:]
        assert f"process {killed} ended (SIGKILL); a new one starts in {wait_s} s" in house.log()
        assert killed != new
    assert "other" not in house.log()


@pytest.mark.long
def test_the_clock_ends_soon_after_the_pages_were_killed(house: House) -> None:
    process = house.serve()
    wait_until(lambda: house.lives() == 1, SECONDS)
    (clock,) = house.clocks()
    assert runs(clock)
    process.kill()
    wait_until(lambda: not runs(clock), 6)
    assert "the web process is gone; its clock ends" in house.log()


@pytest.mark.long
def test_a_clock_that_waits_for_its_relay_ends_soon_after_the_pages_were_killed(house: House) -> None:
    fill(house.folder / "content.db")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        house.configure(
            f'smtp_url = "smtp://127.0.0.1:{silent.getsockname()[1]}"\n'
            '[[newsletters]]\ncompose_at = "00:00"\nsend_at = "00:00"\n'
        )
        with open_workplace(load_settings(house.folder / "newsletter.toml"), SystemClock()) as workplace:
            add_readers(workplace, "ada@example.org")
        process = house.serve()
        silent.settimeout(SECONDS)
        connection, _ = silent.accept()  # the clock is sending, and gets no answer
        with connection:
            (clock,) = house.clocks()
            process.kill()
            wait_until(lambda: not runs(clock), 8)


@pytest.mark.long
@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_both_end_well_when_told_to(house: House, told: signal.Signals) -> None:
    process = house.serve()
    wait_until(lambda: house.lives() == 1, SECONDS)
    (clock,) = house.clocks()
    process.send_signal(told)
    assert process.wait(SECONDS) == 0
    assert not runs(clock)
    assert "the clock stops; what is due waits in the database" in house.log()
    assert "a new one starts" not in house.log()
    assert "Traceback" not in house.log()


def test_without_a_scheduler_the_pages_are_ready_alone(house: House) -> None:
    house.serve("--no-scheduler")
    assert house.clocks() == []


def test_a_port_that_cannot_be_is_a_wrong_use(house: House) -> None:
    assert house.start("--port", "99999").wait(SECONDS) == 2
    assert "--port" in house.log()
    assert "Traceback" not in house.log()


def test_a_port_in_use_is_told_before_anything_is_said_to_be_served(house: House) -> None:
    with socket.create_server(("127.0.0.1", house.port)):
        assert house.start().wait(SECONDS) == 1
    assert f"port {house.port} on 127.0.0.1: is in use by another program." in house.log()
    assert "Serving" not in house.log()
    assert "Traceback" not in house.log()
    assert house.clocks() == []


def test_a_host_that_is_none_is_told_in_words(house: House) -> None:
    assert house.start("--host", "nowhere.invalid").wait(SECONDS) == 1
    assert "--host nowhere.invalid: is not an address" in house.log()


def test_a_policy_that_nobody_can_read_keeps_the_pages_from_starting(house: House) -> None:
    (house.folder / "policy.md").write_text("", encoding="utf-8")
    house.configure('privacy_policy = "policy.md"\n')
    assert house.start().wait(SECONDS) == 2
    assert "policy.md: is empty. Write the policy into it." in house.log()
    assert "Serving" not in house.log()


@pytest.mark.parametrize(
    ("base_url", "console", "warnings"),
    [
        ("https://letter.example.org", "https://letter.example.org/console/", 0),
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123/console/", 0),
        ("http://127.0.0.1:8000", "http://localhost:8123/console/", 1),
    ],
)
def test_who_starts_it_is_told_where_the_console_is(base_url: str, console: str, warnings: int) -> None:
    said = announcement(base_url, host="127.0.0.1", port=8123)
    assert said.endswith(f"The console: {console}")
    assert said.count("set base_url to") == warnings
