from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from newsletter.cli import transfer
from newsletter.cli.subscribers import subscribers
from newsletter.errors import SubscriberError
from newsletter.subscribers.token import write_key_file
from newsletter.workflows.import_subscribers import BATCH

ADA = "ada@example.org"
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    write_key_file(tmp_path / "newsletter.key")
    config = tmp_path / "newsletter.toml"
    config.write_text('[[newsletters]]\nname = "daily"\n', encoding="utf-8")

    def command(*arguments: str, said: str = "") -> Result:
        result = CliRunner().invoke(subscribers, list(arguments), obj=config, input=said)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return command


@pytest.fixture
def ghost(tmp_path: Path) -> str:
    file = tmp_path / "members.csv"
    file.write_text(
        "id,email,name,subscribed_to_emails,created_at\n"
        f"1,{ADA},Ada,true,2024-01-01T00:00:00.000Z\n2,eve@example.org,Eve,false,\n3,bad@,Bad,true,\n"
    )
    return str(file)


def document(result: Result) -> Any:
    return json.loads(result.stdout)


def test_the_format_and_its_columns_are_shown_beside_the_numbers(run: Run, ghost: str) -> None:
    result = run("import", ghost, "--basis", "paper", "--json")
    assert "members.csv: recognised as ghost" in result.stderr
    assert "subscribed_to_emails" in result.stderr
    assert ADA not in result.stderr
    said = document(result)
    assert (said["format"], said["read"], said["imported"], said["suppressed"]) == ("ghost", 3, 1, 1)
    assert [fault["row"] for fault in said["rejected"]] == [4]
    assert result.exit_code == 1


@pytest.mark.parametrize(("answer", "brought"), [("n\n", 0), ("y\n", 1)])
def test_at_a_terminal_the_format_is_asked_about(
    run: Run, ghost: str, monkeypatch: pytest.MonkeyPatch, answer: str, brought: int
) -> None:
    monkeypatch.setattr(transfer, "is_terminal", lambda: True)
    result = run("import", ghost, "--basis", "paper", said=answer)
    assert "Import it as that?" in result.stderr
    assert len(document(run("list", "--json"))) == brought


@pytest.mark.parametrize("option", [["--yes"], ["--format", "ghost"], ["--dry-run"]])
def test_nobody_is_asked_where_the_command_has_the_answer(
    run: Run, ghost: str, monkeypatch: pytest.MonkeyPatch, option: list[str]
) -> None:
    monkeypatch.setattr(transfer, "is_terminal", lambda: True)
    assert "Import it as that?" not in run("import", ghost, *option).stderr


def test_a_format_that_does_not_fit_or_is_not_known_is_refused(run: Run, ghost: str) -> None:
    with pytest.raises(SubscriberError, match="no column for the address"):
        run("import", ghost, "--format", "beehiiv")
    assert "none of auto, own, mailchimp" in run("import", ghost, "--format", "hotmail").stderr


def test_rejected_rows_go_into_a_file_without_their_addresses(run: Run, ghost: str, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    run("import", ghost, "--rejects", str(rejects))
    rows = list(csv.reader(io.StringIO(rejects.read_text())))
    assert [row[0] for row in rows] == ["row", "4"]
    assert "bad@" not in rejects.read_text()
    assert rejects.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (b"x\0@example.org\n", "NUL"),
        (b"jos\xe9@example.org\n", "not UTF-8"),
        (b'"' + b"x" * 200_000 + b'"\n', "not CSV"),
    ],
    ids=["NUL", "latin-1", "a huge cell"],
)
def test_a_file_that_is_no_list_at_its_end_changes_nothing(
    run: Run, tmp_path: Path, end: bytes, reason: str
) -> None:
    file = tmp_path / "list.csv"
    sound = b"".join(b"reader%d@example.org\n" % number for number in range(BATCH + 10))
    file.write_bytes(b"email\n" + sound + end)
    with pytest.raises(SubscriberError, match=reason) as refused:
        run("import", str(file), "--basis", "paper")
    assert refused.value.next_step
    assert document(run("list", "--json")) == []


def exported(run: Run, *options: str) -> str:
    result = run("export", *options)
    assert result.exit_code == 0
    return result.stdout


OWN = (
    "email,newsletter,state,frequency,paused_until,confirmed_at,created_at,language,suppressed\n"
    "ada@example.org,daily,active,weekly,,2024-01-01T00:00:00Z,2024-01-01T00:00:00Z,es,no\n"
    "'=eve@example.org,daily,paused,daily,2030-01-02,2024-01-01T00:00:00Z,2024-01-01T00:00:00Z,,no\n"
)


def test_our_own_export_comes_back_as_it_went(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "ours.csv"
    file.write_text(OWN)
    assert document(run("import", str(file), "--json"))["imported"] == 2
    rows = list(csv.DictReader(io.StringIO(exported(run))))
    kept = ("email", "newsletter", "state", "frequency", "paused_until", "language", "suppressed")
    assert [[row[name] for name in kept] for row in rows] == [
        [ADA, "daily", "active", "weekly", "", "es", "no"],
        ["'=eve@example.org", "daily", "paused", "daily", "2030-01-02", "", "no"],
    ]


def test_the_export_in_json_has_addresses_as_they_are_and_no_topics(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "ours.csv"
    file.write_text(OWN)
    run("import", str(file))
    rows = json.loads(exported(run, "--format", "json"))
    assert [(row["email"], row["suppressed"]) for row in rows] == [(ADA, False), ("=eve@example.org", False)]
    assert not [name for name in rows[0] if "topic" in name]
    assert json.loads(exported(run, "--format", "json", "--newsletter", "daily")) == rows


def test_an_empty_list_is_exported_as_one(run: Run) -> None:
    assert json.loads(exported(run, "--format", "json")) == []
    assert len(exported(run).splitlines()) == 1
