"""Whom an automatic answer may go to: RFC 3834, section 2 and 4."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.feedback.correspondence import correspondence_of

OURS = frozenset({"newsletter@example.org"})
LETTER = {
    "Return-Path": "<ada@example.com>",
    "From": "Ada <ada@example.com>",
    "To": "Daily Health <newsletter@example.org>",
    "Subject": "Re: Daily Health",
    "Message-ID": "<one@example.com>",
}


def letter(**changed: str | None) -> bytes:
    """A reply to our letter, with headers changed (``_`` for ``-``) or left out."""
    head = LETTER | {name.replace("_", "-"): value for name, value in changed.items()}
    return "".join(f"{name}: {value}\r\n" for name, value in head.items() if value is not None).encode() + (
        b"\r\nHow long does it last?\r\n"
    )


def answer_to(**changed: str | None) -> str:
    return correspondence_of(letter(**changed), ours=OURS).answer_to


def test_a_letter_to_us_is_answered_to_its_return_path() -> None:
    assert answer_to() == "ada@example.com"
    assert answer_to(Return_Path="<ada@home.example.com>") == "ada@home.example.com"
    assert answer_to(Return_Path=None) == "ada@example.com"
    assert answer_to(Reply_To="eve@example.com") == "ada@example.com"
    assert answer_to(Auto_Submitted="no") == "ada@example.com"


@pytest.mark.parametrize(
    "changed",
    [
        {"Return-Path": "<>"},
        {"Return-Path": ""},
        {"Return-Path": None, "From": "nobody"},
        {"Auto-Submitted": 'auto-replied; owner-email="a@b.example"'},
        {"Auto-Submitted": "auto-generated"},
        {"Precedence": "Bulk"},
        {"List-Id": "<list.example.com>"},
        {"List-Unsubscribe": "<https://example.com>"},
        {"X-Auto-Response-Suppress": "All"},
        {"To": "undisclosed-recipients:;"},
        {"To": "somebody@example.com"},
        *(
            {"Return-Path": f"<{local}@example.com>", "From": f"{local}@example.com"}
            for local in (
                "MAILER-DAEMON", "no-reply", "noreply", "do_not_reply", "no-reply.news",
                "owner-list", "list-request", "bounces+a",
            )
        ),
        {"From": "newsletter@example.org"},
        {"Return-Path": "<NewsLetter@EXAMPLE.org>"},
    ],
)  # fmt: skip
def test_machines_lists_and_we_ourselves_are_not_answered(changed: dict[str, str | None]) -> None:
    assert answer_to(**{name.replace("-", "_"): value for name, value in changed.items()}) == ""


def test_the_answer_refers_to_the_letter_and_repeats_no_more_than_ids() -> None:
    found = correspondence_of(letter(References="<a@x> junk <b@x>\r\n <c@x> <d@x>"), ours=OURS)
    assert found.message_id == "<one@example.com>"
    assert found.references == ("<a@x>", "<c@x>", "<d@x>", "<one@example.com>")
    hostile = correspondence_of(letter(Message_ID="<a@x>\r\n <b@x>", References="x" * 5000), ours=OURS)
    assert hostile.message_id == "<a@x>"
    assert hostile.references == ("<a@x>",)


def test_which_of_our_addresses_a_letter_is_for_is_told() -> None:
    found = correspondence_of(letter(Cc="Newsletter@Example.org, eve@example.com"), ours=OURS)
    assert found.sent_to == OURS


@given(st.binary(max_size=3000))
def test_no_letter_makes_it_raise(raw: bytes) -> None:
    correspondence_of(raw, ours=OURS)


@pytest.mark.parametrize("name", [b"From", b"To", b"Return-Path", b"References", b"Message-ID"])
@pytest.mark.parametrize(
    "value", [b"(" * 100_000, b"<" * 100_000, b'"' * 9999, b"a@" * 50_000, b"=?x?q?" * 9999]
)
def test_a_hostile_head_takes_no_time(name: bytes, value: bytes) -> None:
    correspondence_of(name + b": " + value + b"\r\n\r\n", ours=OURS)
