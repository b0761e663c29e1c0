"""Signatures: what arrives verifies with dkimpy, and nothing that matters can be changed or added."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.delivery.dkim import (
    Signer,
    load_signing_key,
    relaxed_body,
    signing_domain,
    signing_domains,
    write_signing_key,
)
from newsletter.delivery.key_record import key_record
from newsletter.delivery.letter import EXAMPLE_READER, Reader
from newsletter.delivery.message import to_bytes, wire_check
from newsletter.errors import SettingsError
from newsletter.settings import NewsletterSettings, Settings
from tests.unit.delivery.test_compiled import ADDRESSES, LETTERS, postman
from tests.unit.delivery.test_message import letter
from tests.unit.delivery.test_quoted_printable import relaxed

SENT = datetime(2026, 3, 3, 7, tzinfo=UTC)


@lru_cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def signer() -> Signer:
    return Signer(key(), "example.org", "letter")


def verifies(raw: bytes) -> bool:
    record = key_record(key(), domain="example.org", selector="letter")

    def published(name: bytes, **_options: int) -> bytes:
        assert name.decode() == f"{record.name}."
        return "".join(record.strings).encode()

    return bool(dkim.verify(raw, dnsfunc=published))


def issue() -> bytes:
    return replace(postman(), signer=signer()).message(EXAMPLE_READER)


def signature(raw: bytes) -> dict[str, str]:
    field = re.sub(r"\r\n[ \t]", "", raw.decode().partition("\r\n\r\n")[0]).split("\r\n")[0]
    name, _, value = field.partition(":")
    assert name == "DKIM-Signature"
    pairs = (part.strip().partition("=") for part in value.split(";"))
    return {tag: "".join(said.split()) for tag, _, said in pairs}


def test_a_signed_issue_verifies_and_is_the_unsigned_one_with_a_header_on_top():
    raw = issue()
    assert verifies(raw)
    assert raw.endswith(b"\r\n" + postman().message(EXAMPLE_READER))
    wire_check(raw)
    assert max(map(len, raw.partition(b"\r\nFrom:")[0].split(b"\r\n"))) <= 78


@settings(max_examples=25, deadline=None)
@given(LETTERS, ADDRESSES)
def test_whatever_an_issue_says_its_signature_verifies(letter, address):
    raw = replace(postman(**letter), signer=signer()).message(Reader(address, b"handle-of-12"))
    assert verifies(raw)


def test_the_signature_says_what_it_should_and_nothing_that_weakens_it():
    tags = signature(issue())
    assert {tag: tags[tag] for tag in ("v", "a", "c", "d", "s", "t")} == {
        "v": "1",
        "a": "rsa-sha256",
        "c": "relaxed/relaxed",
        "d": "example.org",
        "s": "letter",
        "t": str(int(SENT.timestamp())),
    }
    assert not {"l", "x"} & tags.keys()
    named = tags["h"].split(":")
    for name in ("from", "to", "subject", "date", "message-id", "reply-to", "content-type", "mime-version"):
        assert named.count(name) == 2
    for name in ("list-id", "list-unsubscribe", "list-unsubscribe-post", "feedback-id"):
        assert named.count(name) == 2
    assert named.count("cc") == 1


def test_the_same_letter_has_the_same_signature():
    assert issue() == issue()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Subject: Gout", b"Subject: Gold"),
        (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click", b"List-Unsubscribe-Post: No"),
        (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b""),
        (b"List-Unsubscribe: <https://letter", b"List-Unsubscribe: <https://evil"),
        (b"To: reader@", b"To: eve@"),
        (b"t=1772521200", b"t=1772521201"),
        (b"Preferences:", b"Preference:"),
        (b"\r\nMIME-Version", b"\r\nFrom: eve@example.org\r\nMIME-Version"),
        (b"\r\nMIME-Version", b"\r\nSubject: Gold\r\nMIME-Version"),
        (b"\r\nMIME-Version", b"\r\nCc: eve@example.org\r\nMIME-Version"),
        (b"\r\nMIME-Version", b"\r\nList-Unsubscribe: <https://evil.example/>\r\nMIME-Version"),
        (b"\r\nMIME-Version", b"\r\nContent-Type: text/plain\r\nMIME-Version"),
    ],
)
def test_what_is_changed_taken_out_or_added_on_the_way_does_not_verify(before, after):
    raw = issue()
    assert before in raw
    assert not verifies(raw.replace(before, after, 1))


def test_what_is_appended_to_the_body_does_not_verify():
    assert not verifies(issue() + b"Buy gold.\r\n")


def test_white_space_that_a_relay_mangles_does_no_harm():
    raw = issue()
    head, _, body = raw.partition(b"\r\n\r\n")
    mangled = head.replace(b"Subject: Gout", b"SUBJECT:\t  Gout  ").replace(b"To: ", b"To:\r\n ")
    assert mangled != head
    assert verifies(mangled + b"\r\n\r\n" + body.replace(b"Preferences: ", b"Preferences: \t ") + b"\r\n\r\n")


def test_a_system_mail_is_signed_too_whatever_its_blanks():
    made = letter(text="a  b\tc \n\nFrom here \n.\n\n", html="<p>  x\t</p> ")
    raw = to_bytes(made, signer=signer())
    assert verifies(raw)
    assert raw.endswith(b"\r\n" + to_bytes(made))


def test_headers_in_another_script_are_signed_as_they_travel():
    assert verifies(to_bytes(letter(recipient="jörg@example.org"), signer=signer()))


@given(st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r\n", b".", b"="]), max_size=30).map(b"".join))
def test_the_relaxed_body_is_what_the_rfc_says(body):
    assert relaxed_body(body + b"\r\n") == relaxed(body + b"\r\n")


def test_the_sender_signs_unless_another_domain_is_set():
    own, two = NewsletterSettings(sender="A <a@Bücher.example>"), NewsletterSettings(name="two")
    plain = Settings(newsletters=(own, two, NewsletterSettings(name="three")))
    assert signing_domain(plain, own) == "xn--bcher-kva.example"
    assert signing_domains(plain) == ["xn--bcher-kva.example", "example.org"]
    assert signing_domains(plain.model_copy(update={"dkim_domain": "example.com"})) == ["example.com"]


def test_a_new_key_is_its_owners_alone_and_never_overwrites_one(tmp_path: Path):
    path = tmp_path / "dkim.pem"
    write_signing_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_signing_key(path).key_size == 2048
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        write_signing_key(path)
    assert path.read_bytes() == before


SHORT = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - to be refused


def pem(made: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "there is no such file. Make a key with: newsletter keys dkim"),
        (b"", "is not a private key in PEM"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "is not a private key in PEM"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "is not an RSA key"),
        (pem(SHORT), "has 1024 bits, at least 2048"),
    ],
)
def test_a_key_that_cannot_sign_is_refused_with_what_to_do(tmp_path: Path, content, fault):
    path = tmp_path / "dkim.pem"
    if content is not None:
        path.write_bytes(content)
        path.chmod(0o600)
    with pytest.raises(SettingsError, match=fault) as refused:
        load_signing_key(path)
    assert "newsletter keys dkim" in refused.value.next_step


def test_a_key_that_others_can_read_is_refused_with_what_to_do(tmp_path: Path):
    path = tmp_path / "dkim.pem"
    write_signing_key(path)
    path.chmod(0o640)
    with pytest.raises(SettingsError, match=r"mode 0640, allowed is 0600\). Run: chmod 600"):
        load_signing_key(path)
