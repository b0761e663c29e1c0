from __future__ import annotations

from datetime import timedelta

from newsletter.database import Database
from newsletter.subscribers.idempotency import KEPT, IdempotencyKey, Seen
from newsletter.subscribers.token import Keyring
from tests.conftest import NOW


def key(
    keyring: Keyring, *, site: str = "clinic", name: str = "one", request: bytes = b"{}"
) -> IdempotencyKey:
    return IdempotencyKey(keyring, site=site, key=name, request=request)


def test_a_request_is_done_once_and_its_answer_known_for_a_day(database: Database, keyring: Keyring) -> None:
    with database.write() as connection:
        assert key(keyring).claim(connection, now=NOW) == (Seen.NEW, 0)
        assert key(keyring).claim(connection, now=NOW) == (Seen.UNDER_WAY, 0)
        key(keyring).finish(connection, status=202, now=NOW)
        assert key(keyring).claim(connection, now=NOW + KEPT - timedelta(seconds=1)) == (Seen.DONE, 202)
        assert key(keyring).claim(connection, now=NOW + KEPT) == (Seen.NEW, 0)


def test_a_key_of_another_request_or_site_is_not_this_one(database: Database, keyring: Keyring) -> None:
    with database.write() as connection:
        key(keyring).claim(connection, now=NOW)
        assert key(keyring, request=b"[]").claim(connection, now=NOW) == (Seen.OTHER, 0)
        assert key(keyring, site="other").claim(connection, now=NOW) == (Seen.NEW, 0)
        assert key(keyring, name="two").claim(connection, now=NOW) == (Seen.NEW, 0)


def test_a_request_whose_process_died_may_be_sent_again_in_a_minute(
    database: Database, keyring: Keyring
) -> None:
    with database.write() as connection:
        key(keyring).claim(connection, now=NOW)
        assert key(keyring).claim(connection, now=NOW + timedelta(seconds=59))[0] is Seen.UNDER_WAY
        assert key(keyring).claim(connection, now=NOW + timedelta(seconds=60))[0] is Seen.NEW


def test_a_request_that_failed_may_be_sent_again_at_once(database: Database, keyring: Keyring) -> None:
    with database.write() as connection:
        key(keyring).claim(connection, now=NOW)
        key(keyring).drop(connection)
        assert key(keyring).claim(connection, now=NOW)[0] is Seen.NEW
