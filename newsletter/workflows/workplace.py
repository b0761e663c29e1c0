"""What a workflow works with: settings, clock, database and keys, opened once and handed around."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from newsletter.clock import Clock
from newsletter.database import Database
from newsletter.settings import Settings
from newsletter.subscribers.journal import Journal
from newsletter.subscribers.token import Keyring


@dataclass(frozen=True)
class Workplace:
    """Everything with a state of its own that a workflow may touch."""

    settings: Settings
    clock: Clock
    database: Database
    keyring: Keyring

    @property
    def journal(self) -> Journal:
        """The journal of who must not be mailed, outside the database."""
        return Journal(self.settings.journal_path)


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
