"""The page on ASVS names tests that exist, for each line once."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
PAGE = (TESTS.parent / "docs/reference/asvs.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if re.match(r"\| \d", line)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_each_line_says_how_it_is_met_and_which_test_shows_it(row: str) -> None:
    line, asks, how, shown = (cell.strip() for cell in row.strip("|").split("|"))
    match = re.fullmatch(r"`([\w/]+\.py)::(\w+)`", shown)
    assert match, row
    assert asks and how, row  # noqa: PT018 - one rule
    assert re.fullmatch(r"\d+\.\d+\.\d+", line), row
    tree = ast.parse((TESTS / match[1]).read_text(encoding="utf-8"))
    assert match[2] in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, row


def test_no_line_stands_there_twice() -> None:
    lines = [row.split("|")[1].strip() for row in ROWS]
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize("chapter", ["1", "2", "5", "6", "7", "8"])
def test_no_chapter_is_left_out(chapter: str) -> None:
    assert sum(row.startswith(f"| {chapter}.") for row in ROWS) >= 6
