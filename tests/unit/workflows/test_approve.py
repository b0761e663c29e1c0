"""Approving: nothing goes out but what enough people have looked at, byte for byte."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import update

from newsletter.clock import FixedClock
from newsletter.delivery.outbox import mails_to
from newsletter.errors import RefusedError
from newsletter.issues import store as issue_store
from newsletter.issues.approval import Approver, Asked
from newsletter.issues.decision import Act, Decision
from newsletter.issues.issue import State
from newsletter.rendering.store import editions
from newsletter.settings import NewsletterSettings
from newsletter.workflows.approve import approve, standing
from newsletter.workflows.compose import clear_to_send, compose
from newsletter.workflows.decide import decide, hold, skip, undo
from newsletter.workflows.deliver import deliver
from newsletter.workflows.due import run_day, run_due
from newsletter.workflows.withdraw import withdraw
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer
from tests.integration.article_source import add_readers, fill

DAY = date(2026, 3, 3)
ADA, OPERATOR = "ada@example.org", "desk@example.org"
EDITOR = Approver("grace", 1, ("editor",))
CLINICIAN = Approver("mary", 2, ("clinician",))


def asking(workplace: Workplace, asked: Asked) -> Workplace:
    newsletter = NewsletterSettings(approval=asked)
    update = {"newsletters": (newsletter,), "alert_address": OPERATOR}
    return replace(workplace, settings=workplace.settings.model_copy(update=update))


def at(workplace: Workplace, hour: int, minute: int = 0) -> Workplace:
    return replace(workplace, clock=FixedClock(datetime(2026, 3, 3, hour, minute, tzinfo=UTC)))


def state(workplace: Workplace) -> State:
    with workplace.database.read() as connection:
        return issue_store.of_day(connection, "daily", DAY).issue.state


def give(workplace: Workplace, by: Approver, seen: str = "") -> State:
    newsletter = workplace.settings.newsletter()
    return approve(workplace, newsletter, DAY, by=by, actor=by.name, seen=seen).issue.state


def alerts(workplace: Workplace) -> list[str]:
    with workplace.database.read() as connection:
        return [str(mail.alert) for mail in mails_to(connection, OPERATOR)]


@pytest.fixture
def ready(connected: Workplace) -> Workplace:
    fill(connected.settings.content_path)
    add_readers(connected, ADA)
    return connected


def test_an_issue_waits_for_one_person_and_goes_out_at_its_time(ready, smtp_server: MailServer):
    asked = asking(ready, "one")
    run_due(at(asked, 6))
    assert (state(asked), alerts(asked)) == (State.WAITING, ["waiting"])
    assert give(at(asked, 6, 30), EDITOR) is State.APPROVED
    run_due(at(asked, 7))
    assert (state(asked), len(smtp_server.to(ADA))) == (State.SENT, 1)


def test_two_persons_are_an_editor_and_a_clinician(ready):
    asked = asking(ready, "two")
    newsletter = asked.settings.newsletter()
    assert compose(asked, newsletter, DAY).issue.state is State.WAITING
    assert give(asked, EDITOR) is State.WAITING
    assert give(asked, Approver("Grace")) is State.WAITING
    with asked.database.read() as connection:
        found = standing(connection, newsletter, issue_store.of_day(connection, "daily", DAY))
    assert ([one.by.name for one in found.given], found.missing) == (["grace"], ("clinician",))
    assert give(asked, CLINICIAN) is State.APPROVED


def test_what_is_not_approved_at_its_time_is_held_told_once_and_goes_out_when_it_is(ready, smtp_server):
    asked = asking(ready, "two")
    for hour in (6, 7, 8, 9):
        run_due(at(asked, hour))
    assert (state(asked), alerts(asked), smtp_server.received) == (State.HELD, ["waiting", "held"], [])
    assert deliver(asked, asked.settings.newsletter(), DAY)["accepted"] == 0
    assert give(at(asked, 10), EDITOR) is State.WAITING
    run_due(at(asked, 10))
    assert (state(asked), alerts(asked)) == (State.HELD, ["waiting", "held"])
    assert give(at(asked, 11), CLINICIAN) is State.APPROVED
    run_due(at(asked, 11))
    assert (state(asked), len(smtp_server.to(ADA))) == (State.SENT, 1)


def test_the_jobs_of_a_day_hold_what_nobody_approved(ready, smtp_server):
    asked = asking(ready, "one")
    run_day(asked, DAY)
    assert (state(asked), smtp_server.received) == (State.HELD, [])


def test_any_change_opens_the_approval_again_also_one_that_comes_to_the_same(ready):
    asked = asking(ready, "one")
    newsletter = asked.settings.newsletter()
    assert give(asked, EDITOR) is State.APPROVED
    number = decide(asked, newsletter, Decision(act=Act.SUBJECT, issued_on=DAY, text="Plain"), actor="ada")
    assert compose(asked, newsletter, DAY).issue.state is State.WAITING
    assert give(asked, EDITOR) is State.APPROVED
    undo(asked, newsletter, number, actor="ada")
    assert compose(asked, newsletter, DAY).issue.state is State.WAITING
    assert give(asked, EDITOR) is State.APPROVED
    lead = compose(asked, newsletter, DAY).issue.lead.article_id
    withdraw(asked.database, lead, reason="wrong", actor="ada", clock=asked.clock)
    assert compose(asked, newsletter, DAY).issue.state is State.WAITING


def test_held_and_skipped_issues_still_need_enough_approvals(ready):
    asked = asking(ready, "two")
    newsletter = asked.settings.newsletter()
    assert hold(asked, newsletter, DAY, actor="ada").issue.state is State.HELD
    assert give(asked, EDITOR) is State.WAITING
    assert skip(asked, newsletter, DAY, actor="ada").issue.state is State.SKIPPED
    assert give(asked, CLINICIAN) is State.WAITING
    assert give(asked, EDITOR) is State.APPROVED


def test_bytes_that_were_changed_behind_the_approval_do_not_begin(ready, smtp_server):
    asked = asking(ready, "one")
    newsletter = asked.settings.newsletter()
    give(asked, EDITOR)
    with asked.database.write() as connection:
        connection.execute(update(editions).values(sha256="0" * 64))
    deliver(asked, newsletter, DAY)
    assert (state(asked), smtp_server.received) == (State.WAITING, [])


def test_settings_that_ask_for_more_or_less_are_followed(ready):
    off, one, two = asking(ready, "off"), asking(ready, "one"), asking(ready, "two")
    assert compose(off, off.settings.newsletter(), DAY).issue.state is State.APPROVED
    with pytest.raises(RefusedError, match="is not approved as it stands"):
        clear_to_send(one, one.settings.newsletter(), DAY)
    assert state(one) is State.WAITING
    assert give(one, EDITOR) is State.APPROVED
    with pytest.raises(RefusedError, match="is not approved as it stands"):
        clear_to_send(two, two.settings.newsletter(), DAY)
    assert compose(off, off.settings.newsletter(), DAY).issue.state is State.APPROVED


def test_only_what_was_looked_at_is_approved(ready):
    asked = asking(ready, "one")
    with pytest.raises(RefusedError, match="is not what you looked at any more"):
        give(asked, EDITOR, seen="0" * 64)
    assert state(asked) is State.WAITING
