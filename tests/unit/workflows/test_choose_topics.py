from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from newsletter.subscribers.consent import Action, Subject
from newsletter.subscribers.topics import TopicChoice
from newsletter.workflows.change_preferences import look_at_preferences, switch_newsletters
from newsletter.workflows.choose_topics import Kept, TopicDesk, choose_topics, forget_topics
from newsletter.workflows.record_choice import Shown
from newsletter.workflows.subscribe import current_policy
from newsletter.workflows.workplace import Workplace
from tests.unit.workflows.conftest import Later, Life
from tests.unit.workflows.fresh import fresh_token

AGREED = Shown("I agree that my topics are kept.", "en")


@pytest.fixture
def ada(workplace: Workplace) -> Life:
    """A reader of a newsletter that offers topics."""
    first, *others = workplace.settings.newsletters
    daily = first.model_copy(update={"topics": ("Migraine", "diabetes")})
    settings = workplace.settings.model_copy(update={"newsletters": (daily, *others)})
    return Life(replace(workplace, settings=settings)).confirmed()


def choose(life: Life, *interests: str, never: tuple[str, ...] = (), consent: Shown | None = None) -> Kept:
    return choose_topics(life.workplace, fresh_token(life), interests=interests, never=never, consent=consent)


def desk(life: Life) -> TopicDesk:
    return look_at_preferences(life.workplace, fresh_token(life)).topics


def test_without_a_consent_of_its_own_no_topic_is_kept(ada: Life) -> None:
    assert desk(ada).offered == ("diabetes", "migraine")
    assert choose(ada, "migraine") is Kept.REFUSED
    assert choose(ada, never=("fertility",)) is Kept.REFUSED
    assert desk(ada).chosen == TopicChoice()
    assert ada.acts() == [Action.REQUEST, Action.CONFIRM]


def test_with_consent_topics_are_kept_and_the_record_names_none(ada: Life) -> None:
    assert choose(ada, "migraine", never=("fertility",), consent=AGREED) is Kept.SAVED
    assert desk(ada).chosen == TopicChoice(frozenset({"migraine"}), frozenset({"fertility"}))
    act = ada.consents()[-1].content
    assert (act.purpose, act.action, act.newsletter) == (Subject.TOPICS, Action.CONFIRM, "daily")
    assert (act.wording, act.locale) == (AGREED.wording, AGREED.locale)
    assert act.policy_sha256 == current_policy(ada.workplace).sha256
    assert not any(word in str(act) for word in ("migraine", "fertility"))


def test_a_consent_stands_for_later_choices(ada: Life, later: Later) -> None:
    choose(ada, "migraine", consent=AGREED)
    assert choose(ada, "migraine") is Kept.UNCHANGED
    assert choose(ada, "diabetes") is Kept.SAVED
    act = ada.consents()[-1].content
    assert (act.purpose, act.action) == (Subject.TOPICS, Action.CHANGE)
    agreed_at = desk(ada.at(later(ada.workplace, days=9))).agreed_at
    assert agreed_at == ada.workplace.clock.now()


@pytest.mark.parametrize("empty_choice", [True, False])
def test_forgetting_deletes_them_and_withdraws_that_consent_alone(ada: Life, *, empty_choice: bool) -> None:
    choose(ada, "migraine", consent=AGREED)
    kept = choose(ada) if empty_choice else forget_topics(ada.workplace, fresh_token(ada))
    assert kept is Kept.FORGOTTEN
    assert (desk(ada).chosen, desk(ada).agreed_at) == (TopicChoice(), None)
    act = ada.consents()[-1].content
    assert (act.purpose, act.action) == (Subject.TOPICS, Action.WITHDRAW)
    assert ada.is_mailed()
    assert choose(ada, "diabetes") is Kept.REFUSED
    assert forget_topics(ada.workplace, fresh_token(ada)) is Kept.UNCHANGED


def test_nothing_chosen_is_nothing_kept_even_with_the_box_ticked(ada: Life) -> None:
    assert choose(ada, consent=AGREED) is Kept.UNCHANGED
    assert ada.acts() == [Action.REQUEST, Action.CONFIRM]


def test_topics_that_are_not_offered_are_not_kept(ada: Life) -> None:
    assert choose(ada, "gout", never=("everything",), consent=AGREED) is Kept.UNCHANGED
    assert choose(ada, "gout", "migraine", consent=AGREED) is Kept.SAVED
    assert desk(ada).chosen.interests == {"migraine"}


def test_who_left_the_newsletter_chooses_no_more_and_can_still_forget(ada: Life) -> None:
    choose(ada, "migraine", consent=AGREED)
    switch_newsletters(ada.workplace, fresh_token(ada), on=(), shown=AGREED)
    assert desk(ada).offered == ()
    assert forget_topics(ada.workplace, fresh_token(ada)) is Kept.FORGOTTEN
    assert choose(ada, "migraine", never=("fertility",), consent=AGREED) is Kept.UNCHANGED


def test_no_log_line_names_a_topic(ada: Life, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    choose(ada, "migraine", never=("fertility",), consent=AGREED)
    choose(ada, "migraine")
    forget_topics(ada.workplace, fresh_token(ada))
    assert not any(word in caplog.text for word in ("migraine", "fertility"))
