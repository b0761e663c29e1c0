from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from newsletter.subscribers.consent import Action, ConsentAct, ConsentRecord, append_record, verify_chain
from newsletter.subscribers.token import Keyring

RING = Keyring.example()
AT = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)


def act(action: Action = Action.REQUEST) -> ConsentAct:
    return ConsentAct(
        newsletter="daily",
        action=action,
        address="ada@example.org",
        wording="Yes, send me Daily Health.",
        policy_version="1",
        policy_sha256="ab" * 32,
        door="sign-up page",
        page_url="http://letter.example/subscribe",
        message_id="<a@example.org>",
        evidence="POST",
        acted_at=AT,
    )


def chain(keyring: Keyring = RING) -> list[ConsentRecord]:
    records: list[ConsentRecord] = []
    for action in (Action.REQUEST, Action.CONFIRM, Action.WITHDRAW):
        last = records[-1] if records else None
        records.append(
            append_record(act(action), subscriber=b"ada", last=last, salt=b"s" * 16, keyring=keyring)
        )
    return records


def test_a_chain_as_it_was_written_verifies_also_when_it_is_empty() -> None:
    assert verify_chain(chain(), RING)
    assert verify_chain([], RING)


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("name", [field.name for field in fields(ConsentAct)])
def test_one_changed_field_of_any_record_is_found(name: str, position: int) -> None:
    records = chain()
    old = getattr(records[position].act, name)
    new: Any = old + timedelta(microseconds=1) if isinstance(old, datetime) else f"{old}x"
    records[position] = replace(records[position], act=replace(records[position].content, **{name: new}))
    assert not verify_chain(records, RING)


@pytest.mark.parametrize("name", ["subscriber", "salt", "content_digest", "previous", "link", "mac"])
@pytest.mark.parametrize("position", [0, 1, 2])
def test_one_flipped_bit_of_the_chain_itself_is_found(name: str, position: int) -> None:
    records = chain()
    raw = bytearray(getattr(records[position], name))
    raw[0] ^= 1
    changed: dict[str, Any] = {name: bytes(raw)}
    records[position] = replace(records[position], **changed)
    assert not verify_chain(records, RING)


def test_a_missing_moved_or_foreign_record_is_found() -> None:
    first, second, third = chain()
    assert not verify_chain([first, third], RING)
    assert not verify_chain([second, third], RING)
    assert not verify_chain([second, first, third], RING)
    stranger = Keyring({"example": b"s" * 32})
    assert not verify_chain(chain(stranger), RING)
    assert not verify_chain(chain(Keyring({"other": b"s" * 32})), RING)


def test_a_chain_goes_on_under_a_new_key() -> None:
    old = Keyring({"k1": b"1" * 32})
    both = Keyring({"k1": b"1" * 32, "k2": b"2" * 32})
    records = chain(old)
    records.append(append_record(act(), subscriber=b"ada", last=records[-1], salt=b"t" * 16, keyring=both))
    assert verify_chain(records, both)
    assert not verify_chain(records, old)


def test_a_time_read_back_in_another_zone_is_the_same_time() -> None:
    records = chain()
    elsewhere = AT.astimezone(timezone(timedelta(hours=6)))
    records[0] = replace(records[0], act=replace(records[0].content, acted_at=elsewhere))
    assert verify_chain(records, RING)


def test_the_wording_is_kept_with_its_hash_and_no_wording_has_none() -> None:
    assert act().wording_sha256 == "e30dc69e7361fef23abf3aa445af15564cfd5bf396dceeb1292a5421911b7b04"
    assert replace(act(), wording="").wording_sha256 == ""
