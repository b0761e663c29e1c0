"""Watch an issue go out, as the console shows it: numbers and what they mean, at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from newsletter.delivery.delivery import State
from newsletter.delivery.slow_domain import SlowDomain
from newsletter.delivery.speed import answered
from newsletter.delivery.verdict import canary_size, is_of_canary
from newsletter.issues import store as issue_store
from newsletter.issues.course import GOING_OUT
from newsletter.issues.issue import State as IssueState
from newsletter.settings import NewsletterSettings
from newsletter.workflows.follow import Follow, Sight
from newsletter.workflows.workplace import Workplace


class Canary(StrEnum):
    """What became of an issue's first messages."""

    TO_COME = "to come"
    UNDER_WAY = "under way"
    PASSED = "passed"
    STOPPED = "stopped"
    NEEDLESS = "needless"  # there are so few readers that all go at once
    NONE = "none"  # it ended before they were judged


@dataclass(frozen=True, kw_only=True)
class Sending:
    """An issue at a moment. *answered* of *total* messages have an answer; *rest*: neither, nor on its way.

    *canary_size*: how many go first; *canary_at*: when they were found to be taken well.
    """

    newsletter: str
    day: date
    state: IssueState
    subject: str
    reason: str
    counts: dict[str, int]
    total: int
    answered: int
    is_complete: bool
    rate: float | None
    left_s: float | None
    waits_until: datetime | None
    slow_domains: tuple[SlowDomain, ...]
    canary: Canary
    canary_size: int
    canary_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    at: datetime
    is_over: bool

    @property
    def share(self) -> int:
        """How many of a hundred messages have an answer; a hundred only once all have."""
        return self.answered * 100 // self.total if self.total else 0

    @property
    def may_pause(self) -> bool:
        """Whether it can be stopped for a while."""
        return self.state in (IssueState.APPROVED, IssueState.SENDING)

    @property
    def may_resume(self) -> bool:
        """Whether it can go on."""
        return self.state is IssueState.PAUSED

    @property
    def may_cancel(self) -> bool:
        """Whether it can be ended for good."""
        return self.state in (*GOING_OUT, IssueState.HELD)


def follow_of(workplace: Workplace, newsletter: NewsletterSettings, day: date) -> Follow:
    """Who looks at the issue again and again: the rate is what was seen between two looks."""
    return Follow(workplace.database, newsletter.name, day, workplace.clock, newsletter.timezone)


def look(workplace: Workplace, follow: Follow) -> Sending | None:
    """The issue as it is now; None: it was not composed. No query in it grows with the list."""
    sight = follow.look()
    if sight is None:
        return None
    with workplace.database.read() as connection:
        stored = issue_store.find(connection, follow.newsletter, follow.day)
        passed_at = issue_store.canary_passed_at(connection, stored.id) if stored else None
    issue = sight.tally.issue
    total = sum(sight.tally.counts.values())
    return Sending(
        newsletter=issue.newsletter,
        day=issue.issued_on,
        state=issue.state,
        subject=issue.subject,
        reason=sight.tally.reason,
        counts=sight.tally.counts,
        total=total,
        answered=answered(sight.tally.counts) + _closed(sight),
        is_complete=sight.tally.is_complete,
        rate=sight.rate if issue.state is IssueState.SENDING else None,
        left_s=sight.left_s if issue.state is IssueState.SENDING else None,
        waits_until=sight.tally.waits_until(sight.at),
        slow_domains=sight.slow_domains,
        canary=_canary(sight, passed_at),
        canary_size=min(canary_size(total), total) if total else 0,
        canary_at=passed_at,
        started_at=stored.started_at if stored else None,
        finished_at=sight.tally.finished_at,
        at=sight.at,
        is_over=sight.is_over,
    )


def _closed(sight: Sight) -> int:
    """Those that nobody will be asked about any more: they are done with, too."""
    return sight.tally.counts[State.SKIPPED] + sight.tally.counts[State.EXPIRED]


def _canary(sight: Sight, passed_at: datetime | None) -> Canary:
    state = sight.tally.issue.state
    if passed_at is not None:
        return Canary.PASSED
    total = sum(sight.tally.counts.values())
    if sight.tally.is_complete and 0 < total <= canary_size(total):
        return Canary.NEEDLESS
    if state is IssueState.SENDING and not sight.tally.reason:
        return Canary.UNDER_WAY
    if state is IssueState.PAUSED and is_of_canary(sight.tally.reason):
        return Canary.STOPPED
    if state in (IssueState.SENT, IssueState.CANCELLED, IssueState.EXPIRED):
        return Canary.NONE
    return Canary.TO_COME
