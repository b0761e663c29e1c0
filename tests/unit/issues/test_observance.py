"""Health days: fixed and floating dates, regions, and a site's own table over the shipped one."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from newsletter.errors import SettingsError
from newsletter.issues.observance import Observance, load_observances, season, shipped_observances
from tests.unit.factory import article, desk, picked


@pytest.mark.parametrize(
    ("on", "year", "days"),
    [
        ("03-24", 2026, (date(2026, 3, 24), date(2026, 3, 24))),
        ("08-01..08-07", 2026, (date(2026, 8, 1), date(2026, 8, 7))),
        ("second thursday of march", 2026, (date(2026, 3, 12), date(2026, 3, 12))),
        ("first tuesday of may", 2027, (date(2027, 5, 4), date(2027, 5, 4))),
        ("last day of february", 2028, (date(2028, 2, 29), date(2028, 2, 29))),
        ("last friday of november", 2026, (date(2026, 11, 27), date(2026, 11, 27))),
        ("second week of march", 2026, (date(2026, 3, 9), date(2026, 3, 15))),
        ("02-29", 2026, (date(2026, 2, 28), date(2026, 2, 28))),
    ],
)
def test_a_day_is_found_in_any_year(on, year, days):
    assert Observance(name="x", on=on).days(year) == days


@pytest.mark.parametrize(
    "on", ["24-03", "03-24..01-02", "fifth monday of may", "last week", "soon", "13-01", "03-00", "02-30"]
)
def test_what_is_no_day_is_refused(on):
    with pytest.raises(ValidationError):
        Observance(name="x", on=on)


def test_points_rise_before_the_day_and_end_with_it():
    one = Observance(name="x", on="03-10", weight=100, before=3)
    given = [one.points(date(2026, 3, day)) for day in range(6, 12)]
    assert given == [0, 25, 50, 75, 100, 0]
    assert Observance(name="y", on="01-01", weight=90, before=2).points(date(2026, 12, 31)) == 60


def test_a_day_counts_where_it_is_kept():
    one = Observance(name="x", on="03-10", topics=("heart",), regions=("US",))
    assert season([one], date(2026, 3, 10), region="GB").active == ()
    assert season([one], date(2026, 3, 10), region="US").topic_points(("heart",)) == 150


def test_a_weekly_issue_stands_for_the_days_until_the_next():
    one = Observance(name="x", on="03-12", words=("kidney*",))
    found = season([one], date(2026, 3, 9), region="GB", until=date(2026, 3, 15))
    assert found.best("Kidney stones", ()) == (150, "x")
    assert season([one], date(2026, 3, 9), region="GB").best("Kidney stones", ()) == (0, "")


def test_the_shipped_table_reads_and_every_entry_is_about_something():
    table = shipped_observances()
    assert len(table) >= 60
    assert len({one.name for one in table}) == len(table)
    assert all(one.words or one.topics for one in table)
    assert all(word == word.lower() for one in table for word in one.words)


def test_a_sites_own_day_replaces_the_shipped_one_of_its_name(tmp_path):
    own = tmp_path / "days.toml"
    own.write_text(
        '[[observances]]\nname = "World Kidney Day"\non = "06-01"\nwords = ["kidney*"]\n'
        '[[observances]]\nname = "Our own day"\non = "06-02"\ntopics = ["skin"]\n'
    )
    table = {one.name: one for one in load_observances(own)}
    assert table["World Kidney Day"].on == "06-01"
    assert len(table) == len(shipped_observances()) + 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[observances]]\nname = 'x'\non = 'soon'\n", "on: found 'soon'"),
        ("[[observances]]\nname = 'x'\non = '03-01'\nweight = 900\n", "weight: found 900"),
        ("[[observances]]\nname = 'x'\non = '03-01'\nwhen = 1\n", "when"),
        ("[[obs", "is not TOML"),
    ],
)
def test_a_wrong_entry_is_an_error_that_names_it(tmp_path, text, said):
    own = tmp_path / "days.toml"
    own.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_observances(own)
    assert said in str(caught.value)
    assert "days.toml" in str(caught.value)


def test_on_its_day_an_article_by_name_leads():
    articles = [article(f"a{number}") for number in range(30)]
    kidney = article("zz", title="Chronic kidney disease")
    made = picked([*articles, kidney], day=date(2026, 3, 12))
    assert made.lead.article_id == "zz"
    assert any("in season, World Kidney Day: 200 of 200" in reason for reason in made.lead.reasons)


def test_an_issue_stands_for_the_days_until_the_next_one():
    weekly, series = desk(layout="digest"), desk(layout="series")
    assert weekly._stands_for(date(2026, 3, 9)) == (date(2026, 3, 9), date(2026, 3, 15))
    assert series._stands_for(date(2026, 3, 12)) == (date(2026, 3, 9), date(2026, 3, 15))
    assert desk()._stands_for(date(2026, 3, 12)) == (date(2026, 3, 12), date(2026, 3, 12))
