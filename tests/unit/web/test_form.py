from __future__ import annotations

from collections.abc import Iterator

import pytest

from newsletter.settings import Settings
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.mail_exchange import MailExchange
from newsletter.web.form import domain_fault, suggestion
from newsletter.wording import wording_of
from tests.integration.name_server import NameServer, Said

ZONE = {
    "null.example": Said("MX 0 ."),
    "xn--bcher-kva.example": Said("MX 0 ."),
    "mail.example": Said("MX 10 mx.mail.example."),
    "mailinator.com": Said("MX 10 mx.mail.example."),
    "yaho.com": Said("MX 10 mx.mail.example."),
    "broken.example": Said(rcode="SERVFAIL"),
}
THROW_AWAY = "Mail to a throw-away address would be lost within the hour. Please use one that you keep."


@pytest.fixture
def server() -> Iterator[NameServer]:
    with NameServer(ZONE) as running:
        yield running


@pytest.fixture
def exchange(server: NameServer) -> MailExchange:
    return MailExchange(server.address)


def fault(given: str, settings: Settings, exchange: MailExchange) -> str:
    return domain_fault(parse_address(given), wording_of(), settings=settings, exchange=exchange)


def test_a_throw_away_address_is_refused_politely(settings: Settings, exchange: MailExchange) -> None:
    assert fault("ada@mailinator.com", settings, exchange) == THROW_AWAY
    assert fault("ada@post.Mailinator.com", settings, exchange) == THROW_AWAY


def test_a_name_server_learns_nothing_of_a_throw_away_address(
    settings: Settings, server: NameServer, exchange: MailExchange
) -> None:
    fault("ada@mailinator.com", settings, exchange)
    assert server.asked == []


def test_the_operator_may_accept_throw_away_addresses_but_for_domains_of_choice(
    settings: Settings, exchange: MailExchange
) -> None:
    lenient = settings.model_copy(
        update={"disposable": "accept", "refused_domains": ("throwaway.example", "bücher.example")}
    )
    assert fault("ada@mailinator.com", lenient, exchange) == ""
    assert fault("ada@throwaway.example", lenient, exchange) == THROW_AWAY
    assert fault("ada@Bücher.example", lenient, exchange) == THROW_AWAY
    strict = settings.model_copy(update={"refused_domains": ("throwaway.example",)})
    assert fault("ada@throwaway.example", strict, exchange) == THROW_AWAY


@pytest.mark.parametrize(
    ("given", "shown"),
    [("ada@Null.example", "Null.example"), ("ada@bücher.example", "bücher.example")],
)
def test_a_domain_that_takes_no_mail_is_refused_as_the_reader_wrote_it(
    settings: Settings, exchange: MailExchange, given: str, shown: str
) -> None:
    assert fault(given, settings, exchange) == (
        f"The domain {shown} takes no mail: please check the part after the @."
    )


@pytest.mark.parametrize("given", ["ada@mail.example", "ada@broken.example", "ada@yaho.com"])
def test_an_address_that_may_be_right_is_taken(
    settings: Settings, exchange: MailExchange, given: str
) -> None:
    assert fault(given, settings, exchange) == ""


def test_a_slip_to_a_domain_that_loses_mail_is_answered_with_what_was_meant(
    settings: Settings, exchange: MailExchange
) -> None:
    assert fault("ada@gmail.con", settings, exchange) == (
        "Mail to gmail.con would be lost. Did you mean gmail.com?"
    )
    # A list of throw-away domains has it; a reader who mistyped "gmail" would not know what is meant by that.
    assert fault("ada@gmial.com", settings, exchange) == (
        "Mail to gmial.com would be lost. Did you mean gmail.com?"
    )


def test_without_a_resolver_every_domain_that_nobody_refuses_is_taken(settings: Settings) -> None:
    assert fault("ada@null.example", settings, MailExchange(settings.resolver)) == ""


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("ada@gmial.com", "ada@gmail.com"),
        (" Ada.L+news@HOTMIAL.com", "Ada.L+news@hotmail.com"),
        ("josé@yaho.com", "josé@yahoo.com"),
        ("ada@gmail.com", ""),
        ("ada@example.org", ""),
        ("ada@bücher.example", ""),
    ],
)
def test_a_reader_is_offered_the_address_that_was_probably_meant(given: str, meant: str) -> None:
    assert suggestion(parse_address(given)) == meant
