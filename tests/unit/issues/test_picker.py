"""The pick: the same everywhere, never again too soon, never out of review, and with its reasons."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.content.article import Article, Flag, Kind, Myth, Reference
from newsletter.errors import PickError
from newsletter.issues.headline import SUBJECT_LIMIT
from newsletter.issues.history import LADDER, Used
from newsletter.issues.issue import Issue
from newsletter.issues.ranking import seed_for
from newsletter.issues.store import uses_of
from newsletter.issues.trace import Trace
from tests.unit.factory import DAY, LEAD_KINDS, article, issue, paragraph, picked, section

WITHIN = re.compile(r": (\d+) of (\d+)$")
POINTS = re.compile(r": (-?\d+)(?: of \d+)?$")
PRINT = (
    "from tests.unit.factory import *; print(issue(*[article(f'a{n}') for n in range(30)]).model_dump_json())"
)

#: Bounded: whole catalogues are drawn.
bounded = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def choose(articles: list[Article], history: list[Used] | None = None, day: date = DAY) -> Issue:
    """The issue that the picker makes of these."""
    return picked(articles, history or [], day=day)


def traced(articles: list[Article], history: list[Used] | None = None, day: date = DAY) -> Trace:
    """Why it is as it is."""
    trace = choose(articles, history, day).trace
    assert trace is not None
    return trace


_flags = st.sets(st.sampled_from(Flag), max_size=2).map(tuple)
_sections = st.builds(
    lambda kind, lengths, flags: section(kind, *(paragraph(words) for words in lengths), flags=flags),
    st.sampled_from([*LEAD_KINDS, Kind.SELF_CARE, Kind.CAUSES, Kind.CONCLUSION]),
    st.lists(st.integers(1, 150), min_size=1, max_size=3),
    _flags,
)
_values: dict[str, Any] = {
    "topics": st.sets(st.sampled_from(["skin", "Skin", "heart", "joints"]), max_size=2).map(tuple),
    "reviewed_on": st.one_of(
        st.none(), st.integers(-3, 1100).map(lambda days: DAY - timedelta(days=days)), st.just(DAY)
    ),
    "status": st.sampled_from(["usable", "usable", "usable", "unreviewed", "withdrawn"]),
    "lang": st.sampled_from(["en", "en-GB", "de"]),
    "url": st.sampled_from(["https://clinic.example/x", ""]),
    "title": st.text("abc de\n", min_size=1, max_size=70),
    "references": st.integers(0, 6).map(lambda n: tuple(Reference(text=str(i)) for i in range(n))),
}


@st.composite
def catalogues(draw: st.DrawFn) -> list[Article]:
    """Up to six articles of every kind of trouble, and two that can always lead."""
    made = [article("sound-one", topics=("one",)), article("sound-two", topics=("two",))]
    for number in range(draw(st.integers(0, 6))):
        sections = draw(st.lists(_sections, max_size=2))
        sections += [section(kind, flags=draw(_flags)) for kind in LEAD_KINDS]
        values = {name: draw(strategy) for name, strategy in _values.items()}
        made.append(article(f"a{number}", sections=tuple(sections), **values))
    return made


@bounded
@given(catalogues(), st.integers(0, 2**32))
def test_the_order_in_which_articles_and_history_come_does_not_matter(articles, order):
    history = uses_of(issue(articles[0], day=DAY - timedelta(days=20)))
    made = choose(articles, history)
    shuffled = random.Random(order).sample(articles, len(articles))
    assert choose(shuffled, history[::-1]) == made == choose(articles, history)


@bounded
@given(catalogues())
def test_only_articles_in_review_in_language_and_in_use_are_picked(articles):
    by_id = {one.id: one for one in articles}
    for one in choose(articles).picks:
        chosen = by_id[one.article_id]
        assert chosen.status == "usable"
        assert chosen.lang.startswith("en")
        assert chosen.reviewed_on is not None
        assert DAY - timedelta(days=3 * 365) <= chosen.reviewed_on <= DAY
        assert one.reviewed_on == chosen.reviewed_on


@bounded
@given(catalogues())
def test_the_lead_fills_its_slots_and_the_other_pick_is_from_another_topic(articles):
    made = choose(articles)
    by_id = {one.id: one for one in articles}
    slots = [one.slot for one in made.picks]
    order = ["overview", "signs", "what_helps", "seek_help", "also_today", "prevention"]
    assert slots == [slot for slot in order if slot in slots]
    assert slots[:3] == order[:3]
    for one in made.picks:
        if one.slot not in ("also_today", "prevention"):
            assert one.article_id == made.lead.article_id
            continue
        assert one.article_id != made.lead.article_id
        topics = [
            {topic.casefold() for topic in by_id[each].topics}
            for each in (one.article_id, made.lead.article_id)
        ]
        assert not topics[0] & topics[1]


@bounded
@given(catalogues())
def test_every_pick_says_its_reasons_and_their_points_are_its_score(articles):
    for one in choose(articles).picks:
        assert len(one.reasons) >= 5
        limits = [found.groups() for reason in one.reasons if (found := WITHIN.search(reason))]
        assert all(int(given) <= int(limit) for given, limit in limits)
        points = [int(found[1]) for reason in one.reasons if (found := POINTS.search(reason))]
        assert sum(points) == one.score
        assert f"{one.words} of" in one.reasons[-1]
        assert one.cut == ("left out" in one.reasons[-1])


@bounded
@given(catalogues())
def test_the_subject_is_one_short_line_that_does_not_name_a_sensitive_condition(articles):
    made = choose(articles)
    lead = [one for one in made.picks if one.article_id == made.lead.article_id]
    assert 0 < len(made.subject) <= SUBJECT_LIMIT
    assert made.subject.isprintable()
    assert made.preheader.isprintable()
    # "When to seek help" names such things in many articles, which does not make them sensitive.
    told = [one for one in lead if one.kind is not Kind.WHEN_TO_SEEK_HELP]
    if any(Flag.SENSITIVE in one.flags for one in told):
        assert "health" in made.subject
        assert made.preheader == "Today’s condition, what helps and when to seek help."


@bounded
@given(catalogues(), st.lists(st.integers(1, 60), min_size=6, max_size=10))
def test_nothing_comes_again_sooner_than_the_rung_says_that_the_trace_names(articles, pauses):
    history: list[Used] = []
    day = DAY
    for pause in pauses:
        day += timedelta(days=pause)
        try:
            made = choose(articles, history, day)
        except PickError:
            continue
        assert made.trace is not None
        for one in uses_of(made):
            for before in history:
                gap = (day - before.issued_on).days
                assert gap >= made.trace.section_gap or one.section_key != before.section_key
                assert (
                    gap >= made.trace.lead_gap
                    or not (one.is_lead and before.is_lead)
                    or one.article_id != before.article_id
                )
        history += uses_of(made)


@pytest.mark.parametrize(
    ("days", "rung"), [(180, 0), (-180, 0), (179, 2), (-179, 2), (89, 3), (44, 4), (21, 5)]
)
def test_a_section_may_come_again_as_soon_as_the_ladder_has_to_allow_also_out_of_order(days, rung):
    history = uses_of(issue(article("gout"), day=DAY))
    day = DAY + timedelta(days=days)
    made = choose([article("gout", reviewed_on=day)], history, day)
    assert made.trace is not None
    assert made.trace.rung == rung
    assert made.trace.relaxed == tuple(one.said for one in LADDER[1 : rung + 1])


@pytest.mark.parametrize(("days", "rung"), [(14, 0), (13, 6), (7, 6)])
def test_an_article_may_lead_again_from_the_14th_day_on_and_sooner_only_where_nothing_else_can(days, rung):
    history = [Used(DAY - timedelta(days=days), "gout", "gout/other/elsewhere", is_lead=True)]
    alone = choose([article("gout")], history)
    assert alone.trace is not None
    assert alone.trace.rung == rung
    other = choose([article("gout"), article("eczema")], history)
    assert rung == 0 or other.lead.article_id == "eczema"


def test_an_article_that_led_six_days_ago_never_leads_and_the_reason_is_counted():
    history = [Used(DAY - timedelta(days=6), "gout", "gout/other/elsewhere", is_lead=True)]
    with pytest.raises(PickError, match="1 led within 7 days"):
        choose([article("gout")], history)


def test_another_machine_with_other_hash_seeds_picks_the_same():
    answers = set()
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C", "TZ": "Asia/Tokyo"}
        ended = subprocess.run(
            [sys.executable, "-c", PRINT], env=environment, capture_output=True, text=True, check=True
        )
        answers.add(ended.stdout.strip())
    assert answers == {issue(*[article(f"a{n}") for n in range(30)]).model_dump_json()}


def test_another_day_or_newsletter_has_another_seed():
    seeds = {seed_for("daily", DAY), seed_for("daily", DAY + timedelta(days=1)), seed_for("weekly", DAY)}
    assert len(seeds) == 3


def test_different_days_lead_with_different_articles():
    articles = [article(f"a{n}") for n in range(10)]
    leads = {choose(articles, day=DAY + timedelta(days=n)).lead.article_id for n in range(20)}
    assert len(leads) > 4


def test_an_article_that_rested_is_preferred_to_one_used_lately():
    """The draw cannot outweigh a long rest for every section at once: over many days rest wins mostly."""
    articles = [article("tired", topics=("x",)), article("rested", topics=("x",))]
    wins = 0
    for n in range(20):
        day = DAY + timedelta(days=n)
        history = [Used(day - timedelta(days=15), "tired", "tired/other/x", is_lead=True)]
        wins += choose(articles, history, day).lead.article_id == "rested"
    assert wins >= 16


def test_the_runner_up_names_what_nearly_came():
    made = issue(article("gout", topics=("x",)), article("eczema", topics=("x",)))
    other = ({"gout", "eczema"} - {made.lead.article_id}).pop()
    assert made.lead.runner_up == f"{other}: Overview"
    assert issue(article("gout")).lead.runner_up is None


def test_a_reason_never_claims_that_an_article_was_never_used():
    """The history reaches back 180 days only: what came before nobody told the picker."""
    assert not any("never" in reason for reason in issue(article("gout")).lead.reasons)


def test_an_article_without_an_address_is_never_shortened():
    long = section(Kind.CAUSES, paragraph(100), paragraph(100))
    there = issue(article("gout"), article("eczema", sections=(long,)))
    assert (there.picks[-1].slot, there.picks[-1].cut) == ("also_today", True)
    assert there.trace is not None
    assert there.trace.rung == 0
    nowhere = issue(article("gout"), article("eczema", sections=(long,), url=""))
    assert nowhere.picks[-1].slot == "seek_help"


def test_topics_that_differ_only_in_case_are_one_topic():
    made = issue(article("gout", topics=("Joints",)), article("bursitis", topics=("joints",)))
    assert {one.article_id for one in made.picks} == {made.lead.article_id}


def test_two_articles_of_one_title_are_not_two_topics():
    made = issue(article("a", title="Gout", topics=()), article("b", title="gout", topics=()))
    assert {one.article_id for one in made.picks} == {made.lead.article_id}


def test_the_preheader_names_the_other_topic_unless_that_is_sensitive():
    made = issue(article("gout"), article("eczema", sections=(section(Kind.CAUSES),)))
    assert made.preheader.endswith("Also today: Eczema.")
    private = article("chlamydia", sections=(section(Kind.CAUSES, flags=(Flag.SENSITIVE,)),))
    assert "Chlamydia" not in issue(article("gout"), private).preheader


def test_an_emergency_is_told_whole_or_not_at_all():
    stroke = article("stroke", sections=(section(Kind.CAUSES), section(Kind.PREVENTION)))
    assert {pick.article_id for pick in issue(article("gout"), stroke).picks} == {"gout"}
    assert issue(article("stroke"), article("gout")).lead.article_id in {"stroke", "gout"}


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({"reviewed_on": None}, "holds no article that may be used"),
        ({"reviewed_on": DAY + timedelta(days=1)}, "of 1 articles that may be used 0 are in review"),
        (
            {"reviewed_on": DAY - timedelta(days=3 * 365 + 1)},
            "of 1 articles that may be used 0 are in review",
        ),
        ({"status": "withdrawn"}, "holds no article that may be used"),
        ({"lang": "de"}, "holds no article that may be used"),
        ({"sections": (section(Kind.CONCLUSION),)}, "1 have no section for any slot"),
    ],
)
def test_when_nothing_fits_the_error_counts_what_ruled_articles_out(changes, counts):
    with pytest.raises(PickError) as caught:
        issue(article("gout", **changes))
    assert counts in str(caught.value)
    assert "issue of 2026-03-03" in str(caught.value)


def test_a_treatment_never_stands_without_its_when_to_seek_help():
    long = section(Kind.WHEN_TO_SEEK_HELP, paragraph(300))
    kinds = (Kind.OVERVIEW, Kind.SYMPTOMS, Kind.TREATMENT)
    wordy = article("gout", sections=(*(section(kind) for kind in kinds), long))
    made = choose([wordy, article("eczema")])
    assert made.lead.article_id == "eczema"
    # Alone, it makes a shorter issue without the treatment: the ladder relaxes no rule on safety.
    assert [one.slot for one in choose([wordy]).picks] == ["overview", "signs"]


def test_where_an_article_has_no_when_to_seek_help_the_call_out_stands_in():
    kinds = (Kind.OVERVIEW, Kind.SYMPTOMS, Kind.TREATMENT)
    made = choose([article("gout", sections=tuple(section(kind) for kind in kinds))])
    assert [one.standing_call_out for one in made.picks] == [False, False, True]


def test_a_section_with_a_dose_is_not_told_in_passing_without_what_must_go_with_it():
    dose = section(Kind.SELF_CARE, flags=(Flag.DOSE,))
    bare = article("eczema", sections=(dose,))
    helped = article("eczema", sections=(dose, section(Kind.WHEN_TO_SEEK_HELP)))
    assert choose([article("gout"), bare]).picks[-1].standing_call_out
    assert {one.article_id for one in choose([article("gout"), helped]).picks} == {"gout"}


def test_a_sensitive_subject_does_not_come_two_days_running():
    private = article(
        "depression", sections=tuple(section(kind, flags=(Flag.SENSITIVE,)) for kind in LEAD_KINDS)
    )
    before = [Used(DAY - timedelta(days=1), "x", "x/other/x", is_lead=True, is_sensitive=True)]
    assert choose([private, article("gout")], before).lead.article_id == "gout"
    alone = choose([private], before)
    assert alone.trace is not None
    assert alone.trace.relaxed[-1] == "sensitive subjects may come two days running"
    assert traced([private], [replace(before[0], issued_on=DAY - timedelta(days=2))]).rung == 0


def test_a_topic_is_in_two_of_any_three_issues_at_most():
    days = (DAY - timedelta(days=2), DAY - timedelta(days=1))
    before = [Used(day, f"x{day}", f"x{day}/other/x", is_lead=True, topics=("joints",)) for day in days]
    articles = [article("gout", topics=("joints",)), article("eczema", topics=("skin",))]
    assert choose(articles, before).lead.article_id == "eczema"
    assert traced(articles, before[:1]).rung == 0
    assert traced(articles[:1], before).relaxed == ("the same topic may come three issues running",)
    # Also where the days around it were made before it.
    around = [
        replace(before[0], issued_on=DAY - timedelta(days=1)),
        replace(before[1], issued_on=DAY + timedelta(days=1)),
    ]
    assert choose(articles, around).lead.article_id == "eczema"


@bounded
@given(catalogues(), st.data())
def test_removing_an_article_that_was_not_picked_changes_no_pick(articles, data):
    history = uses_of(issue(articles[0], day=DAY - timedelta(days=20)))
    made = choose(articles, history)
    used = {one.article_id for one in made.picks}
    unused = [one for one in articles if one.id not in used]
    if not unused:
        return
    without = data.draw(st.sampled_from(unused))
    again = choose([one for one in articles if one is not without], history)
    assert [(one.slot, one.section_key) for one in again.picks] == [
        (one.slot, one.section_key) for one in made.picks
    ]


def test_a_myth_is_told_only_where_the_leads_front_matter_has_one():
    myth = Myth(claim="Gout is a rich man's disease", fact="Anyone can get it.")
    with_myth = choose([article("gout", myth=myth)])
    assert [one.slot for one in with_myth.picks][-1] == "myth"
    assert with_myth.picks[-1].is_myth
    assert with_myth.picks[-1].heading == myth.claim
    assert [block.plain() for block in with_myth.picks[-1].blocks] == [myth.fact]
    assert all(one.slot != "myth" for one in choose([article("gout")]).picks)
    # A myth comes again no sooner than a section.
    later = DAY + timedelta(days=100)
    assert traced([article("gout", myth=myth)], uses_of(with_myth), later).section_gap == 90
    assert choose([article("gout", myth=myth)], uses_of(with_myth)[-1:], later).picks[-1].slot != "myth"


def test_where_no_other_article_is_on_another_topic_the_issue_is_the_leads_alone():
    made = choose([article("gout", topics=("joints",)), article("lupus", topics=("joints",))])
    assert len({one.article_id for one in made.picks}) == 1


def test_an_article_for_another_region_is_not_used():
    with pytest.raises(PickError):
        choose([article("gout", regions=("US",))])


def test_a_review_on_the_day_itself_and_one_of_exactly_three_years_are_good():
    for reviewed_on in (DAY, DAY - timedelta(days=3 * 365)):
        assert issue(article("gout", reviewed_on=reviewed_on)).lead.article_id == "gout"
