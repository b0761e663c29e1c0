"""What a workflow works with: settings, clock, database and keys, opened once and handed around."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from newsletter.clock import Clock
from newsletter.database import Database
from newsletter.settings import Settings
from newsletter.subscribers.token import Keyring


@dataclass(frozen=True)
class Workplace:
    """Everything with a state of its own that a workflow may touch."""

    settings: Settings
    clock: Clock
    database: Database
    keyring: Keyring


@contextmanager
def open_workplace(settings: Settings, clock: Clock) -> Iterator[Workplace]:
    """Open the database (bringing its schema up to date) and the key file; close them at the end."""
    keyring = Keyring.load(settings.key_path)
    database = Database(settings.database_url.get_secret_value())
    try:
        database.upgrade()
        yield Workplace(settings, clock, database, keyring)
    finally:
        database.close()
