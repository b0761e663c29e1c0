"""The operator's hand from the command line: plain words, one JSON document, statuses that mean something."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from newsletter.cli.app import app
from newsletter.errors import NewsletterError
from newsletter.subscribers.token import write_key_file
from tests.integration.article_source import fill

DAY = "2026-03-03"
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    write_key_file(tmp_path / "newsletter.key")
    config = tmp_path / "newsletter.toml"
    config.write_text('[[newsletters]]\nname = "daily"\ntopics = ["acne", "gout"]\n', encoding="utf-8")
    fill(tmp_path / "content.db", names=("acne", "gout", "lupus", "angina"))

    def command(*arguments: str) -> Result:
        result = CliRunner().invoke(app, ["--config", str(config), *arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return command


def document(result: Result) -> Any:
    return json.loads(result.stdout)


def test_what_was_decided_is_said_listed_applied_and_taken_back(run, tmp_path):
    out = str(tmp_path / "out")
    said = run("decide", "lead", DAY, "gout")
    assert said.stdout.startswith("decision 1: “Gout” is to lead. Take it back: newsletter decide undo 1")
    previewed = document(run("preview", DAY, "--out", out, "--json"))
    assert previewed["issue"]["picks"][0]["article_id"] == "gout"
    assert previewed["issue"]["trace"]["decisions"] == ["“Gout” is to lead"]
    listed = document(run("decide", "list", "--json"))["decisions"]
    assert [(one["number"], one["said"], one["undone_at"]) for one in listed] == [
        (1, "“Gout” is to lead", None)
    ]
    assert "“Gout” is to lead" in run("decide", "list").stdout
    assert "taken back: “Gout” is to lead" in run("decide", "undo", "1").stdout
    assert document(run("preview", DAY, "--out", out, "--json"))["issue"]["trace"]["decisions"] == []


def test_every_act_has_a_command(run):
    for arguments in (
        ("swap", DAY, "prevention"),
        ("pin", DAY, "prevention", "lupus", "4"),
        ("ban", "angina", "--reason", "outdated"),
        ("ban", "acne", "1", "--on", DAY),
        ("order", DAY, "prevention", "signs"),
        ("subject", DAY, "Plain words"),
        ("preheader", DAY, "With care."),
    ):
        made = document(run("decide", *arguments, "--json"))
        assert made["number"]
        assert made["decision"]["act"]


def test_a_date_is_skipped_held_and_approved(run):
    assert run("skip", DAY).stdout == f"daily {DAY}: skipped\n"
    assert document(run("approve", DAY, "--json"))["issue"]["state"] == "approved"
    assert document(run("hold", DAY, "--json"))["issue"]["state"] == "held"


def test_a_wrong_decision_ends_with_a_sentence_and_status_2(run):
    with pytest.raises(NewsletterError) as caught:
        run("decide", "pin", DAY, "nowhere", "gout", "0")
    assert "Its slots: also_today" in str(caught.value)
    assert caught.value.exit_status == 2
    assert run("decide", "ban", "gout", "--on", "soon").exit_code == 2


def test_preview_explains_every_pick_without_the_documentation(run, tmp_path):
    said = " ".join(run("preview", DAY, "--out", str(tmp_path / "out"), "--why").stdout.split())
    assert "4 articles may be used; none was left out before." in said
    assert "Every rule holds: no section again within 180 days" in said
    assert "points in all" in said
    assert "Runner-up:" in said


def test_preview_shows_the_edition_for_topics_and_refuses_what_is_not_offered(run, tmp_path):
    made = document(run("preview", DAY, "--out", str(tmp_path / "out"), "--topics", "acne", "--json"))
    assert made["issue"]["picks"][0]["article_id"] == "acne"
    assert made["issue"]["trace"]["edition"] == "acne"
    with pytest.raises(NewsletterError) as caught:
        run("preview", DAY, "--out", str(tmp_path / "out"), "--topics", "skin")
    assert "Offered: acne, gout." in str(caught.value)


def test_the_plan_lists_the_days_ahead_what_runs_out_and_the_coverage(run):
    said = run("plan", "--from", DAY, "--days", "10").stdout
    assert f"Tue {DAY}" in said
    assert "too little fits" in said
    assert "4 of 4 articles have been sent, or are in the issues above." in said
    planned = document(run("plan", "--from", DAY, "--days", "3", "--json"))
    assert [one["date"] for one in planned["issues"]] == ["2026-03-03", "2026-03-04", "2026-03-05"]
    assert set(planned) == {"issues", "warnings", "coverage"}
    assert run("plan", "--from", "soon").exit_code == 2
    assert run("plan", "--days", "0").exit_code == 2


def test_an_issue_that_waits_is_not_sent_by_hand_either(run):
    run("hold", DAY)
    with pytest.raises(NewsletterError) as caught:
        run("send", DAY)
    assert caught.value.exit_status == 3
    assert f"newsletter approve {DAY}" in str(caught.value)


def test_an_error_with_json_is_one_document_too(tmp_path):
    command = [sys.executable, "-m", "newsletter", "plan", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["reason"] == "the content store is empty"
    assert "Bring articles in" in done.stderr
