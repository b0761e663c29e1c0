"""Expire issues: what could not be delivered in time is yesterday's paper, paused or not."""

from __future__ import annotations

import logging
from datetime import date, timedelta

from newsletter.delivery.delivery import EXPIRES_AFTER
from newsletter.delivery.ending import end_the_rest
from newsletter.issues import store as issue_store
from newsletter.issues.course import Event
from newsletter.issues.issue import State
from newsletter.issues.store import StoredIssue
from newsletter.settings import NewsletterSettings
from newsletter.workflows.workplace import Workplace

log = logging.getLogger(__name__)

#: An issue that is older is not looked for: it expired long ago.
_LOOK_BACK = timedelta(days=30)
TOO_LATE = "36 hours have passed since its first send"
_NEXT_STARTED = "the next issue has started"


def expire_old(workplace: Workplace, newsletter: NewsletterSettings) -> None:
    """Expire every issue whose first message left EXPIRES_AFTER ago or longer."""
    now = workplace.clock.now()
    today = now.astimezone(newsletter.zone).date()
    for stored in _unended(workplace, newsletter, today):
        if stored.started_at is not None and now > stored.started_at + EXPIRES_AFTER:
            expire(workplace, stored, TOO_LATE)


def expire_before(workplace: Workplace, newsletter: NewsletterSettings, day: date) -> None:
    """Expire issues older than *day* that are going out or were stopped: the next one ends those before."""
    for stored in _unended(workplace, newsletter, day):
        if stored.issue.issued_on < day:
            expire(workplace, stored, _NEXT_STARTED)


def expire(workplace: Workplace, stored: StoredIssue, reason: str) -> None:
    """End the issue: who was not mailed will not be. Nothing where it has ended already."""
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        after = issue_store.apply_event(connection, stored.id, Event.EXPIRE, finished_at=now)
        if after is not None:
            end_the_rest(connection, stored.id, after, now=now, reason=reason)
    if after is not None:
        log.warning("%s issue %s: expired, %s", stored.issue.newsletter, stored.issue.issued_on, reason)


def _unended(workplace: Workplace, newsletter: NewsletterSettings, day: date) -> list[StoredIssue]:
    with workplace.database.read() as connection:
        found = issue_store.unfinished(
            connection,
            newsletter.name,
            since=day - _LOOK_BACK,
            states=(State.SENDING, State.PAUSED, State.HELD),
        )
    # One that is held before it began is nobody's paper yet.
    return [one for one in found if one.begun or one.issue.state is State.PAUSED]
