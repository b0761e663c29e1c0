"""What was sent before, and what that forbids."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

from newsletter.issues.history import LADDER, History, Used, rules_for
from tests.unit.factory import DAY


def used(days: int, article: str = "gout", **changes: Any) -> Used:
    values: dict[str, Any] = {"section_key": f"{article}/overview/x", "is_lead": True, **changes}
    return Used(DAY - timedelta(days=days), article, **values)


def test_ages_are_counted_from_the_nearest_use_on_either_side():
    rules = rules_for(DAY, [used(100), used(20), used(-3)])
    assert rules.section_age["gout/overview/x"] == 3
    assert rules.lead_age["gout"] == 3
    # How long it has rested says only what came before.
    assert rules.used_age["gout"] == 20


def test_a_topic_is_full_when_both_others_of_any_three_in_a_row_have_it():
    topics: dict[str, Any] = {"topics": ("skin",)}
    assert rules_for(DAY, [used(1, **topics), used(2, **topics)]).full_topics == {"skin"}
    assert rules_for(DAY, [used(-1, **topics), used(-2, **topics)]).full_topics == {"skin"}
    assert rules_for(DAY, [used(1, **topics), used(-1, **topics)]).full_topics == {"skin"}
    assert rules_for(DAY, [used(1, **topics), used(3), used(5, **topics)]).full_topics == frozenset()
    assert rules_for(DAY, [used(1, **topics)]).full_topics == frozenset()


def test_only_the_day_before_or_after_makes_a_day_follow_a_sensitive_one():
    assert rules_for(DAY, [used(1, is_sensitive=True)]).after_sensitive
    assert rules_for(DAY, [used(-1, is_sensitive=True)]).after_sensitive
    assert not rules_for(DAY, [used(2, is_sensitive=True)]).after_sensitive


def test_in_a_series_a_week_is_dated_on_its_monday():
    friday = DAY + timedelta(days=4 - DAY.weekday())
    week = [Used(friday - timedelta(days=days), "gout", f"gout/{days}", is_lead=True) for days in range(5)]
    own = rules_for(friday, week[1:], by_week=True)
    assert own.section_age == {}
    assert own.week_lead == "gout"
    assert own.told_this_week == {"gout/1", "gout/2", "gout/3", "gout/4"}
    later = rules_for(friday + timedelta(days=5), week, by_week=True)
    assert set(later.section_age.values()) == {7}


def test_every_rung_keeps_what_those_above_it_relaxed():
    for above, below in pairwise(LADDER):
        assert below.section_gap <= above.section_gap
        assert below.lead_gap <= above.lead_gap
        assert (below.topics, below.sensitive, below.whole) <= (above.topics, above.sensitive, above.whole)


def test_the_last_form_is_that_of_the_last_issue_before():
    forms = {DAY - timedelta(days=2): "a", DAY - timedelta(days=1): "b", DAY + timedelta(days=1): "c"}
    assert History(forms=forms).last_form(DAY) == "b"
    assert History().last_form(DAY) == ""
