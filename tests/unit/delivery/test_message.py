"""One recipient's message as bytes: what arrives is what was meant, and nothing can be smuggled in."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.delivery.message import (
    Letter,
    message_id,
    return_path,
    return_path_handle,
    to_bytes,
    wire_check,
)
from newsletter.errors import DeliveryError
from newsletter.subscribers.token import Keyring

POST = ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
SUBJECTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=150)


def letter(**changes: Any) -> Letter:
    values: dict[str, Any] = {
        "sender": "Daily Health <letter@example.org>",
        "recipient": "ada@example.org",
        "subject": "Gout: the signs and what helps",
        "html": "<p>Good morning.</p>",
        "text": "Good morning.",
        "sent_at": datetime(2026, 3, 3, 7, tzinfo=UTC),
        "message_id": "<0123@example.org>",
    }
    return Letter(**{**values, **changes})


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, _class=EmailMessage, policy=policy.default)


def parts(raw: bytes) -> list[EmailMessage]:
    return [part for part in read(raw).iter_parts() if isinstance(part, EmailMessage)]


def unsubscribe_of(length: int) -> str:
    """A List-Unsubscribe value that makes the header line exactly *length* octets long."""
    address = "<https://letter.example/unsubscribe/v1.k1.>"
    return address[:-1] + "x" * (length - len("List-Unsubscribe: ") - len(address)) + ">"


@pytest.mark.parametrize("length", [60, 78, 79, 200, 997, 998])
def test_one_click_addresses_arrive_on_one_line_as_they_are(length):
    value = unsubscribe_of(length)
    raw = to_bytes(letter(headers=(("List-Unsubscribe", value), POST)))
    assert f"\r\nList-Unsubscribe: {value}\r\n".encode() in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert read(raw)["List-Unsubscribe"] == value


def test_an_address_past_what_a_line_may_hold_is_refused_with_what_to_do():
    with pytest.raises(DeliveryError, match=r"header List-Unsubscribe: is longer than the 998 .* base_url"):
        to_bytes(letter(headers=(("List-Unsubscribe", unsubscribe_of(999)), POST)))


def test_an_address_that_is_not_ascii_is_refused_with_what_to_do():
    with pytest.raises(DeliveryError, match=r"header List-Unsubscribe: holds a character that is not ASCII"):
        to_bytes(letter(headers=(("List-Unsubscribe", "<https://bücher.example/x>"),)))


@settings(max_examples=120, deadline=None)
@given(TEXTS, TEXTS, SUBJECTS)
def test_whatever_is_written_is_what_is_read(text, html, subject):
    raw = to_bytes(letter(text=text, html=html, subject=subject))
    message = read(raw)
    plain, rich = parts(raw)
    assert message["Subject"] == subject
    assert normal(plain.get_content()) == normal(text)
    assert normal(rich.get_content()) == normal(html)
    assert raw.isascii()
    assert not [each.defects for each in message.walk() if each.defects]
    assert max(map(len, raw.split(b"\r\n"))) <= 76
    wire_check(raw)


def normal(text: str) -> str:
    """Line ends are not content, and a part always ends with one."""
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")


def test_the_text_part_comes_before_the_html_part_because_the_last_one_is_preferred():
    raw = to_bytes(letter())
    assert read(raw).get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in parts(raw)] == ["text/plain", "text/html"]
    assert {part["Content-Transfer-Encoding"] for part in parts(raw)} == {"quoted-printable"}


def test_lines_end_with_crlf_only_and_no_body_line_is_over_76():
    raw = to_bytes(letter(text="a" * 5000 + "\nb\rc\r\nd", html="<p>" + "é" * 3000))
    assert raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 76


def test_lines_that_begin_with_dots_arrive_with_them():
    raw = to_bytes(letter(text=".\n..\n.leading dot\nend"))
    assert normal(parts(raw)[0].get_content()) == ".\n..\n.leading dot\nend"
    assert b"\r\n." not in raw  # nothing for a server to take off


def test_headers_say_who_what_and_when_once_each():
    raw = to_bytes(
        letter(reply_to="Editors <editors@example.org>", headers=(("List-Id", "<daily.example>"),))
    )
    message = read(raw)
    assert message["From"] == "Daily Health <letter@example.org>"
    assert message["To"] == "ada@example.org"
    assert message["Reply-To"] == "Editors <editors@example.org>"
    assert message["Date"] == "Tue, 03 Mar 2026 07:00:00 +0000"
    assert message["Message-ID"] == "<0123@example.org>"
    assert message["MIME-Version"] == "1.0"
    assert len(message.keys()) == len({name.lower() for name in message})


def test_a_header_without_a_value_is_left_out():
    assert read(to_bytes(letter(reply_to="")))["Reply-To"] is None


@pytest.mark.parametrize("mark", ["\r", "\n", "\r\n", "\0", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"])
@pytest.mark.parametrize("field", ["subject", "sender", "recipient", "message_id", "headers"])
def test_nothing_that_could_start_a_new_header_gets_into_one(field, mark):
    evil = f"Ada{mark}Bcc: eve@example.org <ada@example.org>"
    value = (("List-Id", evil),) if field == "headers" else evil
    with pytest.raises(DeliveryError, match="holds a line break or control character"):
        to_bytes(letter(**{field: value}))


@pytest.mark.parametrize("mailbox", ["a@b@c", "nobody", "A, B <a@b.example>", "jörg@example.org"])
def test_a_sender_that_is_no_mailbox_is_refused(mailbox):
    with pytest.raises(DeliveryError, match="header From: is not a mailbox"):
        to_bytes(letter(sender=mailbox))


def test_a_refused_address_is_not_repeated_in_the_error():
    with pytest.raises(DeliveryError) as refused:
        to_bytes(letter(recipient="secret.name@b@c"))
    assert "secret" not in str(refused.value)


def test_half_a_character_in_the_text_is_refused():
    with pytest.raises(DeliveryError, match="half a character"):
        to_bytes(letter(text="\ud83d"))


def test_a_sender_with_an_international_domain_is_written_as_a_labels():
    assert read(to_bytes(letter(sender="Bücher <letter@bücher.example>")))["From"].addresses[0].domain == (
        "xn--bcher-kva.example"
    )


def test_a_reader_with_a_local_part_in_another_script_gets_utf_8_headers():
    raw = to_bytes(letter(recipient="jörg@example.org", subject="Grüße"))
    assert "\r\nTo: jörg@example.org\r\n".encode() in raw
    assert read(raw)["Subject"] == "Grüße"


def test_the_same_letter_gives_the_same_bytes_and_another_one_does_not():
    assert to_bytes(letter()) == to_bytes(letter())
    assert to_bytes(letter(text="x")) != to_bytes(letter())


def test_no_content_can_close_a_part_because_the_boundary_depends_on_it():
    boundary = read(to_bytes(letter())).get_boundary()
    raw = to_bytes(letter(text=f"--{boundary}--\n--{boundary}\nstill here"))
    assert read(raw).get_boundary() != boundary
    assert "still here" in parts(raw)[0].get_content()
    assert len(parts(raw)) == 2


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"a\nb\r\n", "bare CR or LF"),
        (b"a\rb\r\n", "bare CR or LF"),
        (b"a\r\n.\n\r\n", "bare CR or LF"),
        (b"a\r", "bare CR or LF"),
        (b"a\0b\r\n", "NUL"),
        ("é\r\n".encode(), "not ASCII"),
        (b"x" * 999 + b"\r\n", "longer than 998"),
        (b"ok\r\n" + b"x" * 999, "longer than 998"),
        (b"ok\r\n.\r\n", "begins with a dot"),
        (b".ok\r\n", "begins with a dot"),
    ],
)
def test_the_wire_check_catches_what_a_relay_could_misread(raw, fault):
    with pytest.raises(DeliveryError, match=fault):
        wire_check(raw)


def test_the_wire_check_passes_what_is_right():
    wire_check(b"Subject: x\r\n\r\n" + b"x" * 998 + b"\r\n=2E\r\n")
    wire_check("To: jörg@example.org\r\n".encode(), utf8=True)


def test_a_message_id_is_the_same_for_the_same_things_and_says_nothing_about_them():
    keyring = Keyring.example()
    made = message_id(keyring, "daily", "2026-03-03", "ada", domain="example.org")
    assert made == message_id(keyring, "daily", "2026-03-03", "ada", domain="example.org")
    assert made != message_id(keyring, "daily", "2026-03-04", "ada", domain="example.org")
    assert made != message_id(keyring, "daily2026-03-03", "", "ada", domain="example.org")
    assert made != message_id(Keyring({"k1": b"k" * 32}), "daily", "2026-03-03", "ada", domain="example.org")
    assert "daily" not in made
    assert "ada" not in made


def test_a_return_path_says_whose_it_is_also_after_a_new_key_and_in_other_letters():
    mailbox, handle, before = "bounces@letter.example", b"example-hand", Keyring({"k1": b"1" * 32})
    after = Keyring({"k1": b"1" * 32, "k2": b"2" * 32})
    for ring in (before, after):
        made = return_path(ring, mailbox, handle)
        for written in (made, made.upper(), f" <{made}> "):
            assert return_path_handle(after, mailbox, written) == handle


def test_a_return_path_that_is_not_ours_or_was_changed_says_nothing():
    ring, mailbox = Keyring.example(), "bounces@letter.example"
    made = return_path(ring, mailbox, b"example-hand")
    opaque = made.partition("+")[2].partition("@")[0]
    changed = ("b" if opaque[0] == "a" else "a") + opaque[1:]
    for other in (
        "", mailbox, "bounces+@letter.example", made.replace(opaque, changed),
        made.replace(opaque, opaque[:-1]), made.replace(opaque, opaque + "a"),
        made.replace("letter.example", "other.example"),
        made.replace("bounces", "billing"), made.replace(opaque, "é1!"), f"{made}x",
    ):  # fmt: skip
        assert return_path_handle(ring, mailbox, other) is None, other
    assert return_path_handle(Keyring({"k1": b"1" * 32}), mailbox, made) is None


def test_a_return_path_fits_smtp_and_differs_by_reader():
    made = return_path(Keyring.example(), "bounces@letter.example", b"example-hand")
    local, _, domain = made.partition("@")
    assert local.startswith("bounces+")
    assert len(local) <= 64
    assert made == made.lower()
    assert domain == "letter.example"
    assert made != return_path(Keyring.example(), "bounces@letter.example", b"another-hand")
