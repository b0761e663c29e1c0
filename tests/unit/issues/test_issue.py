"""An issue: its lead, whether it is about an emergency, and what the command line shows of it."""

from __future__ import annotations

import json

import pytest

from newsletter.content.article import Flag, Kind
from newsletter.content.candidate import section_key
from newsletter.content.private_topic import SELF_HARM
from newsletter.issues.issue import Issue, State
from tests.unit.factory import article, issue, issue_with, pick_in, section


def test_the_first_pick_is_the_lead():
    made = issue(article("gout"))
    assert made.lead is made.picks[0]
    assert made.lead.article_title == "Gout"


def test_an_issue_with_an_article_on_an_emergency_is_about_one():
    made = issue(article("stroke"))
    assert made.emergency is made.lead


def test_an_issue_with_talk_of_danger_to_oneself_is_about_an_emergency():
    made = issue_with(slot="signs", flags=(Flag.EMERGENCY, Flag.SENSITIVE), private=(SELF_HARM,))
    assert made.emergency is pick_in(made, "signs")


@pytest.mark.parametrize("slot", ["overview", "signs", "what_helps", "seek_help", "also_today"])
def test_telling_whom_to_call_does_not_make_an_issue_about_an_emergency(slot):
    assert issue_with(slot=slot, flags=(Flag.EMERGENCY, Flag.WARNING)).emergency is None


def test_naming_an_emergency_under_when_to_seek_help_does_not_make_the_issue_one():
    made = issue_with(slot="seek_help", flags=(Flag.EMERGENCY, Flag.SENSITIVE))
    assert made.emergency is None


@pytest.mark.parametrize("flag", [Flag.DOSE, Flag.WARNING, Flag.SENSITIVE])
def test_no_other_flag_makes_an_emergency(flag):
    assert issue_with(flags=(flag,)).emergency is None


def test_the_document_has_the_keys_that_scripts_rely_on_and_is_plain_json():
    made = issue().model_copy(update={"state": State.SENT})
    document = json.loads(json.dumps(made.document()))
    assert set(document) >= {
        *("newsletter", "date", "state", "subject", "preheader", "picks", "seed", "snapshot")
    }
    assert (document["date"], document["state"]) == ("2026-03-03", "sent")
    for shown, pick in zip(document["picks"], made.picks, strict=True):
        assert set(shown) >= {
            *("slot", "article_id", "section_position", "heading", "kind", "reasons", "score", "runner_up")
        }
        assert shown["heading"] == pick.heading


def test_an_issue_survives_the_way_through_json():
    made = issue()
    assert Issue.model_validate_json(made.model_dump_json()) == made


def test_a_sections_name_outlives_its_position_and_the_case_of_its_heading():
    one = section_key("gout", position=1, kind=Kind.SYMPTOMS, heading="Signs of gout ")
    assert one == section_key("gout", position=3, kind=Kind.SYMPTOMS, heading="signs of Gout")
    assert one != section_key("gout", position=1, kind=Kind.CAUSES, heading="Signs of gout")
    first = issue(article(sections=(section(Kind.CONCLUSION), *article().sections)))
    assert {pick.section_key for pick in first.picks} == {pick.section_key for pick in issue(article()).picks}


def test_a_list_that_names_an_overdose_in_a_section_on_addiction_is_not_talk_of_danger_to_oneself():
    made = issue_with(slot="signs", flags=(Flag.EMERGENCY, Flag.SENSITIVE), private=("addiction",))
    assert made.emergency is None
