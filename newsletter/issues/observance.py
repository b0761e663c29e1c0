"""Health days: which subjects are in season on a day. The shipped table is observances.toml beside this."""

from __future__ import annotations

import re
import tomllib
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from newsletter.content.topic import word_pattern
from newsletter.errors import SettingsError

MAX_WEIGHT = 200

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_NUMBERS = ("first", "second", "third", "fourth")
_FIXED = re.compile(r"(\d\d)-(\d\d)(?:\.\.(\d\d)-(\d\d))?")
_FLOATING = re.compile(
    rf"({'|'.join((*_NUMBERS, 'last'))}) ({'|'.join((*_WEEKDAYS, 'week', 'day'))}) of ({'|'.join(_MONTHS)})"
)


class Observance(BaseModel):
    """One entry of the table; its comment says what each key means."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=120)]
    on: str
    topics: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    weight: Annotated[int, Field(ge=1, le=MAX_WEIGHT)] = 150
    before: Annotated[int, Field(ge=0, le=30)] = 0
    regions: tuple[str, ...] = ()

    @field_validator("on")
    @classmethod
    def _readable(cls, value: str) -> str:
        _days(value, 2024)
        return value

    @cached_property
    def _title(self) -> re.Pattern[str] | None:
        return word_pattern(self.words) if self.words else None

    def days(self, year: int) -> tuple[date, date]:
        """Its first and last day in *year*."""
        return _days(self.on, year)

    def points(self, day: date) -> int:
        """Its points on *day*: the weight on its days, rising to it over the days before, else none."""
        for year in (day.year, day.year + 1):
            first, last = self.days(year)
            if first <= day <= last:
                return self.weight
            ahead = (first - day).days
            if 0 < ahead <= self.before:
                return self.weight * (self.before + 1 - ahead) // (self.before + 1)
        return 0

    def fits(self, title: str, topics: Sequence[str]) -> bool:
        """Whether an article called *title* (lower case) under *topics* is on its subject."""
        return not set(topics).isdisjoint(self.topics) or bool(self._title and self._title.search(title))


@dataclass(frozen=True)
class Season:
    """The observances that give points on one day, most points first."""

    active: tuple[tuple[int, Observance], ...] = ()

    def best(self, title: str, topics: Sequence[str]) -> tuple[int, str]:
        """The points of an article called *title* under *topics*, and the observance that gives them."""
        lower = title.lower()
        for points, one in self.active:
            if one.fits(lower, topics):
                return points, one.name
        return 0, ""

    def topic_points(self, topics: Sequence[str]) -> int:
        """The points that *topics* alone give."""
        wanted = set(topics)
        return next((points for points, one in self.active if not wanted.isdisjoint(one.topics)), 0)


def season(observances: Sequence[Observance], day: date, *, region: str, until: date | None = None) -> Season:
    """What is in season in *region* on *day*, or on any later day *until* the next issue comes."""
    days = [day + timedelta(days=ahead) for ahead in range(((until or day) - day).days + 1)]
    given = (
        (max(one.points(each) for each in days), one)
        for one in observances
        if not one.regions or region in one.regions
    )
    return Season(tuple(sorted(((points, one) for points, one in given if points), key=_most_points)))


def _most_points(given: tuple[int, Observance]) -> tuple[int, str]:
    return -given[0], given[1].name


@cache
def shipped_observances() -> tuple[Observance, ...]:
    """The table beside this module."""
    text = files("newsletter.issues").joinpath("observances.toml").read_text(encoding="utf-8")
    return _parsed(text, "the shipped observances")


def load_observances(path: Path | None) -> tuple[Observance, ...]:
    """The shipped table, and over it the site's own at *path*: an entry replaces that of the same name.

    Raises:
        SettingsError: the file cannot be read or an entry is wrong; the message names it.
    """
    if path is None:
        return shipped_observances()
    try:
        own = _parsed(path.read_text(encoding="utf-8"), f"observances {path}")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"observances {path}", f"cannot be read: {error}", "Mend the path.") from error
    merged = {one.name: one for one in (*shipped_observances(), *own)}
    return tuple(merged.values())


def _parsed(text: str, where: str) -> tuple[Observance, ...]:
    try:
        entries = tomllib.loads(text).get("observances", [])
        return tuple(Observance.model_validate(entry) for entry in entries)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(where, f"is not TOML: {error}", "Mend it.") from error
    except ValidationError as error:
        fault = error.errors()[0]
        named = fault["input"].get("name", "?") if isinstance(fault["input"], dict) else fault["input"]
        key = ".".join(str(part) for part in fault["loc"]) or "an entry"
        if fault["type"] == "missing":
            raise SettingsError(where, f"the entry {named!r} has no {key}", "Add it.") from error
        raise SettingsError(where, f"{key}: found {named!r}: {fault['msg']}", "Mend that entry.") from error


def _days(text: str, year: int) -> tuple[date, date]:
    """The first and last day in *year* of what *text* says.

    Raises:
        ValueError: *text* is not a date rule.
    """
    if fixed := _FIXED.fullmatch(text):
        month, day, last_month, last_day = (int(part) if part else 0 for part in fixed.groups())
        if day > monthrange(2024, month)[1] or (last_month and last_day > monthrange(2024, last_month)[1]):
            raise ValueError("a day that its month has")
        first = date(year, month, min(day, monthrange(year, month)[1]))
        last = date(year, last_month, min(last_day, monthrange(year, last_month)[1])) if last_month else first
        if last < first:
            raise ValueError('a range within one year, such as "08-01..08-07"')
        return first, last
    floating = _FLOATING.fullmatch(text.lower())
    if not floating:
        raise ValueError('a day such as "03-24", "08-01..08-07" or "second thursday of march"')
    number, what, name = floating.groups()
    month = _MONTHS.index(name) + 1
    end = date(year, month, monthrange(year, month)[1])
    if what == "day":
        if number != "last":
            raise ValueError('a day such as "03-24", or "last day of february"')
        return end, end
    weekday = 0 if what == "week" else _WEEKDAYS.index(what)
    if number == "last":
        first = end - timedelta(days=(end.weekday() - weekday) % 7)
    else:
        start = date(year, month, 1)
        first = start + timedelta(days=(weekday - start.weekday()) % 7 + 7 * _NUMBERS.index(number))
    return first, first + timedelta(days=6 if what == "week" else 0)
