from __future__ import annotations

import hashlib

import pytest

from newsletter.errors import TokenError
from newsletter.subscribers.consent import Action
from newsletter.subscribers.journal import Act
from newsletter.subscribers.subscriber import State
from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.token import Purpose
from newsletter.workflows.change_preferences import (
    Change,
    Preferences,
    change_language,
    look_at_preferences,
    switch_newsletters,
)
from newsletter.workflows.confirm import confirm
from newsletter.workflows.record_choice import Shown
from newsletter.workflows.subscribe import current_policy
from newsletter.workflows.unsubscribe import unsubscribe
from tests.unit.workflows.conftest import Later, Life
from tests.unit.workflows.fresh import fresh_token

SHOWN = Shown("Yes, send me what is ticked.", "en")


def choose(life: Life, *on: str) -> dict[str, Change]:
    return switch_newsletters(life.workplace, fresh_token(life), on=on, shown=SHOWN)


def look(life: Life) -> Preferences:
    return look_at_preferences(life.workplace, fresh_token(life))


def acts_in_journal(life: Life) -> list[tuple[Act, str]]:
    return [(entry.act, entry.about) for entry in life.workplace.journal.read()]


def test_the_page_shows_every_newsletter_and_changes_nothing(ada: Life) -> None:
    ada.confirmed()
    seen = look(ada)
    assert [(choice.newsletter, choice.on) for choice in seen.choices] == [("daily", True), ("weekly", False)]
    assert (seen.address, seen.newsletter, seen.language) == (ada.address, "daily", "")
    assert not seen.is_stopped
    assert seen.paused_until is None
    assert ada.acts() == [Action.REQUEST, Action.CONFIRM]


def test_saving_what_is_already_so_records_nothing(ada: Life) -> None:
    ada.confirmed()
    assert choose(ada, "daily") == {"daily": Change.NONE}
    assert ada.acts() == [Action.REQUEST, Action.CONFIRM]


def test_off_is_at_once_and_can_be_taken_back_for_a_day(ada: Life, later: Later) -> None:
    ada.confirmed()
    assert choose(ada) == {"daily": Change.OFF}
    assert not ada.is_mailed()
    assert choose(ada.at(later(ada.workplace, hours=24)), "daily") == {"daily": Change.ON}
    assert ada.is_mailed()
    act = ada.consents()[-1].content
    assert act.action is Action.CONFIRM
    assert "taken back" in act.evidence
    assert acts_in_journal(ada) == [(Act.LEAVE, "daily"), (Act.JOIN, "daily")]


def test_another_newsletter_starts_at_once_with_exactly_what_was_agreed_to(ada: Life) -> None:
    ada.confirmed()
    assert choose(ada, "daily", "weekly") == {"daily": Change.NONE, "weekly": Change.ON}
    assert ada.is_mailed("weekly")
    act, policy = ada.consents()[-1].content, current_policy(ada.workplace)
    assert (act.newsletter, act.action, act.door) == ("weekly", Action.CONFIRM, "preferences page")
    assert "fresh mailed link" in act.evidence
    assert (act.wording, act.locale) == (SHOWN.wording, SHOWN.locale)
    assert (act.policy_version, act.policy_sha256) == (policy.version, policy.sha256)
    assert policy.sha256 == hashlib.sha256(policy.text.encode()).hexdigest()
    assert acts_in_journal(ada) == []


def test_a_newsletter_left_long_ago_starts_again_at_once(ada: Life, later: Later) -> None:
    ada.confirmed()
    choose(ada)
    long_after = ada.at(later(ada.workplace, days=400))
    assert choose(long_after, "daily") == {"daily": Change.ON}
    assert ada.is_mailed()
    subscription = ada.subscription()
    assert subscription
    assert subscription.confirmed_at == long_after.workplace.clock.now()
    assert acts_in_journal(ada)[-1] == (Act.JOIN, "daily")


def test_one_that_waits_for_its_mail_starts_and_the_mails_link_is_closed(ada: Life, later: Later) -> None:
    ada.confirmed()
    next_day = ada.at(later(ada.workplace, days=1))
    next_day.sign_up("weekly")
    assert [choice.waiting for choice in look(next_day).choices] == [False, True]
    # An unticked box of a newsletter that waits for its confirmation does not call that off.
    assert choose(next_day, "daily") == {"daily": Change.NONE}
    assert ada.state("weekly") is State.PENDING
    assert choose(next_day, "daily", "weekly")["weekly"] is Change.ON
    choose(next_day, "daily")
    confirm(next_day.workplace, ada.confirm_token(), page_url="")
    assert ada.state("weekly") is State.UNSUBSCRIBED


@pytest.mark.parametrize("reason", [Reason.BOUNCED, Reason.UNSUBSCRIBED, Reason.IMPORTED])
def test_a_suppression_that_the_reader_may_end_is_ended(ada: Life, reason: Reason) -> None:
    ada.confirmed()
    ada.suppress(reason)
    assert [choice.on for choice in look(ada).choices] == [False, False]
    assert choose(ada) == {}
    assert ada.acts() == [Action.REQUEST, Action.CONFIRM]
    assert choose(ada, "daily") == {"daily": Change.ON}
    assert ada.is_mailed()
    assert acts_in_journal(ada)[-2:] == [(Act.LIFT, ""), (Act.JOIN, "daily")]


def test_ending_a_suppression_brings_nothing_that_was_not_ticked(ada: Life) -> None:
    ada.confirmed()
    ada.suppress(Reason.UNSUBSCRIBED)
    assert choose(ada, "weekly") == {"weekly": Change.ON, "daily": Change.OFF}
    assert ada.is_mailed("weekly")
    assert not ada.is_mailed("daily")


@pytest.mark.parametrize("reason", [Reason.COMPLAINED, Reason.OPERATOR])
def test_an_address_never_to_be_mailed_cannot_be_switched_on(ada: Life, reason: Reason) -> None:
    ada.confirmed()
    choose(ada)
    ada.suppress(reason)
    assert look(ada).is_stopped
    assert choose(ada, "daily", "weekly") == {"daily": Change.REFUSED, "weekly": Change.REFUSED}
    assert not ada.is_mailed()
    assert ada.acts()[-1] is Action.WITHDRAW


def test_an_unknown_newsletter_in_the_form_does_nothing(ada: Life) -> None:
    ada.confirmed()
    assert choose(ada, "daily", "hourly") == {"daily": Change.NONE}


def test_the_language_of_pages_and_mails_is_the_readers_choice(ada: Life) -> None:
    ada.confirmed()
    token = fresh_token(ada)
    assert change_language(ada.workplace, token, "ar")
    assert not change_language(ada.workplace, token, "ar")
    assert look_at_preferences(ada.workplace, token).language == "ar"
    assert ada.acts() == [Action.REQUEST, Action.CONFIRM, Action.CHANGE]
    fresh_token(ada)
    assert ada.mails()[-1].language == "ar"
    assert change_language(ada.workplace, token, "")


def test_forged_orphaned_and_forwarded_links_are_refused(ada: Life, later: Later) -> None:
    ada.confirmed()
    fresh, keyring = fresh_token(ada), ada.workplace.keyring
    today, tomorrow = ada.workplace, later(ada.workplace, days=1)
    for workplace, token in (
        (today, ada.token(Purpose.UNSUBSCRIBE)),
        (today, ada.token(Purpose.PREFERENCES)),
        (today, keyring.token(Purpose.PROFILE, b"gone")),
        (tomorrow, fresh),
    ):
        with pytest.raises(TokenError):
            look_at_preferences(workplace, token)
        with pytest.raises(TokenError):
            switch_newsletters(workplace, token, on=(), shown=SHOWN)
        with pytest.raises(TokenError):
            change_language(workplace, token, "bn")
    assert ada.is_mailed()


def test_who_has_left_may_still_look_and_come_back(ada: Life) -> None:
    ada.confirmed()
    unsubscribe(ada.workplace, ada.token(Purpose.UNSUBSCRIBE), door="page", evidence="POST")
    assert [choice.on for choice in look(ada).choices] == [False, False]
    assert choose(ada, "daily")["daily"] is Change.ON
