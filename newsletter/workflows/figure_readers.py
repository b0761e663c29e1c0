"""How many readers there are, and how that grew: for the console, from kept counts alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from newsletter.clock import Clock
from newsletter.database import Database
from newsletter.settings import Settings
from newsletter.subscribers.count import (
    JOINED,
    LEFT,
    changes_by_day,
    counts_by_state,
    readers_by_frequency,
    suppressions_by_reason,
)
from newsletter.subscribers.subscriber import State

#: So many weeks of growth are shown.
WEEKS = 13
_WEEK = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Week:
    """A week up to and with the day *ends_on* (UTC): who *came* and *left*, and the *readers* at its end."""

    ends_on: date
    came: int
    left: int
    readers: int


@dataclass(frozen=True, kw_only=True)
class ReaderFigures:
    """One newsletter. *states*: subscriptions by state, and "suppressed"; *weeks*: oldest first."""

    newsletter: str
    title: str
    states: Mapping[str, int]
    frequencies: Mapping[str, int]
    weeks: tuple[Week, ...]

    @property
    def readers(self) -> int:
        """Who gets letters, now or after a pause."""
        return self.states.get(State.ACTIVE, 0) + self.states.get(State.PAUSED, 0)

    @property
    def net(self) -> int:
        """By how many readers the list grew in those weeks."""
        return sum(week.came - week.left for week in self.weeks)


@dataclass(frozen=True, kw_only=True)
class ListFigures:
    """Every newsletter, and how many addresses are never mailed, by reason."""

    newsletters: tuple[ReaderFigures, ...]
    suppressions: Mapping[str, int]


def figure_readers(database: Database, clock: Clock, settings: Settings) -> ListFigures:
    """The figures as they are now."""
    today = clock.now().date()
    with database.read() as connection:
        states = counts_by_state(connection)
        return ListFigures(
            newsletters=tuple(
                ReaderFigures(
                    newsletter=one.name,
                    title=one.title,
                    states=states.get(one.name, {}),
                    frequencies=readers_by_frequency(connection, one.name),
                    weeks=_weeks(connection, one.name, states.get(one.name, {}), today=today),
                )
                for one in settings.newsletters
            ),
            suppressions=suppressions_by_reason(connection),
        )


def _weeks(
    connection: Connection, newsletter: str, states: Mapping[str, int], *, today: date
) -> tuple[Week, ...]:
    """The last weeks, from today back: what is there now, less what changed since."""
    changes = changes_by_day(connection, newsletter, since=today - WEEKS * _WEEK)
    readers = sum(states.get(name, 0) for name in (State.ACTIVE, State.PAUSED))
    weeks = []
    for back in range(WEEKS):
        last = today - back * _WEEK
        days: list[Mapping[str, int]] = [changes.get(last - timedelta(days=each), {}) for each in range(7)]
        came = sum(day.get(one, 0) for day in days for one in JOINED)
        left = sum(day.get(one, 0) for day in days for one in LEFT)
        weeks.append(Week(ends_on=last, came=came, left=left, readers=max(readers, 0)))
        readers -= came - left
    return tuple(reversed(weeks))
