"""Sites are told of their readers by HTTP: whatever their receivers do, and whatever happens to us."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from newsletter.clock import FixedClock
from newsletter.notices.endpoint import enable, webhook_status
from newsletter.notices.queue import ABANDONED_AFTER, EventState, claim, next_due
from newsletter.notices.receiver import Receiver
from newsletter.notices.webhook import WAITS, EventType, sign, webhook_secret
from newsletter.settings.site import SiteSettings, WebhookSettings
from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.store import get_subscription
from newsletter.subscribers.topics import TopicChoice, set_topics
from newsletter.workflows.call_webhooks import CallReport, call_webhooks
from newsletter.workflows.drain import drain
from newsletter.workflows.tell_site import tell_site
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer, free_port
from tests.integration.article_source import add_readers
from tests.integration.webhook_receiver import Act, Told, WebhookReceiver
from tests.unit.notices.test_webhook import signature

ADA, BOB = "ada@example.org", "bob@example.org"
OPERATOR = "operator@example.org"
ALL = (EventType.SUBSCRIBED, EventType.CONFIRMED, EventType.UNSUBSCRIBED)
HOUR = 3600.0


class Sites:
    """Two readers, Ada and Bob, of sites whose receivers are at given addresses, over time."""

    def __init__(self, workplace: Workplace, **urls: str) -> None:
        sites = tuple(
            SiteSettings(key=key, origins=("*",), webhook=WebhookSettings(url=url))
            for key, url in urls.items()
        )
        settings = workplace.settings.model_copy(update={"sites": sites, "alert_address": OPERATOR})
        self.workplace = replace(workplace, settings=settings)
        self.readers = add_readers(workplace, ADA, BOB)

    def passes(self, time: timedelta) -> None:
        clock = FixedClock(self.workplace.clock.now() + time)
        self.workplace = replace(self.workplace, clock=clock)

    def happens(self, address: str, *types: EventType, site: str = "clinic") -> None:
        """Each in a transaction of its own, as in life."""
        now, reader = self.workplace.clock.now(), self.readers[address]
        for event_type in types:
            with self.workplace.database.write() as connection:
                subscription = replace(get_subscription(connection, reader.subscription_id), site=site)
                assert tell_site(connection, self.workplace, subscription, event_type, now=now)

    def call(self, *, limit: int = 100, timeout_s: float = 5) -> CallReport:
        return call_webhooks(self.workplace, limit=limit, timeout_s=timeout_s)

    def call_for(self, time: timedelta, *, step: timedelta = timedelta(seconds=30)) -> CallReport:
        """Call again and again until nothing waits, or *time* has passed."""
        report, ends_at = CallReport(), self.workplace.clock.now() + time
        while self.waiting and self.workplace.clock.now() <= ends_at:
            report.add(self.call(timeout_s=0.3))
            self.passes(step)
        return report

    @property
    def waiting(self) -> int:
        with self.workplace.database.read() as connection:
            return webhook_status(connection, "clinic").waiting

    @property
    def is_off(self) -> bool:
        with self.workplace.database.read() as connection:
            return webhook_status(connection, "clinic").endpoint.disabled_at is not None


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as running:
        yield running


@pytest.fixture
def sites(workplace: Workplace, receiver: WebhookReceiver) -> Sites:
    return Sites(workplace, clinic=receiver.url)


def without_repeats(told: list[Told], email: str) -> list[str]:
    """What a receiver that drops repeats by id was told of one reader, in the order of arrival."""
    first = {each.id: each.body for each in reversed(told)}
    ids = list(dict.fromkeys(each.id for each in told))
    return [first[event_id]["type"] for event_id in ids if first[event_id]["email"] == email]


def test_an_event_arrives_signed_with_what_it_needs(sites: Sites, receiver: WebhookReceiver) -> None:
    sites.happens(ADA, EventType.CONFIRMED)
    assert sites.call() == CallReport(taken=1)
    (told,) = receiver.received
    assert (told.headers["path"], told.headers["content-type"]) == (
        "/hooks/newsletter?from=us",
        "application/json",
    )
    assert told.body == {
        "id": told.id,
        "type": "confirmed",
        "created_at": "2026-03-03T09:30:00Z",
        "site": "clinic",
        "newsletter": "daily",
        "email": ADA,
        "subscriber": told.body["subscriber"],
    }
    signed = f"{told.id}.{told.headers['webhook-timestamp']}.".encode() + told.raw
    secret = webhook_secret(sites.workplace.keyring, "clinic")
    assert told.headers["webhook-signature"] == signature(secret, signed)
    assert sites.call() == CallReport()
    assert sites.waiting == 0


def test_a_receiver_that_fails_hangs_hangs_up_and_comes_back_is_told_everything_in_order(
    sites: Sites, receiver: WebhookReceiver
) -> None:
    receiver.acts = [
        Act(500),
        Act(hang_s=2),
        Act(drop=True),
        Act(),
        Act(503, headers={"Retry-After": "60"}),
        Act(drip=True),
        Act(429),
        Act(302, headers={"Location": "http://127.0.0.1:1/"}),
    ]
    sites.happens(ADA, *ALL)
    sites.happens(BOB, *ALL)
    sites.call_for(timedelta(days=1))
    assert sites.waiting == 0
    for email in (ADA, BOB):
        assert without_repeats(receiver.taken, email) == list(ALL)
    # What hung or hung up may have arrived: it came again under the same id.
    assert len({told.id for told in receiver.received}) == len(ALL) * 2 == len(receiver.taken)
    assert len(receiver.received) == len(ALL) * 2 + 7


def test_one_that_is_down_is_left_alone_ever_longer(sites: Sites, receiver: WebhookReceiver) -> None:
    receiver.usual = Act(500)
    sites.happens(ADA, EventType.CONFIRMED)
    sites.happens(BOB, EventType.CONFIRMED)
    for number, wait in enumerate(WAITS, 1):
        assert sites.call() == CallReport(put_back=1)
        sites.passes(wait - timedelta(seconds=1))
        assert sites.call() == CallReport()
        sites.passes(timedelta(seconds=1))
        assert len(receiver.received) == number
    receiver.usual = Act()
    assert sites.call() == CallReport(taken=2)


def test_retry_after_is_heeded(sites: Sites, receiver: WebhookReceiver) -> None:
    receiver.acts = [Act(429, headers={"retry-after": "3600"})]
    sites.happens(ADA, EventType.CONFIRMED)
    sites.call()
    sites.passes(timedelta(minutes=59))
    assert sites.call() == CallReport()
    sites.passes(timedelta(minutes=1))
    assert sites.call() == CallReport(taken=1)


def test_an_event_that_is_refused_holds_up_its_reader_only_and_is_given_up(
    sites: Sites, receiver: WebhookReceiver
) -> None:
    receiver.acts = [Act(422)]
    sites.happens(ADA, *ALL)
    sites.happens(BOB, *ALL)
    assert sites.call() == CallReport(taken=3, put_back=1)
    assert without_repeats(receiver.taken, ADA) == []
    assert without_repeats(receiver.taken, BOB) == list(ALL)
    receiver.usual = Act(422)
    while not (report := sites.call()).failed:
        assert report.taken == 0
        sites.passes(timedelta(hours=1))
        receiver.acts = [Act(422)]
    receiver.acts, receiver.usual = [], Act()
    sites.call_for(timedelta(hours=4))
    assert without_repeats(receiver.taken, ADA) == list(ALL[1:])


def test_killed_after_it_was_sent_it_is_sent_again_under_the_same_id(
    sites: Sites, receiver: WebhookReceiver
) -> None:
    sites.happens(ADA, EventType.CONFIRMED, EventType.UNSUBSCRIBED)
    workplace, now = sites.workplace, sites.workplace.clock.now()
    with workplace.database.write() as connection:
        event = next_due(connection, "clinic", now=now)
        assert event
        claim(connection, event, now=now)
    headers = sign(workplace.keyring, site="clinic", event_id=event.event_id, body=event.body, now=now)
    Receiver(receiver.url).post(event.body, headers, now=now)  # … and nothing was written down
    assert sites.call() == CallReport()
    sites.passes(ABANDONED_AFTER)
    assert sites.call() == CallReport(taken=2)
    first, again, last = receiver.taken
    assert (first.id, first.raw) == (again.id, again.raw)
    assert first.headers["webhook-timestamp"] != again.headers["webhook-timestamp"]
    assert last.body["type"] == "unsubscribed"


def test_a_site_that_hangs_does_not_hold_up_another(workplace: Workplace, receiver: WebhookReceiver) -> None:
    with WebhookReceiver() as slow:
        slow.usual = Act(hang_s=30)
        sites = Sites(workplace, clinic=slow.url, praxis=receiver.url)
        for address in (ADA, BOB):
            sites.happens(address, EventType.CONFIRMED, site="clinic")
            sites.happens(address, EventType.CONFIRMED, site="praxis")
        started = time.monotonic()
        assert sites.call(timeout_s=1) == CallReport(taken=2, put_back=1)
        assert time.monotonic() - started < 15
        assert len(receiver.taken) == 2
        names = {told.body["subscriber"] for told in (*receiver.received, *slow.received)}
        assert len(names) == 3


def test_one_that_is_not_there_counts_as_down(workplace: Workplace) -> None:
    sites = Sites(workplace, clinic=f"http://127.0.0.1:{free_port()}/")
    sites.happens(ADA, EventType.CONFIRMED)
    assert sites.call() == CallReport(put_back=1)


def test_an_answer_without_end_is_not_read_to_its_end(sites: Sites, receiver: WebhookReceiver) -> None:
    receiver.acts = [Act(headers={"Content-Length": "1000000"}, body=b"x" * 5000, hold_s=30)]
    sites.happens(ADA, EventType.CONFIRMED)
    started = time.monotonic()
    assert sites.call() == CallReport(taken=1)
    assert time.monotonic() - started < 15


def test_a_proxy_of_the_environment_is_not_used(sites: Sites, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    sites.happens(ADA, EventType.CONFIRMED)
    assert sites.call() == CallReport(taken=1)


def test_after_five_days_it_is_off_with_a_notice_and_on_again_nothing_is_lost(
    workplace: Workplace,
    receiver: WebhookReceiver,
    smtp_server: MailServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sites = Sites(workplace, clinic=receiver.url)
    receiver.usual = Act(500)
    sites.happens(ADA, *ALL)
    while not (report := sites.call()).disabled:
        sites.passes(timedelta(hours=3))
    assert report.disabled == ["clinic"]
    assert sites.is_off
    (error,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert error.startswith("the webhook of clinic is switched off: it has taken nothing for 5 days")
    assert ADA not in caplog.text
    tried = len(receiver.received)
    sites.happens(BOB, EventType.CONFIRMED)
    sites.passes(timedelta(days=20))
    assert sites.call() == CallReport()
    assert (len(receiver.received), sites.waiting) == (tried, 4)
    # The operator has got one mail about it.
    settings = sites.workplace.settings.model_copy(update={"smtp_url": SecretStr(smtp_server.url)})
    assert drain(replace(sites.workplace, settings=settings)).accepted == 1
    (mail,) = smtp_server.to(OPERATOR)
    assert mail.message["Subject"] == "Daily Health: a site is no longer told of its readers"
    text = mail.message.get_body(("plain",))
    assert text is not None
    assert "the webhook of clinic is switched off" in " ".join(text.get_content().split())
    # It is mended.
    receiver.usual = Act()
    with sites.workplace.database.write() as connection:
        assert enable(connection, "clinic")
    assert sites.call() == CallReport(taken=4)
    assert without_repeats(receiver.taken, ADA) == list(ALL)


def test_gone_is_off_at_once_and_the_event_waits(sites: Sites, receiver: WebhookReceiver) -> None:
    receiver.acts = [Act(410)]
    sites.happens(ADA, EventType.CONFIRMED)
    assert sites.call() == CallReport(put_back=1, disabled=["clinic"])
    assert sites.is_off
    assert sites.waiting == 1


def test_what_is_taken_holds_no_address_any_more_and_no_body_names_a_topic(
    sites: Sites, receiver: WebhookReceiver
) -> None:
    with sites.workplace.database.write() as connection:
        choice = TopicChoice(interests=frozenset({"hypertension"}), never=frozenset({"depression"}))
        subscriber_id = sites.readers[ADA].subscriber_id
        set_topics(
            connection,
            Sealer(sites.workplace.keyring),
            subscriber_id,
            choice,
            now=sites.workplace.clock.now(),
        )
    sites.happens(ADA, *EventType)
    sites.call()
    assert len(receiver.taken) == len(EventType)
    for told in receiver.taken:
        said = (told.raw.decode() + str(told.headers)).lower()
        assert "hypertension" not in said
        assert "depression" not in said
    with sites.workplace.database.read() as connection:
        events = webhook_status(connection, "clinic").events
    assert events[EventState.DONE] == len(EventType)


def test_many_that_call_at_once_send_each_event_once_and_in_order(
    sites: Sites, receiver: WebhookReceiver
) -> None:
    for address in (ADA, BOB):
        sites.happens(address, *ALL, *ALL)
    with ThreadPoolExecutor(4) as pool:
        taken = sum(pool.map(lambda _: sites.call().taken, range(40)))
    assert taken == len(receiver.received) == 12
    assert len({told.id for told in receiver.received}) == 12
    for email in (ADA, BOB):
        assert without_repeats(receiver.received, email) == [*ALL, *ALL]
