"""A database of the version before: its consent chains and mailed links are worth the same after it."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from pydantic import SecretStr

import newsletter
from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.settings import Settings
from newsletter.subscribers.token import Keyring, Purpose
from newsletter.workflows.confirm import Answer, confirm
from newsletter.workflows.prove_consent import prove_consent
from newsletter.workflows.workplace import Workplace
from tests.conftest import NOW
from tests.unit.workflows.conftest import ADA, Life

RING = Keyring.example()
READER = b"ada's handle"
HANDLE = b"link handle!"
SPENT = b"spent handle"


@pytest.fixture
def old(tmp_path: Path) -> str:
    """A 0003 database with Ada, who confirmed "daily" and was asked about "weekly" an hour ago; its URL."""
    path = tmp_path / "old.db"
    database = Database(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(Path(newsletter.__file__).parent / "migrations"))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
    database.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "insert into subscribers (id, handle, address, canonical, created_at, suppressed) "
            "values (1, ?, ?, ?, ?, 0)",
            (READER, ADA, ADA, stamp(NOW)),
        )
        connection.executemany(
            "insert into subscriptions (id, subscriber_id, newsletter, state, handle, created_at, "
            "changed_at, confirmed_at) values (?, 1, ?, ?, ?, ?, ?, ?)",
            (
                (1, "daily", "active", b"daily handle", stamp(NOW), stamp(NOW), stamp(NOW)),
                (2, "weekly", "pending", b"weeklyhandle", stamp(NOW), stamp(NOW), None),
            ),
        )
        asked = NOW - timedelta(hours=1)
        connection.executemany(
            "insert into confirm_requests (handle, subscription_id, message_id, requested_at, expires_at, "
            "spent_at) values (?, ?, ?, ?, ?, ?)",
            (
                (SPENT, 1, "<1@example.org>", stamp(asked), stamp(asked + timedelta(hours=48)), stamp(NOW)),
                (HANDLE, 2, "<2@example.org>", stamp(asked), stamp(asked + timedelta(hours=48)), None),
            ),
        )
        for row in old_chain():
            marks = ", ".join("?" * len(row))
            connection.execute(
                f"insert into consents ({', '.join(row)}) values ({marks})",  # noqa: S608 - columns of ours
                tuple(row.values()),
            )
        connection.commit()
    return f"sqlite:///{path}"


def stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"


def old_chain() -> Iterator[dict[str, object]]:
    """Three records as format 1 had them, made without the code under test."""
    link = hashlib.sha256(b"consent/1\0" + READER).digest()
    for sequence, (action, name) in enumerate(
        (("request", "daily"), ("confirm", "daily"), ("request", "weekly")), start=1
    ):
        acted_at, salt, wording = NOW + timedelta(seconds=sequence), bytes([sequence]) * 16, "Yes, send it."
        content = {
            "newsletter": name,
            "action": action,
            "address": ADA,
            "wording": wording,
            "policy_version": "draft-1",
            "policy_sha256": "ab" * 32,
            "door": "sign-up page",
            "page_url": "http://letter.example/subscribe",
            "message_id": f"<{sequence}@example.org>",
            "evidence": "POST",
        }
        said = content | {
            "acted_at": acted_at.isoformat(timespec="microseconds"),
            "sequence": sequence,
            "subscriber": READER.hex(),
        }
        canonical = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
        digest = hashlib.sha256(b"consent/1\0" + salt + canonical).digest()
        previous, link = link, hashlib.sha256(link + digest).digest()
        yield content | {
            "subscriber_id": 1,
            "sequence": sequence,
            "wording_sha256": hashlib.sha256(wording.encode()).hexdigest(),
            "acted_at": stamp(acted_at),
            "salt": salt,
            "content_digest": digest,
            "previous": previous,
            "link": link,
            "key_id": RING.current,
            "mac": RING.mac(Purpose.CONSENT, link),
        }


@pytest.fixture
def upgraded(old: str, settings: Settings) -> Iterator[Workplace]:
    database = Database(old)
    database.upgrade()
    yield Workplace(
        settings.model_copy(update={"database_url": SecretStr(old)}), FixedClock(NOW), database, RING
    )
    database.close()


def test_a_chain_from_before_still_proves_consent_and_goes_on(upgraded: Workplace) -> None:
    proof = prove_consent(upgraded, ADA)
    assert proof is not None
    assert (proof.is_whole, proof.chain.records, proof.chain.is_end_sealed) == (True, 3, False)
    confirm(upgraded, RING.token(Purpose.CONFIRM, HANDLE), page_url="http://letter.example/confirm/")
    proof = prove_consent(upgraded, ADA)
    assert proof is not None
    assert (proof.is_whole, proof.chain.records, proof.chain.is_end_sealed) == (True, 4, True)
    assert [act.record.format for act in proof.acts] == [1, 1, 1, 2]


@pytest.mark.parametrize("column", ["wording", "evidence", "purpose", "locale", "actor", "software"])
def test_a_change_of_an_old_record_is_found_also_in_columns_that_came_later(
    upgraded: Workplace, column: str
) -> None:
    with upgraded.database.write() as connection:
        connection.exec_driver_sql(f"update consents set {column} = 'operator' where sequence = 2")  # noqa: S608
    proof = prove_consent(upgraded, ADA)
    assert proof is not None
    assert proof.chain.broken_at == 2


def test_a_link_that_was_mailed_before_still_confirms_and_a_used_one_stays_used(upgraded: Workplace) -> None:
    page = "http://letter.example/confirm/"
    assert confirm(upgraded, RING.token(Purpose.CONFIRM, SPENT), page_url=page).answer is Answer.ALREADY
    assert confirm(upgraded, RING.token(Purpose.CONFIRM, HANDLE), page_url=page).answer is Answer.CONFIRMED
    ada = Life(upgraded)
    assert ada.is_mailed("daily")
    assert ada.is_mailed("weekly")


def test_the_handle_of_an_old_link_is_nowhere_in_the_file_any_more(upgraded: Workplace) -> None:
    path = Path(str(upgraded.database.url.database))
    upgraded.database.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    assert READER in path.read_bytes()
    assert HANDLE not in path.read_bytes()
    assert SPENT not in path.read_bytes()
