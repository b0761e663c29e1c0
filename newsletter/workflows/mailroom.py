"""The mailroom: the editions of one issue, and who is sent which."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from newsletter.delivery.letter import Postman
from newsletter.errors import DeliveryError
from newsletter.issues.desk import offered_topics
from newsletter.issues.store import StoredIssue
from newsletter.issues.topic_set import GENERAL
from newsletter.rendering import store as edition_store
from newsletter.rendering.edition import Edition
from newsletter.rendering.store import EditionFacts
from newsletter.settings import NewsletterSettings
from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.topics import topics_of
from newsletter.workflows.topic_editions import edition_of
from newsletter.workflows.workplace import Workplace


@dataclass(frozen=True)
class Assigned:
    """Who writes the letter, and which edition that is, sealed; None for the general one."""

    postman: Postman
    sealed: bytes | None


@dataclass
class Mailroom:
    """The editions of an issue, each with a postman of its own, made when its first reader comes."""

    workplace: Workplace
    newsletter: NewsletterSettings
    stored: StoredIssue
    sent_at: datetime
    general: Postman
    editions: dict[str, EditionFacts]
    sealer: Sealer
    _postmen: dict[str, Postman] = field(default_factory=dict)

    def assign(self, connection: Connection, subscription_id: int, sent: bytes | None) -> Assigned | None:
        """The edition for a reader's topics as they are now; None when none is without what they never want.

        *sent*, sealed, is the one that an earlier attempt sent: it is sent again, so that a repeat is the
        same message, as long as the reader has not ruled it out since.
        """
        if len(self.editions) <= 1 and not any(one.private for one in self.editions.values()):
            return Assigned(self.general, None)
        choice = topics_of(connection, self.sealer, subscription_id)
        key: str | None = self.sealer.open(sent, owner=subscription_id) if sent else None
        if key not in self.editions or choice.never & self.editions[key].private:
            key = edition_of(
                choice,
                self.editions,
                offered=offered_topics(self.newsletter),
                day=self.stored.issue.issued_on,
            )
        if key is None:
            return None
        sealed = self.sealer.seal(key, owner=subscription_id) if key != GENERAL else None
        return Assigned(self._postman(connection, key), sealed)

    def _postman(self, connection: Connection, key: str) -> Postman:
        if key == GENERAL:
            return self.general
        if key not in self._postmen:
            edition = edition_store.find(connection, self.stored.id, key)
            self._postmen[key] = _postman(self.workplace, self.newsletter, self.stored, edition, self.sent_at)
        return self._postmen[key]


def open_mailroom(workplace: Workplace, newsletter: NewsletterSettings, stored: StoredIssue) -> Mailroom:
    """The mailroom of an issue whose sending has begun.

    Raises:
        DeliveryError: its edition is not there.
        SettingsError: it is to be signed, and the key cannot be used.
    """
    with workplace.database.read() as connection:
        edition = edition_store.find(connection, stored.id)
        editions = edition_store.edition_facts(connection, stored.id)
    sent_at = stored.started_at or workplace.clock.now()
    general = _postman(workplace, newsletter, stored, edition, sent_at)
    return Mailroom(workplace, newsletter, stored, sent_at, general, editions, Sealer(workplace.keyring))


def _postman(
    workplace: Workplace,
    newsletter: NewsletterSettings,
    stored: StoredIssue,
    edition: Edition | None,
    sent_at: datetime,
) -> Postman:
    if edition is None:
        raise DeliveryError(f"issue of {stored.issue.issued_on}", "has no edition", "Restore the database.")
    return Postman(
        settings=workplace.settings,
        newsletter=newsletter,
        keyring=workplace.keyring,
        issued_on=stored.issue.issued_on,
        edition=edition,
        sent_at=sent_at,
        signer=workplace.signer(newsletter),
    )
