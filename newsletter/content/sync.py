"""What is remembered of an origin between two syncs: how far it was read, and what it held.

The tables lie in content.db beside the articles, so that throwing the file away forgets both together.
Everything is written after the articles that it speaks of: a sync killed in between reads a page again,
and finds it unchanged.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database, Migrations

from newsletter.content.file import ContentFile

_migrations = Migrations("sync")

#: So much of what a run rejected is kept, for a person to look at.
MOST_REJECTED = 500


@_migrations(name="0001_sync")
def _sync(database: Database) -> None:
    database.table("sync_origin").create(
        {
            "origin": str, "cursor": str, "checkpoint": str, "run_at": str, "counts": str, "rejected": str,
            "failure": str,
        },
        pk="origin",
    )  # fmt: skip
    database.table("sync_item").create(
        {
            "origin": str, "remote_id": str, "article_id": str, "url": str, "modified": str, "hash": str,
            "reason": str,
        },
        pk=("origin", "remote_id"),
        not_null={"article_id", "url", "modified", "hash", "reason"},
    )  # fmt: skip
    database.table("sync_item").create_index(["origin", "url"])
    database.table("sync_page").create(
        {"origin": str, "url": str, "etag": str, "last_modified": str},
        pk=("origin", "url"),
        not_null={"etag", "last_modified"},
    )


@dataclass(frozen=True)
class Item:
    """One thing that the origin held when it was last read.

    *modified* is the origin's own word for the time of its last change, kept as it came, to be compared
    and not to be read; *hash* is that of the article; *reason* says why it became none, if it did not.
    """

    remote_id: str
    article_id: str = ""
    url: str = ""
    modified: str = ""
    hash: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Checkpoint:
    """Where a sync stood: the page to read next of the listing of what changed after *after*.

    *newest* is the newest time of change met so far; it becomes the cursor when the listing is read.
    """

    page: int
    after: datetime | None
    newest: datetime | None


@dataclass(frozen=True)
class Run:
    """How the last sync of an origin ended: when, what it counted, what it rejected, why it broke off."""

    run_at: datetime
    counts: Mapping[str, int]
    rejected: tuple[tuple[str, str], ...] = ()
    failure: str = ""


class SyncRuns(ContentFile):
    """How the last sync of every origin ended; a context manager that closes the file."""

    def __init__(self, path: Path) -> None:
        """Open the file and bring these tables up to date.

        Raises:
            ContentError: the file cannot be used.
        """
        super().__init__(path, _migrations)

    def of(self, origins: Sequence[str]) -> dict[str, Run]:
        """The last run of each of these origins, as far as there was one."""
        sql = "select * from sync_origin where origin in (select value from json_each(?)) and run_at > ''"
        return self._read(sql, json.dumps(list(origins)))

    def latest(self, number: int) -> dict[str, Run]:
        """The *number* latest runs of whatever origin."""
        return self._read("select * from sync_origin where run_at > '' order by run_at desc limit ?", number)

    def _read(self, sql: str, *values: object) -> dict[str, Run]:
        try:
            rows = list(self._database.query(sql, list(values)))
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        return {row["origin"]: _run(row) for row in rows}


def _run(row: dict[str, Any]) -> Run:
    rejected = tuple((item, reason) for item, reason in json.loads(row["rejected"] or "[]"))
    return Run(
        datetime.fromisoformat(row["run_at"]), json.loads(row["counts"] or "{}"), rejected,
        row["failure"] or "",
    )  # fmt: skip


class SyncState(ContentFile):
    """The memory of one *origin* in the file at *path*; a context manager that closes the file.

    Like the content store it belongs to the thread that made it. Its connection is its own: the store's
    transactions and these never mix.
    """

    def __init__(self, path: Path, *, origin: str) -> None:
        """Open the file and bring these tables up to date.

        Raises:
            ContentError: the file cannot be used.
        """
        super().__init__(path, _migrations)
        self.origin = origin

    @property
    def cursor(self) -> datetime | None:
        """The newest change that a whole listing was read up to; None before the first."""
        return _moment(self._value("cursor"))

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Where a sync was cut off; None when the last one read its listing to the end."""
        kept = self._value("checkpoint")
        if not kept:
            return None
        values = json.loads(kept)
        return Checkpoint(values["page"], _moment(values["after"]), _moment(values["newest"]))

    @property
    def last_run(self) -> Run | None:
        """How the last sync ended; None before the first."""
        row = next(self._rows("select * from sync_origin where origin = ?", self.origin), None)
        return _run(row) if row and row["run_at"] else None

    def items(self) -> dict[str, Item]:
        """All that the origin is known to hold, by remote id."""
        rows = self._rows(
            "select remote_id, article_id, url, modified, hash, reason from sync_item where origin = ? "
            "order by remote_id",
            self.origin,
        )
        return {row["remote_id"]: Item(**row) for row in rows}

    def remember(self, items: Sequence[Item], *, checkpoint: Checkpoint | None = None) -> None:
        """Note *items* and, in the same transaction, the *checkpoint* that is reached with them."""
        with self._writing():
            for item in items:
                # A feed knows a page by its address only; when REST has named it, that is done with.
                self._database.execute(
                    "delete from sync_item where origin = ? and remote_id = ? and remote_id <> ?",
                    [self.origin, item.url, item.remote_id],
                )
                self._database.execute(
                    "insert or replace into sync_item (origin, remote_id, article_id, url, modified, hash, "
                    "reason) values (?, ?, ?, ?, ?, ?, ?)",
                    [
                        self.origin, item.remote_id, item.article_id, item.url, item.modified, item.hash,
                        item.reason,
                    ],
                )  # fmt: skip
            if checkpoint is not None:
                said = {
                    "page": checkpoint.page,
                    "after": _written(checkpoint.after),
                    "newest": _written(checkpoint.newest),
                }
                self._set("checkpoint", json.dumps(said))

    def finish_listing(self, cursor: datetime | None) -> None:
        """The listing is read to its end: *cursor* counts from now on, and the checkpoint is done with."""
        with self._writing():
            if cursor is not None:
                self._set("cursor", _written(cursor))
            self._set("checkpoint", "")

    def forget(self, remote_ids: Sequence[str]) -> None:
        """These are no longer there."""
        with self._writing():
            for remote_id in remote_ids:
                self._database.execute(
                    "delete from sync_item where origin = ? and remote_id = ?", [self.origin, remote_id]
                )

    def start_over(self) -> None:
        """Read everything again next time, as if nothing had been; article ids stay known."""
        with self._writing():
            self._set("cursor", "")
            self._set("checkpoint", "")
            for sql in (
                "update sync_item set modified = '', hash = '' where origin = ?",
                "update sync_page set etag = '', last_modified = '' where origin = ?",
            ):
                self._database.execute(sql, [self.origin])

    def validators(self, url: str) -> tuple[str, str]:
        """ETag and Last-Modified of the page at *url* when it was last read; empty where there were none."""
        row = next(self._rows("select * from sync_page where origin = ? and url = ?", self.origin, url), None)
        return (row["etag"], row["last_modified"]) if row else ("", "")

    def keep_validators(self, url: str, *, etag: str, last_modified: str) -> None:
        """Keep both for the next time; once everything on the page is stored."""
        with self._writing():
            self._database.execute(
                "insert or replace into sync_page (origin, url, etag, last_modified) values (?, ?, ?, ?)",
                [self.origin, url, etag, last_modified],
            )

    def keep_run(self, run: Run) -> None:
        """Keep how the sync ended; of what it rejected, the first 500 (*counts* says how many there were)."""
        run = replace(run, rejected=tuple(run.rejected[:MOST_REJECTED]))
        with self._writing():
            self._set("run_at", _written(run.run_at))
            self._set("counts", json.dumps(dict(run.counts)))
            self._set("rejected", json.dumps(run.rejected))
            self._set("failure", run.failure)

    def _set(self, column: str, value: str) -> None:
        self._database.execute(
            f"insert into sync_origin (origin, {column}) values (?, ?) "  # noqa: S608 - names from this module
            f"on conflict (origin) do update set {column} = excluded.{column}",
            [self.origin, value],
        )

    def _value(self, column: str) -> str:
        row = next(self._rows("select * from sync_origin where origin = ?", self.origin), None)
        return str(row[column] or "") if row else ""

    def _rows(self, sql: str, *values: object) -> Iterator[dict[str, Any]]:
        try:
            yield from list(self._database.query(sql, list(values)))
        except sqlite3.Error as error:
            raise self._unusable(error) from error


def _written(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat() if moment else ""


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
