"""Seeing and changing an issue: what was seen is what is changed, and nobody overwrites anybody unawares."""

from __future__ import annotations

import re
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from newsletter.errors import RefusedError, SettingsError
from newsletter.issues import store as issue_store
from newsletter.issues.approval import Approver
from newsletter.issues.decision import Act, Decision
from newsletter.issues.issue import State
from newsletter.settings import NewsletterSettings
from newsletter.workflows import change_issue
from newsletter.workflows.change_issue import Hand, OutdatedError, change, let_go, take_back
from newsletter.workflows.compose import compose
from newsletter.workflows.decide import decide, undo
from newsletter.workflows.deliver import deliver
from newsletter.workflows.show_issue import candidates, current_version, letter_of, show_issue
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer
from tests.integration.article_source import add_readers, fill

DAY = date(2026, 3, 3)
ADA = "ada@example.org"
NAMES = ("lupus", "angina", "acne", "gout", "eczema", "asthma")


@pytest.fixture
def stocked(connected: Workplace) -> Workplace:
    fill(connected.settings.content_path, names=NAMES)
    return connected


def seen(workplace: Workplace):
    return show_issue(workplace, workplace.settings.newsletter(), DAY)


def hand(workplace: Workplace, actor: str = "ada", version: str = "") -> Hand:
    newsletter = workplace.settings.newsletter()
    return Hand(workplace, newsletter, DAY, actor, version or seen(workplace).version)


def subject(text: str) -> Decision:
    return Decision(act=Act.SUBJECT, issued_on=DAY, text=text)


def test_an_issue_to_come_is_shown_as_it_would_be_made(stocked):
    shown = seen(stocked)
    assert (shown.state, shown.stored, shown.is_changeable) == (State.PLANNED, None, True)
    made = compose(stocked, stocked.settings.newsletter(), DAY).issue
    assert [one.pick for one in shown.picks] == list(made.picks)
    assert shown.picks[0].is_lead
    assert shown.picks[0].trace
    assert shown.picks[0].runner_up_behind >= 0
    after = seen(stocked)
    assert (after.state, after.seen) == (State.APPROVED, shown.seen)
    assert [check.name for check in after.checks]


def test_what_was_changed_is_told_and_can_be_taken_back(stocked):
    before = seen(stocked)
    told = change(hand(stocked), subject("Plain words"))
    assert told == [f"subject: “{before.issue.subject}” is now “Plain words”"]
    other = next(one for one in before.picks if not one.is_lead)
    free = next(
        one for one in candidates(stocked, before.newsletter, DAY, other.pick.slot) if not one.refused
    )
    pin = Decision(
        act=Act.PIN, issued_on=DAY, slot=other.pick.slot, article_id=free.article_id, position=free.position
    )
    told = change(hand(stocked), pin)
    assert any(free.title in line for line in told)
    assert any(one.by_hand for one in seen(stocked).picks)
    for noted in reversed([one for one in seen(stocked).decisions if not one.undone_at]):
        take_back(hand(stocked), noted.id)
    assert seen(stocked).seen == before.seen


def test_the_later_of_two_is_told_who_changed_what_and_overwrites_nothing(stocked):
    mine, theirs = hand(stocked, "ada"), hand(stocked, "grace")
    change(theirs, subject("Grace's words"))
    with pytest.raises(OutdatedError, match="09:30 grace: the subject was rewritten") as refused:
        change(mine, subject("Ada's words"))
    assert refused.value.changes == ["09:30 grace: the subject was rewritten"]
    assert seen(stocked).issue.subject == "Grace's words"
    number = seen(stocked).decisions[-1].id
    mine, theirs = hand(stocked, "ada"), hand(stocked, "grace")
    take_back(theirs, number)
    with pytest.raises(OutdatedError, match="grace: taken back: the subject was rewritten"):
        take_back(mine, number)


def test_two_who_act_in_the_same_moment_do_not_both_win(stocked, monkeypatch):
    mine = hand(stocked)

    # Grace's act is committed after ada's page was compared, and before ada's transaction begins.
    def late(*arguments, **named):
        decide(stocked, stocked.settings.newsletter(), subject("Grace's words"), actor="grace")
        return decide(*arguments, **named)

    monkeypatch.setattr(change_issue, "decide", late)
    with pytest.raises(OutdatedError, match="grace: the subject was rewritten"):
        change(mine, subject("Ada's words"))
    assert seen(stocked).issue.subject == "Grace's words"


def test_articles_that_change_under_an_act_are_told_too(stocked):
    mine, lead = hand(stocked), seen(stocked).issue.lead.article_id
    stocked.settings.content_path.unlink()
    fill(stocked.settings.content_path, names=[name for name in NAMES if name != lead])
    with pytest.raises(OutdatedError, match="the articles it is made of"):
        change(mine, subject("Ada's words"))
    assert current_version(stocked, stocked.settings.newsletter(), DAY) == hand(stocked).version


@pytest.mark.parametrize("version", ["", "x", "1.2.3", "1.2.-3.abc", "²...a"])
def test_a_version_that_no_page_gave_is_refused(stocked, version):
    newsletter = stocked.settings.newsletter()
    with pytest.raises(SettingsError, match="is none that this page gives"):
        change(Hand(stocked, newsletter, DAY, "ada", version), subject("Plain words"))


def test_what_readers_are_getting_is_shown_and_not_changed(stocked):
    stored = compose(stocked, stocked.settings.newsletter(), DAY)
    with stocked.database.write() as connection:
        issue_store.start(connection, stored.id, started_at=stocked.clock.now())
    assert not seen(stocked).is_changeable
    with pytest.raises(RefusedError, match="is sending"):
        change(hand(stocked), subject("Plain words"))


def test_skipping_and_taking_that_back_leaves_the_issue_as_it_was(stocked):
    before = seen(stocked)
    change(hand(stocked), Decision(act=Act.SKIP, issued_on=DAY))
    assert (seen(stocked).state, seen(stocked).problem) == (State.SKIPPED, "skipped")
    take_back(hand(stocked), seen(stocked).decisions[-1].id)
    assert seen(stocked).seen == before.seen


def test_an_empty_store_says_what_to_do(connected):
    shown = seen(connected)
    assert "the content store is empty" in shown.problem
    assert shown.picks == ()


def test_approval_is_for_what_was_seen(stocked):
    newsletter = NewsletterSettings(approval="one")
    settings = stocked.settings.model_copy(update={"newsletters": (newsletter,)})
    workplace = Workplace(settings, stocked.clock, stocked.database, stocked.keyring)
    by = Approver("grace", 1, ("editor",))
    shown = seen(workplace)
    old = hand(workplace, "grace")
    change(hand(workplace), subject("Plain words"))
    with pytest.raises(OutdatedError, match="the subject was rewritten"):
        let_go(old, by, seen=shown.seen)
    assert let_go(hand(workplace, "grace"), by, seen=seen(workplace).seen) == ["The issue is approved."]
    given = seen(workplace).approval
    assert ([one.by.name for one in given.given], given.missing) == (["grace"], ())


def test_candidates_say_why_or_why_not_and_are_found_by_words(stocked):
    newsletter = stocked.settings.newsletter()
    shown = seen(stocked)
    other = next(one for one in shown.picks if not one.is_lead).pick
    found = candidates(stocked, newsletter, DAY, other.slot)
    assert {one.article_id for one in found} <= set(NAMES)
    refused = {one.article_id: one.refused for one in found if one.refused}
    assert refused[shown.issue.lead.article_id] == "the issue has a section of that article already"
    assert found == sorted(found, key=lambda one: bool(one.refused))
    free = [one for one in found if not one.refused]
    # What the picker would take first, then what it would not; each by its points.
    assert free == sorted(free, key=lambda one: (bool(one.soft), -one.score))
    assert {one.article_id for one in candidates(stocked, newsletter, DAY, other.slot, words="GOU")} == {
        "gout"
    }
    leads = candidates(stocked, newsletter, DAY, "overview", words="lupus")
    assert [(one.article_id, one.act) for one in leads if one.act is Act.LEAD] in ([("lupus", Act.LEAD)], [])
    with pytest.raises(SettingsError, match="is not in the layout"):
        candidates(stocked, newsletter, DAY, "nowhere")


def test_every_candidate_that_is_offered_takes_its_slot(stocked):
    newsletter = stocked.settings.newsletter()
    for slot in ("also_today", "prevention", "overview"):
        for option in [one for one in candidates(stocked, newsletter, DAY, slot) if not one.refused][:4]:
            number = decide(stocked, newsletter, option.decision(DAY, slot), actor="ada")
            issue = seen(stocked).issue
            notes = issue.trace.notes if issue.trace else ()
            assert not [note for note in notes if "cannot" in note], option
            taken = [one for one in issue.picks if one.article_id == option.article_id]
            assert taken, option
            undo(stocked, newsletter, number, actor="ada")


def test_the_bytes_that_are_sent_are_those_that_were_shown(stocked, smtp_server: MailServer):
    add_readers(stocked, ADA)
    newsletter = stocked.settings.newsletter()
    change(hand(stocked), subject("Plain words"))
    shown = letter_of(stocked, newsletter, DAY)
    compose(stocked, newsletter, DAY)
    assert letter_of(stocked, newsletter, DAY) == shown
    deliver(stocked, newsletter, DAY)
    (received,) = smtp_server.to(ADA)
    theirs, ours = received.content, message_from_bytes(shown.raw, _class=EmailMessage, policy=policy.SMTP)
    sent = message_from_bytes(theirs, _class=EmailMessage, policy=policy.SMTP)
    assert sent["Subject"] == ours["Subject"] == "Plain words"
    for kind in ("html", "plain"):
        assert _without_links(sent, kind) == _without_links(ours, kind)


def _without_links(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return re.sub(r"/(unsubscribe|preferences)/[\w.~-]+", r"/\1/TOKEN", part.get_content())
