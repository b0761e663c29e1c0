"""What a workflow works with: settings, clock, database and keys, opened once and handed around."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from newsletter.clock import Clock
from newsletter.database import Database
from newsletter.delivery.dkim import Signer, load_signing_key, signing_domain
from newsletter.errors import SettingsError
from newsletter.settings import NewsletterSettings, Settings
from newsletter.subscribers.journal import Journal
from newsletter.subscribers.origin import Origin, seal_origin
from newsletter.subscribers.token import Keyring
from newsletter.workflows.outlook import Outlooks
from newsletter.workflows.pool import Pool
from newsletter.workflows.replay_journal import replay


@dataclass(frozen=True)
class Workplace:
    """Everything with a state of its own that a workflow may touch."""

    settings: Settings
    clock: Clock
    database: Database
    keyring: Keyring
    #: Set when this process was told to end: what is in flight is finished, and nothing more is begun.
    stopping: threading.Event = field(default_factory=threading.Event)
    #: What the console has worked out of the days ahead.
    outlooks: Outlooks = field(default_factory=Outlooks, compare=False, repr=False)
    #: What the console keeps between two looks at an issue.
    pool: Pool = field(default_factory=Pool, compare=False, repr=False)

    def signer(self, newsletter: NewsletterSettings) -> Signer | None:
        """Who signs the mails of *newsletter*; None where nobody does, or the relay.

        Raises:
            SettingsError: the key cannot be used.
        """
        settings = self.settings
        if settings.dkim != "on":
            return None
        return Signer(self._signing_key, signing_domain(settings, newsletter), settings.dkim_selector)

    @cached_property
    def _signing_key(self) -> RSAPrivateKey:
        return load_signing_key(self.settings.dkim_key_path)

    @property
    def journal(self) -> Journal:
        """The journal of who must not be mailed, outside the database."""
        return Journal(self.settings.journal_path)

    def seal_origin(self, origin: Origin | None, *, subscriber_id: int) -> bytes | None:
        """Where an act came from, sealed for its record; None for none, or where it is not to be kept."""
        kept = origin if self.settings.keep_origins_days else None
        return seal_origin(self.keyring, kept, subscriber_id=subscriber_id)


@contextmanager
def open_workplace(settings: Settings, clock: Clock) -> Iterator[Workplace]:
    """Open the database and the key file; close them at the end.

    The schema is brought up to date, and whoever left since a backup that was restored is taken off.

    Raises:
        SettingsError: the key file, the database or the journal cannot be used.
    """
    keyring = Keyring.load(settings.key_path)
    database = Database(settings.database_url.get_secret_value())
    try:
        database.upgrade()
        workplace = Workplace(settings, clock, database, keyring)
        _catch_up(workplace)
        yield workplace
    finally:
        database.close()


def _catch_up(workplace: Workplace) -> None:
    try:
        replay(workplace)
    except OSError as error:
        raise SettingsError(
            f"journal {workplace.journal.path}",
            f"cannot be used: {error.strerror}",
            "It says who must not be mailed: make it readable and writable for the newsletter's user.",
        ) from error
