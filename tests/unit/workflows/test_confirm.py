from __future__ import annotations

import pytest

from newsletter.errors import TokenError
from newsletter.subscribers.consent import Action
from newsletter.subscribers.subscriber import State
from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.token import Keyring, Purpose
from newsletter.workflows.confirm import Answer, confirm, look_at_confirmation
from newsletter.workflows.unsubscribe import unsubscribe
from newsletter.workflows.workplace import Workplace
from tests.unit.workflows.conftest import Later, Life

PAGE = "http://letter.example/confirm/"


def test_a_reader_who_presses_the_button_is_subscribed_with_proof(ada: Life) -> None:
    ada.sign_up()
    done = confirm(ada.workplace, ada.confirm_token(), page_url=PAGE)
    assert (done.answer, done.newsletter) == (Answer.CONFIRMED, "daily")
    assert ada.is_mailed()
    act = ada.consents()[-1].content
    assert act.action is Action.CONFIRM
    assert act.message_id == ada.mails()[0].message_id
    assert act.evidence.startswith("the form of the confirm page behind the mailed link was sent")
    assert "Daily Health" in act.wording
    assert len(act.policy_sha256) == 64


def test_looking_at_the_page_confirms_nothing(ada: Life) -> None:
    ada.sign_up()
    for _ in range(2):
        assert look_at_confirmation(ada.workplace, ada.confirm_token()).answer is Answer.OPEN
    assert ada.state() is State.PENDING


def test_pressing_twice_says_so_and_records_once(ada: Life) -> None:
    ada.confirmed()
    assert confirm(ada.workplace, ada.confirm_token(), page_url=PAGE).answer is Answer.ALREADY
    assert ada.acts() == [Action.REQUEST, Action.CONFIRM]


def test_a_link_works_for_48_hours_and_no_longer(ada: Life, later: Later) -> None:
    ada.sign_up()
    in_time = later(ada.workplace, hours=47)
    assert look_at_confirmation(in_time, ada.confirm_token()).answer is Answer.OPEN
    too_late = later(ada.workplace, hours=48)
    assert confirm(too_late, ada.confirm_token(), page_url=PAGE).answer is Answer.EXPIRED
    assert ada.state() is State.PENDING


def test_of_two_links_either_works_and_then_both_say_subscribed(ada: Life, later: Later) -> None:
    ada.sign_up()
    next_day = ada.at(later(ada.workplace, days=1))
    next_day.sign_up()
    first, second = ada.confirm_token(0), ada.confirm_token(1)
    assert confirm(next_day.workplace, first, page_url=PAGE).answer is Answer.CONFIRMED
    assert confirm(next_day.workplace, second, page_url=PAGE).answer is Answer.ALREADY


def test_a_used_link_cannot_bring_back_a_reader_who_left(ada: Life) -> None:
    ada.confirmed()
    unsubscribe(ada.workplace, ada.token(Purpose.UNSUBSCRIBE), door="page", evidence="POST")
    assert confirm(ada.workplace, ada.confirm_token(), page_url=PAGE).answer is Answer.CLOSED
    assert not ada.is_mailed()


def test_an_open_link_from_before_leaving_cannot_bring_back_a_reader(ada: Life, later: Later) -> None:
    ada.confirmed()
    gone = ada.token(Purpose.UNSUBSCRIBE)
    unsubscribe(ada.workplace, gone, door="page", evidence="POST")
    next_day = ada.at(later(ada.workplace, days=1))
    next_day.sign_up()
    unsubscribe(next_day.workplace, gone, door="page", evidence="POST")  # leaves again, to be sure
    assert confirm(next_day.workplace, ada.confirm_token(), page_url=PAGE).answer is Answer.CLOSED
    assert not ada.is_mailed()


def test_a_reader_who_left_comes_back_by_a_fresh_confirmation(ada: Life, later: Later) -> None:
    ada.confirmed()
    unsubscribe(ada.workplace, ada.token(Purpose.UNSUBSCRIBE), door="page", evidence="POST")
    ada.at(later(ada.workplace, days=2)).confirmed()
    assert ada.is_mailed()
    assert ada.acts() == [Action.REQUEST, Action.CONFIRM, Action.WITHDRAW, Action.REQUEST, Action.CONFIRM]


def test_a_confirmation_lifts_a_bounce_and_never_a_complaint(ada: Life, workplace: Workplace) -> None:
    ada.suppress(Reason.BOUNCED)
    ada.confirmed()
    assert ada.is_mailed()
    eve = Life(workplace, "eve@example.org")
    eve.sign_up()
    eve.suppress(Reason.COMPLAINED)
    assert confirm(workplace, eve.confirm_token(), page_url=PAGE).answer is Answer.CLOSED
    assert not eve.is_mailed()


def test_forged_foreign_and_orphaned_links_are_refused(ada: Life) -> None:
    ada.confirmed()
    stranger = Keyring({"example": b"s" * 32})
    for token in (
        "nonsense",
        ada.token(Purpose.UNSUBSCRIBE),
        stranger.token(Purpose.CONFIRM, b"handle"),
        ada.workplace.keyring.token(Purpose.CONFIRM, b"no such row"),
    ):
        with pytest.raises(TokenError):
            confirm(ada.workplace, token, page_url=PAGE)
