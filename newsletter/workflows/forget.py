"""Forget: what readers chose, seen in what they were sent, is dropped once no rule needs it any more."""

from __future__ import annotations

import logging
from datetime import date, timedelta

from newsletter.database import Database
from newsletter.delivery import ledger
from newsletter.rendering import store as edition_store

log = logging.getLogger(__name__)

#: How long topic editions, and which of them a reader was sent, are kept.
KEEP_TOPIC_EDITIONS = timedelta(days=90)


def forget_topic_editions(database: Database, newsletter: str, today: date) -> int:
    """Drop the topic editions of issues older than 90 days, and who was sent them; how many editions went.

    What they used stays for the gap rules: that names articles, and no reader.
    """
    before = today - KEEP_TOPIC_EDITIONS
    with database.write() as connection:
        dropped = edition_store.drop_topic_editions(connection, newsletter, before=before)
        ledger.forget_editions(connection, newsletter, before=before)
    if dropped:
        log.info("%s: dropped %d topic editions from before %s", newsletter, dropped, before)
    return dropped
