"""What the picker is asked for, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from newsletter.issues.decision import Hand
from newsletter.issues.history import Rules
from newsletter.issues.layout import Layout
from newsletter.issues.sections import Chosen


@dataclass(frozen=True)
class Brief:
    """What issue is wanted.

    *interests*: the topics of the edition, as bits in the order of the ranking's *offered*; *is_gentle*: no
    sensitive section. *weekdays* (0 is Monday) are those that the newsletter is sent on, for a series.
    *rules* are the edition's own where they differ from the ranking's. Briefs for editions of one issue, with
    the same seed and hand, may share a *memo*: what it holds is the same for all of them.
    """

    newsletter: str
    day: date
    layout: Layout
    seed: str
    hand: Hand = field(default_factory=Hand)
    interests: int = 0
    is_gentle: bool = False
    weekdays: frozenset[int] = frozenset(range(7))
    rules: Rules | None = None
    memo: dict[tuple[object, ...], list[Chosen] | str] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Search:
    """What was seen on the way to one pick: how many articles, what ruled others out, and the runner-up.

    *score* is what decided: for the lead, its article's points and the mean of its sections' own.
    """

    looked_at: int = 0
    removed: tuple[tuple[str, int], ...] = ()
    runner_up: Chosen | None = None
    score: int = 0
    runner_up_score: int = 0


@dataclass(frozen=True)
class Selection:
    """The sections of an issue in reading order, each with its search, and the rung of the ladder it took.

    *is_recap*: the issue tells again what the week has told; then there is nothing chosen but *lead_id*.
    *by_hand*: an operator chose the lead or a section, over the gap rules.
    """

    chosen: tuple[Chosen, ...]
    searches: tuple[Search, ...]
    rung: int
    lead_id: str
    is_recap: bool = False
    notes: tuple[str, ...] = ()
    by_hand: bool = False
