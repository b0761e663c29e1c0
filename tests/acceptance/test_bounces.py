"""Returned mail of the reference data is understood as well as promised (`make score-bounces` tells more)."""

from __future__ import annotations

import pytest

from newsletter.feedback.event import Kind
from newsletter.feedback.report import events_of
from tests.acceptance.score_bounces import Score, score_all
from tests.acceptance.score_captures import data_folder

FOLDER = data_folder() / "bounces"

pytestmark = pytest.mark.skipif(
    not (FOLDER / "expected.csv").is_file(), reason=f"no reference data at {FOLDER.resolve()}"
)


def test_the_score_is_what_was_promised() -> None:
    total = score_all(FOLDER)["all"]
    assert total.misses() == [], "\n".join(total.notes)


def test_mail_that_is_no_report_is_nobodys_bounce_or_complaint() -> None:
    for path in sorted((FOLDER / "sisimai-not-bounce").glob("*not-bounce*.eml")):
        assert {event.kind for event in events_of(path.read_bytes())} <= {Kind.NONE, Kind.AUTO_REPLY}, (
            path.name
        )


def test_a_score_that_misses_says_so() -> None:
    score = Score()
    score.recipients.count(right=False)
    assert score.misses() == ["recipients 0.000 < 0.97"]
