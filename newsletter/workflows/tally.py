"""Tally: what became of an issue so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from newsletter.clock import Clock
from newsletter.database import Database
from newsletter.delivery import ledger
from newsletter.issues import store as issue_store
from newsletter.issues.issue import Issue


@dataclass(frozen=True)
class Tally:
    """Counts by delivery state, and how many seconds sending took (so far, while it goes on).

    *reason*: why the issue is paused, or empty. *is_complete*: every reader of it has a delivery.
    """

    issue: Issue
    counts: dict[str, int]
    seconds: float
    reason: str = ""
    is_complete: bool = True
    finished_at: datetime | None = None


def tally(database: Database, newsletter: str, day: date, *, clock: Clock) -> Tally | None:
    """The tally of an issue, or None when it was not composed."""
    with database.read() as connection:
        stored = issue_store.find(connection, newsletter, day)
        if stored is None:
            return None
        counts = ledger.counts(connection, stored.id)
    until = stored.finished_at or clock.now()
    seconds = (until - stored.started_at).total_seconds() if stored.started_at else 0.0
    return Tally(
        stored.issue,
        counts,
        round(seconds, 3),
        reason=stored.reason,
        is_complete=stored.audience_at is not None,
        finished_at=stored.finished_at,
    )
