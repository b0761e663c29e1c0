"""The database: durable settings, writers that wait, times that mean something."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, exc, select, text

from newsletter.database import SCHEMA_REVISION, Database, UTCDateTime
from newsletter.errors import SettingsError

moments = Table(
    "moments", MetaData(), Column("id", Integer, primary_key=True), Column("happened_at", UTCDateTime)
)
UPGRADE = (
    "import sys; from newsletter.database import Database; d = Database(sys.argv[1]); d.upgrade(); d.close()"
)


@pytest.fixture
def counter(database: Database) -> Database:
    """The database with a table that holds one number."""
    with database.write() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
        moments.create(connection)
    return database


def count(connection: Connection) -> int:
    return int(connection.execute(text("SELECT n FROM counter")).scalar_one())


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("secure_delete", 1)],
)
def test_every_connection_is_durable_and_strict(database, pragma, value):
    for _ in range(2):
        with database.read() as connection, database.write() as another:
            for each in (connection, another):
                assert each.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_a_row_that_points_nowhere_is_refused(database):
    with pytest.raises(exc.IntegrityError), database.write() as connection:
        connection.execute(text("INSERT INTO deliveries (issue_id, subscription_id) VALUES (999, 1)"))


def test_what_was_written_is_there_for_the_next_reader(counter):
    with counter.write() as connection:
        connection.execute(text("UPDATE counter SET n = 7"))
    with counter.read() as connection:
        assert count(connection) == 7


def test_an_error_while_writing_leaves_nothing_behind(counter):
    def write_and_fail() -> None:
        with counter.write() as connection:
            connection.execute(text("UPDATE counter SET n = 7"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    with counter.read() as connection:
        assert count(connection) == 0


def test_a_reader_cannot_leave_a_change_behind(counter):
    with counter.read() as connection:
        connection.execute(text("UPDATE counter SET n = 7"))
    with counter.read() as connection:
        assert count(connection) == 0


def test_a_reader_sees_one_state_while_somebody_writes(counter):
    with counter.read() as reader:
        before = count(reader)
        with counter.write() as writer:
            writer.execute(text("UPDATE counter SET n = 9"))
        assert count(reader) == before


def test_two_writers_wait_for_each_other_instead_of_failing_or_losing_a_change(counter):
    """Each reads, pauses and writes: a deferred transaction would fail with "database is locked"."""
    faults: list[BaseException] = []

    def add_one() -> None:
        try:
            for _ in range(5):
                with counter.write() as connection:
                    seen = count(connection)
                    time.sleep(0.01)
                    connection.execute(text("UPDATE counter SET n = :n"), {"n": seen + 1})
        except BaseException as fault:  # noqa: BLE001 - handed to the test
            faults.append(fault)

    threads = [threading.Thread(target=add_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with counter.read() as connection:
        assert count(connection) == 20


def test_a_time_without_a_zone_is_refused(counter):
    naive = datetime(2026, 3, 3, 7, 0)  # noqa: DTZ001 - the mistake under test
    with pytest.raises(exc.StatementError, match="naive time"), counter.write() as connection:
        connection.execute(moments.insert().values(happened_at=naive))


def test_a_time_comes_back_as_the_same_moment_in_utc(counter):
    at = datetime(2026, 7, 1, 7, 0, tzinfo=ZoneInfo("Europe/London"))
    with counter.write() as connection:
        connection.execute(moments.insert(), [{"happened_at": at}, {"happened_at": None}])
    with counter.read() as connection:
        back, nothing = connection.execute(select(moments.c.happened_at).order_by(moments.c.id)).scalars()
    assert (back, back.tzinfo, nothing) == (at, UTC, None)


def test_upgrading_again_is_harmless_and_quick(database):
    with database.write() as connection:
        connection.execute(text("INSERT INTO signup_counts VALUES ('clinic', '2026-03-03', 4, 3, 2)"))
    taken = []
    for _ in range(20):
        started = time.thread_time()
        database.upgrade()
        taken.append(time.thread_time() - started)
    assert sum(taken) / 20 < 0.05
    with database.read() as connection:
        assert connection.execute(text("SELECT taken FROM signup_counts")).scalar() == 4


def test_processes_that_upgrade_a_new_database_at_once_all_succeed(tmp_path):
    url = f"sqlite:///{tmp_path / 'new.db'}"
    command = [sys.executable, "-c", UPGRADE, url]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    ends = [(each.communicate(timeout=60)[1], each.returncode) for each in running]
    assert ends == [("", 0)] * 3


def test_connections_to_a_new_file_opened_at_once_do_not_lock_each_other_out(tmp_path):
    """Turning a new file to WAL needs it for oneself for a moment; nobody may fail over that."""
    faults: list[BaseException] = []

    def open_it(url: str, gate: threading.Barrier) -> None:
        try:
            handle = Database(url)
            gate.wait()
            with handle.write() as connection:
                connection.execute(text("CREATE TABLE IF NOT EXISTS one (n INTEGER)"))
            handle.close()
        except BaseException as fault:  # noqa: BLE001 - handed to the test
            faults.append(fault)

    for attempt in range(5):
        gate = threading.Barrier(4)
        url = f"sqlite:///{tmp_path / f'{attempt}.db'}"
        threads = [threading.Thread(target=open_it, args=(url, gate)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert faults == []


def test_a_closed_database_is_one_file_that_can_be_copied(database, tmp_path):
    database.close()
    assert [path.name for path in tmp_path.glob("subscribers.db*")] == ["subscribers.db"]


def test_a_database_of_a_newer_version_is_refused_and_not_touched(database):
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError, match=f"schema 9999, known up to {SCHEMA_REVISION}"):
        database.upgrade()


@pytest.mark.parametrize("content", [None, b"This is a letter and not a database. " * 50])
def test_a_database_that_cannot_be_opened_is_named_with_the_setting(tmp_path, content):
    path = tmp_path / "folder" / "x.db"
    if content:
        path.parent.mkdir()
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"folder/x\.db: .*Check database_url\."):
        Database(f"sqlite:///{path}").upgrade()
