"""The page of duties names tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
PAGE = (TESTS.parent / "docs/reference/duties.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_the_test_that_shows_a_duty_exists(file: str, test: str) -> None:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("law", ["GDPR", "CAN-SPAM", "CASL", "My Health My Data"])
def test_every_duty_of_every_law_names_where_it_stands_and_what_shows_it(law: str) -> None:
    (part,) = (part for part in PAGE.split("\n## ")[1:] if law in part.splitlines()[0])
    rows = [line for line in part.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 5
    for row in rows:
        duty, where, done, shown = (cell.strip() for cell in row.strip("|").split("|"))
        assert duty and where and done, row  # noqa: PT018 - one rule
        assert re.fullmatch(r"`[\w/]+\.py::\w+`", shown), row
