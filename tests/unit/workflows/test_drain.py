from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from newsletter.delivery.outbox import MailState, claim
from newsletter.delivery.pace import Pace, Wait, relay_days
from newsletter.delivery.slow_domain import ACCEPTED_FOR_ONE_MORE, SlowDomain, slow_domains
from newsletter.settings import RelaySettings
from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.token import Purpose
from newsletter.workflows.drain import drain
from newsletter.workflows.unsubscribe import unsubscribe
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer, free_port
from tests.unit.workflows.conftest import Later, Life


@pytest.fixture
def ada(connected: Workplace) -> Life:
    return Life(connected)


def test_a_confirmation_leaves_with_its_link_its_kind_and_both_parts(
    ada: Life, smtp_server: MailServer
) -> None:
    ada.sign_up()
    token = ada.confirm_token()
    assert drain(ada.workplace).accepted == 1
    (received,) = smtp_server.to(ada.address)
    assert received.envelope_from == "newsletter@example.org"
    message = received.message
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == ada.mails()[0].message_id
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        assert part is not None
        assert f"http://letter.example/confirm/{token}" in part.get_content()
        assert "http://letter.example/privacy" in part.get_content()
    assert ada.mails()[0].state is MailState.ACCEPTED
    assert ada.mails()[0].last_reply.startswith("250")


def test_what_was_sent_is_not_sent_again(ada: Life, smtp_server: MailServer, later: Later) -> None:
    ada.sign_up()
    drain(ada.workplace)
    drain(later(ada.workplace, days=1))
    assert len(smtp_server.received) == 1


def test_a_4xx_reply_is_tried_again_ever_later_with_the_same_message_id(
    ada: Life, smtp_server: MailServer, later: Later
) -> None:
    smtp_server.replies = ["451 4.7.1 greylisted", "451 4.7.1 greylisted"]
    ada.sign_up()
    first_id = ada.mails()[0].message_id
    assert drain(ada.workplace).put_back == 1
    assert ada.mails()[0].last_reply == "451 4.7.1 greylisted"
    assert drain(later(ada.workplace, seconds=59)).put_back == 0
    assert drain(later(ada.workplace, seconds=60)).put_back == 1
    assert drain(later(ada.workplace, seconds=60 + 299)).accepted == 0
    assert drain(later(ada.workplace, seconds=60 + 300)).accepted == 1
    assert smtp_server.received[0].message["Message-ID"] == first_id
    assert ada.mails()[0].attempts == 3


def test_a_5xx_reply_is_final_and_the_log_does_not_hold_the_address(
    ada: Life, smtp_server: MailServer, later: Later, caplog: pytest.LogCaptureFixture
) -> None:
    smtp_server.replies = [f"550 5.1.1 no such user {ada.address}"]
    ada.sign_up()
    assert drain(ada.workplace).rejected == 1
    assert ada.mails()[0].state is MailState.REJECTED
    assert drain(later(ada.workplace, days=1)).accepted == 0
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("newsletter")]
    assert ours == ["the relay rejected a confirmation mail with 550 5.1.1"]


def test_without_a_relay_mails_wait_and_the_reason_is_given(workplace: Workplace) -> None:
    life = Life(workplace)
    assert drain(workplace).halted == ""
    life.sign_up()
    assert "smtp_url" in drain(workplace).halted
    assert life.mails()[0].state is MailState.QUEUED
    assert life.mails()[0].attempts == 0


def test_while_the_relay_is_down_nothing_is_lost(ada: Life, later: Later) -> None:
    nowhere = SecretStr(f"smtp://127.0.0.1:{free_port()}")
    cut_off = replace(ada.workplace, settings=ada.workplace.settings.model_copy(update={"smtp_url": nowhere}))
    ada.sign_up()
    Life(ada.workplace, "grace@example.org").sign_up()
    report = drain(cut_off)
    assert report.halted
    assert report.put_back == 1  # the second one is not even tried
    assert ada.address not in report.halted
    assert drain(later(ada.workplace, minutes=2)).accepted == 2


def test_a_process_that_died_while_sending_is_followed_by_another_after_a_minute(
    ada: Life, smtp_server: MailServer, later: Later
) -> None:
    ada.sign_up()
    (mail,) = ada.mails()
    with ada.workplace.database.write() as connection:
        assert claim(connection, mail, now=ada.workplace.clock.now())
    with ada.workplace.database.write() as connection:
        assert not claim(connection, mail, now=ada.workplace.clock.now())
    assert drain(later(ada.workplace, seconds=59)).accepted == 0
    assert drain(later(ada.workplace, seconds=60)).accepted == 1
    assert smtp_server.received[0].message["Message-ID"] == mail.message_id


def test_a_mail_that_cannot_be_sent_while_its_link_works_is_given_up(
    ada: Life, smtp_server: MailServer, later: Later
) -> None:
    smtp_server.replies = ["451 later"] * 100
    ada.sign_up()
    hours = 0
    while ada.mails()[0].state is MailState.QUEUED:
        drain(later(ada.workplace, hours=hours))
        hours += 6
        assert hours < 200
    assert ada.mails()[0].state is MailState.EXPIRED
    assert 42 <= hours <= 54


def test_nobody_is_mailed_who_has_answered_left_or_complained_meanwhile(
    ada: Life, smtp_server: MailServer
) -> None:
    ada.confirmed()  # by another way than this mail
    grace = Life(ada.workplace, "grace@example.org")
    grace.sign_up()
    unsubscribe(ada.workplace, grace.token(Purpose.UNSUBSCRIBE), door="page", evidence="POST")
    eve = Life(ada.workplace, "eve@example.org")
    eve.sign_up()
    eve.suppress(Reason.COMPLAINED)
    assert drain(ada.workplace).expired == 3
    assert smtp_server.received == []
    assert eve.mails()[0].last_reply == "not sent: the address is suppressed (complained)"


def test_a_link_that_would_be_dead_on_arrival_is_not_sent(
    ada: Life, smtp_server: MailServer, later: Later
) -> None:
    ada.sign_up()
    assert drain(later(ada.workplace, days=7)).expired == 1
    assert smtp_server.received == []


def test_an_international_address_is_reached(connected: Workplace, smtp_server: MailServer) -> None:
    Life(connected, "ada@bücher.example").sign_up()
    Life(connected, "josé@example.org").sign_up()
    assert drain(connected).accepted == 2
    recipients = [received.recipients[0] for received in smtp_server.received]
    assert recipients == ["ada@xn--bcher-kva.example", "josé@example.org"]


def test_a_mail_for_a_newsletter_that_is_no_longer_configured_waits_for_a_person(
    ada: Life, smtp_server: MailServer
) -> None:
    ada.sign_up("weekly")
    settings = ada.workplace.settings
    only_daily = settings.model_copy(update={"newsletters": settings.newsletters[:1]})
    report = drain(replace(ada.workplace, settings=only_daily))
    assert report.put_back == 1
    assert "weekly" in ada.mails()[0].last_reply
    assert smtp_server.received == []


def test_a_confirmation_leaves_at_once_and_the_issue_waits_in_its_place(connected: Workplace) -> None:
    settings = connected.settings.model_copy(update={"messages_per_second": 0.1})
    limited = replace(connected, settings=settings)
    issue, now = Pace(settings), limited.clock.now()
    Life(limited).sign_up()
    with limited.database.write() as connection:
        assert issue.admit(connection, "example.org", now=now, in_flight=0).until is None
    assert drain(limited).accepted == 1
    with limited.database.write() as connection:
        put_back = issue.admit(connection, "example.org", now=now, in_flight=0)
    assert put_back.why is Wait.RATE
    assert put_back.until is not None
    assert (put_back.until - now).total_seconds() == 20


def test_a_confirmation_goes_to_a_held_domain_and_what_it_hears_counts(
    ada: Life, smtp_server: MailServer, later: Later
) -> None:
    smtp_server.replies = ["421 4.7.28 too fast"]
    ada.sign_up()
    assert drain(ada.workplace).put_back == 1
    held = slow(ada.workplace)
    assert held[0].domain == "example.org"
    assert held[0].is_held(ada.workplace.clock.now())
    assert drain(later(ada.workplace, minutes=5)).accepted == 1
    assert slow(ada.workplace) == held  # it is held all the same
    after = later(ada.workplace, minutes=10)
    after = replace(after, settings=after.settings.model_copy(update={"connections": 5}))
    for number in range(ACCEPTED_FOR_ONE_MORE):
        Life(after, f"reader{number}@example.org").sign_up()
    assert drain(after).accepted == ACCEPTED_FOR_ONE_MORE
    assert [one.at_once for one in slow(after)] == [2]


def test_a_confirmation_counts_for_the_warm_up_and_is_not_held_back_by_it(connected: Workplace) -> None:
    first = connected.clock.now().date()
    warm = {"warm_up": (1,), "warm_up_from": first}
    workplace = replace(connected, settings=connected.settings.model_copy(update=warm))
    for name in ("ada", "grace", "eve"):
        Life(workplace, f"{name}@example.org").sign_up()
    assert drain(workplace).accepted == 3
    with workplace.database.read() as connection:
        assert connection.execute(select(relay_days)).all() == [(first, 3)]


def test_a_confirmation_leaves_by_the_next_relay_when_the_first_does_not_answer(
    workplace: Workplace, smtp_server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    relays = (
        RelaySettings(name="spare", url=SecretStr(smtp_server.url), weight=0),
        RelaySettings(name="main", url=SecretStr(f"smtp://127.0.0.1:{free_port()}")),
    )
    two = replace(workplace, settings=workplace.settings.model_copy(update={"relays": relays}))
    assert drain(two).accepted == 0  # nothing waits, and nobody is asked
    assert caplog.messages == []
    Life(two).sign_up()
    assert drain(two).accepted == 1
    assert len(smtp_server.received) == 1
    assert any("relay main is passed over" in said for said in caplog.messages)


def slow(workplace: Workplace) -> list[SlowDomain]:
    with workplace.database.read() as connection:
        return slow_domains(connection)
