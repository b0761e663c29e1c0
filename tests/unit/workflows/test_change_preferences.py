from __future__ import annotations

import pytest

from newsletter.errors import TokenError
from newsletter.subscribers.consent import Action
from newsletter.subscribers.subscriber import State
from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.token import Purpose
from newsletter.workflows.change_preferences import Change, change_preferences, look_at_preferences
from newsletter.workflows.unsubscribe import unsubscribe
from newsletter.workflows.workplace import Workplace
from tests.unit.workflows.conftest import Later, Life


def choose(life: Life, *on: str, workplace: Workplace | None = None) -> dict[str, Change]:
    choices = change_preferences(
        workplace or life.workplace,
        life.token(Purpose.PREFERENCES),
        on=on,
        wording="Yes, send me what is ticked.",
        page_url="http://letter.example/preferences/",
    )
    return {choice.newsletter: choice.change for choice in choices}


def test_the_page_shows_every_newsletter_and_changes_nothing(ada: Life) -> None:
    ada.confirmed()
    choices = look_at_preferences(ada.workplace, ada.token(Purpose.PREFERENCES))
    assert [(choice.newsletter, choice.on) for choice in choices] == [("daily", True), ("weekly", False)]
    assert ada.acts() == [Action.REQUEST, Action.CONFIRM]


def test_saving_what_is_already_so_records_nothing(ada: Life) -> None:
    ada.confirmed()
    assert choose(ada, "daily") == {"daily": Change.NONE, "weekly": Change.NONE}
    assert ada.acts() == [Action.REQUEST, Action.CONFIRM]


def test_off_is_at_once_and_can_be_taken_back_for_a_day(ada: Life, later: Later) -> None:
    ada.confirmed()
    assert choose(ada)["daily"] is Change.OFF
    assert not ada.is_mailed()
    token = ada.token(Purpose.PREFERENCES)
    for hours, can_undo in ((24, True), (25, False)):
        daily = look_at_preferences(later(ada.workplace, hours=hours), token)[0]
        assert daily.can_undo is can_undo
    assert choose(ada, "daily", workplace=later(ada.workplace, hours=24))["daily"] is Change.ON
    assert ada.is_mailed()
    act = ada.consents()[-1].content
    assert act.action is Action.CONFIRM
    assert "taken back" in act.evidence
    assert act.wording == "Yes, send me what is ticked."


def test_after_a_day_switching_on_asks_by_mail_because_the_letter_may_have_been_forwarded(
    ada: Life, later: Later
) -> None:
    ada.confirmed()
    choose(ada)
    next_day = later(ada.workplace, hours=24, minutes=1)
    assert choose(ada, "daily", workplace=next_day)["daily"] is Change.ASKED
    assert ada.state() is State.UNSUBSCRIBED
    assert len(ada.mails()) == 2


def test_another_newsletter_is_asked_for_by_mail_at_most_once_a_day(ada: Life, later: Later) -> None:
    ada.confirmed()
    assert choose(ada, "daily", "weekly")["weekly"] is Change.ASKED_TODAY
    assert not ada.is_mailed("weekly")
    next_day = later(ada.workplace, days=1)
    assert choose(ada, "daily", "weekly", workplace=next_day)["weekly"] is Change.ASKED
    assert ada.state("weekly") is State.PENDING
    # An unticked box of a newsletter that waits for its confirmation does not call that off.
    assert choose(ada, "daily", workplace=next_day)["weekly"] is Change.NONE
    assert ada.state("weekly") is State.PENDING


def test_what_was_never_confirmed_cannot_be_switched_on_by_taking_a_withdrawal_back(
    ada: Life, later: Later
) -> None:
    ada.confirmed()
    next_day = ada.at(later(ada.workplace, days=1))
    next_day.sign_up("weekly")
    unsubscribe(
        next_day.workplace,
        ada.token(Purpose.UNSUBSCRIBE, "weekly"),
        door="page",
        evidence="POST",
    )
    assert choose(next_day, "daily", "weekly")["weekly"] is Change.ASKED_TODAY
    assert not ada.is_mailed("weekly")


def test_an_address_never_to_be_mailed_cannot_be_switched_on(ada: Life) -> None:
    ada.confirmed()
    choose(ada)
    ada.suppress(Reason.COMPLAINED)
    assert choose(ada, "daily")["daily"] is Change.REFUSED
    assert not ada.is_mailed()


def test_an_unknown_newsletter_in_the_form_does_nothing(ada: Life) -> None:
    ada.confirmed()
    assert choose(ada, "daily", "hourly") == {"daily": Change.NONE, "weekly": Change.NONE}


def test_forged_and_orphaned_links_are_refused(ada: Life) -> None:
    ada.confirmed()
    for token in (ada.token(Purpose.UNSUBSCRIBE), ada.workplace.keyring.token(Purpose.PREFERENCES, b"gone")):
        with pytest.raises(TokenError):
            look_at_preferences(ada.workplace, token)
        with pytest.raises(TokenError):
            change_preferences(ada.workplace, token, on=(), wording="", page_url="")
