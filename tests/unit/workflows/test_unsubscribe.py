from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.errors import TokenError
from newsletter.subscribers.consent import Action
from newsletter.subscribers.store import why_not
from newsletter.subscribers.subscriber import State
from newsletter.subscribers.token import Keyring, Purpose
from newsletter.workflows.unsubscribe import look_at_departure, unsubscribe
from tests.unit.workflows.conftest import Later, Life


def leave(life: Life, *, everything: bool = False, newsletter: str = "daily") -> tuple[str, ...]:
    token = life.token(Purpose.UNSUBSCRIBE, newsletter)
    return unsubscribe(
        life.workplace, token, everything=everything, door="one-click", evidence="RFC 8058 one-click POST"
    ).remaining


def test_a_reader_who_leaves_is_off_at_once_with_the_withdrawal_on_record(ada: Life) -> None:
    ada.confirmed()
    assert leave(ada) == ()
    assert not ada.is_mailed()
    subscription = ada.subscription()
    assert subscription
    with ada.workplace.database.read() as connection:
        assert why_not(connection, [subscription.id])
    act = ada.consents()[-1].content
    assert (act.action, act.door, act.newsletter) == (Action.WITHDRAW, "one-click", "daily")


def test_leaving_again_changes_nothing(ada: Life) -> None:
    ada.confirmed()
    leave(ada)
    leave(ada)
    assert ada.acts() == [Action.REQUEST, Action.CONFIRM, Action.WITHDRAW]


def test_a_reader_of_two_newsletters_leaves_one_or_all(ada: Life, later: Later) -> None:
    ada.confirmed()
    both = ada.at(later(ada.workplace, days=1)).confirmed("weekly")
    assert leave(both) == ("weekly",)
    assert both.is_mailed("weekly")
    assert leave(both, everything=True) == ()
    assert both.state("weekly") is State.UNSUBSCRIBED


def test_looking_at_the_page_leaves_nothing(ada: Life) -> None:
    ada.confirmed()
    found = look_at_departure(ada.workplace, ada.token(Purpose.UNSUBSCRIBE))
    assert (found.newsletter, found.remaining) == ("daily", ("daily",))
    assert ada.is_mailed()


def test_a_link_of_years_ago_works_under_a_new_key(ada: Life, later: Later) -> None:
    ada.confirmed()
    token = ada.token(Purpose.UNSUBSCRIBE)
    years_on = later(ada.workplace, days=2000)
    renewed = Keyring({"example": Keyring.example()._keys["example"], "k2": b"2" * 32})
    unsubscribe(replace(years_on, keyring=renewed), token, door="page", evidence="POST")
    assert not ada.is_mailed()


def test_the_link_of_a_reader_who_is_gone_still_answers_kindly(ada: Life) -> None:
    token = ada.workplace.keyring.token(Purpose.UNSUBSCRIBE, b"erased")
    assert look_at_departure(ada.workplace, token).newsletter is None
    assert unsubscribe(ada.workplace, token, door="page", evidence="POST").newsletter is None


def test_a_forged_link_is_refused(ada: Life) -> None:
    ada.confirmed()
    for token in ("nonsense", ada.token(Purpose.PREFERENCES)):
        with pytest.raises(TokenError):
            unsubscribe(ada.workplace, token, door="page", evidence="POST")
    assert ada.is_mailed()
