"""The file of the content store: how it is opened, written and closed, whoever's tables they are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlite_utils import Database, Migrations

from newsletter.errors import ContentError

BUSY_TIMEOUT_S = 30.0


class ContentFile:
    """A connection to the file at *path*; it belongs to the thread that made it."""

    def __init__(self, path: Path, migrations: Migrations) -> None:
        """Open the file and bring the tables of *migrations* up to date.

        Raises:
            ContentError: the file is none of ours, or cannot be opened.
        """
        self.path = path
        connection: sqlite3.Connection | None = None
        try:
            # No implicit transactions: a deferred one fails at once when another process writes.
            connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
            self._database = Database(connection)
            self._database.execute("pragma foreign_keys = on")
            if self._database.journal_mode != "wal":
                self._database.enable_wal()
            # The file can be rebuilt, and in WAL mode it survives a crash: one sync a checkpoint is enough.
            self._database.execute("pragma synchronous = normal")
            if migrations.pending(self._database):
                with self._writing():
                    migrations.apply(self._database)
        except (sqlite3.Error, OSError, ContentError) as error:
            if connection is not None:
                connection.close()
            step = "Move the file away and ingest again: it can be rebuilt."
            reason = error.reason if isinstance(error, ContentError) else f"cannot be used: {error}"
            raise ContentError(f"content store {path}", reason, step) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction with the write lock from its start; a deferred one fails at once on a busy file."""
        try:
            self._database.execute("begin immediate")
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        try:
            yield
            self._database.execute("commit")
        except BaseException as error:
            if self._database.conn.in_transaction:
                self._database.execute("rollback")
            if isinstance(error, sqlite3.Error):
                raise self._unusable(error) from error
            raise

    def _unusable(self, error: Exception) -> ContentError:
        return ContentError(f"content store {self.path}", f"cannot be used: {error}", "Try again.")
