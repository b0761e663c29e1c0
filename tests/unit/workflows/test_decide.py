"""Deciding: a composed issue that nobody has got is made anew with the operator's hand."""

from __future__ import annotations

from datetime import date

import pytest

from newsletter.errors import ContentError, RefusedError, SettingsError
from newsletter.issues import store as issue_store
from newsletter.issues.decision import Act, Decision
from newsletter.issues.issue import State
from newsletter.workflows.approve import approve
from newsletter.workflows.compose import compose, make_draft
from newsletter.workflows.decide import decide, hold, skip, swap, undo
from newsletter.workflows.plan import plan
from newsletter.workflows.withdraw import withdraw
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import fill

DAY = date(2026, 3, 3)
NAMES = ("lupus", "angina", "acne", "gout", "eczema", "asthma")


@pytest.fixture
def stocked(workplace: Workplace) -> Workplace:
    fill(workplace.settings.content_path, names=NAMES)
    return workplace


def act(workplace: Workplace, decision: Decision) -> int:
    return decide(workplace, workplace.settings.newsletter(), decision, actor="ada")


def composed(workplace: Workplace) -> issue_store.StoredIssue:
    return compose(workplace, workplace.settings.newsletter(), DAY)


def test_a_decision_about_a_composed_issue_makes_it_anew(stocked):
    before = composed(stocked).issue
    number = act(stocked, Decision(act=Act.SUBJECT, issued_on=DAY, text="In plain words"))
    after = composed(stocked).issue
    assert (after.subject, after.picks) == ("In plain words", before.picks)
    undo(stocked, stocked.settings.newsletter(), number, actor="grace")
    assert composed(stocked).issue == before


def test_what_readers_are_getting_cannot_be_changed(stocked):
    stored = composed(stocked)
    with stocked.database.write() as connection:
        issue_store.start(connection, stored.id, started_at=stocked.clock.now())
    for decision in (
        Decision(act=Act.SUBJECT, issued_on=DAY, text="x"),
        Decision(act=Act.LEAD, issued_on=DAY, article_id=stored.issue.lead.article_id),
    ):
        with pytest.raises(RefusedError, match="is sending") as refused:
            act(stocked, decision)
        assert refused.value.exit_status == 3
    assert composed(stocked).issue.subject == stored.issue.subject


def test_the_runner_up_takes_the_slot_or_the_lead(stocked):
    newsletter = stocked.settings.newsletter()
    first = composed(stocked).issue
    also = next(pick for pick in first.picks if pick.slot == "prevention")
    assert also.runner_up
    swap(stocked, newsletter, DAY, "prevention", actor="ada")
    second = composed(stocked).issue
    now = next(pick for pick in second.picks if pick.slot == "prevention")
    assert also.runner_up == f"{now.article_id}: {now.heading}"
    assert second.lead == first.lead
    swap(stocked, newsletter, DAY, "overview", actor="ada")
    assert composed(stocked).issue.lead.article_id != first.lead.article_id
    with pytest.raises(SettingsError, match="is not a slot of this issue"):
        swap(stocked, newsletter, DAY, "nowhere", actor="ada")


def test_a_ban_reaches_every_issue_that_has_not_begun(stocked):
    lead = composed(stocked).issue.lead.article_id
    act(stocked, Decision(act=Act.BAN, article_id=lead))
    assert lead not in {pick.article_id for pick in composed(stocked).issue.picks}


def test_an_article_may_be_named_by_the_beginning_of_its_id(stocked):
    act(stocked, Decision(act=Act.LEAD, issued_on=DAY, article_id="lup"))
    assert composed(stocked).issue.lead.article_id.startswith("lupus")


@pytest.mark.parametrize(
    ("decision", "error", "said"),
    [
        (Decision(act=Act.LEAD, article_id="nothing"), ContentError, "is not in the content store"),
        (Decision(act=Act.PIN, slot="x", article_id="lupus", position=0), SettingsError, "slot 'x'"),
        (
            Decision(act=Act.PIN, slot="also_today", article_id="lupus", position=99),
            SettingsError,
            "section 99",
        ),
        (Decision(act=Act.ORDER, text="overview x"), SettingsError, "Its slots: also_today"),
        (Decision(act=Act.SUBJECT, text="Re: your health"), SettingsError, "looks like a reply"),
        (Decision(act=Act.SUBJECT, text="fwd : x"), SettingsError, "looks like a reply"),
        (Decision(act=Act.SUBJECT, text="A cure for gout"), SettingsError, "promises or threatens"),
        (Decision(act=Act.SUBJECT, text="Depression"), SettingsError, "keep private"),
        (Decision(act=Act.SUBJECT, text="x" * 51), SettingsError, "longer than 50"),
        (
            Decision(act=Act.PIN, slot="prevention", article_id="lupus", position=0),
            SettingsError,
            "takes prevention",
        ),
        (Decision(act=Act.BAN, article_id="lu"), SettingsError, "too short a beginning"),
        (Decision(act=Act.SUBJECT, text=" \n"), SettingsError, "subject"),
    ],
)
def test_a_decision_that_cannot_be_is_an_error_that_names_it(stocked, decision, error, said):
    with pytest.raises(error) as caught:
        act(stocked, decision.model_copy(update={"issued_on": DAY}))
    assert said in str(caught.value)


def test_a_note_of_a_withdrawal_is_not_taken_back(stocked):
    lead = composed(stocked).issue.lead.article_id
    withdraw(stocked.database, lead, reason="wrong dose", actor="operator", clock=stocked.clock)
    with pytest.raises(SettingsError, match="is a note of what happened"):
        undo(stocked, stocked.settings.newsletter(), 1, actor="ada")
    with pytest.raises(SettingsError, match="In force"):
        undo(stocked, stocked.settings.newsletter(), 99, actor="ada")


def test_a_skipped_date_has_no_issue_until_it_is_approved_again(stocked):
    newsletter = stocked.settings.newsletter()
    composed(stocked)
    assert skip(stocked, newsletter, DAY, actor="ada").issue.state is State.SKIPPED
    assert composed(stocked).issue.picks == ()
    assert plan(stocked.settings, stocked.database, newsletter, DAY, 1).issues[0].state is State.SKIPPED
    assert approve(stocked, newsletter, DAY, actor="ada").issue.state is State.APPROVED


def test_a_held_issue_waits_and_keeps_what_was_decided_meanwhile(stocked):
    newsletter = stocked.settings.newsletter()
    held = hold(stocked, newsletter, DAY, actor="ada").issue
    assert (held.state, bool(held.picks)) == (State.HELD, True)
    act(stocked, Decision(act=Act.SUBJECT, issued_on=DAY, text="In plain words"))
    assert composed(stocked).issue.state is State.HELD
    assert held.trace is not None
    assert held.trace.decisions == ()
    approved = approve(stocked, newsletter, DAY, actor="ada").issue
    assert (approved.state, approved.subject) == (State.APPROVED, "In plain words")


def test_an_issue_that_was_stopped_for_a_withdrawn_article_is_never_let_go(stocked):
    newsletter = stocked.settings.newsletter()
    stored = composed(stocked)
    with stocked.database.write() as connection:
        issue_store.start(connection, stored.id, started_at=stocked.clock.now())
    lead = stored.issue.lead.article_id
    withdraw(stocked.database, lead, reason="wrong dose", actor="operator", clock=stocked.clock)
    with pytest.raises(RefusedError, match="was withdrawn"):
        approve(stocked, newsletter, DAY, actor="ada")


def test_an_issue_made_anew_after_a_withdrawal_says_so(stocked):
    lead = composed(stocked).issue.lead.article_id
    withdraw(stocked.database, lead, reason="wrong dose", actor="operator", clock=stocked.clock)
    again = composed(stocked).issue
    assert lead not in {pick.article_id for pick in again.picks}
    assert again.trace is not None
    assert again.trace.decisions == (
        f"{lead} was withdrawn after the issue had been composed with it: wrong dose",
    )


def test_composing_again_from_the_same_inputs_gives_the_same_bytes(stocked):
    newsletter = stocked.settings.newsletter()
    first = make_draft(stocked.settings, stocked.database, newsletter, DAY, since=DAY)
    again = make_draft(stocked.settings, stocked.database, newsletter, DAY, since=DAY)
    assert first.issue.model_dump_json() == again.issue.model_dump_json()
    assert first.edition == again.edition
    assert composed(stocked).issue.trace == first.issue.trace
