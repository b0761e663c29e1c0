"""The points: the documentation's own example, and the quick way adding up to the slow one."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content.article import Kind, Reference
from newsletter.content.candidate import candidate
from newsletter.issues.history import History, Used
from newsletter.issues.ranking import (
    ALGORITHM,
    DRAW,
    FIT,
    INTEREST,
    PARTS,
    REPEAT,
    WHOLE,
    Ranking,
    coverage,
    draw,
    freshness,
    quality,
    rest,
    seed_for,
    topic_bits,
)
from tests.unit.factory import DAY, article, desk, index, section

PAGE = Path(__file__).parents[3] / "docs/explanation/picking.md"
ALL_KINDS = tuple(section(kind) for kind in Kind)


def graded(grade: float | None, **changes):
    """A candidate with all kinds whose hardest section has this grade."""
    sections = tuple(one.model_copy(update={"grade": grade}) for one in ALL_KINDS)
    return candidate(article("gout", sections=sections, **changes))


def test_the_worked_example_in_the_documentation_is_what_comes_out():
    page = PAGE.read_text(encoding="utf-8")
    table = page.partition("### A worked example")[2].partition("## Topic editions")[0]
    stated = {
        match[1]: int(match[2])
        for match in re.finditer(r"^\| \**(\w+)[^|]*\| \**(\d+)\**", table, re.MULTILINE)
        if match[1] != "part"
    }
    three = tuple(Reference(text=str(number)) for number in range(3))
    worked = {
        "quality": quality(graded(9.5, references=three)),
        "freshness": freshness(100, 3 * 365),
        "rest": rest(40, ever_used=True),
        "season": 0,
        "news": 0,
        "coverage": coverage(("joints",), {"joints": 12}),
        "fit": FIT,
        "whole": WHOLE,
        "draw": 30,
    }
    assert stated == {**worked, "all": sum(worked.values())}


def test_the_table_of_points_states_the_weights_of_the_code():
    page = PAGE.read_text(encoding="utf-8").partition("## Points")[2].partition("### A worked")[0]
    stated = {
        match[1]: int(match[2].replace("−", "-"))
        for match in re.finditer(r"^\| (\w+) \| (?:up to )?(−?\d+) \|", page, re.MULTILINE)
    }
    own = {"fit": FIT, "whole": WHOLE, "draw": DRAW, "repeat": -REPEAT, "interest": INTEREST}
    assert stated == {**PARTS, **own}


@pytest.mark.parametrize(
    ("grade", "points"), [(None, 40), (6.0, 80), (8.0, 80), (9.5, 65), (16.0, 0), (30.0, 0)]
)
def test_hard_reading_costs_ten_points_a_grade(grade, points):
    assert quality(graded(grade, references=())) - 8 * 15 == points


def test_a_draw_differs_by_day_newsletter_and_section_and_stays_in_its_bounds():
    seeds = {seed_for("daily", DAY), seed_for("daily", DAY + timedelta(days=1)), seed_for("weekly", DAY)}
    assert len(seeds) == 3
    assert ALGORITHM
    drawn = {draw(seed_for("daily", DAY), "gout", position) for position in range(500)}
    assert drawn == set(range(DRAW + 1))


_articles = st.lists(
    st.tuples(
        st.sets(st.sampled_from(["joints", "skin", "heart"]), max_size=2),
        st.integers(-5, 1100),
        st.one_of(st.none(), st.integers(-100, 40)),
        st.integers(0, 7),
    ),
    min_size=1,
    max_size=8,
)


def ranking_of(drawn, used=()) -> Ranking:
    """The ranking of articles drawn as (topics, days since review, days since publication, references)."""
    made = [
        article(
            f"a{number}",
            title=("Kidney stones", "Gout", "Asthma")[number % 3],
            topics=tuple(sorted(topics)),
            reviewed_on=DAY - timedelta(days=reviewed),
            published_at=None
            if published is None
            else datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC) - timedelta(days=published),
            references=tuple(Reference(text=str(one)) for one in range(references)),
        )
        for number, (topics, reviewed, published, references) in enumerate(drawn)
    ]
    at = desk()
    history = History(tuple(used), ever_used=frozenset(one.article_id for one in used), begun_on=DAY)
    return at.ranking(index(made, at), history, date(2026, 3, 12))


@settings(max_examples=60, deadline=None)
@given(_articles, st.integers(1, 60))
def test_what_is_worked_out_for_all_at_once_is_what_its_parts_add_up_to(drawn, days):
    used = [Used(DAY - timedelta(days=days), "a0", "a0/other/x", is_lead=True, topics=("skin",))]
    ranking = ranking_of(drawn, used)
    for place, points in enumerate(ranking.points):
        age = ranking.rules.day.toordinal() - ranking.index.candidates[place].reviewed
        if 0 <= age <= ranking.limit:
            assert points == sum(ranking.parts(place).values())
        else:
            assert points == -1
    assert ranking.order == sorted(
        (place for place, points in enumerate(ranking.points) if points >= 0),
        key=lambda place: (-ranking.points[place], place),
    )


@settings(max_examples=60, deadline=None)
@given(_articles, st.integers(0, 7))
def test_interests_raise_the_articles_that_have_them_and_leave_none_out(drawn, wanted):
    offered = ("heart", "joints", "skin")
    plain = ranking_of(drawn)
    ranking = Ranking(plain.index, plain.rules, plain.season, plain.limit, plain.begun_on, offered=offered)
    looked = list(ranking.looked_at(wanted))
    assert sorted(place for _, place in looked) == sorted(ranking.order)
    assert looked == sorted(looked, key=lambda found: (-found[0], found[1]))
    for points, place in looked:
        bits = topic_bits(ranking.index.candidates[place].topics, offered)
        assert points == ranking.points[place] + INTEREST * (bits & wanted).bit_count()


def test_an_article_published_since_the_newsletter_began_is_news_until_it_was_told():
    drawn: list[tuple[set[str], int, int, int]] = [(set(), 0, 0, 1), (set(), 0, 300, 1)]
    assert [ranking_of(drawn).parts(place)["news"] for place in range(2)] == [150, 0]
    told = [Used(DAY - timedelta(days=300), "a0", "a0/other/x", is_lead=True)]
    assert ranking_of(drawn, told).parts(0)["news"] == 0


def test_an_article_that_was_never_told_comes_before_one_that_has_rested_however_long():
    assert [rest(days, ever_used=True) for days in (0, 40, 150, 180, None)] == [0, 40, 150, 150, 150]
    assert rest(None, ever_used=False) == 200
