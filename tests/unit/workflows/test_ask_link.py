from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.delivery.outbox import MailKind
from newsletter.errors import SubscriberError, TokenError
from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.token import Purpose
from newsletter.workflows.ask_link import Asked, ask_data, ask_link, ask_link_by_address, look_at_link
from newsletter.workflows.open_profile import open_profile
from newsletter.workflows.unsubscribe import unsubscribe
from tests.unit.workflows.conftest import ADA, Later, Life
from tests.unit.workflows.fresh import fresh_token, mailed_tokens


def leave(life: Life) -> None:
    unsubscribe(life.workplace, life.token(Purpose.UNSUBSCRIBE), door="page", evidence="POST")


def fresh_links(life: Life) -> list[str]:
    return mailed_tokens(life.workplace, MailKind.PREFERENCES, Purpose.PROFILE)


def test_the_link_of_a_letter_mails_a_fresh_one_to_the_stored_address(ada: Life) -> None:
    ada.confirmed()
    assert ask_link(ada.workplace, ada.token(Purpose.PREFERENCES)) is Asked.MAILED
    assert ada.mails()[-1].kind is MailKind.PREFERENCES
    with ada.workplace.database.read() as connection:
        profile = open_profile(connection, ada.workplace, fresh_links(ada)[-1])
    assert profile.subscriber.address == ADA


def test_the_page_of_a_letters_link_knows_a_newsletter_and_the_way_out_and_no_more(ada: Life) -> None:
    ada.confirmed()
    seen = look_at_link(ada.workplace, ada.token(Purpose.PREFERENCES))
    assert (seen.newsletter, seen.language, seen.was_fresh) == ("daily", "", False)
    assert seen.unsubscribe_token == ada.token(Purpose.UNSUBSCRIBE)
    leave(ada)
    assert look_at_link(ada.workplace, ada.token(Purpose.PREFERENCES)) == seen
    assert fresh_links(ada) == []


def test_one_reader_is_mailed_at_most_one_link_an_hour_whoever_asks(ada: Life, later: Later) -> None:
    ada.confirmed()
    token = ada.token(Purpose.PREFERENCES)
    assert ask_link(ada.workplace, token) is Asked.MAILED
    almost = later(ada.workplace, minutes=59)
    assert ask_link(almost, token) is Asked.ASKED_LATELY
    assert ask_link_by_address(almost, ADA) is Asked.ASKED_LATELY
    assert ask_link_by_address(later(ada.workplace, hours=1), ADA) is Asked.MAILED
    assert len(fresh_links(ada)) == 2


def test_a_fresh_link_that_is_over_asks_for_the_next_one(ada: Life, later: Later) -> None:
    ada.confirmed()
    token = fresh_token(ada)
    next_day = later(ada.workplace, days=1)
    assert look_at_link(next_day, token).was_fresh
    assert ask_link(next_day, token) is Asked.MAILED


@pytest.mark.parametrize("address", [ADA, "Ada@EXAMPLE.org"])
def test_a_reader_without_a_letter_asks_by_address(ada: Life, address: str) -> None:
    ada.confirmed()
    assert ask_link_by_address(ada.workplace, address) is Asked.MAILED
    assert ada.mails()[-1].recipient == ADA


def test_an_address_that_nobody_has_gets_no_mail(ada: Life) -> None:
    assert ask_link_by_address(ada.workplace, ADA) is Asked.NOBODY
    assert ada.mails() == []
    with pytest.raises(SubscriberError):
        ask_link_by_address(ada.workplace, "ada")


@pytest.mark.parametrize("reason", [Reason.BOUNCED, Reason.UNSUBSCRIBED, Reason.IMPORTED])
def test_who_left_or_bounced_may_still_have_their_link(ada: Life, reason: Reason) -> None:
    ada.confirmed()
    leave(ada)
    ada.suppress(reason)
    assert ask_link_by_address(ada.workplace, ADA) is Asked.MAILED


@pytest.mark.parametrize("reason", [Reason.COMPLAINED, Reason.OPERATOR])
def test_who_complained_is_never_mailed(ada: Life, reason: Reason) -> None:
    ada.confirmed()
    fresh = fresh_token(ada)
    ada.suppress(reason)
    assert ask_link_by_address(ada.workplace, ADA) is Asked.SUPPRESSED
    assert ask_link(ada.workplace, ada.token(Purpose.PREFERENCES)) is Asked.SUPPRESSED
    assert ask_data(ada.workplace, fresh) is Asked.SUPPRESSED
    assert len(fresh_links(ada)) == 1


def test_of_a_newsletter_that_is_no_more_the_mail_goes_in_the_name_of_another_one(
    ada: Life, later: Later
) -> None:
    ada.confirmed()
    token, settings = ada.token(Purpose.PREFERENCES), ada.workplace.settings
    without = settings.model_copy(update={"newsletters": settings.newsletters[1:]})
    gone = replace(ada.workplace, settings=without)
    assert ask_link(gone, token) is Asked.NOBODY
    next_day = ada.at(later(gone, days=1)).confirmed("weekly")
    assert ask_link(next_day.workplace, token) is Asked.MAILED
    assert ada.mails()[-1].newsletter == "weekly"


def test_the_data_link_is_asked_for_with_a_fresh_link_once_an_hour(ada: Life, later: Later) -> None:
    ada.confirmed()
    token = fresh_token(ada)
    assert ask_data(ada.workplace, token) is Asked.MAILED
    assert ada.mails()[-1].kind is MailKind.DATA
    assert ask_data(later(ada.workplace, minutes=59), token) is Asked.ASKED_LATELY
    assert ask_data(later(ada.workplace, hours=1), token) is Asked.MAILED
    with pytest.raises(TokenError):
        ask_data(ada.workplace, ada.token(Purpose.PREFERENCES))


def test_forged_and_foreign_links_ask_for_nothing(ada: Life) -> None:
    ada.confirmed()
    keyring = ada.workplace.keyring
    gone = [keyring.token(purpose, b"gone") for purpose in (Purpose.PREFERENCES, Purpose.PROFILE)]
    for token in (*gone, ada.token(Purpose.UNSUBSCRIBE), "v1.k.x.y", ""):
        with pytest.raises(TokenError):
            look_at_link(ada.workplace, token)
        with pytest.raises(TokenError):
            ask_link(ada.workplace, token)
