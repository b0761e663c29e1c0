"""The only reader of time. Everything else is handed a Clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Tells the present moment."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True)
class FixedClock:
    """A clock that stands still at *at* (aware), for previews, rehearsals and tests."""

    at: datetime

    def __post_init__(self) -> None:
        _refuse_naive(self.at)

    def now(self) -> datetime:
        """The moment this clock stands at, in UTC."""
        return self.at.astimezone(UTC)


def local_date(moment: datetime, timezone: str) -> date:
    """The calendar date of *moment* (aware) in the IANA *timezone*."""
    _refuse_naive(moment)
    return moment.astimezone(ZoneInfo(timezone)).date()


def _refuse_naive(moment: datetime) -> None:
    # astimezone would take it for the machine's own local time, which differs from machine to machine.
    if moment.tzinfo is None:
        raise ValueError(f"naive time {moment!r}: pass an aware one")
