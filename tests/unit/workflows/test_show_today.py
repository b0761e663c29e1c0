"""Today: what is next, what needs a person, what was; and an issue on its way, as the page shows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from newsletter.delivery import slow_domain
from newsletter.issues import store as issue_store
from newsletter.issues.course import Event
from newsletter.issues.decision import Act, Decision
from newsletter.issues.issue import State
from newsletter.settings import NewsletterSettings
from newsletter.subscribers.breaker import open_breaker
from newsletter.workflows.compose import compose
from newsletter.workflows.decide import decide, hold, undo
from newsletter.workflows.deliver import deliver
from newsletter.workflows.hold_back import BREAKER
from newsletter.workflows.look_ahead import made_here
from newsletter.workflows.move_lead import make_quiet
from newsletter.workflows.pause_issue import pause_issue
from newsletter.workflows.show_calendar import show_calendar
from newsletter.workflows.show_issue import show_issue
from newsletter.workflows.show_today import Need, Today, show_today
from newsletter.workflows.watch_sending import Canary, follow_of, look
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import add_readers, fill
from tests.unit.workflows.outlooks import later, outlook

DAY = date(2026, 3, 3)


@pytest.fixture
def stocked(connected: Workplace) -> Workplace:
    """One newsletter, which has articles and three readers."""
    fill(connected.settings.content_path)
    settings = connected.settings.model_copy(update={"newsletters": (NewsletterSettings(weekly_on="off"),)})
    workplace = replace(connected, settings=settings)
    add_readers(workplace, *(f"reader{number}@example.org" for number in range(3)))
    return workplace


def shown(workplace: Workplace) -> Today:
    outlook(workplace)
    return show_today(workplace, make=made_here)


def needs(today: Today) -> list[Need]:
    return [task.need for task in today.tasks]


def test_the_next_issue_stands_with_its_time_its_readers_and_its_checks(stocked):
    [front] = shown(stocked).fronts
    assert (front.day, front.state, front.audience) == (DAY, State.PLANNED, 3)
    assert front.wait_s == -2.5 * 3600
    assert front.look is not None
    assert front.look.subject
    assert front.look.failed == ()
    assert front.title == front.look.title


def test_what_was_rewritten_is_shown_at_once_and_told_once(stocked):
    before = shown(stocked).fronts[0].subject
    newsletter = stocked.settings.newsletter()
    for text in ("First try", "In plain words"):
        decide(stocked, newsletter, Decision(act=Act.SUBJECT, issued_on=DAY, text=text), actor="grace")
    # The checks take longer, and are still those of before.
    [front] = show_today(stocked, make=lambda _asked: iter(())).fronts
    assert front.look is not None
    assert (front.look.subject, front.subject) == (before, "In plain words")
    assert [noted.decision.text for noted in front.by_hand] == ["In plain words"]


def test_when_todays_letter_is_out_tomorrows_is_the_next_and_todays_is_the_last(stocked):
    newsletter = stocked.settings.newsletter()
    compose(stocked, newsletter, DAY)
    deliver(stocked, newsletter, DAY)
    [front] = shown(stocked).fronts
    assert front.day == DAY + timedelta(days=1)
    assert front.last is not None
    assert (front.last.day, front.last.accepted, front.last.failed) == (DAY, 3, 0)


def test_a_letter_that_was_sent_before_its_day_is_the_last_one(stocked):
    newsletter = stocked.settings.newsletter()
    for ahead in (0, 1):
        compose(stocked, newsletter, DAY + timedelta(days=ahead))
        deliver(stocked, newsletter, DAY + timedelta(days=ahead))
    [front] = shown(stocked).fronts
    assert front.day == DAY + timedelta(days=2)
    assert front.last is not None
    assert front.last.day == DAY + timedelta(days=1)


def test_a_day_on_which_nothing_is_to_be_sent_is_that_everywhere_though_it_was_held_before(stocked):
    newsletter = stocked.settings.newsletter()
    outlook(stocked)
    hold(stocked, newsletter, DAY, actor="ada")
    version = show_calendar(stocked, newsletter, make=made_here).days[0].version
    number = make_quiet(stocked, newsletter, DAY, version, actor="ada")
    [front] = shown(stocked).fronts
    assert front.day == DAY + timedelta(days=1)
    issue = show_issue(stocked, newsletter, DAY)
    assert (issue.state, issue.problem, issue.is_sendable) == (State.SKIPPED, "skipped", False)
    # Taken back, it is held again, and a person is told.
    undo(stocked, newsletter, number, actor="ada")
    today = shown(stocked)
    assert (today.fronts[0].day, today.fronts[0].state) == (DAY, State.HELD)
    assert Need.HELD in needs(today)
    assert show_issue(stocked, newsletter, DAY).state is State.HELD


def test_how_many_readers_is_asked_of_whoever_is_handed_in(stocked):
    [front] = show_today(stocked, make=made_here, count=lambda _connection, audience: len(audience)).fronts
    assert front.audience == 2
    outlook(stocked)


def test_everything_that_needs_a_person_is_said_the_most_pressing_first(stocked):
    newsletter, now = stocked.settings.newsletter(), stocked.clock.now()
    hold(stocked, newsletter, DAY, actor="ada")
    with stocked.database.write() as connection:
        open_breaker(connection, BREAKER, reason="too few confirm", now=now)
        slow_domain.strike(connection, "mail.example", reason="4.7.28", now=now)
    assert needs(shown(stocked)) == [Need.HELD, Need.BREAKER, Need.WARNED, Need.SLOW]


def test_an_issue_that_waits_for_approval_or_is_paused_is_said_with_its_reason(stocked):
    newsletter = stocked.settings.newsletter().model_copy(update={"approval": "one"})
    asking = replace(stocked, settings=stocked.settings.model_copy(update={"newsletters": (newsletter,)}))
    stored = compose(asking, newsletter, DAY)
    assert Need.WAITING in needs(shown(asking))
    with asking.database.write() as connection:
        issue_store.apply_event(connection, stored.id, Event.APPROVE)
    pause_issue(asking, newsletter, DAY, actor="ada", reason="a wrong number")
    first = shown(asking).tasks[0]
    assert (first.need, first.said) == (Need.PAUSED, ("a wrong number",))


def test_articles_whose_review_is_over_are_counted_once(stocked):
    years = later(stocked, timedelta(days=4 * 365))
    [task] = [one for one in shown(years).tasks if one.need is Need.OVERDUE]
    assert task.number == 8


def test_a_letter_that_cannot_be_made_is_said(workplace):
    today = shown(workplace)
    assert Need.FAILED in needs(today)
    assert "the content store is empty" in next(one for one in today.tasks if one.need is Need.FAILED).said[0]


def test_an_issue_on_its_way_says_how_far_it_is_and_what_can_be_done(stocked):
    newsletter = stocked.settings.newsletter()
    follow = follow_of(stocked, newsletter, DAY)
    assert look(stocked, follow) is None
    compose(stocked, newsletter, DAY)
    before = look(stocked, follow)
    assert before is not None
    assert (before.total, before.share, before.canary) == (0, 0, Canary.TO_COME)
    assert (before.may_pause, before.may_resume, before.may_cancel, before.is_over) == (
        True,
        False,
        True,
        False,
    )
    deliver(stocked, newsletter, DAY)
    after = look(stocked, follow)
    assert after is not None
    assert (after.answered, after.total, after.share, after.canary) == (3, 3, 100, Canary.NEEDLESS)
    assert (after.may_pause, after.may_resume, after.may_cancel, after.is_over) == (False, False, False, True)
