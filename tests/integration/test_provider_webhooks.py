"""Providers post what became of our letters to a running server: proven, counted once, and no 5xx."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from newsletter.clock import FixedClock
from newsletter.content.fetch import FetchError
from newsletter.feedback.webhooks.post import MAX_BYTES, Post
from newsletter.settings.provider import ProvidersSettings
from newsletter.subscribers.suppression import Reason
from newsletter.workflows.ask_amazon import Amazon
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer
from tests.integration.web_site import Site, running
from tests.unit.feedback.mailing import MAILBOX, Mailing
from tests.unit.feedback.provider import CERTIFICATE_URL, NAMES, NOW, SUBSCRIBE_URL, Providers

ADA, BOB = "ada@example.org", "bob@example.org"
PROBLEM = "application/problem+json"


@dataclass
class AmazonHosts:
    """What is at Amazon's addresses, and which of them were visited."""

    pages: dict[str, bytes]
    visited: list[str] = field(default_factory=list)
    is_down: bool = False

    def get(self, url: str) -> bytes:
        self.visited.append(url)
        if self.is_down:
            raise FetchError(url, "did not answer")
        return self.pages.get(url, b"")


@dataclass
class Door:
    """A running site, its two readers, and the six providers."""

    site: Site
    providers: Providers
    amazon: AmazonHosts
    mailing: Mailing

    def post(self, name: str, post: Post, **headers: str) -> httpx.Response:
        return self.site.http.post(
            f"/webhooks/{name}", content=post.body, headers={**post.headers, **headers}
        )

    def feedback(self) -> dict[str, list[tuple[object, ...]]]:
        """All that is kept, but for counters of tries."""
        return {name: rows for name, rows in self.site.everything().items() if not name.startswith("limit")}


def place(workplace: Workplace, settings: ProvidersSettings) -> Workplace:
    changed = workplace.settings.model_copy(update={"providers": settings, "return_path": MAILBOX})
    return replace(workplace, settings=changed)


@pytest.fixture(scope="module")
def providers() -> Providers:
    return Providers()


@pytest.fixture
def door(connected: Workplace, smtp_server: MailServer, providers: Providers) -> Iterator[Door]:
    workplace = place(connected, providers.settings)
    hosts = AmazonHosts({CERTIFICATE_URL: providers.certificate, SUBSCRIBE_URL: b"<ok/>"})
    mailing = Mailing(workplace)
    mailing.join(ADA, BOB)
    mailing.send(ADA, BOB)
    with (
        running(workplace, amazon=Amazon(workplace.clock, get=hosts.get)) as url,
        httpx.Client(base_url=url, timeout=30) as http,
    ):
        yield Door(Site(workplace, http, smtp_server), providers, hosts, mailing)


@pytest.mark.parametrize("name", NAMES)
def test_a_bounce_suppresses_its_reader_and_nobody_else(door: Door, name: str) -> None:
    answer = door.post(name, door.providers.bounce(name, ADA), Origin="https://elsewhere.example")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"
    assert door.mailing.suppression(ADA) is Reason.BOUNCED
    assert door.mailing.suppression(BOB) is None


@pytest.mark.parametrize("name", NAMES)
def test_a_replay_changes_nothing(door: Door, name: str) -> None:
    post = door.providers.bounce(name, ADA)
    door.post(name, post)
    before = door.feedback()
    for _ in range(3):
        assert door.post(name, post).status_code == 200
    assert door.feedback() == before


def test_a_token_of_mailgun_counts_once_whatever_it_comes_with(door: Door) -> None:
    post = door.providers.bounce("mailgun", ADA)
    door.post("mailgun", post)
    before = door.feedback()
    forged = replace(post, body=post.body.replace(b"ada@", b"bob@").replace(b'"id": "1"', b'"id": "2"'))
    assert forged != post
    assert door.post("mailgun", forged).status_code == 200
    assert door.feedback() == before
    assert door.mailing.suppression(BOB) is None


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_proven_changes_nothing_and_the_log_says_why(
    door: Door, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = door.feedback()
    stranger = Providers(postmark="letters:another password")
    with caplog.at_level(logging.INFO):
        for post in (stranger.bounce(name, ADA), Post({}, stranger.bounce(name, ADA).body), Post()):
            answer = door.post(name, post)
            assert answer.status_code in (400, 401, 403)
            assert answer.headers["content-type"] == PROBLEM
            assert answer.json()["status"] == answer.status_code
            assert ("www-authenticate" in answer.headers) is (answer.status_code == 401)
            assert ADA not in answer.text
    assert door.feedback() == before
    assert f"webhooks: a POST of {name}: " in caplog.text
    assert ADA not in caplog.text


@pytest.mark.parametrize("name", [name for name in NAMES if name != "postmark"])
def test_what_is_stale_changes_nothing(door: Door, name: str) -> None:
    before = door.feedback()
    for at in (NOW - timedelta(days=2), NOW + timedelta(hours=1)):
        assert door.post(name, door.providers.bounce(name, ADA, at=at)).status_code == 403
    assert door.feedback() == before


def test_a_provider_without_a_table_is_not_there(
    connected: Workplace, smtp_server: MailServer, providers: Providers
) -> None:
    some = ProvidersSettings(mailgun=providers.settings.mailgun)
    with running(place(connected, some)) as url, httpx.Client(base_url=url) as http:
        site = Door(Site(connected, http, smtp_server), providers, AmazonHosts({}), Mailing(connected))
        assert site.post("mailgun", providers.bounce("mailgun", ADA)).status_code == 200
        for name in ("ses", "generic", "mandrill", "model_dump", "configured", "%00", "é"):
            answer = site.post(name, providers.bounce("generic", ADA))
            assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "MADEUP"])
def test_nothing_but_post_is_taken(door: Door, method: str) -> None:
    answer = door.site.http.request(method, "/webhooks/ses")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.headers["content-type"] == PROBLEM


def test_bodies_are_bounded_and_read_no_further(door: Door) -> None:
    batch = [{"email": f"reader{n}@example.org", "event": "open", "x": "x" * 150} for n in range(4000)]
    post = door.providers.sendgrid(batch)
    assert 700_000 < len(post.body) < MAX_BYTES
    assert door.post("sendgrid", post).status_code == 200
    url = door.site.http.base_url
    with socket.create_connection((url.host, url.port or 80), timeout=5) as peer:
        head = f"POST /webhooks/sendgrid HTTP/1.1\r\nHost: x\r\nContent-Length: {100 * MAX_BYTES}\r\n\r\n"
        peer.sendall(head.encode() + b" " * (MAX_BYTES + 1))  # and no more: it does not wait for the rest
        assert peer.recv(12) == b"HTTP/1.1 413"
    assert door.site.http.post("/webhooks/sendgrid", content=b" " * (MAX_BYTES + 1)).status_code == 413
    for path in ("/webhooks/mandrill", "/subscribe"):
        assert door.site.http.post(path, content=b" " * 70_000).status_code == 413


def test_who_guesses_beside_a_provider_that_signs_does_not_shut_it_out(door: Door) -> None:
    forged = Post({"authorization": "Basic Z3Vlc3M="}, b"{}")
    assert [door.post("mailgun", forged).status_code for _ in range(61)][-1] == 429
    assert door.mailing.suppression(ADA) is None
    assert door.post("mailgun", door.providers.bounce("mailgun", ADA)).status_code == 200
    assert door.mailing.suppression(ADA) is not None


def test_who_guesses_a_password_too_often_is_heard_no_more_for_an_hour(door: Door) -> None:
    good, bad = door.providers.bounce("postmark", ADA), Post({"authorization": "Basic Z3Vlc3M="}, b"{}")
    answers = [door.post("postmark", bad) for _ in range(61)]
    assert [answer.status_code for answer in answers] == [401] * 60 + [429]
    assert answers[-1].headers["retry-after"] == "600"
    assert door.post("postmark", good).status_code == 429
    assert door.mailing.suppression(ADA) is None
    clock = door.site.workplace.clock
    assert isinstance(clock, FixedClock)
    later = replace(door.site.workplace, clock=FixedClock(clock.now() + timedelta(minutes=61)))
    with running(later) as url:
        answer = httpx.post(f"{url}/webhooks/postmark", content=good.body, headers=dict(good.headers))
    assert answer.status_code == 200


class TestSns:
    def test_the_certificate_is_fetched_once(self, door: Door) -> None:
        for number in range(3):
            assert door.post("ses", door.providers.sns("{}", MessageId=f"m{number}")).status_code == 200
        assert door.amazon.visited == [CERTIFICATE_URL]

    def test_a_subscription_of_a_topic_of_ours_is_confirmed(self, door: Door) -> None:
        assert door.post("ses", door.providers.sns_confirmation()).status_code == 200
        assert door.amazon.visited == [CERTIFICATE_URL, SUBSCRIBE_URL]

    def test_no_other_address_is_ever_visited(self, door: Door) -> None:
        providers = door.providers
        for post in (
            providers.sns_confirmation(url="https://169.254.169.254/?Action=ConfirmSubscription&a=b"),
            providers.sns("{}", SigningCertURL="https://evil.example/SimpleNotificationService-1.pem"),
            providers.sns("{}", TopicArn="arn:aws:sns:eu-west-1:666666666666:letters"),
            Providers().sns_confirmation(),
        ):
            assert door.post("ses", post).status_code == 403
        assert set(door.amazon.visited) == {CERTIFICATE_URL}

    def test_while_amazon_is_silent_it_is_to_come_again_and_is_asked_only_now_and_then(
        self, door: Door
    ) -> None:
        door.amazon.is_down = True
        for _ in range(5):
            answer = door.post("ses", door.providers.bounce("ses", ADA))
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "600")
        assert door.amazon.visited == [CERTIFICATE_URL]
        assert door.mailing.suppression(ADA) is None


ODD: list[Any] = [
    *(None, True, 0, -1, 1e308, "", "é\x00", [], {}, [[]], [None, 1, "x"], [{}], {"events": None}),
    {"events": [{}]},
    {"events": {"a": 1}},
    {"event": [], "signature": {"token": {}}, "event-data": [], "data": None, "type": {}},
    [{"event": "bounce", "email": ["x"], "timestamp": "never", "sg_event_id": {}, "smtp-id": 1}],
    [{"event": "bounce", "email": "x" * 100_000, "timestamp": 10**300}],
    {"RecordType": "Bounce", "Type": "HardBounce", "ID": 10**400, "Content": ["x"], "BouncedAt": "\x00"},
    {"type": "email.bounced", "created_at": 9e18, "data": {"to": [1, None, "\x00@x"], "bounce": []}},
    {"type": "email.bounced", "data": {"to": ["x@example.org"] * 20_000}},
    {"notificationType": "Bounce", "bounce": {"bouncedRecipients": [1, {"emailAddress": None}]}},
]


@pytest.mark.parametrize("told", ODD, ids=lambda told: repr(told)[:40])
def test_what_is_proven_and_odd_is_refused_or_taken_and_never_a_fault_of_ours(door: Door, told: Any) -> None:
    p = door.providers
    makers: dict[str, Callable[[Any], Post]] = {
        "ses": p.sns,
        "sendgrid": p.sendgrid,
        "postmark": p.post_postmark,
        "mailgun": p.post_mailgun,
        "resend": p.post_resend,
        "generic": p.post_generic,
    }
    for name, maker in makers.items():
        assert door.post(name, maker(told)).status_code in (200, 400, 403)
    raw = json.dumps(told).encode()
    for name in NAMES:
        assert door.post(name, Post({}, raw)).status_code in (400, 401, 403)
