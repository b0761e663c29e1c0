"""Follow an issue that goes out in any process: how far it is, how fast, and what slows it down."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from newsletter.clock import Clock, local_date
from newsletter.database import Database
from newsletter.delivery.delivery import State
from newsletter.delivery.ledger import LEASE
from newsletter.delivery.slow_domain import SlowDomain, slow_domains
from newsletter.delivery.speed import Sample, left_s, rate
from newsletter.issues.course import GOING_OUT
from newsletter.issues.issue import State as IssueState
from newsletter.workflows.tally import Tally, tally

#: It may go out yet, if its day is not over.
_TO_COME = (IssueState.PLANNED, IssueState.COMPOSED, IssueState.WAITING, IssueState.HELD)
#: The rate is that of so long a time.
WINDOW = timedelta(seconds=10)


@dataclass(frozen=True, kw_only=True)
class Sight:
    """An issue at a moment. *rate*: messages a second of late, *left_s*: until all were tried once.

    Both are None as long as nothing tells, and while it is paused; *left_s* also while its readers are still
    being queued.
    *slow_domains*: those that asked to be sent less. *is_over*: nothing more will happen.
    """

    tally: Tally
    at: datetime
    rate: float | None
    left_s: float | None
    slow_domains: tuple[SlowDomain, ...]
    is_over: bool


@dataclass
class Follow:
    """Looks at one issue again and again, and remembers what it saw in the last WINDOW.

    *timezone*: the newsletter's, in which *day* begins and ends.
    """

    database: Database
    newsletter: str
    day: date
    clock: Clock
    timezone: str
    _samples: deque[Sample] = field(default_factory=deque)

    def look(self) -> Sight | None:
        """The issue as it is now, or None when it was not composed."""
        now = self.clock.now()
        found = tally(self.database, self.newsletter, self.day, clock=self.clock)
        if found is None:
            return None
        with self.database.read() as connection:
            slow = slow_domains(connection)
        if found.issue.state is IssueState.PAUSED:
            self._samples.clear()  # a person stopped it: that is no speed, neither now nor when it goes on
        self._samples.append(Sample(now, found.counts))
        # One that is older stays, so that there is a rate from the second look on, however late that comes.
        while len(self._samples) > 2 and self._samples[1].at <= now - WINDOW:
            self._samples.popleft()
        speed = rate(self._samples[0], self._samples[-1])
        return Sight(
            tally=found,
            at=now,
            rate=speed,
            left_s=left_s(found.counts, speed) if found.is_complete else None,
            slow_domains=tuple(slow),
            is_over=self._is_over(found, now),
        )

    def may_begin(self) -> bool:
        """Whether the day of the issue is not over, so that what is not composed may be yet."""
        return self.day >= local_date(self.clock.now(), self.timezone)

    def _is_over(self, found: Tally, now: datetime) -> bool:
        if found.issue.state in GOING_OUT:
            return False
        if found.issue.state in _TO_COME and self.may_begin():
            return False
        return _is_settled(found, now)


def _is_settled(found: Tally, now: datetime) -> bool:
    # What was on its way when the issue ended gets its outcome yet, unless its sender is gone.
    ended = found.finished_at or now - LEASE
    return not found.counts[State.SENDING] or now >= ended + LEASE
