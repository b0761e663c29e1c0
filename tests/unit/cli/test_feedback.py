from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from newsletter.cli import feedback
from tests.unit.feedback.test_report import mail, report, status

app = typer.Typer()
app.add_typer(feedback.feedback, name="feedback")

FULL = report(status("Final-Recipient: rfc822; ada@example.com\nAction: failed\nStatus: 5.2.2"))
AWAY = mail("I am away.", sender="ben@example.com", subject="Out of office", auto_submitted="auto-replied")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory without settings, with a bounce and an answer."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full.eml").write_bytes(FULL)
    (tmp_path / "away.eml").write_bytes(AWAY)
    return tmp_path


def run(*words: str, exit_status: int = 0, given: bytes = b"") -> str:
    result = CliRunner().invoke(app, ["feedback", "parse", *words], input=given)
    assert result.exit_code == exit_status, result.output + str(result.exception)
    return result.stdout


def run_json(*words: str, exit_status: int = 0, given: bytes = b"") -> Any:
    return json.loads(run(*words, "--json", exit_status=exit_status, given=given))


def test_parse_answers_in_the_order_given_and_needs_no_settings(folder: Path) -> None:
    away, full = run_json("away.eml", "full.eml")
    assert (away["file"], away["events"][0]["type"], away["events"][0]["reason"]) == (
        "away.eml",
        "auto_reply",
        "vacation",
    )
    promised = {"type": "bounce", "recipient": "ada@example.com", "status": "5.2.2"}
    promised |= {"permanence": "permanent", "reason": "mailbox_full"}
    assert promised.items() <= full["events"][0].items()
    assert sorted(path.name for path in folder.iterdir()) == ["away.eml", "full.eml"]


def test_parse_shows_people_a_row_for_each_event() -> None:
    shown = run("full.eml", "away.eml")
    assert "ada@example.com" in shown
    assert "5.2.2 permanent" in shown
    assert "auto_reply" in shown


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_read() -> None:
    missing, folder, full = run_json("missing.eml", ".", "full.eml", exit_status=1)
    assert (missing["file"], missing["events"]) == ("missing.eml", [])
    assert missing["error"]["reason"] == "No such file or directory"
    assert folder["error"]["reason"] == "Is a directory"
    assert full["events"][0]["type"] == "bounce"
    run("missing.mbox", "full.eml", exit_status=1)


def test_a_mailbox_file_is_read_message_by_message(folder: Path) -> None:
    lines = b"From MAILER-DAEMON Tue Mar  3 08:00:00 2026\n"
    (folder / "all.mbox").write_bytes(b"\n".join(lines + one for one in (FULL, AWAY, FULL)))
    documents = run_json("all.mbox")
    assert [(one["message"], one["events"][0]["type"]) for one in documents] == [
        (1, "bounce"),
        (2, "auto_reply"),
        (3, "bounce"),
    ]


def test_a_message_comes_by_standard_input_too() -> None:
    (document,) = run_json("-", given=FULL)
    assert (document["file"], document["events"][0]["recipient"]) == ("-", "ada@example.com")
