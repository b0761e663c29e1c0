"""The operator's hand: applied whenever the issue is made, and never over a rule on safety."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.content.article import Article, Flag, Kind
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
    pin = Decision(act=Act.PIN, issued_on=DAY, slot="also_today", article_id="lupus", position=1)
    made = picked(articles(), decisions=[Decision(act=Act.LEAD, article_id="gout"), pin])
    also = next(pick for pick in made.picks if pick.slot == "also_today")
    assert (also.article_id, also.section_position) == ("lupus", 1)


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
    assert slots[:3] == ["overview", "prevention", "what_helps"]


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
