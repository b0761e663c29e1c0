"""Pausing, resuming and cancelling an issue, at any moment and from another process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from newsletter.delivery import booking, ledger
from newsletter.delivery.booking import Begin, Finish
from newsletter.delivery.delivery import Event
from newsletter.delivery.fault import Act as Fault
from newsletter.delivery.fault_server import FaultServer
from newsletter.delivery.outbox import mails_to
from newsletter.delivery.owner import new_owner
from newsletter.errors import NewsletterError, RefusedError
from newsletter.issues import store as issue_store
from newsletter.issues.decision import Act, Decision, Noted, decided
from newsletter.issues.issue import State
from newsletter.issues.store import StoredIssue, issues
from newsletter.workflows.approve import approve
from newsletter.workflows.cancel_issue import cancel_issue
from newsletter.workflows.compose import compose
from newsletter.workflows.decide import decide, undo
from newsletter.workflows.deliver import deliver
from newsletter.workflows.due import run_due
from newsletter.workflows.expire_issue import expire_before, expire_old
from newsletter.workflows.pause_issue import BREAKER, BY_HAND, pause_for, pause_issue
from newsletter.workflows.resume_issue import resume_issue
from newsletter.workflows.withdraw import OPERATOR, withdraw
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer
from tests.integration.article_source import add_readers, fill, outcomes, rows_by_address

DAY = date(2026, 3, 3)
ADA, BOB, CYD, DAN = "ada@example.org", "bob@example.org", "cyd@example.org", "dan@example.org"
Later = Callable[..., Workplace]


@pytest.fixture
def composed(workplace: Workplace) -> Workplace:
    """Today's issue is composed, four readers are on the list, and no relay is set."""
    fill(workplace.settings.content_path)
    add_readers(workplace, ADA, BOB, CYD, DAN)
    compose(workplace, workplace.settings.newsletter(), DAY)
    return workplace


def at(workplace: Workplace, url: str) -> Workplace:
    """The workplace with the relay at *url*, and one connection to it, so that readers come in turn."""
    settings = workplace.settings.model_copy(update={"smtp_url": SecretStr(url), "connections": 1})
    return replace(workplace, settings=settings)


def send(workplace: Workplace) -> dict[str, int]:
    counts = deliver(workplace, workplace.settings.newsletter(), DAY)
    return {state: count for state, count in counts.items() if count}


def pause(workplace: Workplace, reason: str = "") -> StoredIssue:
    return pause_issue(workplace, workplace.settings.newsletter(), DAY, actor="ada", reason=reason)


def resume(workplace: Workplace) -> StoredIssue:
    return resume_issue(workplace, workplace.settings.newsletter(), DAY, actor="bob")


def cancel(workplace: Workplace) -> StoredIssue:
    return cancel_issue(workplace, workplace.settings.newsletter(), DAY, actor="ada")


def stored(workplace: Workplace) -> StoredIssue:
    with workplace.database.read() as connection:
        return issue_store.of_day(connection, "daily", DAY)


def noted(workplace: Workplace) -> list[Noted]:
    with workplace.database.read() as connection:
        return decided(connection, "daily", DAY)


def stopped_at(workplace: Workplace, number: int, stop: Callable[[Workplace], object]) -> FaultServer:
    """A relay at whose message *number*, its final dot come, another process does *stop*."""

    def before(stage: str, at_number: int) -> None:
        if (stage, at_number) == ("dot", number):
            stop(workplace)

    return FaultServer(before=before)


@pytest.fixture
def half_sent(composed: Workplace) -> Workplace:
    """Paused while its second message was on its way."""
    with stopped_at(composed, 2, pause) as server:
        counts = send(at(composed, server.url))
    assert counts["accepted"] + counts["queued"] == 4
    assert counts["queued"] >= 1
    return composed


# --- Pause and resume -------------------------------------------------------------------------------


def test_a_running_issue_stops_when_it_is_paused_from_elsewhere_and_what_was_on_its_way_counts(half_sent):
    assert stored(half_sent).issue.state is State.PAUSED
    assert stored(half_sent).reason == BY_HAND
    assert "accepted" in outcomes(half_sent).values()


def test_nothing_of_a_paused_issue_leaves_however_often_the_clock_looks(half_sent, later):
    with FaultServer() as server:
        run_due(at(half_sent, server.url))
        run_due(later(at(half_sent, server.url), hours=2))
        send(at(half_sent, server.url))
        assert server.received == []
    assert stored(half_sent).issue.state is State.PAUSED


def test_a_resumed_issue_goes_on_with_the_clock_and_mails_nobody_twice(half_sent, smtp_server: MailServer):
    before = outcomes(half_sent)
    assert resume(half_sent).issue.state is State.SENDING
    assert stored(half_sent).reason == ""
    run_due(at(half_sent, smtp_server.url))
    mailed = sorted(one.recipients[0] for one in smtp_server.received)
    assert mailed == sorted(address for address, state in before.items() if state == "queued")
    assert set(outcomes(half_sent).values()) == {"accepted"}
    assert stored(half_sent).issue.state is State.SENT


def test_an_issue_can_be_paused_before_it_begins_and_goes_on_from_there(composed, smtp_server: MailServer):
    assert pause(composed, "the sender's name is wrong").reason == "the sender's name is wrong"
    run_due(at(composed, smtp_server.url))
    assert smtp_server.received == []
    assert resume(composed).issue.state is State.APPROVED
    run_due(at(composed, smtp_server.url))
    assert len(smtp_server.received) == 4


def test_a_paused_issue_is_not_made_anew_by_another_decision(composed):
    pause(composed)
    with pytest.raises(RefusedError, match="newsletter resume"):
        decide(
            composed,
            composed.settings.newsletter(),
            Decision(act=Act.SUBJECT, issued_on=DAY, text="Plain words"),
            actor="ada",
        )
    with pytest.raises(RefusedError, match="newsletter resume"):
        approve(composed, composed.settings.newsletter(), DAY, actor="ada")
    assert stored(composed).issue.state is State.PAUSED


def test_pausing_twice_keeps_the_first_reason_and_notes_one_decision(composed):
    pause(composed, "first")
    assert pause(composed, "second").reason == "first"
    assert [one.decision.said for one in noted(composed)] == ["the issue is paused: first"]


def test_who_paused_and_who_resumed_is_on_record(composed):
    pause(composed)
    resume(composed)
    assert resume(composed).issue.state is State.APPROVED
    [one] = noted(composed)
    assert (one.actor, one.undone_at is not None) == ("ada", True)


def test_taking_the_pause_back_resumes(half_sent):
    [one] = noted(half_sent)
    undo(half_sent, half_sent.settings.newsletter(), one.id, actor="bob")
    assert stored(half_sent).issue.state is State.SENDING
    assert noted(half_sent)[0].undone_at is not None


def test_a_paused_issue_still_expires_after_its_time(half_sent, later):
    newsletter = half_sent.settings.newsletter()
    expire_old(later(half_sent, hours=35), newsletter)
    assert stored(half_sent).issue.state is State.PAUSED
    expire_old(later(half_sent, hours=37), newsletter)
    assert stored(half_sent).issue.state is State.EXPIRED
    assert set(outcomes(half_sent).values()) == {"accepted", "expired"}
    with pytest.raises(RefusedError, match="is expired"):
        resume(half_sent)


def test_the_clock_ends_a_paused_issue_when_the_next_one_starts(half_sent, smtp_server, later):
    run_due(later(at(half_sent, smtp_server.url), hours=24))
    assert stored(half_sent).issue.state is State.EXPIRED


def test_the_next_issue_ends_a_paused_one_also_where_it_never_began(composed):
    pause(composed)
    expire_before(composed, composed.settings.newsletter(), date(2026, 3, 4))
    assert stored(composed).issue.state is State.EXPIRED


def test_a_paused_issue_whose_article_is_withdrawn_cannot_go_on(half_sent):
    article = stored(half_sent).issue.lead.article_id
    withdraw(half_sent.database, article, reason="wrong dose", actor=OPERATOR, clock=half_sent.clock)
    assert stored(half_sent).issue.state is State.HELD
    with pytest.raises(RefusedError, match="is held"):
        resume(half_sent)
    with pytest.raises(RefusedError, match="was withdrawn"):
        approve(half_sent, half_sent.settings.newsletter(), DAY, actor="ada")


@pytest.mark.parametrize("act", [pause, resume, cancel])
def test_an_issue_that_was_never_composed_cannot_be_paused_resumed_or_cancelled(workplace, act):
    with pytest.raises(NewsletterError, match="is not composed"):
        act(workplace)


@pytest.mark.parametrize("act", [pause, resume, cancel])
def test_an_issue_that_is_sent_cannot_be_paused_resumed_or_cancelled(composed, smtp_server, act):
    send(at(composed, smtp_server.url))
    with pytest.raises(RefusedError, match="is sent"):
        act(composed)


# --- Cancel -----------------------------------------------------------------------------------------


def test_a_running_issue_is_cancelled_from_elsewhere_and_nobody_else_is_mailed(composed):
    with stopped_at(composed, 2, cancel) as server:
        counts = send(at(composed, server.url))
        assert len(server.received) < 4
        assert counts == {"accepted": len(server.received), "skipped": 4 - len(server.received)}
    assert stored(composed).issue.state is State.CANCELLED
    skipped = [row for row in rows_by_address(composed).values() if row["state"] == "skipped"]
    assert {row["reason"] for row in skipped} == {"cancelled"}


def test_what_comes_back_deferred_after_the_cancelling_is_skipped_and_what_is_unknown_stays_so(composed):
    messages = [{"dot": Fault("451 4.3.0 later")}, {"dot": Fault(drop=True)}]

    def before(stage: str, number: int) -> None:
        if (stage, number) == ("dot", 2):
            cancel(composed)

    with FaultServer(messages, before=before) as server:
        send(at(composed, server.url))
    assert sorted(outcomes(composed).values()) == ["skipped", "skipped", "skipped", "unknown"]


def test_a_message_in_flight_keeps_its_outcome_when_the_issue_is_cancelled(composed):
    newsletter, now, owner = composed.settings.newsletter(), composed.clock.now(), new_owner()
    with composed.database.write() as connection:
        issue_id = issue_store.of_day(connection, "daily", DAY).id
        issue_store.start(connection, issue_id, started_at=now)
        ledger.queue_page(connection, issue_id, newsletter.audience, after_id=0, limit=9, now=now)
        ledger.renew_lease(connection, owner, now=now)
        [one] = ledger.claim(connection, issue_id, owner=owner, now=now, limit=1)
        booking.begin(connection, issue_id, [Begin(one, None)], owner=owner, now=now)
    cancel(composed)
    assert sorted(outcomes(composed).values()) == ["sending", "skipped", "skipped", "skipped"]
    with composed.database.write() as connection:
        done = Finish(claimed=one, event=Event.ACCEPT, begun=True, code=250, status="2.0.0", reason="taken")
        booking.finish(connection, issue_id, [done], owner=owner, now=now)
    assert outcomes(composed)[one.address] == "accepted"


def test_a_paused_issue_and_a_held_one_can_be_cancelled(half_sent):
    assert cancel(half_sent).issue.state is State.CANCELLED
    assert cancel(half_sent).issue.state is State.CANCELLED
    assert set(outcomes(half_sent).values()) == {"accepted", "skipped"}


def test_nothing_of_a_cancelled_issue_leaves_and_nothing_brings_it_back(half_sent):
    cancel(half_sent)
    with FaultServer() as server:
        run_due(at(half_sent, server.url))
        assert server.received == []
    number = next(one.id for one in noted(half_sent) if one.decision.act is Act.CANCEL)
    for act in (
        lambda: resume(half_sent),
        lambda: approve(half_sent, half_sent.settings.newsletter(), DAY, actor="ada"),
        lambda: undo(half_sent, half_sent.settings.newsletter(), number, actor="ada"),
    ):
        with pytest.raises(RefusedError, match="is cancelled"):
            act()


def test_a_cancelled_issue_that_nobody_has_got_can_be_had_again(composed, smtp_server: MailServer):
    newsletter = composed.settings.newsletter()
    cancel(composed)
    run_due(at(composed, smtp_server.url))
    with pytest.raises(RefusedError, match="decide undo"):
        decide(
            composed, newsletter, Decision(act=Act.SUBJECT, issued_on=DAY, text="Plain words"), actor="ada"
        )
    number = noted(composed)[-1].id
    undo(composed, newsletter, number, actor="ada")
    run_due(at(composed, smtp_server.url))
    assert len(smtp_server.received) == 4


# --- A verdict --------------------------------------------------------------------------------------


def test_a_verdict_pauses_the_issue_and_tells_the_operator_once(composed):
    watched = replace(
        composed, settings=composed.settings.model_copy(update={"alert_address": "op@example.org"})
    )
    with watched.database.write() as connection:
        one = issue_store.of_day(connection, "daily", DAY)
        issue_store.start(connection, one.id, started_at=watched.clock.now())
        assert pause_for(watched, connection, one, "of the first 50 messages, 7 were refused")
        assert not pause_for(watched, connection, one, "and again")
    assert stored(watched).reason == "of the first 50 messages, 7 were refused"
    assert [(one.actor, one.decision.act) for one in noted(watched)] == [(BREAKER, Act.PAUSE)]
    resume(watched)
    with watched.database.write() as connection:
        assert pause_for(watched, connection, one, "of 900 messages, 40 were refused")
    with watched.database.read() as connection:
        [mail] = mails_to(connection, "op@example.org")
    assert "7 were refused" in mail.reason
    assert f"newsletter resume {DAY}" in mail.reason


def test_the_reason_is_kept_only_while_it_is_paused(composed):
    pause(composed, "wait")
    resume(composed)
    with composed.database.read() as connection:
        assert connection.scalar(select(issues.c.reason)) == ""
