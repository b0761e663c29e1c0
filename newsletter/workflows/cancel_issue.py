"""Cancel an issue, for good: whoever was not mailed will not be."""

from __future__ import annotations

import logging
from datetime import date

from newsletter.delivery.ending import end_the_rest
from newsletter.errors import RefusedError
from newsletter.issues import store as issue_store
from newsletter.issues.course import Event
from newsletter.issues.decision import Act, Decision, decide
from newsletter.issues.issue import State
from newsletter.issues.store import StoredIssue
from newsletter.settings import NewsletterSettings
from newsletter.workflows.workplace import Workplace

log = logging.getLogger(__name__)


def cancel_issue(
    workplace: Workplace, newsletter: NewsletterSettings, day: date, *, actor: str
) -> StoredIssue:
    """End the issue of *day*, in whatever process it goes out: what is on its way keeps its outcome.

    Before anybody has got it, the decision can be taken back (decide.undo); after that it is final.
    Harmless to repeat.

    Raises:
        RefusedError: it has ended otherwise, or nothing was composed.
    """
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        stored = issue_store.of_day(connection, newsletter.name, day)
        if stored.issue.state is State.CANCELLED:
            return stored
        after = None
        if stored.issue.picks:
            after = issue_store.apply_event(connection, stored.id, Event.CANCEL, finished_at=now)
        if after is None:
            step = "" if stored.issue.picks else f"Send nothing on that date with: newsletter skip {day}"
            raise RefusedError(f"issue of {day}", f"is {stored.issue.state.value}", step or _ENDED)
        end_the_rest(connection, stored.id, after, now=now)
        noted = Decision(act=Act.CANCEL, issued_on=day)
        decide(connection, newsletter.name, noted, actor=actor, decided_at=now)
        cancelled = issue_store.of_day(connection, newsletter.name, day)
    log.warning("%s issue %s: cancelled by %s", newsletter.name, day, actor)
    return cancelled


_ENDED = "What readers have got cannot be taken back; withdraw an article that is wrong."
