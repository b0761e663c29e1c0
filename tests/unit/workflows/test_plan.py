"""The plan: the days ahead as if each were sent, and what an operator should see in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from newsletter.content.store import ContentStore
from newsletter.errors import PickError
from newsletter.issues.approval import Approver
from newsletter.issues.issue import State
from newsletter.workflows.approve import approve
from newsletter.workflows.compose import compose, make_draft
from newsletter.workflows.plan import expected, plan
from newsletter.workflows.show_issue import show_issue
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import fill, told
from tests.unit.workflows.outlooks import outlook

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


def test_a_later_day_looks_as_the_forecast_has_it_wherever_it_is_looked_at(stocked):
    settings, database, newsletter = stocked.settings, stocked.database, stocked.settings.newsletter()
    seen = {}
    for issue in made(stocked, days=6).issues:
        day = issue.issued_on
        assert make_draft(settings, database, newsletter, day, since=DAY).issue.picks == issue.picks
        shown = show_issue(stocked, newsletter, day)
        assert (shown.issue.picks, shown.issue.subject) == (issue.picks, issue.subject)
        seen[day] = shown.seen
    # And so it does once the outlook of the console is there, which has it from another process.
    outlook(stocked)
    for issue in made(stocked, days=6).issues:
        shown = show_issue(stocked, newsletter, issue.issued_on)
        assert (shown.issue, shown.seen) == (issue, seen[issue.issued_on])
    # Whoever approves it gets what they saw: it is composed of what it is made of, not from the outlook.
    asked = newsletter.model_copy(update={"approval": "one"})
    day = DAY + timedelta(days=5)
    approve(stocked, asked, day, actor="ada", by=Approver("ada"), seen=seen[day])


def test_a_series_told_over_a_week_is_the_forecasts_too(stocked):
    series = stocked.settings.newsletter().model_copy(update={"layout": "series"})
    settings = stocked.settings.model_copy(update={"newsletters": (series,)})
    desk = replace(stocked, settings=settings)
    for issue in made(desk, days=7).issues:
        assert show_issue(desk, series, issue.issued_on).issue.picks == issue.picks


def test_who_approves_a_later_day_gets_what_they_saw(stocked):
    newsletter = stocked.settings.newsletter().model_copy(update={"approval": "one"})
    desk = replace(stocked, settings=stocked.settings.model_copy(update={"newsletters": (newsletter,)}))
    day = DAY + timedelta(days=4)
    shown = show_issue(desk, newsletter, day)
    assert shown.issue.picks == made(desk, days=5).issues[-1].picks
    approve(desk, newsletter, day, actor="ada", by=Approver("ada"), seen=shown.seen)
    assert compose(desk, newsletter, day).issue.picks == shown.issue.picks
    # What goes before it is made knowing of it, and it stands.
    assert made(desk, days=5).issues[-1].picks == shown.issue.picks


def test_days_before_that_are_made_or_over_are_not_counted_twice(stocked):
    settings, database, newsletter = stocked.settings, stocked.database, stocked.settings.newsletter()
    third = DAY + timedelta(days=2)
    before = expected(settings, database, newsletter, third, today=DAY)
    assert [issue.issued_on for issue in before] == [DAY, DAY + timedelta(days=1)]
    compose(stocked, newsletter, DAY)
    assert [one.issued_on for one in expected(settings, database, newsletter, third, today=DAY)] == [
        DAY + timedelta(days=1)
    ]
    assert expected(settings, database, newsletter, DAY, today=DAY) == ()
    assert expected(settings, database, newsletter, DAY, today=third) == ()
    assert expected(settings, database, newsletter, DAY + timedelta(days=400), today=DAY) == ()


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
