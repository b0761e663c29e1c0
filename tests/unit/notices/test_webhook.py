"""What is sent to a site, and what its answers mean."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.notices.webhook import (
    WAITS,
    Answer,
    EventType,
    Verdict,
    asked_wait,
    event_body,
    sign,
    subscriber_id,
    wait_after,
    webhook_secret,
)
from newsletter.subscribers.token import Keyring, add_key, write_key_file

NOW = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
HANDLE = b"reader-hand!"


def key_of(secret: str) -> bytes:
    assert secret.startswith("whsec_")
    return base64.b64decode(secret.removeprefix("whsec_"), validate=True)


def signature(secret: str, signed: bytes) -> str:
    return "v1," + base64.b64encode(hmac.new(key_of(secret), signed, hashlib.sha256).digest()).decode()


def test_the_body_is_canonical_json_with_these_fields_and_no_other() -> None:
    body = event_body(
        event_id="evt_1",
        event_type=EventType.CONFIRMED,
        site="clinic",
        newsletter="daily",
        email="zoë@example.org",
        subscriber="ab12",
        now=NOW.replace(microsecond=999),
    )
    assert body == (
        '{"created_at":"2026-03-03T09:30:00Z","email":"zoë@example.org","id":"evt_1","newsletter":"daily",'
        '"site":"clinic","subscriber":"ab12","type":"confirmed"}'
    )
    assert json.loads(body)["type"] == "confirmed"


def test_the_signature_is_that_of_standard_webhooks(keyring: Keyring) -> None:
    headers = sign(keyring, site="clinic", event_id="evt_1", body='{"a":"é"}', now=NOW)
    signed = 'evt_1.1772530200.{"a":"é"}'.encode()
    assert headers == {
        "webhook-id": "evt_1",
        "webhook-timestamp": "1772530200",
        "webhook-signature": signature(webhook_secret(keyring, "clinic"), signed),
    }
    assert 24 <= len(key_of(webhook_secret(keyring, "clinic"))) <= 64


def test_each_site_has_a_secret_of_its_own(keyring: Keyring) -> None:
    assert webhook_secret(keyring, "clinic") != webhook_secret(keyring, "clinic2")


def test_after_a_rotation_the_secret_of_either_key_verifies_and_the_reader_keeps_the_name(
    tmp_path: Path,
) -> None:
    path = tmp_path / "newsletter.key"
    write_key_file(path)
    before = Keyring.load(path)
    old, name = webhook_secret(before, "clinic"), subscriber_id(before, site="clinic", handle=HANDLE)
    add_key(path)
    # Both a process that was running meanwhile and one that started since.
    for keyring in (before, Keyring.load(path)):
        new = webhook_secret(keyring, "clinic")
        assert new != old
        given = sign(keyring, site="clinic", event_id="evt_1", body="{}", now=NOW)["webhook-signature"]
        assert given.split(" ") == [signature(secret, b"evt_1.1772530200.{}") for secret in (new, old)]
        assert subscriber_id(keyring, site="clinic", handle=HANDLE) == name


def test_two_sites_cannot_tell_that_a_reader_is_the_same(keyring: Keyring) -> None:
    names = {subscriber_id(keyring, site=site, handle=HANDLE) for site in ("clinic", "clinic2")}
    assert len(names) == 2
    assert all(len(name) == 32 and HANDLE.hex() not in name for name in names)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.TAKEN),
        (204, Verdict.TAKEN),
        (301, Verdict.LATER),
        (307, Verdict.LATER),
        (400, Verdict.REFUSED),
        (404, Verdict.REFUSED),
        (408, Verdict.LATER),
        (410, Verdict.GONE),
        (422, Verdict.REFUSED),
        (429, Verdict.LATER),
        (500, Verdict.LATER),
        (503, Verdict.LATER),
        (None, Verdict.LATER),
    ],
)
def test_what_an_answer_means(status: int | None, verdict: Verdict) -> None:
    assert Answer(status).verdict is verdict


def test_the_waits_grow_to_three_hours_and_heed_what_was_asked_up_to_that() -> None:
    waits = [wait_after(failures) for failures in range(1, 9)]
    assert waits == [*WAITS, WAITS[-1], WAITS[-1]]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=30)
    assert wait_after(1, asked=timedelta(minutes=20)) == timedelta(minutes=20)
    assert wait_after(1, asked=timedelta(seconds=1)) == timedelta(seconds=30)
    assert wait_after(1, asked=timedelta(days=365)) == timedelta(hours=3)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("Tue, 03 Mar 2026 09:31:00 GMT", 60),
        ("Tue, 03 Mar 2026 09:31:00 -0000", 60),
        ("Tue, 03 Mar 2026 09:29:00 GMT", 0),
        ("", 0),
        ("-5", 0),
        ("soon", 0),
        ("9" * 5000, 0),
        ("Tue, 99 Mar 2026 99:99:99 GMT", 0),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str, seconds: int) -> None:
    assert asked_wait(header, now=NOW) == timedelta(seconds=seconds)
