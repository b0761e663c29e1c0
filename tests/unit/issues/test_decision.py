"""The operator's hand: applied whenever the issue is made, and never over a rule on safety."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content.article import Article, Flag, Kind
from newsletter.errors import PickError
from newsletter.issues.decision import Act, Decision, decide, decided, hand_of, in_force, undo
from newsletter.issues.history import Used
from tests.unit.factory import DAY, LEAD_KINDS, article, picked, section

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
NAMES = ("gout", "eczema", "angina", "asthma", "lupus")


def articles() -> list[Article]:
    return [article(name) for name in NAMES]


def test_a_forced_lead_leads_even_against_the_gaps():
    used = [Used(DAY - timedelta(days=1), "lupus", "lupus/overview/overview", is_lead=True)]
    made = picked(articles(), used, decisions=[Decision(act=Act.LEAD, issued_on=DAY, article_id="lupus")])
    assert made.lead.article_id == "lupus"
    assert made.trace is not None
    assert made.trace.decisions == ("lupus is to lead",)


def test_a_forced_lead_that_may_not_be_used_does_not_lead_and_the_trace_says_why():
    overdue = article("shingles", reviewed_on=DAY - timedelta(days=2000))
    made = picked([*articles(), overdue], decisions=[Decision(act=Act.LEAD, article_id="shingles")])
    assert made.lead.article_id != "shingles"
    assert made.trace is not None
    assert "shingles cannot lead as decided" in made.trace.notes[0]


def test_a_pinned_section_stands_in_its_slot():
    pin = Decision(act=Act.PIN, issued_on=DAY, slot="prevention", article_id="lupus", position=4)
    made = picked(articles(), decisions=[Decision(act=Act.LEAD, article_id="gout"), pin])
    pinned = next(pick for pick in made.picks if pick.slot == "prevention")
    assert (pinned.article_id, pinned.section_position) == ("lupus", 4)


def test_a_section_that_needs_its_when_to_seek_help_cannot_be_pinned_without_it():
    treated = article("lupus", sections=tuple(section(kind, flags=(Flag.DOSE,)) for kind in LEAD_KINDS))
    pin = Decision(act=Act.PIN, slot="also_today", article_id="lupus", position=2)
    made = picked([article("gout"), article("eczema"), treated], decisions=[pin])
    assert all(
        pick.kind is not Kind.TREATMENT or pick.article_id == made.lead.article_id for pick in made.picks
    )
    assert made.trace is not None
    assert "cannot stand in also_today as decided" in made.trace.notes[0]


@pytest.mark.parametrize("position", [None, 0])
def test_a_ban_holds(position):
    lead = picked(articles()).lead.article_id
    made = picked(articles(), decisions=[Decision(act=Act.BAN, article_id=lead, position=position)])
    assert made.lead.article_id != lead
    assert all(pick.article_id != lead or pick.section_position != position for pick in made.picks)


def test_sections_come_in_the_order_decided_and_the_lead_stays_first():
    order = Decision(act=Act.ORDER, text="prevention what_helps")
    made = picked(articles(), decisions=[order])
    slots = [pick.slot for pick in made.picks]
    assert slots == ["overview", "what_helps", "signs", "seek_help", "prevention"]


def test_the_later_decision_counts():
    hand = hand_of([Decision(act=Act.SUBJECT, text="a"), Decision(act=Act.SUBJECT, text="b")])
    assert hand.subject == "b"


def test_decisions_are_kept_with_who_took_them_and_stay_when_they_are_taken_back(database):
    ban = Decision(act=Act.BAN, article_id="gout", text="outdated")
    skip = Decision(act=Act.SKIP, issued_on=DAY)
    with database.write() as connection:
        first = decide(connection, "daily", ban, actor="ada", decided_at=NOW)
        decide(connection, "daily", skip, actor="ada", decided_at=NOW)
        assert in_force(connection, "daily", DAY) == [ban, skip]
        assert in_force(connection, "daily", DAY + timedelta(days=1)) == [ban]
        assert in_force(connection, "weekly", DAY) == []
        assert undo(connection, "daily", first, actor="grace", undone_at=NOW)
        assert not undo(connection, "daily", first, actor="grace", undone_at=NOW)
        assert in_force(connection, "daily", DAY) == [skip]
        kept = decided(connection, "daily")
    assert [(one.decision, one.actor, one.undone_at) for one in kept] == [
        (ban, "ada", NOW),
        (skip, "ada", None),
    ]


@pytest.mark.parametrize("act", Act)
def test_every_act_can_be_said_in_words(act):
    said = Decision(act=act, slot="also_today", article_id="gout", position=1, text="why").said
    assert said
    assert "{" not in said


def test_what_is_told_of_the_lead_stands_together_whatever_the_order():
    order = Decision(act=Act.ORDER, text="also_today prevention seek_help signs")
    made = picked(articles(), decisions=[order])
    own = [pick.article_id == made.lead.article_id for pick in made.picks]
    assert own == sorted(own, reverse=True)
    assert [pick.slot for pick in made.picks][:3] == ["overview", "seek_help", "signs"]


def test_part_of_an_article_on_an_emergency_cannot_be_pinned():
    stroke = article("stroke")
    pin = Decision(act=Act.PIN, slot="prevention", article_id="stroke", position=4)
    made = picked([*articles(), stroke], decisions=[Decision(act=Act.LEAD, article_id="gout"), pin])
    assert "stroke" not in {pick.article_id for pick in made.picks}
    assert made.emergency is None
    assert made.trace is not None
    assert "is told whole, as the lead, or not at all" in made.trace.notes[-1]


def test_the_trace_says_that_a_lead_was_forced_over_the_gaps_and_what_it_lacks():
    used = [Used(DAY - timedelta(days=1), "lupus", "lupus/overview/overview", is_lead=True)]
    decisions = [
        Decision(act=Act.LEAD, article_id="lupus"),
        Decision(act=Act.BAN, article_id="lupus", position=3),
    ]
    made = picked(articles(), used, decisions=decisions)
    assert made.trace is not None
    assert made.trace.by_hand
    assert made.trace.notes == ("lupus leads by decision, however lately it was sent, without what_helps",)
    assert all(pick.kind is not Kind.TREATMENT for pick in made.picks)
    assert "what helps" not in made.preheader


def test_a_subject_that_names_a_sensitive_lead_is_not_taken():
    private = article(
        "shingles", sections=tuple(section(kind, flags=(Flag.SENSITIVE,)) for kind in LEAD_KINDS)
    )
    decisions = [
        Decision(act=Act.LEAD, article_id="shingles"),
        Decision(act=Act.SUBJECT, text="Shingles: what helps"),
        Decision(act=Act.PREHEADER, text="Plainly told."),
    ]
    made = picked([private, *articles()], decisions=decisions)
    assert "hingles" not in made.subject
    assert made.preheader == "Plainly told."
    assert made.trace is not None
    assert "it names what many keep private" in made.trace.notes[-1]


_names = st.sampled_from([*NAMES, "stroke", "shingles", "nobody"])
_decisions = st.lists(
    st.one_of(
        st.builds(Decision, act=st.just(Act.LEAD), article_id=_names),
        st.builds(
            Decision,
            act=st.just(Act.PIN),
            slot=st.sampled_from(["overview", "signs", "what_helps", "also_today", "prevention"]),
            article_id=_names,
            position=st.integers(0, 5),
        ),
        st.builds(Decision, act=st.just(Act.BAN), article_id=_names, position=st.none() | st.integers(0, 5)),
        st.builds(
            Decision,
            act=st.just(Act.ORDER),
            text=st.permutations(["overview", "signs", "what_helps", "seek_help", "prevention"]).map(
                " ".join
            ),
        ),
    ),
    max_size=5,
)


@settings(max_examples=80, deadline=None)
@given(_decisions)
def test_no_decision_goes_over_a_rule_on_safety(decisions):
    overdue = article("shingles", reviewed_on=DAY - timedelta(days=2000))
    dosed = article("lupus", sections=tuple(section(kind, flags=(Flag.DOSE,)) for kind in LEAD_KINDS))
    every = [*(one for one in articles() if one.id != "lupus"), dosed, article("stroke"), overdue]
    try:
        made = picked(every, decisions=decisions)
    except PickError:
        return
    hand = hand_of(decisions)
    shown = {(pick.article_id, pick.kind) for pick in made.picks}
    own = [pick.article_id == made.lead.article_id for pick in made.picks]
    assert own == sorted(own, reverse=True)
    for pick in made.picks:
        assert pick.article_id != "shingles"
        assert pick.article_id != "stroke" or made.lead.article_id == "stroke"
        assert not hand.bans_section(pick.article_id, pick.section_position)
        if pick.kind is Kind.TREATMENT or Flag.DOSE in pick.flags:
            assert (pick.article_id, Kind.WHEN_TO_SEEK_HELP) in shown
