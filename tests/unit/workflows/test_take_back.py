from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from newsletter.errors import TokenError
from newsletter.subscribers.consent import Action
from newsletter.subscribers.journal import Act
from newsletter.subscribers.store import pause
from newsletter.subscribers.subscriber import Frequency, State
from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.token import Purpose
from newsletter.workflows.subscribe import current_policy
from newsletter.workflows.take_back import Offer
from newsletter.workflows.unsubscribe import Departure, look_at_departure, undo_unsubscribe, unsubscribe
from tests.unit.workflows.conftest import Later, Life

OFFER = Offer(
    wording="Undo", locale="en", door="unsubscribe page", page_url="http://letter.example/unsubscribe/"
)


def leave(life: Life, newsletter: str = "daily", *, everything: bool = False) -> Departure:
    token = life.token(Purpose.UNSUBSCRIBE, newsletter)
    return unsubscribe(life.workplace, token, everything=everything, door="unsubscribe page", evidence="POST")


def undo(life: Life, newsletter: str = "daily", *, is_weekly: bool = False) -> Departure:
    token = life.token(Purpose.UNSUBSCRIBE, newsletter)
    return undo_unsubscribe(life.workplace, token, is_weekly=is_weekly, offer=OFFER)


def test_a_withdrawal_of_today_is_taken_back_with_the_words_shown_and_without_a_mail(ada: Life) -> None:
    ada.confirmed()
    mails = ada.mails()
    assert leave(ada).undo == ("daily",)
    found = undo(ada)
    assert (found.back, found.remaining, found.undo) == (("daily",), ("daily",), ())
    assert ada.is_mailed()
    act = ada.consents()[-1].content
    assert (act.action, act.wording, act.locale) == (Action.CONFIRM, "Undo", "en")
    assert "withdrawal taken back" in act.evidence
    assert act.policy_sha256 == current_policy(ada.workplace).sha256
    assert ada.mails() == mails
    acts = [entry.act for entry in ada.workplace.journal.read()]
    assert acts == [Act.LEAVE, Act.JOIN]


def test_what_comes_back_is_the_consent_that_was_given_not_one_to_a_newer_policy(ada: Life) -> None:
    ada.confirmed()
    leave(ada)
    settings = ada.workplace.settings.model_copy(update={"privacy_version": "2030"})
    undo(Life(replace(ada.workplace, settings=settings)))
    assert ada.consents()[-1].content.policy_version == "draft-1"


def test_pressing_undo_twice_is_pressing_it_once(ada: Life) -> None:
    ada.confirmed()
    leave(ada)
    undo(ada)
    before = ada.acts()
    assert undo(ada).back == ()
    assert ada.acts() == before


def test_leaving_all_is_taken_back_as_a_whole_and_what_was_left_before_stays_left(
    ada: Life, later: Later
) -> None:
    ada.confirmed()
    both = ada.at(later(ada.workplace, days=1)).confirmed("weekly")
    assert leave(both, everything=True).undo == ("daily", "weekly")
    assert undo(both).back == ("daily", "weekly")
    leave(both, "weekly")
    hour_on = both.at(later(both.workplace, hours=1))
    leave(hour_on, everything=True)
    assert undo(hour_on).back == ("daily",)
    assert hour_on.state("weekly") is State.UNSUBSCRIBED


def test_this_one_and_then_all_within_a_minute_is_one_act(ada: Life, later: Later) -> None:
    ada.confirmed()
    both = ada.at(later(ada.workplace, days=1)).confirmed("weekly")
    leave(both)
    leave(both.at(later(both.workplace, seconds=40)), everything=True)
    assert undo(both.at(later(both.workplace, minutes=5))).back == ("daily", "weekly")


def test_after_a_day_there_is_no_undo(ada: Life, later: Later) -> None:
    ada.confirmed()
    leave(ada)
    assert undo(ada.at(later(ada.workplace, hours=24, seconds=1))).back == ()
    assert not ada.is_mailed()
    assert undo(ada.at(later(ada.workplace, hours=24))).back == ("daily",)


def test_who_never_confirmed_has_nothing_to_take_back(ada: Life) -> None:
    ada.sign_up()
    assert leave(ada).undo == ()
    assert undo(ada).back == ()
    assert ada.state() is State.UNSUBSCRIBED


@pytest.mark.parametrize("reason", [Reason.BOUNCED, Reason.COMPLAINED, Reason.OPERATOR])
def test_who_must_not_be_mailed_is_offered_no_undo(ada: Life, reason: Reason) -> None:
    ada.confirmed()
    leave(ada)
    ada.suppress(reason)
    assert look_at_departure(ada.workplace, ada.token(Purpose.UNSUBSCRIBE)).undo == ()
    assert undo(ada).back == ()
    assert ada.state() is State.UNSUBSCRIBED


def test_less_often_brings_the_newsletter_of_the_link_back_once_a_week(ada: Life, later: Later) -> None:
    ada.confirmed()
    both = ada.at(later(ada.workplace, days=1)).confirmed("weekly")
    assert leave(both, everything=True).weekly
    assert undo(both, is_weekly=True).back == ("daily",)
    subscription = both.subscription()
    assert subscription
    assert (subscription.state, subscription.frequency) == (State.ACTIVE, Frequency.WEEKLY)
    assert both.state("weekly") is State.UNSUBSCRIBED
    assert both.acts()[-2:] == [Action.CONFIRM, Action.CHANGE]
    # Who has it weekly already is not offered that again.
    assert not leave(both).weekly
    assert undo(both, is_weekly=True).back == ()


def test_a_newsletter_that_comes_once_a_week_is_not_offered_less_often(ada: Life) -> None:
    ada.confirmed("weekly")
    assert not leave(ada, "weekly").weekly


def test_a_paused_reader_can_leave_and_after_the_undo_the_pause_goes_on(ada: Life, later: Later) -> None:
    ada.confirmed()
    until = date(2026, 3, 20)
    subscription = ada.subscription()
    assert subscription
    with ada.workplace.database.write() as connection:
        assert pause(connection, subscription, until=until, now=ada.workplace.clock.now())
    assert leave(ada).left == ("daily",)
    assert undo(ada).back == ("daily",)
    again = ada.subscription()
    assert again
    assert (again.state, again.paused_until) == (State.PAUSED, until)
    # A fresh confirmation is a fresh start.
    leave(ada)
    ada.at(later(ada.workplace, days=2)).confirmed()
    again = ada.subscription()
    assert again
    assert (again.state, again.paused_until) == (State.ACTIVE, None)


def test_nobody_takes_anything_back_with_a_forged_link(ada: Life) -> None:
    ada.confirmed()
    leave(ada)
    with pytest.raises(TokenError):
        undo_unsubscribe(ada.workplace, ada.token(Purpose.PREFERENCES), offer=OFFER)
    gone = ada.workplace.keyring.token(Purpose.UNSUBSCRIBE, b"erased")
    assert undo_unsubscribe(ada.workplace, gone, offer=OFFER) == Departure(newsletter=None)
