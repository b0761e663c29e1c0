from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from newsletter.cli import content
from tests.unit.content.page import CAPTURE, MARKDOWN

app = typer.Typer()
app.command()(content.ingest)
app.command()(content.parse)
app.add_typer(content.articles, name="articles")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with two documents; the store is made in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elbow.md").write_text(MARKDOWN, encoding="utf-8")
    (tmp_path / "page.txt").write_text(CAPTURE, encoding="utf-8")
    return tmp_path


def run(*words: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == status, result.output + str(result.exception)
    return result.stdout


def run_json(*words: str, status: int = 0) -> Any:
    return json.loads(run(*words, "--json", status=status))


def test_parse_shows_what_was_understood_and_stores_nothing(folder: Path) -> None:
    article = run_json("parse", "page.txt")
    assert [section["kind"] for section in article["sections"]][:2] == ["overview", "types"]
    assert article["sections"][4]["items"][:3] == [
        {"label": "Ice", "text": "Wrap it in a towel.", "depth": 0},
        {"label": "", "text": "Ten minutes at a time", "depth": 1},
        {"label": "", "text": "Three times a day", "depth": 2},
    ]
    promised = {"position", "heading", "kind", "text", "html", "words", "grade", "flags"}
    assert promised <= article["sections"][0].keys()
    assert {"line", "why"} <= article["left_out"][0].keys()
    assert article["reviewed_on"] == "2026-05-14"
    assert not (folder / "content.db").exists()
    assert "Types of Tennis Elbow" in run("parse", "page.txt")


def test_ingest_list_search_and_show_work_together() -> None:
    report = run_json("ingest", "elbow.md", "page.txt")
    assert [(source["new"], source["rejected"]) for source in report["sources"]] == [(1, []), (1, [])]
    listed = run_json("articles", "list")
    assert {"id", "title"} <= listed[0].keys()
    assert len(listed) == 2
    (hit,) = run_json("articles", "search", "ibuprofen", "towel")
    shown = run_json("articles", "show", hit["id"])
    assert shown["title"] == "Tennis Elbow"
    assert hit["id"] in run("articles", "show", hit["id"])
    assert "Tennis Elbow" in run("articles", "list")
    assert "Tennis Elbow" in run("articles", "search", "elbow")


def test_at_eighty_columns_titles_are_readable_and_ids_can_be_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    title = "Gastro-oesophageal reflux disease in adults"
    text = MARKDOWN.replace("Tennis Elbow", title)
    (folder / "reflux.md").write_text(text, encoding="utf-8")
    run("ingest", "elbow.md", "reflux.md")
    listed = run("articles", "list")
    (line,) = (line for line in listed.splitlines() if title in line)
    assert max(map(len, listed.splitlines())) <= 80
    assert title in run("articles", "show", line.split()[-1])


def test_a_search_shows_a_page_that_stands_twice_once_and_marks_what_is_withdrawn(folder: Path) -> None:
    (folder / "elbow-2.md").write_text(
        MARKDOWN.replace("/tennis-elbow/", "/tennis-elbow-2/"), encoding="utf-8"
    )
    run("ingest", "elbow.md", "elbow-2.md")
    first, second = sorted(run_json("articles", "list"), key=lambda one: one["duplicate_of"])
    assert second["duplicate_of"] == first["id"]
    found = run_json("articles", "search", "elbow")
    assert {(hit["id"], hit["withdrawn"]) for hit in found} == {(first["id"], False)}
    run("articles", "withdraw", first["id"], "--reason", "outdated")
    found = run_json("articles", "search", "elbow")
    assert {(hit["id"], hit["withdrawn"]) for hit in found} == {(first["id"], True), (second["id"], False)}
    assert "(withdrawn)" in " ".join(run("articles", "search", "elbow").split())


def test_ingest_says_what_it_rejected_and_ends_1(folder: Path) -> None:
    (folder / "bad.md").write_text("no title", encoding="utf-8")
    report = run_json("ingest", "bad.md", "elbow.md", status=1)
    assert report["sources"][0]["rejected"][0]["item"] == "bad.md"
    assert report["sources"][1]["new"] == 1


def test_without_arguments_the_configured_sources_are_read(folder: Path) -> None:
    (folder / "newsletter.toml").write_text('[[sources]]\npath = "elbow.md"\n', encoding="utf-8")
    assert run_json("ingest")["sources"][0]["new"] == 1


def test_a_review_date_can_be_given() -> None:
    run("ingest", "page.txt", "--reviewed-on", "2026-01-01", "--kind", "capture")
    assert run_json("articles", "list")[0]["reviewed_on"] == "2026-05-14"


def test_looking_into_a_store_that_is_not_there_is_an_error(folder: Path) -> None:
    result = CliRunner().invoke(app, ["articles", "list"])
    assert "newsletter ingest" in str(result.exception)
    assert not (folder / "content.db").exists()
