from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.database import Database
from newsletter.subscribers.journal import Act, Entry, Journal, known_octets
from newsletter.subscribers.suppression import Reason, journal_entry, lift, suppress
from newsletter.subscribers.token import Keyring

AT = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
ADA = "ada@example.org"


def entry(about: str = "erased") -> Entry:
    return Entry(at=AT, key_id="k1", digest=b"\x01" * 32, act=Act.SUPPRESS, about=about)


def test_what_was_appended_is_read_back_and_the_database_knows_how_far_it_is(
    database: Database, journal: Journal
) -> None:
    assert list(journal.read()) == []
    with database.write() as connection:
        assert known_octets(connection) == 0
        journal.append(connection, [entry("erased"), entry("bounced")])
        assert known_octets(connection) == journal.size > 0
    assert [one.about for one in journal.read()] == ["erased", "bounced"]
    first_line = journal.path.read_bytes().index(b"\n") + 1
    assert list(journal.read(after=first_line)) == [entry("bounced")]


def test_nobody_but_its_owner_can_read_the_file_and_it_holds_no_address(
    database: Database, journal: Journal
) -> None:
    ring = Keyring.example()
    with database.write() as connection:
        suppress(connection, ring, ADA, reason=Reason.ERASED, journal=journal, now=AT)
        lift(connection, ring, ADA, journal=journal, now=AT)
    assert journal.path.stat().st_mode & 0o777 == 0o600
    assert b"ada" not in journal.path.read_bytes()
    assert [one.act for one in journal.read()] == [Act.SUPPRESS, Act.LIFT]


def test_a_line_that_a_power_cut_left_half_written_costs_no_other_line(
    database: Database, tmp_path: Path
) -> None:
    torn = Journal(tmp_path / "torn.journal")
    torn.path.write_bytes(b'{"at":"2026-03-03T09:30')
    with database.write() as connection:
        torn.append(connection, [entry()])
        assert known_octets(connection) == torn.size
    assert list(torn.read()) == [entry()]


@pytest.mark.parametrize(
    "line",
    [
        b'{"at":"2026-03-03T09:30:00","key":"k1","hash":"00","act":"suppress","about":"erased"}',
        b'{"at":"2026-03-03T09:30:00+00:00","key":"k1","hash":"00","act":"leave","about":["x"]}',
        b'{"at":"2026-03-03T09:30:00+00:00","key":5,"hash":"00","act":"suppress","about":"x"}',
        b"[" * 100_000,
    ],
)
def test_a_line_that_was_changed_by_hand_is_passed_over(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "newsletter.journal"
    path.write_bytes(line + b"\n")
    assert list(Journal(path).read()) == []


def test_who_is_back_is_told_only_once_that_is_committed(
    database: Database, journal: Journal, keyring: Keyring
) -> None:
    lifted = journal_entry(keyring, ADA, Act.LIFT, now=AT)

    def fail() -> None:
        with database.write() as connection:
            journal.append_after(connection, [lifted])
            raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        fail()
    with database.write() as connection:
        pass
    assert list(journal.read()) == []
    with database.write() as connection:
        journal.append_after(connection, [lifted])
        assert list(journal.read()) == []
    assert [each.act for each in journal.read()] == [Act.LIFT]
    with database.read() as connection:
        assert known_octets(connection) == journal.size
