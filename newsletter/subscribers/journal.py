"""The journal: who must not be mailed, written outside the database, so that no restore forgets it.

A file of JSON lines. Who must not be mailed is appended before the database commits, who is back after it.
Each line names an address by its keyed hash (suppression.digests) and nothing else of it. The database knows
how far into the journal it has come; one that was restored from a backup is behind, and what follows is
applied to it when it is opened next (workflows/replay_journal.py).
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from newsletter.database import after_commit
from newsletter.subscribers.schema import journal_position

log = logging.getLogger(__name__)


class Act(StrEnum):
    """What an entry says of an address; *about* is the reason, or the newsletter."""

    SUPPRESS = "suppress"  # about: the reason
    LIFT = "lift"  # about: nothing
    LEAVE = "leave"  # about: the newsletter
    JOIN = "join"  # about: the newsletter


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line. *digest*: HMAC-SHA256 of the canonical address under the key *key_id*."""

    at: datetime
    key_id: str
    digest: bytes
    act: Act
    about: str = ""


@dataclass(frozen=True)
class Journal:
    """The file at *path*, made with mode 0600 when the first entry comes."""

    path: Path

    @property
    def size(self) -> int:
        """Its length in octets; 0 when there is none yet."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, connection: Connection, entries: Iterable[Entry]) -> None:
        """Write *entries* to the disk, and into *connection*'s transaction that they are known there.

        Raises:
            OSError: the file cannot be written; the caller's transaction must not commit then.
        """
        lines = b"".join(_line(entry) for entry in entries)
        if lines:
            advance(connection, self._write(lines))

    def append_after(self, connection: Connection, entries: Iterable[Entry]) -> None:
        """Write *entries* once *connection*'s transaction is committed, and never if it fails.

        For what brings somebody back: said too early, it would outlive a transaction that was rolled back.
        Said too late, or not at all, somebody is not mailed after a restore, which harms nobody.
        """
        said = list(entries)

        def write(following: Connection) -> None:
            try:
                self.append(following, said)
            except OSError as error:
                log.warning("the journal %s was not told who is back: %s", self.path, error.strerror)

        after_commit(connection, write)

    def read(self, after: int = 0) -> Iterator[Entry]:
        """The entries behind the first *after* octets, oldest first; a line that was cut is passed over."""
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return
        with file:
            file.seek(after)
            for line in file:
                entry = _entry(line)
                if entry is not None:
                    yield entry

    def pad(self, octets: int) -> None:
        """Fill the file up to that length with a line that says nothing."""
        missing = octets - self.size
        if missing > 0:
            self._write(b" " * (missing - 1) + b"\n")

    def _write(self, lines: bytes) -> int:
        """Append and sync; the length afterwards."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            end = file.seek(0, os.SEEK_END)
            if end:
                file.seek(end - 1)
                if file.read(1) != b"\n":  # a machine stopped in the middle of a line
                    lines = b"\n" + lines
            written = 0
            while written < len(lines):
                written += file.write(lines[written:])
            os.fsync(file.fileno())
            return end + written


def came_back(journal: Journal) -> frozenset[bytes]:
    """The hashes whose suppression was ended, and which were not suppressed again since."""
    back: set[bytes] = set()
    for entry in journal.read():
        if entry.act is Act.LIFT:
            back.add(entry.digest)
        elif entry.act is Act.SUPPRESS:
            back.discard(entry.digest)
    return frozenset(back)


def known_octets(connection: Connection, *, lock: bool = False) -> int:
    """How much of the journal this database has taken in; *lock*: after everybody who writes more of it."""
    known = select(journal_position.c.octets)
    return connection.execute(known.with_for_update() if lock else known).scalar() or 0


def advance(connection: Connection, octets: int) -> None:
    """Note that the first *octets* of the journal are known here."""
    if not connection.execute(update(journal_position).values(octets=octets)).rowcount:
        connection.execute(insert(journal_position).values(id=1, octets=octets))


def _line(entry: Entry) -> bytes:
    said = {
        "at": entry.at.isoformat(timespec="seconds"),
        "key": entry.key_id,
        "hash": entry.digest.hex(),
        "act": entry.act,
        "about": entry.about,
    }
    return json.dumps(said, separators=(",", ":")).encode("ascii") + b"\n"


def _entry(line: bytes) -> Entry | None:
    try:
        said = json.loads(line)
        at, key, about = datetime.fromisoformat(said["at"]), said["key"], said["about"]
        digest, act = bytes.fromhex(said["hash"]), Act(said["act"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    # A line that was changed by hand must not stop the pages and the clock.
    if at.tzinfo is None or not isinstance(key, str) or not isinstance(about, str):
        return None
    return Entry(at=at, key_id=key, digest=digest, act=act, about=about)
