from __future__ import annotations

from datetime import date, timedelta

import pytest

from newsletter.errors import SubscriberError
from newsletter.subscribers.consent import Action
from newsletter.subscribers.subscriber import Frequency, State
from newsletter.workflows.change_preferences import look_at_preferences
from newsletter.workflows.change_rhythm import (
    change_frequency,
    pause_letters,
    pause_limits,
    resume_letters,
)
from tests.unit.workflows.conftest import Later, Life
from tests.unit.workflows.fresh import fresh_token


def today(life: Life) -> date:
    return life.workplace.clock.now().date()


def test_a_reader_has_the_digest_of_the_week_in_place_of_daily_letters(ada: Life) -> None:
    ada.confirmed()
    token = fresh_token(ada)
    wanted = {"daily": Frequency.WEEKLY}
    assert change_frequency(ada.workplace, token, wanted) == ("daily",)
    assert change_frequency(ada.workplace, token, wanted) == ()
    daily = look_at_preferences(ada.workplace, token).choices[0]
    assert (daily.frequency, daily.has_weekly) == (Frequency.WEEKLY, True)
    assert ada.acts() == [Action.REQUEST, Action.CONFIRM, Action.CHANGE]
    assert ada.consents()[-1].content.evidence.endswith("how often: weekly")


def test_a_newsletter_that_is_not_had_or_has_no_digest_is_left_alone(ada: Life, later: Later) -> None:
    ada.confirmed()
    token = fresh_token(ada)
    assert change_frequency(ada.workplace, token, {"hourly": Frequency.WEEKLY}) == ()
    ada.at(later(ada.workplace, days=1)).confirmed("weekly")
    assert change_frequency(ada.workplace, token, {"weekly": Frequency.WEEKLY}) == ()
    assert not look_at_preferences(ada.workplace, token).choices[1].has_weekly


def test_letters_rest_until_a_date_which_can_be_moved(ada: Life) -> None:
    ada.confirmed()
    token = fresh_token(ada)
    for days in (7, 14):
        until = today(ada) + timedelta(days=days)
        assert pause_letters(ada.workplace, token, until=until) == ("daily",)
        assert look_at_preferences(ada.workplace, token).paused_until == until
        assert ada.consents()[-1].content.evidence.endswith(f"paused until {until}")
    assert not ada.is_mailed()
    assert ada.state() is State.PAUSED
    assert look_at_preferences(ada.workplace, token).choices[0].on  # it rests, and is not off
    number = len(ada.acts())
    pause_letters(ada.workplace, token, until=today(ada) + timedelta(days=14))
    assert len(ada.acts()) == number


def test_a_pause_ends_when_the_reader_says_so(ada: Life) -> None:
    ada.confirmed()
    token = fresh_token(ada)
    assert resume_letters(ada.workplace, token) == ()
    pause_letters(ada.workplace, token, until=today(ada) + timedelta(days=7))
    assert resume_letters(ada.workplace, token) == ("daily",)
    assert ada.is_mailed()
    assert look_at_preferences(ada.workplace, token).paused_until is None
    assert ada.acts()[-2:] == [Action.CHANGE, Action.CHANGE]


@pytest.mark.parametrize(("days", "words"), [(-1, "from tomorrow"), (0, "from tomorrow"), (366, "a year")])
def test_a_pause_ends_within_a_year_and_not_in_the_past(ada: Life, days: int, words: str) -> None:
    ada.confirmed()
    with pytest.raises(SubscriberError, match=words):
        pause_letters(ada.workplace, fresh_token(ada), until=today(ada) + timedelta(days=days))
    assert ada.is_mailed()


def test_tomorrow_is_where_the_newsletter_is_from(ada: Life) -> None:
    settings = ada.workplace.settings
    daily = settings.newsletters[0].model_copy(update={"timezone": "Pacific/Kiritimati"})
    far = settings.model_copy(update={"newsletters": (daily, *settings.newsletters[1:])})
    late = ada.workplace.clock.now().replace(hour=23)
    first, last = pause_limits(far, "daily", now=late)
    assert first == late.date() + timedelta(days=2)
    assert last - first == timedelta(days=364)
