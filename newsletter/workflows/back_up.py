"""Backup and restore of both databases. The key file is never in a backup: with both, a stranger could act.

SQLite's own online backup copies a database that is in use, as it is at one moment, and writes one back into
a database that others have open. The journal goes along for the day on which the machine is lost; a restore
never puts an older one in place of the one that is there.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter.clock import Clock
from newsletter.database import SCHEMA_REVISION, Database
from newsletter.errors import RefusedError, SettingsError
from newsletter.settings import Settings
from newsletter.subscribers.token import Keyring
from newsletter.workflows.replay_journal import replay
from newsletter.workflows.workplace import Workplace

DATABASE, CONTENT, JOURNAL = "subscribers.db", "content.db", "newsletter.journal"


@dataclass(frozen=True, kw_only=True)
class Restored:
    """*files* that were put back; the folder in which what was there before is *kept*, if there was anything.

    *replayed*: how many entries of the journal the restored database did not know.
    """

    files: tuple[Path, ...]
    kept: Path | None
    replayed: int


def back_up(settings: Settings, folder: Path) -> list[Path]:
    """Copy both databases and the journal into *folder* (made with mode 0700); the files that were written.

    Raises:
        SettingsError: the database is not SQLite, not there or not sound, or *folder* holds a backup already.
    """
    source = _sqlite_path(settings)
    if not source.is_file():
        raise SettingsError(f"database {source}", "is not there", "Check database_url.")
    taken = [name for name in (DATABASE, CONTENT, JOURNAL) if (folder / name).exists()]
    if taken:
        raise SettingsError(f"folder {folder}", f"holds {taken[0]} already", "Name another folder.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    written = [_copy(source, folder / DATABASE)]
    if settings.content_path.is_file():
        written.append(_copy(settings.content_path, folder / CONTENT))
    if settings.journal_path.is_file():
        # After the database, so that it knows at least as much.
        written.append(_private(folder / JOURNAL))
        shutil.copyfile(settings.journal_path, folder / JOURNAL)
    return written


def restore(settings: Settings, clock: Clock, folder: Path) -> Restored:
    """Put the backup in *folder* in place of both databases, and take off whoever left since.

    What was there before is backed up first, beside the database.

    Raises:
        SettingsError: *folder* holds no sound backup, or one of a newer version; or the key file is absent.
        RefusedError: the backup's letters were signed with a key that the key file does not hold.
    """
    saved = folder / DATABASE
    if not saved.is_file():
        raise SettingsError(f"folder {folder}", f"holds no {DATABASE}", "Name the folder of a backup.")
    _check(saved, settings)
    target, kept = _sqlite_path(settings), None
    if target.is_file():
        kept = target.parent / f"before-restore-{_stamp(clock.now())}"
        back_up(settings, kept)
    files = [_copy(saved, target)]
    if (folder / CONTENT).is_file():
        files.append(_copy(folder / CONTENT, settings.content_path))
    if (folder / JOURNAL).is_file() and not settings.journal_path.exists():
        files.append(_private(settings.journal_path))
        shutil.copyfile(folder / JOURNAL, settings.journal_path)
    return Restored(files=tuple(files), kept=kept, replayed=_catch_up(settings, clock))


def _catch_up(settings: Settings, clock: Clock) -> int:
    database = Database(settings.database_url.get_secret_value())
    try:
        database.upgrade()
        workplace = Workplace(settings, clock, database, Keyring.load(settings.key_path))
        return replay(workplace)
    finally:
        database.close()


def _check(saved: Path, settings: Settings) -> None:
    keys = Keyring.load(settings.key_path).key_ids
    try:
        with closing(sqlite3.connect(f"{saved.absolute().as_uri()}?mode=ro", uri=True)) as source:
            (sound,) = source.execute("PRAGMA quick_check(1)").fetchone()
            (revision,) = source.execute("SELECT version_num FROM alembic_version").fetchone()
            used = {kid for (kid,) in source.execute("SELECT DISTINCT key_id FROM consents")}
    except sqlite3.Error as error:
        raise SettingsError(f"backup {saved}", f"is no database of ours ({error})") from error
    if sound != "ok":
        raise SettingsError(f"backup {saved}", f"is damaged: {sound}", "Take an older one.")
    if revision > SCHEMA_REVISION:
        raise SettingsError(
            f"backup {saved}", "is of a newer version", "Install that version of the newsletter first."
        )
    if missing := sorted(used - set(keys)):
        raise RefusedError(
            f"backup {saved}",
            f"was written with the key {missing[0]}, which {settings.key_path} does not hold",
            "Put back the key file that belongs to it, or no link in its readers' mails works.",
        )


def _copy(source: Path, target: Path) -> Path:
    if not target.exists():
        _private(target)
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as from_file,
            closing(sqlite3.connect(target, timeout=30)) as to_file,
        ):
            from_file.backup(to_file)
            (sound,) = to_file.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise SettingsError(f"database {source}", f"cannot be copied to {target}: {error}") from error
    if sound != "ok":
        raise SettingsError(f"database {source}", f"is damaged: {sound}", "Restore a backup.")
    return target


def _private(path: Path) -> Path:
    """An empty file that nobody else may read."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    return path


def _sqlite_path(settings: Settings) -> Path:
    url = Database(settings.database_url.get_secret_value()).url
    if url.get_backend_name() != "sqlite" or not url.database:
        raise SettingsError(
            "database_url",
            "is not an SQLite file",
            "Back up PostgreSQL with pg_dump; whoever left since is taken off when it is opened again.",
        )
    return Path(url.database)


def _stamp(now: datetime) -> str:
    return f"{now:%Y%m%dT%H%M%SZ}"
