"""The tally of an issue: how many are where, and how long it took."""

from __future__ import annotations

from datetime import date

import pytest

from newsletter.clock import FixedClock
from newsletter.workflows.compose import compose
from newsletter.workflows.deliver import deliver
from newsletter.workflows.tally import tally
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import add_readers, fill

DAY = date(2026, 3, 3)


@pytest.fixture
def composed(connected: Workplace) -> Workplace:
    fill(connected.settings.content_path)
    add_readers(connected, "ada@example.org", "bob@example.org")
    compose(connected, connected.settings.newsletter(), DAY)
    return connected


def test_an_issue_that_was_not_composed_has_no_tally(workplace):
    assert tally(workplace.database, "daily", DAY, clock=workplace.clock) is None


def test_before_sending_everything_is_nought(composed):
    result = tally(composed.database, "daily", DAY, clock=composed.clock)
    assert result is not None
    assert (sum(result.counts.values()), result.seconds, result.issue.state.value) == (0, 0.0, "approved")


def test_while_it_goes_out_the_seconds_run(composed, smtp_server, later):
    smtp_server.replies.append("451 4.7.1 later")
    deliver(composed, composed.settings.newsletter(), DAY)
    after = later(composed, seconds=90)
    result = tally(after.database, "daily", DAY, clock=after.clock)
    assert result is not None
    assert (result.counts["accepted"], result.counts["deferred"], result.seconds) == (1, 1, 90.0)


def test_once_it_is_sent_the_seconds_stand_still(composed, later):
    deliver(composed, composed.settings.newsletter(), DAY)
    assert isinstance(composed.clock, FixedClock)
    after = later(composed, hours=5)
    result = tally(after.database, "daily", DAY, clock=after.clock)
    assert result is not None
    assert (result.counts["accepted"], result.seconds, result.issue.state.value) == (2, 0.0, "sent")
