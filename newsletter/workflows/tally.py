"""Tally: what became of an issue so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from newsletter.clock import Clock
from newsletter.database import Database
from newsletter.delivery import ledger
from newsletter.delivery.delivery import State
from newsletter.issues import store as issue_store
from newsletter.issues.issue import Issue
from newsletter.issues.issue import State as IssueState

#: A wait that is not worth a word.
_SOON = timedelta(seconds=5)


@dataclass(frozen=True)
class Tally:
    """Counts by delivery state, and how many seconds sending took (so far, while it goes on).

    *reason*: why the issue is paused, or empty. *is_complete*: every reader of it has a delivery. *next_at*:
    when the first of what was never tried may leave, for rates and the warm-up put letters off.
    """

    issue: Issue
    counts: dict[str, int]
    seconds: float
    reason: str = ""
    is_complete: bool = True
    finished_at: datetime | None = None
    next_at: datetime | None = None

    def waits_until(self, now: datetime) -> datetime | None:
        """Until when nothing leaves though the issue is going out; None while something may."""
        is_idle = not self.counts[State.SENDING] and self.issue.state is IssueState.SENDING
        return self.next_at if is_idle and self.next_at and self.next_at > now + _SOON else None


def tally(database: Database, newsletter: str, day: date, *, clock: Clock) -> Tally | None:
    """The tally of an issue, or None when it was not composed."""
    with database.read() as connection:
        stored = issue_store.find(connection, newsletter, day)
        if stored is None:
            return None
        counts = ledger.counts(connection, stored.id)
        next_at = ledger.next_due_at(connection, stored.id)
    until = stored.finished_at or clock.now()
    seconds = (until - stored.started_at).total_seconds() if stored.started_at else 0.0
    return Tally(
        stored.issue,
        counts,
        round(seconds, 3),
        reason=stored.reason,
        is_complete=stored.audience_at is not None,
        finished_at=stored.finished_at,
        next_at=next_at,
    )
