"""What an operator, or the mail system, sees of collecting what came back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from newsletter.clock import SystemClock
from newsletter.delivery.message import return_path
from newsletter.settings import load_settings
from newsletter.subscribers.store import active_recipients
from newsletter.workflows.workplace import open_workplace
from tests.integration.article_source import add_readers
from tests.unit.cli.conftest import Run
from tests.unit.feedback.test_correspondence import letter
from tests.unit.workflows.test_collect_feedback import MAILBOX, bounce

ADA = "ada@example.com"


@pytest.fixture
def back(config: Path, tmp_path: Path) -> Path:
    """A Maildir that the settings name, with a bounce of Ada's letter."""
    folder = tmp_path / "back"
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    more = f'return_path = "{MAILBOX}"\nmailbox_url = "maildir://{folder}"\n'
    config.write_text(config.read_text(encoding="utf-8") + more, encoding="utf-8")
    with open_workplace(load_settings(config), SystemClock()) as workplace:
        reader = add_readers(workplace, ADA)[ADA]
        to = return_path(workplace.keyring, MAILBOX, reader.handle)
    (folder / "new" / "1.a").write_bytes(bounce(to, ADA))
    return folder


def is_mailed(config: Path) -> bool:
    with (
        open_workplace(load_settings(config), SystemClock()) as workplace,
        workplace.database.read() as connection,
    ):
        return bool(list(active_recipients(connection, "daily")))


def pipe(config: Path, raw: bytes) -> subprocess.CompletedProcess[bytes]:
    """As the mail system does it: a process that is given a message."""
    command = [sys.executable, "-m", "newsletter", "--config", str(config), "feedback", "collect", "-"]
    return subprocess.run(command, input=raw, capture_output=True, timeout=60, check=False)


def check(run: Run, name: str, *, status: int = 0) -> dict[str, str] | None:
    found = json.loads(run("doctor", "--json", status=status).stdout)["checks"]
    return next((one for one in found if one["name"] == name), None)


def test_the_mailbox_is_collected_and_what_was_found_is_said(run: Run, config: Path, back: Path) -> None:
    (back / "new" / "2.b").write_bytes(letter())
    assert run("feedback", "collect").stdout == "2 read, 1 matched, 1 kept.\n"
    assert not is_mailed(config)
    found = json.loads(run("feedback", "collect", "--json").stdout)
    assert {name: found[name] for name in ("read", "matched", "unmatched")} == {
        "read": 0,
        "matched": 0,
        "unmatched": 0,
    }


def test_a_message_from_the_mail_system_is_taken_without_a_word(config: Path, back: Path) -> None:
    done = pipe(config, (back / "new" / "1.a").read_bytes())
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert not is_mailed(config)


def test_a_message_of_50_megabytes_is_read_to_its_end(config: Path, back: Path) -> None:
    done = pipe(config, (back / "new" / "1.a").read_bytes() + b"x" * 50_000_000)
    assert done.returncode == 0
    assert not is_mailed(config)


def test_a_letter_that_nobody_is_to_get_is_given_back_to_the_mail_system(config: Path, back: Path) -> None:
    assert back.exists()
    done = pipe(config, letter())
    assert done.returncode == os.EX_TEMPFAIL
    assert b"a person's letter cannot be forwarded now" in done.stderr


@pytest.mark.parametrize("fault", ["key", "settings", "no settings", "database"])
def test_whatever_is_wrong_here_the_mail_system_keeps_the_message(
    config: Path, back: Path, fault: str
) -> None:
    raw = (back / "new" / "1.a").read_bytes()
    match fault:
        case "key":
            config.with_name("newsletter.key").chmod(0o644)
        case "settings":
            config.write_text("nonsense = 1", encoding="utf-8")
        case "no settings":
            config.unlink()
        case _:
            config.with_name("subscribers.db").write_bytes(b"no database" * 1000)
    done = pipe(config, raw)
    assert done.returncode == os.EX_TEMPFAIL
    assert done.stderr.count(b"\n") == 1
    assert ADA.encode() not in done.stderr


def test_the_doctor_looks_into_the_mailbox(run: Run, config: Path, back: Path) -> None:
    assert check(run, "mailbox") == {"name": "mailbox", "level": "ok", "detail": "can be read and marked"}
    assert (check(run, "letters") or {})["level"] == "warn"
    named = config.read_text(encoding="utf-8") + 'forward_replies_to = "desk@example.com"\n'
    config.write_text(named, encoding="utf-8")
    assert check(run, "letters") is None
    (back / "cur").rmdir()
    assert (check(run, "mailbox", status=1) or {})["level"] == "fail"
    assert len(list((back / "new").iterdir())) == 1


def test_the_doctor_says_that_bounces_come_back_and_nobody_reads_them(run: Run, config: Path) -> None:
    assert check(run, "mailbox") is None
    more = f'return_path = "{MAILBOX}"\n'
    config.write_text(config.read_text(encoding="utf-8") + more, encoding="utf-8")
    assert (check(run, "mailbox") or {})["level"] == "warn"
