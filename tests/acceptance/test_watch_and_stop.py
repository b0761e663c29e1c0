"""The how-to on watching and stopping an issue, run word for word while the issue goes out."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from newsletter.delivery.fault import Act
from newsletter.delivery.fault_server import FaultServer
from newsletter.subscribers.token import write_key_file
from tests.acceptance.test_documentation import commands_of
from tests.integration.article_source import fill

PAGE = Path(__file__).parents[2] / "docs/how-to/watch-and-stop-an-issue.md"
DAY = "2026-12-01"
READERS = 8


@pytest.mark.long
def test_an_operator_can_stop_a_running_issue_word_for_word_and_nobody_is_mailed_twice(
    tmp_path: Path,
) -> None:
    commands = commands_of(PAGE)
    assert [line.split()[1] for line in commands] == ["pause", "deliveries", "resume", "send"]
    begun, paused = threading.Event(), threading.Event()

    def before(stage: str, number: int) -> None:
        if (stage, number) == ("dot", 2):
            begun.set()
            paused.wait(60)

    environment = {key: value for key, value in os.environ.items() if not key.startswith("NEWSLETTER_")}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    write_key_file(tmp_path / "newsletter.key")
    fill(tmp_path / "content.db")
    readers = "\n".join(f"reader{number}@example.org" for number in range(READERS))
    (tmp_path / "readers.csv").write_text(f"email\n{readers}\n", encoding="utf-8")

    def run(line: str) -> str:
        done = subprocess.run(
            ["bash", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, line + done.stdout + done.stderr
        return done.stdout

    with FaultServer([{"dot": Act()}] * READERS, before=before) as server:
        (tmp_path / "newsletter.toml").write_text(
            f'smtp_url = "{server.url}"\nconnections = 1\n', encoding="utf-8"
        )
        run('newsletter subscribers import readers.csv --basis "asked on paper" --yes')
        with subprocess.Popen(
            ["newsletter", "send", DAY],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as sender:
            assert begun.wait(60)
            assert "paused (the phone number in it is wrong)" in run(commands[0])
            paused.set()
            sender.communicate(timeout=60)
            # It ended without having mailed everybody.
            assert sender.returncode == 1
        assert "(paused: the phone number in it is wrong)" in run(commands[1])
        assert len(server.received) < READERS
        run(commands[2])
        assert f"{READERS} accepted" in run(commands[3])
        mailed = sorted(one.recipients[0] for one in server.received)
        assert mailed == sorted(readers.splitlines())
