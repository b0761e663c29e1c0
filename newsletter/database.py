"""The operational database: one handle for SQLite (default) and PostgreSQL.

SQLite runs in WAL mode with ``synchronous=FULL``; every writing transaction is BEGIN IMMEDIATE, so that
two writers wait for each other instead of failing half-way (the default BEGIN is DEFERRED and fails at
once when a reader turns writer while another writes).
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from time import sleep
from typing import Any, cast

from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    Executable,
    MetaData,
    Table,
    TypeDecorator,
    create_engine,
    event,
    inspect,
    make_url,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError
from sqlalchemy.sql.compiler import SQLCompiler

from newsletter.errors import SettingsError

#: The newest migration in newsletter/migrations/versions; a test holds it to Alembic's own head.
SCHEMA_REVISION = "0014"

#: Under which name a connection keeps what is to be done once it is committed.
_AFTER_COMMIT = "after commit"

#: How long one writer waits for another.
_BUSY_MILLISECONDS = 30_000

#: Tables are declared beside the store that owns them, all on this one MetaData.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UTCDateTime(TypeDecorator[datetime]):
    """An aware moment, kept in UTC on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times, which have no meaning in a database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive time {value!r}: pass an aware one")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite gives naive values back; they are UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """A handle to the operational database at *url* (an SQLAlchemy URL)."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.engine = _engine(url)
        # SQLite lets one write and has the others look again, up to a tenth of a second later: the threads of
        # one process take their turns here instead.
        is_sqlite = self.engine.dialect.name == "sqlite"
        self._turn: AbstractContextManager[Any] = threading.RLock() if is_sqlite else nullcontext()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for queries; what it changes is rolled back."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in one writing transaction, committed at the end; keep it short."""
        with self._turn, self.engine.connect().execution_options(writing=True) as connection:
            connection.info.pop(_AFTER_COMMIT, None)  # of a transaction that failed
            with connection.begin():
                yield connection
            later: list[Callable[[Connection], None]] = connection.info.pop(_AFTER_COMMIT, [])
        for work in later:
            with self.write() as following:
                work(following)

    def upgrade(self) -> None:
        """Bring the schema to SCHEMA_REVISION; a no-op, and quick, when it is there.

        Raises:
            SettingsError: the database cannot be opened, is no database, or is of a newer version.
        """
        name = self.url.render_as_string(hide_password=True)
        self._make_private()
        try:
            with self.read() as connection:
                found = revision_of(connection)
        except DatabaseError as error:
            raise SettingsError(f"database {name}", str(error.orig), "Check database_url.") from error
        if found == SCHEMA_REVISION:
            return
        if found is not None and found > SCHEMA_REVISION:
            raise SettingsError(
                f"database {name}",
                f"is of a newer version (schema {found}, known up to {SCHEMA_REVISION})",
                "Install that version of the newsletter, or restore a backup.",
            )
        # Alembic takes most of a second to import: only when there is something to do.
        from alembic import command  # noqa: PLC0415
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def _make_private(self) -> None:
        """A new file is its owner's alone: it will hold addresses. SQLite gives its log the same mode."""
        if self.engine.dialect.name == "sqlite" and self.url.database:
            # What is wrong with the path is told when it is opened.
            with suppress(OSError):
                os.close(os.open(self.url.database, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))

    def truncate_log(self) -> bool:
        """Empty SQLite's write-ahead log, which holds what was deleted; False when others were reading it.

        Nothing to do on PostgreSQL, whose log is the database server's own affair.
        """
        if self.engine.dialect.name != "sqlite":
            return True
        raw = self.engine.raw_connection()
        try:
            cursor = raw.cursor()
            # Whoever asked waits for this, and it is tried again within the hour.
            cursor.execute("PRAGMA busy_timeout = 500")
            (busy, _, _) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError:
            return False
        finally:
            raw.cursor().execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
            raw.close()
        return not busy

    def clean_up(self, *, at_most: int | None = None) -> bool:
        """Leave no octet of rows that owe_clean_up() was told of; False when it is to be tried again later.

        SQLite overwrites what it deletes (secure_delete), but not the copies it leaves in its pages when rows
        move between them: only VACUUM does. That writes the whole file anew while nobody else may write, so a
        database of more than *at_most* octets is left for later.
        """
        if self.engine.dialect.name != "sqlite":
            return True
        done = self._vacuum(at_most)
        return self.truncate_log() and done

    def _vacuum(self, at_most: int | None) -> bool:
        raw = self.engine.raw_connection()
        cursor = raw.cursor()
        try:
            (owed,) = cursor.execute("PRAGMA user_version").fetchone()
            (pages,) = cursor.execute("PRAGMA page_count").fetchone()
            (octets,) = cursor.execute("PRAGMA page_size").fetchone()
            if not owed:
                return True
            if at_most is not None and pages * octets > at_most:
                return False
            cursor.execute("PRAGMA busy_timeout = 500")
            cursor.execute("VACUUM")
        except sqlite3.OperationalError:
            return False
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
            raw.close()
        with self.write() as connection:
            # Unless somebody else was erased meanwhile.
            if connection.exec_driver_sql("PRAGMA user_version").scalar() == owed:
                connection.exec_driver_sql("PRAGMA user_version = 0")
        return True

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


class Prepared:
    """A statement that runs thousands of times a second: compiled once, then handed to the driver as it is.

    SQLAlchemy's own way costs some 100 µs a statement, several times what SQLite needs for the work.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[bool]:
        """Execute it for each of *rows* (values by parameter name); whether each changed anything.

        Raises:
            DatabaseError: the driver's error, without the values.
        """
        compiled = self._for(connection)
        cursor = connection.connection.cursor()
        changed = []
        try:
            for values in compiled.all_values(rows):
                cursor.execute(compiled.sql, values)
                changed.append(cursor.rowcount > 0)
        except compiled.error as error:
            raise DatabaseError(compiled.sql, None, error, hide_parameters=True) from error
        finally:
            cursor.close()
        return changed

    def fetch(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Execute it and give the rows, with values as the driver has them.

        Raises:
            DatabaseError: the driver's error, without the values.
        """
        compiled = self._for(connection)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(compiled.sql, *compiled.all_values([values]))
            return list(cursor.fetchall())
        except compiled.error as error:
            raise DatabaseError(compiled.sql, None, error, hide_parameters=True) from error
        finally:
            cursor.close()

    def _for(self, connection: Connection) -> _Compiled:
        name = connection.dialect.name
        if name not in self._compiled:
            self._compiled[name] = _Compiled(self._statement, connection.dialect)
        return self._compiled[name]


class _Compiled:
    """A statement as one driver takes it."""

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        compiled = cast(SQLCompiler, statement.compile(dialect=dialect))  # type: ignore[attr-defined] # all have it
        self.sql = str(compiled)
        self.error: type[Exception] = dialect.dbapi.Error if dialect.dbapi else Exception
        self._order = compiled.positiontup
        self._fixed = {
            name: parameter.effective_value
            for name, parameter in compiled.binds.items()
            if not parameter.required
        }
        self._convert = {
            name: convert
            for name, parameter in compiled.binds.items()
            if (convert := parameter.type.dialect_impl(dialect).bind_processor(dialect))
        }

    def all_values(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """The parameters of every row in the driver's own form."""
        made: list[Any] = []
        known: dict[Any, Any] = {}  # rows share most of their times, and to write one down takes 3 µs
        for row in rows:
            values = {**self._fixed, **row}
            for name, convert in self._convert.items():
                key = name, values[name]
                if key not in known:
                    known[key] = convert(key[1])
                values[name] = known[key]
            made.append(values if self._order is None else [values[name] for name in self._order])
        return made


def upsert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT into *table* that may be told what to do when the row is there (``on_conflict_do_…``)."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def after_commit(connection: Connection, work: Callable[[Connection], None]) -> None:
    """Do *work* in a transaction of its own, once that of *connection* (Database.write) is committed.

    It is not done when the transaction fails.
    """
    connection.info.setdefault(_AFTER_COMMIT, []).append(work)


def revision_of(connection: Connection) -> str | None:
    """The schema's revision; None for a database without one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def owe_clean_up(connection: Connection) -> None:
    """Note, in the transaction that deletes them, that rows must leave no octet (Database.clean_up)."""
    if connection.dialect.name == "sqlite":
        owed = connection.exec_driver_sql("PRAGMA user_version").scalar() or 0
        connection.exec_driver_sql(f"PRAGMA user_version = {owed % 1_000_000 + 1}")


def _engine(url: str) -> Engine:
    # Errors quote the statement, never its parameters: those may be addresses.
    engine = create_engine(url, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
    return engine


def _on_sqlite_connect(connection: Any, _record: object) -> None:
    # The driver's own BEGIN comes too late (before the first write): _on_sqlite_begin sends it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    _turn_to_wal(cursor)
    for pragma in (
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _turn_to_wal(cursor: sqlite3.Cursor) -> None:
    """Switch the file to WAL: SQLite does not wait for its busy timeout here when another is at it, too."""
    for attempts_left in reversed(range(600)):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not attempts_left or "locked" not in str(error):
                raise
            sleep(0.05)
        else:
            return


def _on_sqlite_begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
