"""What is deleted when its time is over, and what is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, insert, select, update

from newsletter.delivery import ledger
from newsletter.delivery.delivery import State as DeliveryState
from newsletter.delivery.ledger import deliveries
from newsletter.delivery.outbox import system_mails
from newsletter.issues import store as issue_store
from newsletter.issues.issue import State as IssueState
from newsletter.settings import Audience
from newsletter.subscribers.consent import Action, Actor
from newsletter.subscribers.ledger import consent_records
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.schema import limit_counts, mailed_links
from newsletter.subscribers.signup import Asked, SignUp
from newsletter.subscribers.store import apply_event
from newsletter.subscribers.subscriber import Event, State
from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.token import Purpose
from newsletter.workflows import retain as retain_module
from newsletter.workflows.compose import compose
from newsletter.workflows.drain import drain
from newsletter.workflows.retain import Retained, retain
from newsletter.workflows.subscribe import subscribe
from newsletter.workflows.unsubscribe import unsubscribe
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import add_readers, fill, outcomes
from tests.unit.kept import recount
from tests.unit.workflows.conftest import ADA, Later, Life
from tests.unit.workflows.test_erase import files_with, reader, suppressed_as

DAY = date(2026, 3, 3)


def leave(life: Life, newsletter: str = "daily") -> None:
    token = life.token(Purpose.UNSUBSCRIBE, newsletter)
    assert unsubscribe(life.workplace, token, door="page", evidence="POST").left == (newsletter,)


def happen(life: Life, event: Event) -> None:
    subscription = life.subscription()
    assert subscription
    with life.workplace.database.write() as connection:
        assert apply_event(connection, subscription, event, now=life.workplace.clock.now())


# --- Sign-ups that nobody confirmed ----------------------------------------------------------------


def test_a_sign_up_that_nobody_confirms_is_gone_after_a_week_and_may_come_again(
    ada: Life, later: Later
) -> None:
    ada.sign_up()
    assert retain(later(ada.workplace, days=7)).pending == 0
    after = later(ada.workplace, days=7, seconds=1)
    assert retain(after).pending == 1
    assert files_with(after, ADA) == []
    assert suppressed_as(after, ADA) is None
    assert ada.workplace.journal.size == 0
    assert ada.at(after).sign_up() is Asked.MAILED


def test_being_asked_again_starts_the_week_anew(ada: Life, later: Later) -> None:
    ada.sign_up()
    again = later(ada.workplace, days=5)
    ada.at(again).sign_up()
    assert retain(later(again, days=6)).pending == 0
    assert retain(later(again, days=8)).pending == 1


def test_a_second_newsletter_that_is_not_confirmed_leaves_the_first(ada: Life, later: Later) -> None:
    ada.confirmed()
    asked = later(ada.workplace, days=2)
    ada.at(asked).sign_up("weekly")
    assert retain(later(asked, days=8)).pending == 1
    assert (ada.state(), ada.state("weekly")) == (State.ACTIVE, None)
    assert len(ada.consents()) == 3


def test_the_record_of_it_says_by_what_rule(ada: Life, later: Later) -> None:
    ada.sign_up()
    subscriber_id = reader(ada).id
    retain(later(ada.workplace, days=8))
    with ada.workplace.database.read() as connection:
        last = consent_records(connection, subscriber_id)[-1].content
    assert (last.action, last.actor, last.evidence) == (
        Action.ERASE,
        Actor.CLOCK,
        "not confirmed within 7 days",
    )


# --- Readers who left ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (Event.WITHDRAW, Reason.UNSUBSCRIBED),
        (Event.BOUNCE, Reason.BOUNCED),
        (Event.COMPLAIN, Reason.COMPLAINED),
    ],
)
def test_who_left_three_years_ago_is_a_keyed_hash(
    ada: Life, later: Later, event: Event, reason: Reason
) -> None:
    ada.confirmed()
    happen(ada, event)
    assert retain(later(ada.workplace, days=3 * 365)).left == 0
    after = later(ada.workplace, days=3 * 366)
    assert retain(after).left == 1
    assert files_with(after, ADA) == []
    assert suppressed_as(after, ADA) is reason


def test_who_still_gets_one_newsletter_or_left_lately_stays(ada: Life, later: Later) -> None:
    ada.confirmed()
    both = ada.at(later(ada.workplace, days=2)).confirmed("weekly")
    leave(both)
    assert retain(later(ada.workplace, days=2000)).left == 0
    leave(both.at(later(ada.workplace, days=2000)), "weekly")
    assert retain(later(ada.workplace, days=2500)).left == 0
    assert retain(later(ada.workplace, days=2000 + 3 * 366)).left == 1


def test_keeping_nothing_of_who_left_still_leaves_them_a_day_to_come_back(ada: Life, later: Later) -> None:
    settings = ada.workplace.settings.model_copy(update={"keep_left_years": 0})
    place = replace(ada.workplace, settings=settings)
    ada.confirmed()
    leave(ada)
    assert retain(later(place, hours=25)).left == 0
    assert retain(later(place, hours=49)).left == 1


# --- What else has its time ------------------------------------------------------------------------


def test_where_an_act_came_from_goes_after_a_month(workplace: Workplace, later: Later) -> None:
    origin = Origin(ip="192.0.2.7", agent="Example/1.0")
    signup = SignUp(address=ADA, newsletter="daily", door="page", evidence="POST", origin=origin)
    subscribe(workplace, signup)
    long = workplace.settings.model_copy(update={"keep_pending_days": 90})
    place = replace(workplace, settings=long)
    assert retain(later(place, days=30)).origins == 0
    assert retain(later(place, days=31)).origins == 1


def test_mails_and_links_that_are_done_go_and_open_ones_stay(connected: Workplace, later: Later) -> None:
    ada = Life(connected)
    ada.sign_up()
    assert drain(connected).accepted == 1
    ada.at(later(connected, days=3)).confirmed()
    bob = Life(later(connected, days=3), "bob@example.org")
    bob.confirmed()
    found = retain(later(connected, days=33))
    assert (found.links, found.mails) == (1, 0)
    found = retain(later(connected, days=95))
    assert (found.links, found.mails) == (2, 1)
    # Two mails were never sent: no rule deletes them, the outbox gives them up.
    with connected.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(system_mails)) == 2
        assert connection.scalar(select(func.count()).select_from(mailed_links)) == 0


def test_counted_acts_go_when_their_window_ends(workplace: Workplace, later: Later) -> None:
    with workplace.database.write() as connection:
        now = workplace.clock.now()
        connection.execute(insert(limit_counts).values(key=b"k" * 32, ends_at=now, count=3))
        connection.execute(
            insert(limit_counts).values(key=b"j" * 32, ends_at=later(workplace, hours=1).clock.now(), count=3)
        )
    assert retain(workplace).limits == 1


def test_deliveries_become_counts_after_ninety_days_in_short_transactions(
    workplace: Workplace, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retain_module, "CHUNK", 2)
    _issue_sent(workplace, IssueState.SENT)
    assert retain(later(workplace, days=90)).deliveries == 0
    assert retain(later(workplace, days=91)).deliveries == 5
    assert outcomes(workplace) == {}
    with workplace.database.read() as connection:
        stored = issue_store.find(connection, "daily", DAY)
        assert stored
        counts = ledger.counts(connection, stored.id)
    assert {state: count for state, count in counts.items() if count} == {"accepted": 4, "skipped": 1}


@pytest.mark.parametrize("state", [IssueState.SENDING, IssueState.APPROVED])
def test_an_issue_that_still_goes_out_keeps_its_deliveries(
    workplace: Workplace, later: Later, state: IssueState
) -> None:
    _issue_sent(workplace, state)
    assert retain(later(workplace, days=200)).deliveries == 0
    assert len(outcomes(workplace)) == 5


def _issue_sent(workplace: Workplace, state: IssueState) -> None:
    """An issue in *state*: four readers have it, and one was put off."""
    fill(workplace.settings.content_path)
    add_readers(workplace, *(f"r{number}@example.org" for number in range(5)))
    compose(workplace, workplace.settings.newsletter(), DAY)
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        stored = issue_store.find(connection, "daily", DAY)
        assert stored
        ledger.queue_page(connection, stored.id, Audience("daily", "daily"), after_id=0, limit=10, now=now)
        connection.execute(
            update(deliveries).where(deliveries.c.id > 1).values(state=DeliveryState.ACCEPTED.value)
        )
        recount(connection)
        issue_store.set_state(connection, stored.id, state)


def test_with_nothing_to_do_nothing_is_written(workplace: Workplace) -> None:
    assert retain(workplace) == Retained()
    assert str(Retained()) == "nothing"
    assert str(Retained(pending=2, links=1)) == "2 pending, 1 links"
