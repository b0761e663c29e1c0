"""Pausing, resuming and cancelling from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from newsletter.errors import RefusedError
from tests.integration.article_source import fill

DAY = "2026-03-03"


@pytest.fixture
def composed(run, tmp_path: Path):
    fill(tmp_path / "content.db")
    (tmp_path / "readers.csv").write_text("email\nada@example.org\n", encoding="utf-8")
    run("subscribers", "import", str(tmp_path / "readers.csv"), "--basis", "asked on paper", "--yes")
    run("hold", DAY)
    run("approve", DAY)
    return run


def test_an_issue_is_paused_refused_resumed_and_sent(composed, smtp_server):
    said = composed("pause", DAY, "--reason", "wrong name").stdout
    assert f"daily {DAY}: paused (wrong name)" in said
    assert f"newsletter resume {DAY}" in said
    with pytest.raises(
        RefusedError, match=f"paused \\(wrong name\\)\\. Let it go on .*newsletter resume {DAY}"
    ):
        composed("send", DAY)
    assert smtp_server.received == []
    assert f"newsletter send {DAY}" in composed("resume", DAY).stdout
    composed("send", DAY)
    assert len(smtp_server.received) == 1


def test_a_cancelled_issue_is_refused_until_that_is_taken_back(composed, smtp_server):
    assert json.loads(composed("cancel", DAY, "--json").stdout)["issue"]["state"] == "cancelled"
    with pytest.raises(RefusedError, match="is cancelled"):
        composed("send", DAY)
    listed = json.loads(composed("decide", "list", "--json").stdout)["decisions"]
    composed("decide", "undo", str(listed[-1]["number"]))
    composed("send", DAY)
    assert len(smtp_server.received) == 1


def test_json_says_why_it_is_paused(composed):
    shown = json.loads(composed("pause", DAY, "--newsletter", "daily", "--json").stdout)
    assert (shown["issue"]["state"], shown["reason"]) == ("paused", "by an operator")
