"""A site is told what becomes of the readers who came through its form, and of nobody else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from newsletter.notices.queue import (
    ABANDONED_AFTER,
    EventState,
    WebhookEvent,
    claim,
    events_of,
    finish,
    next_due,
)
from newsletter.notices.webhook import KEEP_EVENTS, EventType
from newsletter.settings.site import SiteSettings, WebhookSettings
from newsletter.subscribers.token import Purpose
from newsletter.workflows.call_webhooks import call_webhooks
from newsletter.workflows.confirm import confirm
from newsletter.workflows.erase import erase
from newsletter.workflows.give_data import everything_of
from newsletter.workflows.retain import retain
from newsletter.workflows.take_back import Offer
from newsletter.workflows.tell_site import tell_site
from newsletter.workflows.unsubscribe import undo_unsubscribe, unsubscribe
from newsletter.workflows.workplace import Workplace
from tests.integration.webhook_receiver import WebhookReceiver
from tests.unit.workflows.conftest import ADA, Later, Life
from tests.unit.workflows.test_erase import erased, files_with, reader

HOOK = "http://127.0.0.1:9/hook"


def hook(url: str = HOOK) -> WebhookSettings:
    return WebhookSettings(url=url)


def with_sites(workplace: Workplace, url: str = HOOK) -> Workplace:
    """The workplace with a site that has a webhook, and one that has none."""
    sites = (
        SiteSettings(key="clinic", origins=("*",), webhook=hook(url)),
        SiteSettings(key="quiet", origins=("*",)),
    )
    return replace(workplace, settings=workplace.settings.model_copy(update={"sites": sites}))


@pytest.fixture
def ada(workplace: Workplace) -> Life:
    """Who has just signed up through the clinic's form."""
    return signed_up(Life(with_sites(workplace)))


def signed_up(life: Life, site: str = "clinic") -> Life:
    life.sign_up(site=site)
    return life


def confirmed(life: Life) -> Life:
    confirm(life.workplace, life.confirm_token(), page_url="http://letter.example/confirm/")
    return life


def leave(life: Life) -> None:
    unsubscribe(life.workplace, life.token(Purpose.UNSUBSCRIBE), door="page", evidence="POST")


def told(life: Life, who: int = 1) -> list[EventType]:
    return [event.type for event in events(life, who)]


def events(life: Life, who: int = 1) -> list[WebhookEvent]:
    with life.workplace.database.read() as connection:
        return events_of(connection, who)


def claimed(life: Life) -> WebhookEvent:
    now = life.workplace.clock.now()
    with life.workplace.database.write() as connection:
        event = next_due(connection, "clinic", now=now)
        assert event
        assert claim(connection, event, now=now)
    return event


def test_a_confirmation_and_a_withdrawal_are_told_once_each(ada: Life) -> None:
    assert told(ada) == [EventType.SUBSCRIBED]
    confirmed(ada)
    confirmed(ada)
    leave(ada)
    leave(ada)
    assert told(ada) == [EventType.SUBSCRIBED, EventType.CONFIRMED, EventType.UNSUBSCRIBED]
    assert {json.loads(event.body)["email"] for event in events(ada)} == {ADA}


def test_who_comes_again_by_another_site_is_told_to_that_one(ada: Life, later: Later) -> None:
    leave(confirmed(ada))
    again = ada.at(later(ada.workplace, days=2))
    sites = (*again.workplace.settings.sites, SiteSettings(key="praxis", origins=("*",), webhook=hook()))
    settings = again.workplace.settings.model_copy(update={"sites": sites})
    confirmed(signed_up(ada.at(replace(again.workplace, settings=settings)), "praxis"))
    assert [event.site for event in events(ada)] == [*["clinic"] * 3, *["praxis"] * 2]


def test_who_takes_a_withdrawal_back_is_told_as_confirmed_again(ada: Life) -> None:
    leave(confirmed(ada))
    offer = Offer(wording="Undo", locale="en", door="page", page_url="http://letter.example/")
    assert undo_unsubscribe(ada.workplace, ada.token(Purpose.UNSUBSCRIBE), offer=offer).back == ("daily",)
    assert told(ada)[1:] == [EventType.CONFIRMED, EventType.UNSUBSCRIBED, EventType.CONFIRMED]


@pytest.mark.parametrize("site", ["", "quiet", "unknown"])
def test_of_another_site_or_of_none_nobody_is_told(workplace: Workplace, site: str) -> None:
    life = confirmed(signed_up(Life(with_sites(workplace)), site))
    subscription = life.subscription()
    assert subscription
    assert subscription.site == site
    with life.workplace.database.write() as connection:
        now = life.workplace.clock.now()
        assert not tell_site(connection, life.workplace, subscription, EventType.BOUNCED, now=now)
    assert told(life) == []


def test_what_a_transaction_did_not_do_is_not_told(ada: Life) -> None:
    subscription = ada.subscription()
    assert subscription
    now = ada.workplace.clock.now()
    with pytest.raises(RuntimeError), ada.workplace.database.write() as connection:  # noqa: PT012 - one act
        tell_site(connection, ada.workplace, subscription, EventType.CONFIRMED, now=now)
        raise RuntimeError
    assert told(ada) == [EventType.SUBSCRIBED]


# --- Erasure ---------------------------------------------------------------------------------------


def test_erasure_deletes_what_waits_and_tells_the_site_to_stop(ada: Life) -> None:
    with WebhookReceiver() as receiver:
        life = Life(with_sites(ada.workplace, receiver.url))
        confirmed(life)
        erased(life)
        assert told(life) == [EventType.UNSUBSCRIBED]
        assert call_webhooks(life.workplace).taken == 1
        (last,) = receiver.taken
    assert (last.body["type"], last.body["email"], last.body["newsletter"]) == ("unsubscribed", ADA, "daily")
    # Not a copy of it stays in a page of the file, either.
    assert not life.workplace.database.clean_up(at_most=0)
    retain(life.workplace)
    assert life.workplace.database.clean_up(at_most=0)
    assert files_with(life.workplace, ADA) == []


def test_a_last_word_that_never_arrives_is_deleted_after_thirty_days(ada: Life, later: Later) -> None:
    erased(confirmed(ada))
    almost = later(ada.workplace, days=KEEP_EVENTS.days)
    retain(almost)
    assert files_with(almost, ADA)
    after = later(almost, seconds=1)
    assert retain(after).events == 1
    assert files_with(after, ADA) == []


def test_who_had_left_before_is_not_told_of_again(ada: Life) -> None:
    leave(confirmed(ada))
    erased(ada)
    assert told(ada) == []


def test_the_last_word_does_not_overtake_what_is_on_its_way(ada: Life, later: Later) -> None:
    event = claimed(confirmed(ada))
    erased(ada)
    with ada.workplace.database.write() as connection:
        finish(connection, event, reply="200")
        assert next_due(connection, "clinic", now=ada.workplace.clock.now()) is None
    after = later(ada.workplace, seconds=ABANDONED_AFTER.total_seconds())
    assert claimed(ada.at(after)).type is EventType.UNSUBSCRIBED


def test_erasing_twice_tells_once(ada: Life) -> None:
    who = erased(confirmed(ada))
    erase(ada.workplace, who, door="page", evidence="POST")
    assert told(ada, who) == [EventType.UNSUBSCRIBED]


# --- Retention and access --------------------------------------------------------------------------


def test_what_was_told_is_forgotten_after_thirty_days(ada: Life, later: Later) -> None:
    confirmed(ada)
    for _ in range(2):
        event = claimed(ada)
        with ada.workplace.database.write() as connection:
            finish(connection, event, reply="200")
    assert retain(later(ada.workplace, days=29)).events == 0
    assert retain(later(ada.workplace, days=31)).events == 2
    assert told(ada) == []


def test_a_sign_up_that_nobody_confirmed_leaves_no_event(ada: Life, later: Later) -> None:
    assert told(ada) == [EventType.SUBSCRIBED]
    after = later(ada.workplace, days=8)
    assert retain(after).pending == 1
    assert told(ada) == []
    assert files_with(after, ADA) == []


def test_a_reader_who_asks_is_told_what_sites_were_told(ada: Life) -> None:
    confirmed(ada)
    with ada.workplace.database.read() as connection:
        kept = everything_of(connection, ada.workplace, reader(ada))
    at = ada.workplace.clock.now()
    assert kept["told_sites"] == [
        {"site": "clinic", "told": one, "at": at, "state": EventState.QUEUED}
        for one in (EventType.SUBSCRIBED, EventType.CONFIRMED)
    ]
