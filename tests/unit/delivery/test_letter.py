"""One reader's letter: the right links, the headers that bulk mail needs, and nobody named in them."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy

import pytest

from newsletter.delivery.letter import EXAMPLE_READER, Postman, Reader, system_letter
from newsletter.delivery.message import to_bytes
from newsletter.errors import DeliveryError, RenderError
from newsletter.rendering.edition import Edition
from newsletter.rendering.notice import Notice, erased_notice
from newsletter.rendering.view import PREFERENCES_HOLE, UNSUBSCRIBE_HOLE
from newsletter.settings import NewsletterSettings, Settings
from newsletter.subscribers.token import Keyring, Purpose

NOW = datetime(2026, 3, 3, 7, tzinfo=UTC)
#: A handle is random; this one spells a birthday, which must not show in any link.
READER = Reader("ada.lovelace@example.org", b"1815-12-10-x")
OTHER = Reader("grace@example.org", b"another-hand")
BODY = f"Preferences: {PREFERENCES_HOLE} Unsubscribe: {UNSUBSCRIBE_HOLE}"


@pytest.fixture
def postman() -> Postman:
    return Postman(
        settings=Settings(base_url="https://letter.example", return_path="bounces@letter.example"),
        newsletter=NewsletterSettings(reply_to="editors@example.org"),
        keyring=Keyring.example(),
        issued_on=date(2026, 3, 3),
        edition=Edition("Gout: what to know", "What it is.", f"<p>{BODY}</p>", BODY),
        sent_at=datetime(2026, 3, 3, 7, tzinfo=UTC),
    )


def headers(postman: Postman, reader: Reader = READER) -> dict[str, str]:
    return dict(postman.letter(reader).headers)


def links(text: str) -> list[str]:
    return re.findall(r"https?://[^\s<>\"]+", text)


def test_both_parts_and_the_header_carry_this_readers_own_tokens(postman):
    letter = postman.letter(READER)
    for said in (letter.html, letter.text):
        tokens = {link.split("/")[3]: link.split("/")[4] for link in links(said)}
        assert postman.keyring.read(Purpose.UNSUBSCRIBE, tokens["unsubscribe"]) == READER.handle
        assert postman.keyring.read(Purpose.PREFERENCES, tokens["preferences"]) == READER.handle
    assert headers(postman)["List-Unsubscribe"].strip("<>") in letter.text


def test_no_link_carries_an_address_a_topic_or_anything_that_reads_as_an_identity(postman):
    letter = postman.letter(READER)
    found = links(letter.html) + links(letter.text) + links(" ".join(headers(postman).values()))
    assert len(found) >= 6
    for link in found:
        for secret in ("ada", "lovelace", "example.org", "@", "%40", "gout", "1815", "daily"):
            assert secret not in link.lower()
        assert "?" not in link


def test_no_header_but_to_names_the_reader_or_what_the_issue_is_about(postman):
    message = message_from_bytes(to_bytes(postman.letter(READER)), policy=policy.default)
    for name, value in message.items():
        if name not in ("To", "Subject"):
            assert "ada" not in value.lower().replace("unsubscribe/v1.example", "")
            assert "gout" not in value.lower()


def test_one_click_needs_exactly_one_address_and_the_exact_words(postman):
    raw = to_bytes(postman.letter(READER))
    message = message_from_bytes(raw, policy=policy.default)
    assert len(message.get_all("List-Unsubscribe", [])) == 1
    assert re.fullmatch(r"<https://letter\.example/unsubscribe/[\w.-]+>", message["List-Unsubscribe"])
    assert message.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]


def test_one_click_survives_a_very_long_base_address_in_the_bytes_that_leave(postman):
    long = "https://" + "a" * 60 + ".example/" + "path/" * 100
    postman = replace(postman, settings=postman.settings.model_copy(update={"base_url": long.rstrip("/")}))
    message = message_from_bytes(to_bytes(postman.letter(READER)), policy=policy.default)
    token = postman.keyring.token(Purpose.UNSUBSCRIBE, READER.handle)
    assert message["List-Unsubscribe"] == f"<{long}unsubscribe/{token}>"


def test_an_issue_is_not_marked_as_an_automatic_answer_but_as_a_list(postman):
    message = message_from_bytes(to_bytes(postman.letter(READER)), policy=policy.default)
    assert message["Auto-Submitted"] is None
    assert message["List-Id"] == "<daily.letter.example>"
    assert message["Reply-To"] == "editors@example.org"
    assert message["List-Archive"] == "<https://letter.example/issues/>"


def test_the_message_id_is_the_same_for_the_same_reader_and_issue_and_for_no_other(postman):
    made = postman.letter(READER).message_id
    later = replace(postman, sent_at=datetime(2026, 3, 4, tzinfo=UTC))
    assert later.letter(READER).message_id == made
    others = {
        postman.letter(OTHER).message_id,
        replace(postman, issued_on=date(2026, 3, 4)).letter(READER).message_id,
        replace(postman, newsletter=NewsletterSettings(name="weekly")).letter(READER).message_id,
        replace(postman, keyring=Keyring({"k1": b"k" * 32})).letter(READER).message_id,
    }
    assert len(others | {made}) == 5
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.org>", made)


def test_the_same_letter_is_the_same_bytes_however_often_it_is_written(postman):
    assert to_bytes(postman.letter(READER)) == to_bytes(replace(postman).letter(READER))


def test_two_readers_letters_differ_only_in_tokens_address_and_message_id(postman):
    first, second = postman.letter(READER), postman.letter(OTHER)
    token = re.compile(r"v1\.example\.[\w.-]+")
    assert token.sub("", first.html) == token.sub("", second.html)
    assert token.sub("", first.text) == token.sub("", second.text)
    assert (first.subject, first.sent_at, first.sender) == (second.subject, second.sent_at, second.sender)


def test_bounces_come_to_a_mailbox_of_the_readers_own_that_names_nobody(postman):
    made = postman.envelope_from(READER)
    opaque = made.removeprefix("bounces+").removesuffix("@letter.example").upper()
    assert base64.b32decode(opaque + "=" * (-len(opaque) % 8)).startswith(READER.handle)
    assert made != postman.envelope_from(OTHER)
    assert "ada" not in made


def test_without_a_return_path_bounces_come_to_the_sender(postman):
    postman = replace(
        postman, settings=Settings(), newsletter=NewsletterSettings(sender="A <a@bücher.example>")
    )
    assert postman.envelope_from(READER) == "a@xn--bcher-kva.example"
    assert to_bytes(postman.letter(READER)).isascii()


def test_a_sender_that_no_server_could_take_is_an_error_that_names_it(postman):
    postman = replace(postman, newsletter=NewsletterSettings(sender="a@bücher..example"))
    with pytest.raises(DeliveryError, match=r"sender 'a@bücher\.\.example': is not an address"):
        postman.letter(READER)


def test_the_example_reader_is_nobody():
    assert EXAMPLE_READER.address.endswith("@example.org")
    assert len(EXAMPLE_READER.handle) == len(READER.handle)


def test_a_system_mail_says_that_a_program_sent_it_and_an_issue_never_does():
    settings = Settings()
    newsletter = settings.newsletter()
    notice = erased_notice(settings, newsletter)
    made = system_letter(
        notice, newsletter, recipient="ada@example.org", sent_at=NOW, message_id="<x@example.org>"
    )
    assert dict(made.headers) == {"Auto-Submitted": "auto-generated"}
    assert (made.subject, made.recipient) == (notice.subject, "ada@example.org")


def test_a_system_mail_with_errors_is_not_made_into_a_letter():
    broken = Notice("Done", "<p>", "text", errors=("line 3: <p> is never closed",))
    with pytest.raises(RenderError, match="never closed"):
        system_letter(
            broken, NewsletterSettings(), recipient="a@example.org", sent_at=NOW, message_id="<x@y.example>"
        )
