from __future__ import annotations

import pytest

from newsletter.delivery.outbox import MailKind
from newsletter.errors import SubscriberError, TokenError
from newsletter.subscribers.consent import Action
from newsletter.subscribers.store import find_subscriber, get_subscriber, set_language
from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.token import Purpose
from newsletter.workflows.change_address import (
    Answer,
    Asked,
    ask_address,
    change_address,
    look_at_address,
)
from newsletter.workflows.workplace import Workplace
from tests.unit.workflows.conftest import ADA, Later, Life
from tests.unit.workflows.fresh import fresh_token, mailed_tokens

NEW = "countess@example.com"


def asked(life: Life, new: str = NEW) -> str:
    """The token in the mail to the new address."""
    assert ask_address(life.workplace, fresh_token(life), new=new) is Asked.MAILED
    return mailed_tokens(life.workplace, MailKind.ADDRESS, Purpose.ADDRESS)[-1]


def address_of(life: Life, subscriber_id: int) -> str:
    with life.workplace.database.read() as connection:
        return get_subscriber(connection, subscriber_id).address


def test_a_reader_moves_once_the_new_mailbox_says_so(ada: Life) -> None:
    ada.confirmed()
    before = ada.subscription()
    assert before
    token = asked(ada)
    assert [mail.recipient for mail in Life(ada.workplace, NEW).mails()] == [NEW]
    assert look_at_address(ada.workplace, token).answer is Answer.OPEN
    assert address_of(ada, before.subscriber_id) == ADA
    change = change_address(ada.workplace, token)
    assert (change.answer, change.newsletter, change.language) == (Answer.CHANGED, "daily", "")
    moved = Life(ada.workplace, NEW)
    assert moved.is_mailed()
    assert moved.subscription() == before
    act = moved.consents()[-1].content
    assert (act.action, act.address, act.door) == (Action.CHANGE, NEW, "address page")
    assert act.message_id == moved.mails()[-1].message_id


def test_pressing_twice_says_changed_and_records_once(ada: Life) -> None:
    ada.confirmed()
    token = asked(ada)
    for _ in range(2):
        assert change_address(ada.workplace, token).answer is Answer.CHANGED
    assert look_at_address(ada.workplace, token).answer is Answer.CHANGED
    assert Life(ada.workplace, NEW).acts() == [Action.REQUEST, Action.CONFIRM, Action.CHANGE]


def test_links_in_the_old_mailbox_are_worth_nothing_afterwards(ada: Life) -> None:
    ada.confirmed()
    fresh, other = fresh_token(ada), asked(ada, "ada@example.net")
    change_address(ada.workplace, asked(ada))
    with pytest.raises(TokenError):
        ask_address(ada.workplace, fresh, new="ada@example.net")
    assert change_address(ada.workplace, other).answer is Answer.EXPIRED
    assert Life(ada.workplace, NEW).is_mailed()


def test_the_link_works_for_24_hours(ada: Life, later: Later) -> None:
    ada.confirmed()
    token = asked(ada)
    assert change_address(later(ada.workplace, hours=24), token).answer is Answer.EXPIRED
    assert ada.is_mailed()


@pytest.mark.parametrize("reason", [Reason.OPERATOR, Reason.COMPLAINED])
def test_an_address_that_is_suppressed_gets_no_mail_and_is_not_moved_to(ada: Life, reason: Reason) -> None:
    ada.confirmed()
    token, new = asked(ada), Life(ada.workplace, NEW)
    new.suppress(reason)
    assert ask_address(ada.workplace, fresh_token(ada), new=NEW) is Asked.TAKEN
    assert len(new.mails()) == 1
    assert change_address(ada.workplace, token).answer is Answer.REFUSED
    assert ada.is_mailed()


def test_an_address_of_another_reader_gets_no_mail_and_is_not_moved_to(ada: Life) -> None:
    ada.confirmed()
    token = asked(ada)
    Life(ada.workplace, NEW).confirmed()
    mails = len(Life(ada.workplace, NEW).mails())
    assert ask_address(ada.workplace, fresh_token(ada), new=NEW.upper()) is Asked.TAKEN
    assert len(Life(ada.workplace, NEW).mails()) == mails
    assert look_at_address(ada.workplace, token).answer is Answer.REFUSED
    assert change_address(ada.workplace, token).answer is Answer.REFUSED
    assert ada.is_mailed()


def test_a_suppressed_reader_does_not_slip_away_to_another_address(ada: Life) -> None:
    ada.confirmed()
    token = asked(ada)
    ada.suppress(Reason.COMPLAINED)
    assert ask_address(ada.workplace, fresh_token(ada), new="ada@example.net") is Asked.STOPPED
    assert change_address(ada.workplace, token).answer is Answer.REFUSED
    assert not Life(ada.workplace, NEW).is_mailed()


def test_at_most_three_mails_a_day_go_to_new_addresses(ada: Life, later: Later) -> None:
    ada.confirmed()
    for number in range(3):
        asked(ada, f"ada{number}@example.com")
    assert ask_address(ada.workplace, fresh_token(ada), new=NEW) is Asked.TOO_OFTEN
    assert Life(ada.workplace, NEW).mails() == []
    assert asked(ada.at(later(ada.workplace, days=1)))


def test_another_spelling_of_the_same_address_is_a_change_and_the_same_one_is_not(ada: Life) -> None:
    ada.confirmed()
    assert ask_address(ada.workplace, fresh_token(ada), new=f" {ADA} ") is Asked.SAME
    assert change_address(ada.workplace, asked(ada, "Ada@example.org")).answer is Answer.CHANGED
    with ada.workplace.database.read() as connection:
        found = find_subscriber(connection, ADA)
    assert found
    assert found.address == "Ada@example.org"


def test_what_is_no_address_is_said_in_words(ada: Life) -> None:
    ada.confirmed()
    with pytest.raises(SubscriberError, match="@-sign"):
        ask_address(ada.workplace, fresh_token(ada), new="countess")


def test_the_answer_comes_in_the_readers_language(ada: Life) -> None:
    subscription = ada.confirmed().subscription()
    assert subscription
    with ada.workplace.database.write() as connection:
        set_language(connection, subscription.subscriber_id, "bn")
    assert look_at_address(ada.workplace, asked(ada)).language == "bn"


def test_forged_and_foreign_links_are_refused(ada: Life) -> None:
    ada.confirmed()
    gone = ada.workplace.keyring.token(Purpose.ADDRESS, b"gone")
    for token in (gone, fresh_token(ada), "v1.k.x.y"):
        for step in (look_at_address, change_address):
            with pytest.raises(TokenError):
                step(ada.workplace, token)
    for token in (ada.token(Purpose.PREFERENCES), asked(ada)):
        with pytest.raises(TokenError):
            ask_address(ada.workplace, token, new=NEW)


def test_a_fresh_link_works_again_and_again_for_a_day(ada: Life, later: Later) -> None:
    ada.confirmed()
    token = fresh_token(ada)
    assert ask_address(later(ada.workplace, hours=23), token, new=ADA) is Asked.SAME
    assert ask_address(later(ada.workplace, hours=23), token, new=ADA) is Asked.SAME
    too_late: Workplace = later(ada.workplace, hours=24)
    with pytest.raises(TokenError, match="Ask for a fresh one"):
        ask_address(too_late, token, new=ADA)
