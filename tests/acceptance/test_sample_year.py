"""A year on the samples alone: sixteen articles are few, and the ladder says so without breaking a rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from newsletter import samples
from newsletter.content.article import Article
from newsletter.content.sources.document import read_document
from newsletter.issues.forecast import forecast
from newsletter.issues.history import LADDER, History
from newsletter.issues.issue import Issue
from tests.acceptance.rule_check import broken_rules
from tests.unit.factory import desk, index

FIRST = date(2026, 11, 30)
LAYOUTS = ("daily", "series", "digest")


def sample_articles() -> list[Article]:
    folder = Path(samples.__file__).parent
    read = (read_document(path) for path in sorted(folder.iterdir()) if path.suffix in (".md", ".txt"))
    # The saved pages give no review date; the demo's source gives them one.
    return [
        one.model_copy(update={"reviewed_on": one.reviewed_on or FIRST, "status": "usable"}) for one in read
    ]


def year_of(articles: Sequence[Article], layout: str) -> list[Issue]:
    at = desk(layout=layout)
    by_id = {one.id: one for one in articles}
    days = [FIRST + timedelta(days=ahead) for ahead in range(365)]
    due = [day for day in days if day.weekday() in at.weekdays]
    return list(forecast(at, index(articles, at), History(), due, load=by_id.__getitem__))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_year_on_the_samples_goes_down_the_ladder_and_breaks_no_rule_of_the_rung_it_names(layout):
    articles = sample_articles()
    by_id = {one.id: one for one in articles}
    issues = year_of(articles, layout)
    assert all(issue.picks for issue in issues)
    assert broken_rules(issues, load=by_id.__getitem__, by_week=layout == "series") == []
    traces = [issue.trace for issue in issues if issue.trace]
    assert len(traces) == len(issues)
    for trace in traces:
        rung = LADDER[trace.rung]
        assert (trace.section_gap, trace.lead_gap) == (rung.section_gap, rung.lead_gap)
        assert trace.relaxed == tuple(one.said for one in LADDER[1 : trace.rung + 1])
    # The first issues need nothing relaxed; a year of daily letters does.
    assert traces[0].rung == 0
    assert layout != "daily" or max(trace.rung for trace in traces) >= 4
