from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from newsletter.subscribers import mail_exchange
from newsletter.subscribers.mail_exchange import MailExchange
from tests.conftest import free_port
from tests.integration.name_server import NameServer, Said

SOA = "SOA ns.example. host.example. 1 7200 900 1209600 300"
ZONE = {
    "null.example": Said("MX 0 ."),
    "null10.example": Said("MX 10 .", "A 192.0.2.1"),
    "two.example": Said("MX 0 .", "MX 10 mail.example.org."),
    "mail.example": Said("MX 10 mx1.mail.example.", "MX 20 mx2.mail.example."),
    "a.example": Said("A 192.0.2.1"),
    "aaaa.example": Said("AAAA 2001:db8::1"),
    "alias.example": Said("CNAME nowhere.example.", rcode="NXDOMAIN"),
    "nothing.example": Said(authority=SOA),
    "bare.example": Said(),
    "broken.example": Said(rcode="SERVFAIL"),
    "refused.example": Said(rcode="REFUSED"),
    "referral.example": Said(authority="NS ns.example."),
    "silent.example": Said(is_silent=True),
    "noise.example": Said(raw=b"\xff" * 40),
    "half.example": Said(raw=b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x04half"),
    "empty.example": Said(raw=b""),
    "cut.example": Said("MX 10 mx.cut.example.", truncates=True),
    "cut-null.example": Said("MX 0 .", truncates=True),
    "slow.example": Said("MX 0 .", wait_s=5),
    "late.example": Said("MX 0 .", wait_s=0.1),
    "xn--bcher-kva.example": Said("MX 0 ."),
}


class Hand:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def server() -> Iterator[NameServer]:
    with NameServer(ZONE) as running:
        yield running


@pytest.mark.parametrize(
    "domain",
    [
        "null.example",
        "null10.example",
        "nothing.example",
        "bare.example",
        "absent.example",
        "alias.example",
        "cut-null.example",
        "late.example",
        "bücher.example",
        "xn--bcher-kva.example",
        "NULL.example",
    ],
)
def test_a_domain_that_surely_takes_no_mail_is_told(server: NameServer, domain: str) -> None:
    assert not MailExchange(server.address).takes_mail(domain)


@pytest.mark.parametrize("domain", ["mail.example", "a.example", "aaaa.example", "cut.example"])
def test_a_domain_that_takes_mail_passes(server: NameServer, domain: str) -> None:
    assert MailExchange(server.address).takes_mail(domain)


@pytest.mark.parametrize(
    "domain",
    [
        "broken.example",
        "refused.example",
        "referral.example",
        "silent.example",
        "noise.example",
        "half.example",
        "empty.example",
        "slow.example",
        "a..example",
        "a" * 64 + ".example",
        "ä" * 80 + ".example",
    ],
)
def test_a_domain_of_which_nothing_is_sure_passes(server: NameServer, domain: str) -> None:
    assert MailExchange(server.address, timeout_s=0.2).takes_mail(domain)


def test_a_null_mx_beside_another_is_a_mistake_that_proves_nothing(server: NameServer) -> None:
    # The records come in any order, so one answer alone might not show it.
    assert all(MailExchange(server.address).takes_mail("two.example") for _ in range(10))


def test_an_answer_that_was_cut_short_is_asked_for_by_tcp(server: NameServer) -> None:
    MailExchange(server.address).takes_mail("cut.example")
    assert server.asked == [("cut.example", "MX", "udp"), ("cut.example", "MX", "tcp")]


def test_a_server_that_answers_a_part_of_the_questions_only_proves_nothing(server: NameServer) -> None:
    server.zone["half-way.example"] = Said(wait_s=0.2)
    assert MailExchange(server.address, timeout_s=0.3).takes_mail("half-way.example")
    assert ("half-way.example", "A", "udp") in server.asked


def test_all_questions_about_a_domain_are_over_in_time(server: NameServer) -> None:
    server.zone["slack.example"] = Said(wait_s=1)
    started = time.monotonic()
    assert MailExchange(server.address, timeout_s=1.4).takes_mail("slack.example")
    # Each of three questions is answered in its own time: together they would take 3 s.
    assert time.monotonic() - started < 2.6


def test_nobody_is_asked_where_no_resolver_is_set(server: NameServer) -> None:
    assert MailExchange("").takes_mail("null.example")
    assert server.asked == []


def test_a_resolver_that_is_not_there_stops_nobody() -> None:
    assert MailExchange(f"127.0.0.1:{free_port()}", timeout_s=0.1).takes_mail("null.example")
    assert MailExchange("127.0.0.1", timeout_s=0.1).takes_mail("null.example")


def test_a_resolver_may_have_an_address_of_version_6() -> None:
    try:
        server = NameServer(ZONE, host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6 on loopback")
    with server:
        exchange = MailExchange(server.address)
        assert not exchange.takes_mail("null.example")
        assert exchange.takes_mail("a.example")


def test_a_domain_is_asked_for_once_and_again_after_a_while(server: NameServer) -> None:
    clock = Hand()
    exchange = MailExchange(server.address, monotonic=clock, keep_s=3600)
    for domain in ("null.example", "NULL.example", "mail.example", "null.example", "mail.example"):
        exchange.takes_mail(domain)
    assert [domain for domain, _, _ in server.asked] == ["null.example", "mail.example"]
    server.zone["null.example"] = Said("MX 10 mail.example.org.")
    clock.seconds += 3599
    assert not exchange.takes_mail("null.example")
    clock.seconds += 1
    assert exchange.takes_mail("null.example")


def test_a_failure_is_asked_for_again_after_a_minute(server: NameServer) -> None:
    clock = Hand()
    exchange = MailExchange(server.address, monotonic=clock)
    assert exchange.takes_mail("broken.example")
    server.zone["broken.example"] = Said("MX 0 .")
    clock.seconds += 59
    assert exchange.takes_mail("broken.example")
    clock.seconds += 1
    assert not exchange.takes_mail("broken.example")


def test_a_dead_resolver_is_left_alone_for_ten_seconds(server: NameServer) -> None:
    clock = Hand()
    exchange = MailExchange(server.address, monotonic=clock, timeout_s=0.1)
    exchange.takes_mail("absent.example")
    exchange.takes_mail("silent.example")
    clock.seconds += 9
    assert exchange.takes_mail("null.example")
    assert not exchange.takes_mail("absent.example"), "what is known holds"
    assert "null.example" not in server.domains_asked()
    clock.seconds += 1
    assert not exchange.takes_mail("null.example")


def test_one_reader_waits_to_see_whether_a_resolver_is_back_and_the_others_do_not(server: NameServer) -> None:
    clock = Hand()
    exchange = MailExchange(server.address, monotonic=clock, timeout_s=0.3)
    server.zone |= {f"silent{number}.example": Said(is_silent=True) for number in range(8)}
    exchange.takes_mail("silent.example")
    clock.seconds += 10
    with ThreadPoolExecutor(8) as pool:
        passed = list(pool.map(exchange.takes_mail, [f"silent{number}.example" for number in range(8)]))
    assert passed == [True] * 8
    assert len(server.domains_asked()) == 2


def test_an_error_is_an_answer_too_so_the_resolver_is_not_taken_for_dead(server: NameServer) -> None:
    exchange = MailExchange(server.address, monotonic=Hand())
    exchange.takes_mail("broken.example")
    assert not exchange.takes_mail("null.example")


def test_many_threads_ask_at_once(server: NameServer) -> None:
    exchange = MailExchange(server.address, timeout_s=10)
    domains = ["null.example", "mail.example", "a.example", "nothing.example"] * 50
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(exchange.takes_mail, domains))
    assert answers == [False, True, True, False] * 50
    assert threading.active_count() < 16


def test_it_remembers_a_bounded_number_of_domains(
    server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_exchange, "_REMEMBERED", 3)
    exchange = MailExchange(server.address)
    for domain in ("null.example", "1.example", "2.example", "null.example", "3.example", "4.example"):
        exchange.takes_mail(domain)
    server.asked.clear()
    exchange.takes_mail("null.example")
    assert server.asked == [], "the one that is asked for again and again is kept"
    exchange.takes_mail("1.example")
    assert server.domains_asked() == ["1.example"]
