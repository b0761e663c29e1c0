"""kill -9 in the middle of an import: the next goes on behind the last batch, and everybody is in once."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from newsletter.subscribers.token import write_key_file

ROWS = 40_000
LEFT = 500
SECONDS = 120
_RUN = "from newsletter.cli.app import main; main()"


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _RUN, "subscribers", "import", "list.csv", "--basis", "paper", "--json"]
    return subprocess.Popen(
        [*command, *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


def number(folder: Path, query: str) -> int:
    """The one number that *query* gives; 0 before there is a table."""
    try:
        with closing(sqlite3.connect(f"file:{folder / 'subscribers.db'}?mode=ro", uri=True)) as database:
            row = database.execute(query).fetchone()
    except sqlite3.OperationalError:
        return 0
    return int(row[0]) if row else 0


@pytest.mark.long
def test_an_import_that_was_killed_goes_on_behind_its_last_batch(tmp_path: Path) -> None:
    write_key_file(tmp_path / "newsletter.key")
    rows = [f"reader{each}@example.org,{'unsubscribed' if each < LEFT else ''}" for each in range(ROWS)]
    (tmp_path / "list.csv").write_text("\n".join(["email,status", *rows]), encoding="utf-8")
    (tmp_path / "newsletter.toml").write_text('[[newsletters]]\nname = "daily"\n', encoding="utf-8")
    killed = start(tmp_path)
    until = time.monotonic() + SECONDS
    while number(tmp_path, "SELECT rows_done FROM imports") < 5000:
        assert killed.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)
    killed.kill()
    killed.communicate(timeout=SECONDS)
    assert killed.returncode == -signal.SIGKILL
    done = number(tmp_path, "SELECT rows_done FROM imports WHERE finished_at IS NULL")
    assert 5000 <= done < ROWS

    said, logged = (again := start(tmp_path)).communicate(timeout=SECONDS)
    assert again.returncode == 0, logged
    report = json.loads(said)
    assert f"Goes on behind row {done:,}" in logged
    assert (report["resumed_at"], report["read"]) == (done, ROWS)
    assert (report["imported"], report["new_suppressions"]) == (ROWS - LEFT, LEFT)
    assert number(tmp_path, "SELECT count(*) FROM subscriptions WHERE state = 'active'") == ROWS - LEFT
    assert number(tmp_path, "SELECT count(*) FROM consents") == ROWS - LEFT
    assert number(tmp_path, "SELECT count(*) FROM suppressions") == LEFT
    assert "@" not in (tmp_path / "newsletter.journal").read_text()
