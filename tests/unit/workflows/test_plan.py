"""The plan: the days ahead as if each were sent, and what an operator should see in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from newsletter.content.store import ContentStore
from newsletter.errors import PickError
from newsletter.issues.issue import State
from newsletter.workflows.compose import compose
from newsletter.workflows.plan import plan
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import fill, told

DAY = date(2026, 3, 3)
NAMES = tuple(f"{name}{number}" for name in ("lupus", "angina", "acne") for number in range(6))


@pytest.fixture
def stocked(workplace: Workplace) -> Workplace:
    fill(workplace.settings.content_path, names=NAMES)
    return workplace


def made(workplace: Workplace, days: int = 10, first: date = DAY):
    return plan(workplace.settings, workplace.database, workplace.settings.newsletter(), first, days)


def test_what_is_planned_is_what_is_composed(stocked):
    planned = made(stocked)
    newsletter = stocked.settings.newsletter()
    for issue in planned.issues:
        composed = compose(stocked, newsletter, issue.issued_on).issue
        assert composed.picks == issue.picks
        assert (composed.subject, composed.trace) == (issue.subject, issue.trace)
    # And what was composed stands in the next plan.
    assert [one.picks for one in made(stocked).issues] == [one.picks for one in planned.issues]


def test_a_plan_stores_nothing_and_leaves_out_the_days_without_mail(stocked):
    weekly = stocked.settings.newsletter().model_copy(update={"weekdays": ("tue",)})
    settings = stocked.settings.model_copy(update={"newsletters": (weekly,)})
    planned = made(replace(stocked, settings=settings), days=15)
    assert [issue.issued_on for issue in planned.issues] == [DAY, DAY + timedelta(7), DAY + timedelta(14)]
    assert made(stocked, days=1).coverage.articles == len(NAMES)


def test_an_operator_sees_what_runs_out_and_what_was_never_sent(stocked):
    planned = made(stocked, days=40)
    assert any("too little fits; a section may come again after" in said for said in planned.warnings)
    assert any("World Kidney Day: no article is about it" in said for said in planned.warnings)
    assert planned.warnings == tuple(sorted(planned.warnings))
    assert planned.coverage.never == ()
    assert planned.coverage.most[0][1] >= 2
    assert len(made(stocked, days=2).coverage.never) >= len(NAMES) - 6


def test_a_topic_whose_articles_have_all_led_is_named_with_the_day(workplace):
    with ContentStore(workplace.settings.content_path) as store:
        for name in ("psoriasis", "rosacea", "glaucoma"):
            topics = ("eyes",) if name == "glaucoma" else ("skin",)
            store.save(told(name).model_copy(update={"topics": topics}), seen_at=workplace.clock.now())
    planned = made(workplace, days=10)
    assert any(": skin runs out: all 2 of its articles have led by then" in said for said in planned.warnings)


def test_a_day_for_which_nothing_fits_is_held_in_the_plan_with_the_reason(workplace):
    fill(workplace.settings.content_path, names=("lupus",))
    planned = made(workplace, days=3)
    assert [issue.state for issue in planned.issues] == [State.PLANNED, State.HELD, State.HELD]
    assert any("2026-03-04: no issue" in said and "led within 7 days" in said for said in planned.warnings)


def test_an_empty_store_has_no_plan(workplace):
    with pytest.raises(PickError, match="content store is empty"):
        made(workplace)
