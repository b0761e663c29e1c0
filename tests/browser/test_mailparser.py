"""A compiled letter as the mail parser of the JavaScript world reads it: npm's mailparser, real."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from newsletter import samples
from newsletter.content.sources.document import read_document
from newsletter.delivery.dkim import Signer
from newsletter.delivery.letter import Postman, Reader
from newsletter.rendering.edition import render_edition
from newsletter.settings import NewsletterSettings, Settings
from newsletter.subscribers.token import Keyring
from tests.browser.node import FOLDER, WHY_NOT, has_tools, node
from tests.unit.factory import picked

pytestmark = pytest.mark.skipif(not has_tools(), reason=WHY_NOT)

DAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def postman() -> Postman:
    """An issue of the samples, from a sender whose name needs encoding."""
    articles = [read_document(path) for path in sorted(Path(samples.__file__).parent.glob("*.md"))]
    settings = Settings(base_url="https://letter.example")
    newsletter = NewsletterSettings(
        sender='"Gesundheit, täglich" <letter@example.org>', reply_to="editors@example.org"
    )
    edition = render_edition(picked(articles, day=DAY), settings=settings, newsletter=newsletter)
    assert not edition.errors
    return Postman(
        settings=settings,
        newsletter=newsletter,
        keyring=Keyring.example(),
        issued_on=DAY,
        edition=replace(edition, subject="Grüße, and what helps: 5 = 5 🙂"),
        sent_at=datetime(2026, 11, 23, 7, tzinfo=UTC),
    )


def parsed(raw: bytes, folder: Path) -> dict[str, Any]:
    path = folder / "issue.eml"
    path.write_bytes(raw)
    done = subprocess.run(
        [str(node()), str(FOLDER / "parse_mail.mjs"), str(path)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").rstrip("\n").split("\n")


@pytest.mark.parametrize("address", ["ada@example.org", "jörg@example.org"])
def test_it_reads_every_header_both_parts_and_both_links(
    postman: Postman, tmp_path: Path, address: str
) -> None:
    reader = Reader(address, b"handle-of-12")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signed = replace(postman, signer=Signer(key, "example.org", "letter"))
    found, letter = parsed(signed.message(reader), tmp_path), postman.letter(reader)
    assert found["subject"] == letter.subject
    assert found["from"] == [{"address": "letter@example.org", "name": "Gesundheit, täglich"}]
    assert [one["address"] for one in found["to"]] == [address]
    assert [one["address"] for one in found["replyTo"]] == ["editors@example.org"]
    assert found["messageId"] == letter.message_id
    assert found["date"] == "2026-11-23T07:00:00.000Z"
    assert found["attachments"] == 0
    assert len(found["names"]) == len(set(found["names"]))
    assert lines(found["text"]) == lines(letter.text)
    assert lines(found["html"]) == lines(letter.html)
    unsubscribe = found["list"]["unsubscribe"]["url"]
    assert f"<{unsubscribe}>" == dict(letter.headers)["List-Unsubscribe"]
    preferences = unsubscribe.partition("/unsubscribe/")[0] + "/preferences/"
    for part in (found["text"], found["html"]):
        assert unsubscribe in part
        assert preferences in part
