"""What a person writes to us reaches the operator; they are told once what to do in an emergency."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from newsletter.delivery.enclosure import enclosures
from newsletter.delivery.outbox import MailState, mails_to
from newsletter.feedback.incoming import Incoming
from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.token import Keyring, write_key_file
from newsletter.workflows.drain import drain
from newsletter.workflows.forward_letter import (
    ANSWERS_AN_HOUR,
    LETTERS_A_DAY_OF_ONE,
    LETTERS_AN_HOUR,
    Handling,
    forward_letter,
)
from newsletter.workflows.rotate_keys import rotate_keys
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer, Received
from tests.unit.feedback.test_correspondence import letter
from tests.unit.workflows.conftest import Later, Life

OPERATOR, ADA = "operator@example.org", "ada@example.com"
SECRET = b"I have had this rash since Monday"


@pytest.fixture
def open_house(connected: Workplace) -> Workplace:
    """A workplace whose operator is sent letters."""
    return with_settings(connected, forward_replies_to=OPERATOR)


def with_settings(workplace: Workplace, **changed: Any) -> Workplace:
    return replace(workplace, settings=workplace.settings.model_copy(update=changed))


def handle(workplace: Workplace, raw: bytes, *, is_cut: bool = False) -> Handling:
    return forward_letter(workplace, Incoming(raw=raw, is_cut=is_cut, mark=lambda _is_read: None))


def forwarded(smtp_server: MailServer) -> Received:
    (found,) = smtp_server.to(OPERATOR)
    return found


def enclosed(received: Received) -> EmailMessage:
    (part,) = received.message.iter_attachments()
    assert isinstance(part, EmailMessage)
    return part


def written(raw: bytes, *more: bytes) -> bytes:
    return raw + b"\r\n".join([*more, b""])


def test_the_operator_gets_the_letter_whole_from_us_and_can_answer_its_writer(
    open_house: Workplace, smtp_server: MailServer
) -> None:
    raw = written(letter(), SECRET)
    assert handle(open_house, raw) is Handling.FORWARDED
    drain(open_house)
    received = forwarded(smtp_server)
    assert received.message["From"] == "Daily Health <newsletter@example.org>"
    assert received.message["Reply-To"] == ADA
    assert received.message["Auto-Submitted"] == "auto-generated"
    part = enclosed(received)
    assert part.get_content_type() == "message/rfc822"
    assert raw in received.content
    assert part.get_content()["From"] == "Ada <ada@example.com>"
    assert b"rash" not in b"".join(received.content.split(raw))


@pytest.mark.parametrize(
    "line", [b".a dot in front", b"caf\xc3\xa9", b"x" * 2000, b"\0"], ids=["dot", "8-bit", "long", "NUL"]
)
def test_a_letter_that_cannot_travel_as_it_is_is_enclosed_as_a_file(
    open_house: Workplace, smtp_server: MailServer, line: bytes
) -> None:
    raw = written(letter(), line)
    handle(open_house, raw)
    drain(open_house)
    part = enclosed(forwarded(smtp_server))
    assert part.get_filename() == "letter.eml"
    assert part.get_content() == raw


def test_the_writer_is_told_once_a_week_what_to_do_in_an_emergency(
    open_house: Workplace, smtp_server: MailServer, later: Later
) -> None:
    workplace = with_settings(open_house, region="GB")
    handle(workplace, letter())
    handle(workplace, letter(Message_ID="<two@example.com>", From="ADA@example.com", Return_Path=None))
    drain(workplace)
    assert len(smtp_server.to(OPERATOR)) == 2
    (answer,) = smtp_server.to(ADA)
    assert answer.envelope_from in ("", "<>")  # as aiosmtpd writes the null sender
    message = answer.message
    assert message["Auto-Submitted"] == "auto-replied"
    assert (message["In-Reply-To"], message["References"]) == ("<one@example.com>", "<one@example.com>")
    assert message["Subject"] == "Your message to Daily Health"
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        assert part is not None
        words = " ".join(part.get_content().replace("\xa0", " ").split())
        assert "If you think you have an emergency, call 999 now." in words
        assert "Do not reply to this e-mail for medical help." in words
    after = later(workplace, days=8)
    handle(after, letter(Message_ID="<three@example.com>"))
    drain(after)
    assert len(smtp_server.to(ADA)) == 2


def test_a_letter_that_is_taken_twice_is_forwarded_and_answered_once(
    open_house: Workplace, smtp_server: MailServer, later: Later
) -> None:
    for workplace in (open_house, open_house, later(open_house, days=30)):
        assert handle(workplace, letter()) is Handling.FORWARDED
        drain(workplace)
    assert len(smtp_server.to(OPERATOR)) == len(smtp_server.to(ADA)) == 1


def test_a_machine_s_letter_is_forwarded_and_not_answered(
    open_house: Workplace, smtp_server: MailServer
) -> None:
    assert handle(open_house, letter(Return_Path="<>")) is Handling.FORWARDED
    drain(open_house)
    assert [each.recipients for each in smtp_server.received] == [[OPERATOR]]


def test_who_complained_is_not_mailed_an_answer(open_house: Workplace, smtp_server: MailServer) -> None:
    Life(open_house, ADA).suppress(Reason.COMPLAINED)
    handle(open_house, letter())
    drain(open_house)
    assert smtp_server.to(ADA) == []
    assert len(smtp_server.to(OPERATOR)) == 1


def test_an_answer_that_waits_is_not_sent_to_who_complained_meanwhile_nor_days_later(
    open_house: Workplace, smtp_server: MailServer, later: Later
) -> None:
    handle(open_house, letter())
    handle(open_house, letter(From="eve@example.com", Return_Path="<eve@example.com>"))
    Life(open_house, ADA).suppress(Reason.COMPLAINED)
    drain(later(open_house, hours=1), limit=3)
    handle(open_house, letter(From="zoe@example.com", Return_Path="<zoe@example.com>"))
    drain(later(open_house, days=2))
    assert smtp_server.to(ADA) == smtp_server.to("zoe@example.com") == []
    assert len(smtp_server.to(OPERATOR)) == 3


def test_the_answer_speaks_the_reader_s_language(open_house: Workplace, smtp_server: MailServer) -> None:
    spanish = open_house.settings.newsletters[0].model_copy(update={"language": "es"})
    handle(with_settings(open_house, newsletters=(spanish,)), letter())
    drain(with_settings(open_house, newsletters=(spanish,)))
    body = smtp_server.to(ADA)[0].message.get_body(("plain",))
    assert body is not None
    assert "112" in body.get_content()
    assert "emergencia" in body.get_content()


def test_nobody_is_sent_letters_where_nobody_is_named_and_the_mailbox_keeps_them(
    connected: Workplace, smtp_server: MailServer
) -> None:
    assert handle(connected, letter()) is Handling.KEPT
    drain(connected)
    assert smtp_server.received == []
    assert handle(with_settings(connected, alert_address=OPERATOR), letter()) is Handling.FORWARDED


def test_our_own_mail_that_came_back_goes_round_no_more(open_house: Workplace) -> None:
    assert handle(open_house, letter(From="Daily Health <newsletter@example.org>")) is Handling.OURS


def test_a_flood_is_kept_in_the_mailbox_and_told_of_once(
    open_house: Workplace, smtp_server: MailServer
) -> None:
    def one(number: int, writer: str) -> Handling:
        return handle(open_house, letter(From=writer, Return_Path=None, Message_ID=f"<{number}@example.com>"))

    by_one = [one(number, ADA) for number in range(LETTERS_A_DAY_OF_ONE + 5)]
    assert by_one.count(Handling.FORWARDED) == LETTERS_A_DAY_OF_ONE
    by_many = [one(number, f"a{number}@example.com") for number in range(LETTERS_AN_HOUR + 5)]
    assert by_many.count(Handling.FORWARDED) == LETTERS_AN_HOUR - LETTERS_A_DAY_OF_ONE
    drain(open_house, limit=1000)
    # No alert_address is set, so that the log alone says it; and no more are answered than may be.
    assert len(smtp_server.to(OPERATOR)) == LETTERS_AN_HOUR
    assert len(smtp_server.received) == LETTERS_AN_HOUR + ANSWERS_AN_HOUR


def test_a_letter_lies_sealed_in_the_database_and_is_gone_once_it_has_left(
    open_house: Workplace, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="newsletter")
    handle(open_house, written(letter(), SECRET))

    def kept() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.glob("subscribers.db*"))

    assert b"rash" not in kept()
    assert b"Re: Daily Health" not in kept()
    drain(open_house)
    with open_house.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(enclosures)) == 0
    assert "rash" not in caplog.text
    assert "ada" not in caplog.text


def test_a_letter_that_waits_is_opened_after_keys_were_rotated(
    open_house: Workplace, smtp_server: MailServer
) -> None:
    path = open_house.settings.key_path
    write_key_file(path)
    workplace = replace(open_house, keyring=Keyring.load(path))
    handle(workplace, written(letter(), SECRET))
    assert rotate_keys(workplace).resealed["enclosures"] == 2
    drain(replace(workplace, keyring=Keyring.load(path)))
    assert SECRET in forwarded(smtp_server).content


def test_a_letter_that_the_relay_refuses_is_told_of(
    open_house: Workplace, smtp_server: MailServer, later: Later
) -> None:
    workplace = with_settings(open_house, alert_address=OPERATOR)
    handle(workplace, letter(Return_Path="<>"))
    smtp_server.replies = ["552 5.3.4 too big"]
    drain(workplace)
    drain(later(workplace, minutes=1))
    (told,) = smtp_server.to(OPERATOR)
    assert told.message["Subject"] == "Daily Health: letters to us are not forwarded"
    with workplace.database.read() as connection:
        states = [mail.state for mail in mails_to(connection, OPERATOR)]
    assert states == [MailState.REJECTED, MailState.ACCEPTED]


def test_what_was_cut_off_is_told(open_house: Workplace, smtp_server: MailServer) -> None:
    handle(open_house, letter(), is_cut=True)
    drain(open_house)
    body = forwarded(smtp_server).message.get_body(("plain",))
    assert body is not None
    assert "longer than 256 kB" in body.get_content()
