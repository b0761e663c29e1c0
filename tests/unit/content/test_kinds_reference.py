"""What docs/reference/kinds.md says of headings is what the tables do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from newsletter.content.article import Kind
from newsletter.content.heading import heading_kind
from tests.acceptance.score_medquad import HOUSE_KINDS, REQUIRED, data_file, score_file

PAGE = Path("docs/reference/kinds.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line[:1] == "|"
]


def test_every_kind_and_every_mapping_is_written_down() -> None:
    assert [row[0] for row in ROWS if len(row) == 3][2:] == [kind.value for kind in Kind]
    assert dict(row for row in ROWS if len(row) == 2 and row[0] in HOUSE_KINDS) == {
        named: kind.value for named, kind in HOUSE_KINDS.items()
    }


@pytest.mark.parametrize("row", [row for row in ROWS if len(row) == 3][2:], ids=lambda row: row[0])
def test_the_headings_that_readers_are_shown_get_that_kind(row: list[str]) -> None:
    kind, _, examples = row
    for example in re.split(r", |; ", examples):
        if "text before" not in example and "unknown" not in example:
            heading = example.strip('"').replace("…", "asthma")
            assert (heading_kind(heading, title="Asthma") or Kind.OTHER).value == kind, heading


def test_questions_of_nih_articles_are_understood() -> None:
    if not data_file().is_file():
        pytest.skip(f"no reference data at {data_file()} (set NEWSLETTER_REFERENCE_DATA)")
    assert score_file(data_file()).share >= REQUIRED
