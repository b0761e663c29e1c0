"""The outlook: what was worked out of the days ahead, kept by the application until something changes.

Ninety days of a large catalogue take seconds. Pages show what was made last and say when it is being made
anew; nothing is ever sent because of what stands here.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date, datetime

from newsletter.issues.issue import Issue, State


@dataclass(frozen=True, kw_only=True)
class DayAhead:
    """The issue of one day as it would be. *why*: why there is none, or what was relaxed for it."""

    day: date
    state: State
    lead: str = ""
    title: str = ""
    subject: str = ""
    why: str = ""

    @property
    def is_gap(self) -> bool:
        """Whether no letter can be made."""
        return not self.lead


@dataclass(frozen=True, kw_only=True)
class NextLook:
    """The next issue as preflight sees it. *fault*: why it could not be made; then the rest is empty."""

    day: date
    subject: str = ""
    preheader: str = ""
    title: str = ""
    warned: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    checks: int = 0
    fault: str = ""


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What was worked out for one newsletter on *today*. *mark*: of what.

    *issues*: those of *days*. *overdue*: articles whose review is over. *fault*: why
    there is no forecast.
    """

    mark: Hashable
    today: date
    made_at: datetime
    issues: tuple[Issue, ...] = ()
    days: tuple[DayAhead, ...] = ()
    warnings: tuple[str, ...] = ()
    overdue: int = 0
    fault: str = ""


@dataclass
class Outlooks:
    """The outlook and the next look of each newsletter, and which of them are being made right now."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    ahead: dict[str, Outlook] = field(default_factory=dict)
    next_looks: dict[str, tuple[Hashable, NextLook]] = field(default_factory=dict)
    making: set[str] = field(default_factory=set)
