"""kill -9 anywhere: nobody is left out, and at most one message per kill comes twice, under one Message-ID.

Real processes (`python scheduler.py --once DATE`) against a real SMTP server in this one, which kills them
at exact moments of the conversation.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from newsletter.clock import SystemClock
from newsletter.delivery.fault import Act
from newsletter.delivery.fault_server import FaultServer
from newsletter.settings import load_settings
from newsletter.subscribers.token import Purpose, write_key_file
from newsletter.workflows.unsubscribe import unsubscribe
from newsletter.workflows.workplace import Workplace, open_workplace
from tests.integration.article_source import add_readers, fill, outcomes

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
READERS = [f"reader{number}@example.org" for number in range(6)]
SECONDS = 60


@dataclass
class House:
    """A newsletter in a folder of its own, and the processes that run it."""

    folder: Path
    day: date
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def configure(self, server: FaultServer, *, extra: str = "") -> None:
        (self.folder / "newsletter.toml").write_text(
            f'smtp_url = "{server.url}"\nconnections = 1\n[[newsletters]]\nname = "daily"\n{extra}',
            encoding="utf-8",
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The scheduler on this house; by default for the one day."""
        command = [
            sys.executable,
            str(ROOT / "scheduler.py"),
            "--config",
            str(self.folder / "newsletter.toml"),
        ]
        process = subprocess.Popen(
            [*command, *(arguments or ("--once", self.day.isoformat(), "--json"))],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.running.append(process)
        return process

    def run(self) -> dict[str, int]:
        """Run the day to its end; the counts of *daily* that are not nought."""
        process = self.start()
        said, logged = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, logged
        counts: dict[str, int] = json.loads(said)["counts"]["daily"]
        return {state: count for state, count in counts.items() if count}

    def run_until_killed(self) -> None:
        process = self.start()
        process.communicate(timeout=SECONDS)
        assert process.returncode == -signal.SIGKILL

    def kill(self) -> None:
        """Kill -9 the process that was started last."""
        self.running[-1].kill()
        self.running[-1].wait(10)

    def open(self, use: Callable[[Workplace], object]) -> None:
        with open_workplace(load_settings(self.folder / "newsletter.toml"), SystemClock()) as workplace:
            use(workplace)


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path, datetime.now(UTC).date())
    write_key_file(tmp_path / "newsletter.key")
    fill(tmp_path / "content.db")
    (tmp_path / "newsletter.toml").write_text("", encoding="utf-8")
    house.open(lambda workplace: add_readers(workplace, *READERS))
    return house


def mails(server: FaultServer) -> Counter[str]:
    """How many mails came for each address."""
    return Counter(mail.recipients[0] for mail in server.received)


def message_ids(server: FaultServer, address: str) -> set[str]:
    return {mail.message["Message-ID"] for mail in server.to(address)}


def test_killed_between_compose_and_deliver_each_reader_gets_one_mail(house):
    def on(stage: str, _number: int) -> None:
        if stage == "connect" and server.connections == 1:
            house.kill()

    with FaultServer(before=on) as server:
        house.configure(server)
        house.run_until_killed()
        assert server.received == []
        assert house.run() == {"accepted": 6}
        assert mails(server) == dict.fromkeys(READERS, 1)


def test_killed_right_after_the_issue_was_stored_each_reader_gets_one_mail(house):
    code = (
        "import os, sys; from datetime import date; from pathlib import Path\n"
        "from newsletter.clock import SystemClock; from newsletter.settings import load_settings\n"
        "from newsletter.workflows.compose import compose\n"
        "from newsletter.workflows.workplace import open_workplace\n"
        "with open_workplace(load_settings(Path('newsletter.toml')), SystemClock()) as workplace:\n"
        "    compose(workplace, workplace.settings.newsletter(), date.fromisoformat(sys.argv[1]))\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    with FaultServer() as server:
        house.configure(server)
        killed = subprocess.run(
            [sys.executable, "-c", code, house.day.isoformat()], cwd=house.folder, check=False
        )
        assert killed.returncode == -signal.SIGKILL
        assert house.run() == {"accepted": 6}
        assert mails(server) == dict.fromkeys(READERS, 1)


@pytest.mark.parametrize("stage", ["mail", "body"])
def test_killed_before_a_final_dot_nobody_is_left_out_and_only_the_message_before_may_come_again(
    house, stage
):
    def on(reached: str, number: int) -> None:
        if (reached, number) == (stage, 3):
            house.kill()

    # A message that came whole counts as received; the body stage comes before that.
    with FaultServer([{}, {}, {stage: Act(drop=True)}], before=on) as server:
        house.configure(server)
        house.run_until_killed()
        assert sum(mails(server).values()) == 2
        assert house.run() == {"accepted": 6}
        # The answer to the message before came with the stage: it may not have been written yet.
        assert set(mails(server)) == set(READERS)
        assert sum(mails(server).values()) <= len(READERS) + 1
        assert len({one.message["Message-ID"] for one in server.received}) == len(READERS)


def test_killed_after_a_final_dot_one_reader_gets_the_same_message_again_and_nobody_else(house):
    def on(stage: str, number: int) -> None:
        if (stage, number) == ("dot", 3):
            house.kill()

    with FaultServer(before=on) as server:
        house.configure(server)
        house.run_until_killed()
        assert house.run() == {"accepted": 6}
        assert mails(server) == {**dict.fromkeys(READERS, 1), READERS[2]: 2}
        assert len(message_ids(server, READERS[2])) == 1
        first, again = server.to(READERS[2])
        assert first.content == again.content


def test_killed_again_and_again_repeats_are_at_most_one_a_kill_and_nobody_is_left_out(house):
    kills = {("dot", 2), ("dot", 5)}

    def on(stage: str, number: int) -> None:
        if (stage, number) in kills:
            house.kill()

    with FaultServer(before=on) as server:
        house.configure(server)
        for _ in kills:
            house.run_until_killed()
        assert house.run() == {"accepted": 6}
        assert set(mails(server)) == set(READERS)
        assert sum(mails(server).values()) - len(READERS) <= len(kills)
        assert all(len(message_ids(server, reader)) == 1 for reader in READERS)


def test_two_schedulers_started_at_once_send_each_reader_one_mail_and_running_again_none(house):
    with FaultServer([{"dot": Act(wait_s=0.1)}] * 6) as server:
        house.configure(server)
        for process in (house.start(), house.start()):
            _, logged = process.communicate(timeout=SECONDS)
            assert process.returncode == 0, logged
        assert house.run() == {"accepted": 6}
        assert mails(server) == dict.fromkeys(READERS, 1)


def test_one_of_two_schedulers_killed_leaves_nobody_out(house):
    def on(stage: str, number: int) -> None:
        if (stage, number) == ("rcpt", 2):
            house.running[0].kill()
            house.running[0].wait(10)

    with FaultServer([{"dot": Act(wait_s=0.1)}] * 6, before=on) as server:
        house.configure(server)
        for process in (house.start(), house.start()):
            process.communicate(timeout=SECONDS)
        assert house.run() == {"accepted": 6}
        assert set(mails(server)) == set(READERS)
        assert sum(mails(server).values()) <= len(READERS) + 1


def test_a_reader_who_leaves_while_the_issue_goes_out_and_is_not_yet_mailed_is_not_mailed(house):
    def leave(workplace: Workplace) -> None:
        token = workplace.keyring.token(Purpose.UNSUBSCRIBE, add_readers(workplace)[READERS[4]].handle)
        unsubscribe(workplace, token, door="one-click", evidence="POST")

    def on(stage: str, number: int) -> None:
        if (stage, number) == ("dot", 3):
            house.open(leave)

    with FaultServer(before=on) as server:
        house.configure(server)
        assert house.run() == {"accepted": 5, "skipped": 1}
        assert mails(server) == dict.fromkeys([one for one in READERS if one != READERS[4]], 1)


def test_the_scheduler_sends_what_is_due_at_its_start_and_ends_well_on_interrupt(house):
    def on(stage: str, number: int) -> None:
        if (stage, number) == ("quit", len(READERS)):
            os.kill(house.running[-1].pid, signal.SIGINT)

    always = 'compose_at = "00:00"\nsend_at = "00:00"\n'
    with FaultServer(before=on) as server:
        house.configure(server, extra=always)
        process = house.start("--config", str(house.folder / "newsletter.toml"))
        _, logged = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, logged
        assert "the clock stops; what is due waits in the database" in logged
        assert mails(server) == dict.fromkeys(READERS, 1)


def test_the_ledger_and_the_server_agree_after_all_that(house):
    states: dict[str, str] = {}

    def on(stage: str, number: int) -> None:
        # By its final dot, the answer to the message before has been written.
        if (stage, number) == ("dot", 4):
            house.kill()

    with FaultServer(
        [{"rcpt": Act("550 5.1.1 nobody")}, {}, {"dot": Act("451 4.7.1 later")}], before=on
    ) as server:
        house.configure(server)
        house.run_until_killed()
        assert house.run() == {"accepted": 4, "deferred": 1, "rejected": 1}
        house.open(lambda workplace: states.update(outcomes(workplace)))
        assert states[READERS[0]] == "rejected"
        assert states[READERS[2]] == "deferred"
        accepted = {reader for reader, state in states.items() if state == "accepted"}
        got = {reader: mails(server)[reader] for reader in accepted}
        assert got == dict.fromkeys(accepted, 1) | {READERS[3]: 2}
