"""Compiled messages: exactly what Python's email package would send, in bytes that nothing need change."""

from __future__ import annotations

import re
import threading
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.delivery.letter import EXAMPLE_READER, Postman, Reader
from newsletter.delivery.message import to_bytes, wire_check
from newsletter.errors import DeliveryError
from newsletter.rendering.edition import Edition
from newsletter.rendering.view import PREFERENCES_HOLE, UNSUBSCRIBE_HOLE
from newsletter.settings import NewsletterSettings, Settings
from newsletter.subscribers.token import Keyring
from tests.unit.delivery.test_quoted_printable import TEXTS, relaxed

SUBJECTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=150)
TWO = [Reader(f"{name}@example.org", name.encode() * 4) for name in ("ada", "eve")]
HOLES = [UNSUBSCRIBE_HOLE, PREFERENCES_HOLE]
#: A part with its two holes in either order, at its ends, beside each other and at line starts and ends.
PARTS = st.tuples(TEXTS, TEXTS, TEXTS, st.permutations(HOLES)).map(
    lambda one: f"{one[0]}{one[3][0]}{one[1]}{one[3][1]}{one[2]}"
)
SENDERS = st.sampled_from(
    [
        "letter@example.org",
        "Daily Health <letter@example.org>",
        '"Tägliche Gesundheit, für alle" <letter@bücher.example>',
        "স্বাস্থ্য <letter@example.org>",
        '"A. \\"Quoted\\" Name" <letter@example.org>',
        "=?utf-8?q?x?= <letter@example.org>",
        f"{'long ' * 30}<letter@example.org>",
    ]
)
ADDRESSES = st.sampled_from(
    [
        "ada@example.org",
        "ada.lovelace+news@sub.example.org",
        f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.example",
        "o'hara@example.org",
        "a=b@example.org",
        '"two words"@example.org',
        "ada@bücher.example",
        "jörg@example.org",
        "سارة@bücher.example",
        "স্বাস্থ্য@example.org",
    ]
)
BASES = st.sampled_from(
    [
        "https://letter.example",
        "http://127.0.0.1:8000",
        "https://letter.example/" + "x" * 40 + "/..a/" + "." * 60,
        "https://letter.example/" + "path/" * 100 + "end",
    ]
)


def postman(**changes: Any) -> Postman:
    """A postman whose *changes* are those of the edition, the sender, the base address."""
    base = changes.pop("base_url", "https://letter.example")
    sender = changes.pop("sender", "Daily Health <letter@example.org>")
    body = f"Preferences: {PREFERENCES_HOLE} Unsubscribe: {UNSUBSCRIBE_HOLE}"
    edition = {"subject": "Gout", "preheader": "", "html": f"<p>{body}</p>", "text": body} | changes
    return Postman(
        settings=Settings(base_url=base),
        newsletter=NewsletterSettings(sender=sender, reply_to="editors@example.org"),
        keyring=Keyring.example(),
        issued_on=date(2026, 3, 3),
        edition=Edition(**edition),
        sent_at=datetime(2026, 3, 3, 7, tzinfo=UTC),
    )


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, _class=EmailMessage, policy=policy.default)


def said(raw: bytes) -> list[tuple[str, list[tuple[str, str]], str]]:
    """All that a mail program learns of a message: each part's type, headers and content, in order."""
    found = []
    for part in read(raw).walk():
        assert isinstance(part, EmailMessage)
        assert not part.defects
        content = "" if part.is_multipart() else part.get_content()
        found.append((part.get_content_type(), [(n, str(v)) for n, v in part.items()], content))
    return found


#: Everything that an operator, an issue and a reader bring.
LETTERS = st.fixed_dictionaries(
    {"html": PARTS, "text": PARTS, "subject": SUBJECTS, "sender": SENDERS, "base_url": BASES}
)


@settings(max_examples=60, deadline=None)
@given(LETTERS, ADDRESSES)
@example({"html": "".join(HOLES), "text": ".\n"}, "a@b.example")
def test_a_compiled_message_says_exactly_what_an_email_message_says(letter, address):
    made, reader = postman(**letter), Reader(address, b"handle-of-12")
    raw = made.message(reader)
    assert said(raw) == said(to_bytes(made.letter(reader)))
    if address.isascii():
        assert not [value for value in read(raw).values() if value.defects]


@settings(max_examples=60, deadline=None)
@given(LETTERS, ADDRESSES)
def test_nothing_on_the_way_has_a_reason_to_change_a_compiled_message(letter, address):
    raw = postman(**letter).message(Reader(address, b"handle-of-12"))
    wire_check(raw, utf8=not address.isascii())
    head, _, body = raw.partition(b"\r\n\r\n")
    assert max(map(len, body.split(b"\r\n"))) <= 76
    personal = (b"To:", b"List-Unsubscribe:", b"List-Archive:", b"Message-ID:")
    assert max(len(line) for line in head.split(b"\r\n") if not line.startswith(personal)) <= 78
    stuffed = b"".join(b"." * line.startswith(b".") + line for line in raw.splitlines(keepends=True))
    assert stuffed == raw
    assert relaxed(body) == body
    assert body.endswith(b"--\r\n")


def test_two_readers_messages_differ_in_four_values_only():
    made = postman()
    one, two = map(made.message, TWO)
    assert one != two
    assert len(one) == len(two)
    differing = [a for a, b in zip(one.split(b"\r\n"), two.split(b"\r\n"), strict=True) if a != b]
    names = {line.partition(b":")[0] for line in differing if re.match(rb"[A-Z][A-Za-z-]+: ", line)}
    assert names == {b"To", b"Message-ID", b"List-Unsubscribe"}
    assert len(differing) <= 3 + 2 * 4


def test_the_boundary_is_the_editions_so_that_it_can_be_frozen():
    made = postman()
    boundaries = {
        read(made.message(Reader(f"{name}@example.org", name.encode() * 4))).get_boundary()
        for name in ("ada", "eve")
    }
    assert len(boundaries) == 1
    assert (
        read(postman(text=f"other {' '.join(HOLES)}").message(EXAMPLE_READER)).get_boundary()
        not in boundaries
    )


@pytest.mark.parametrize("count", [0, 3])
def test_an_edition_with_faulty_holes_can_still_be_looked_at(count):
    made = postman(text=f"a {UNSUBSCRIBE_HOLE}\n" * count, html="<p>none</p>")
    assert said(made.message(EXAMPLE_READER)) == said(to_bytes(made.letter(EXAMPLE_READER)))


def test_what_is_wrong_with_every_letter_is_found_when_the_edition_is_compiled():
    for wrong, fault in (
        ({"subject": "a\nb"}, "header Subject: holds a line break"),
        ({"text": "\ud83d"}, "half a character"),
        ({"base_url": "https://letter.example/" + "x" * 990}, "header List-Archive: is longer"),
    ):
        with pytest.raises(DeliveryError, match=fault):
            postman(**wrong).message(EXAMPLE_READER)


@pytest.mark.parametrize(
    "address",
    ["a@b@c", "nobody", "ada\r\nBcc: eve@example.org", "ada\r\nBcc: eve@example.org@example.org", "a b"],
)
def test_a_reader_whose_address_is_none_is_refused_as_ever_and_not_quoted(address):
    made, reader = postman(), Reader(address, b"handle-of-12")
    with pytest.raises(DeliveryError) as compiled:
        made.message(reader)
    with pytest.raises(DeliveryError) as reference:
        to_bytes(made.letter(reader))
    assert str(compiled.value) == str(reference.value)
    assert "eve" not in str(compiled.value)


def test_threads_may_share_a_postman():
    made = postman()
    readers = [Reader(f"r{number}@example.org", f"{number:012}".encode()) for number in range(200)]
    expected = [postman().message(reader) for reader in readers]
    found: dict[int, list[bytes]] = {}

    def write(number: int) -> None:
        found[number] = [made.message(reader) for reader in readers]

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(found[number] == expected for number in range(4))


def test_gmail_can_count_complaints_by_issue_and_newsletter_but_by_no_reader():
    made = postman()
    ids = {
        read(made.message(Reader(f"{name}@example.org", name.encode() * 4)))["Feedback-ID"]
        for name in ("ada", "eve")
    }
    assert len(ids) == 1
    assert re.fullmatch(r"20260303:daily:issue:[0-9a-f]{12}", ids.pop())
