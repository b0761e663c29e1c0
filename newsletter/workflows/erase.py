"""A reader's right to be forgotten (GDPR Art. 17): at once, whole, and so that no restore undoes it."""

from __future__ import annotations

import logging

from newsletter.notices.queue import away_until
from newsletter.notices.webhook import EventType
from newsletter.subscribers.consent import Actor
from newsletter.subscribers.store import get_subscriber, subscriptions_of
from newsletter.subscribers.subscriber import STANDING
from newsletter.subscribers.suppression import Reason
from newsletter.workflows.tell_site import tell_site
from newsletter.workflows.wipe import Wiping, wipe
from newsletter.workflows.workplace import Workplace

log = logging.getLogger(__name__)

#: The octets of a database that is cleaned while the reader waits: well under a second.
CLEANED_AT_ONCE = 16_000_000


def erase(
    workplace: Workplace, subscriber_id: int, *, door: str, evidence: str, actor: Actor = Actor.READER
) -> str:
    """Delete all that is kept of a reader, and never mail their addresses again; the address, a last time.

    What stays: a row without an address, the consent chain without its content, keyed hashes of the
    addresses among the suppressions and in the journal, and counts; and, until it has arrived, a last word
    to each site through which they had something, so that it stops, too. *door* and *evidence* stay in
    the chain, so they may not name the reader. Harmless to do again: the answer is then empty.

    Raises:
        sqlalchemy.exc.NoResultFound: there never was a reader with this id.
    """
    wiping = Wiping(
        reason=Reason.ERASED, door=door, evidence=evidence, actor=actor, now=workplace.clock.now()
    )
    with workplace.database.write() as connection:
        subscriber = get_subscriber(connection, subscriber_id)
        standing = [each for each in subscriptions_of(connection, subscriber_id) if each.state in STANDING]
        # What was on its way when it was deleted must not arrive after this.
        leaves_at = away_until(connection, subscriber_id, now=wiping.now)
        address = wipe(connection, workplace.keyring, workplace.journal, subscriber_id, wiping)
        for each in standing:
            tell_site(
                connection,
                workplace,
                each,
                EventType.UNSUBSCRIBED,
                now=wiping.now,
                subscriber=subscriber,
                leaves_at=leaves_at,
            )
    # What was deleted is still in SQLite's log, and may be in its pages.
    if not workplace.database.clean_up(at_most=CLEANED_AT_ONCE):
        log.info("the database is in use or large: what was deleted leaves its files within the hour")
    return address
