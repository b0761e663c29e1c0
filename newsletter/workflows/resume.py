"""Resume: readers who paused until a date get letters again once it has come."""

from __future__ import annotations

import logging

from newsletter.clock import local_date
from newsletter.settings import NewsletterSettings
from newsletter.subscribers.store import paused_until, resume
from newsletter.workflows.workplace import Workplace

log = logging.getLogger(__name__)

#: Readers in one transaction, so that pages and mails need not wait long for it.
PAGE = 500


def resume_due(workplace: Workplace) -> int:
    """Let everybody have letters again whose date has come in their newsletter's zone; how many they are.

    No consent is recorded: the pause said until when.
    """
    return sum(_resume(workplace, newsletter) for newsletter in workplace.settings.newsletters)


def _resume(workplace: Workplace, newsletter: NewsletterSettings) -> int:
    now = workplace.clock.now()
    today = local_date(now, newsletter.timezone)
    resumed, last = 0, PAGE
    while last == PAGE:
        with workplace.database.read() as connection:
            due = paused_until(connection, newsletter.name, today, limit=PAGE)
        last = len(due)
        if due:
            with workplace.database.write() as connection:
                resumed += resume(connection, due, today=today, now=now)
    if resumed:
        log.info("%s: %d readers get letters again after a pause", newsletter.name, resumed)
    return resumed
