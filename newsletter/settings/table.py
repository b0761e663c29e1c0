"""The tables of newsletter.toml that may repeat: newsletters and sources; and rules for single values."""

from __future__ import annotations

import re
from datetime import date, time
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: The weekdays of a newsletter that names none.
LAYOUT_WEEKDAYS: dict[str, tuple[Weekday, ...]] = {
    "daily": WEEKDAYS,
    "series": WEEKDAYS[:6],
    "digest": WEEKDAYS[:1],
}
#: Readers of few topics in many combinations could be told apart by their editions.
MAX_TOPICS = 20

#: Goes into every link of every mail, unescaped in the two that differ by reader.
BASE_URL = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?(?:/[A-Za-z0-9._~/-]*)?")


def has_port(url: str) -> bool:
    """Whether the port of *url*, if it has one, is a port."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def is_web_address(url: str) -> bool:
    """Whether *url* is an http(s) address with a host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and has_port(url)


def is_resolver(value: str) -> bool:
    """Whether *value* is the address of a name server: an IP address, and a port if it is not 53."""
    try:
        parts = urlsplit(f"//{value}")
        ip_address(parts.hostname or "")
        has_more = parts.port == 0 or parts.path or parts.query or parts.username
    except ValueError:
        return False
    return not has_more


def one_line(value: str) -> str:
    """*value*, if it is one line of printable characters; ValueError if not."""
    if not value.isprintable():
        raise ValueError("one line without control characters")
    return value


def local_time(value: time) -> time:
    """*value*, if it has no offset of its own; ValueError if it has."""
    if value.tzinfo is not None:
        raise ValueError("a time without an offset, such as 07:00: timezone says where")
    return value


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SlotSettings(_Table):
    """A place in a layout of one's own.

    *kinds* of sections in order of preference (or "myth" alone); *count* sections of at most *words* words,
    from the lead *article* or from others; *needs*: slots that must be filled for this one to be;
    *weekdays*: only in issues of these.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
    kinds: Annotated[tuple[str, ...], Field(min_length=1)]
    count: Annotated[int, Field(ge=1, le=8)] = 1
    article: Literal["lead", "other"] = "lead"
    words: Annotated[int, Field(ge=20, le=1000)] = 200
    required: bool = True
    needs: tuple[str, ...] = ()
    weekdays: tuple[Weekday, ...] = ()


#: What the name of a newsletter's weekly digest adds to its own, and how long a name may be with it.
WEEKLY_SUFFIX = "-weekly"
MAX_NAME = 40


class Audience(NamedTuple):
    """Whom an issue is for: subscribers of *newsletter* who want it so often; None: however often."""

    newsletter: str
    frequency: Literal["daily", "weekly"] | None


class NewsletterSettings(_Table):
    """One publication: its name, cadence, layout, sender and language. Times are local to *timezone*.

    Without *weekdays* they are the layout's (daily: all seven; series: Monday to Saturday; digest: Monday).
    *cadence* monthly: only the first of them in a month. On *quiet_dates* nothing is sent. *topics* are those
    that readers may choose editions by. *weekly_on*: when the digest goes to readers who want it once a week.
    *approval*: whose word an issue waits for before it is sent.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$")] = "daily"
    title: Annotated[str, Field(min_length=1, max_length=60)] = "Daily Health"
    sender: str = "Daily Health <newsletter@example.org>"
    reply_to: str = ""
    timezone: str = "UTC"
    compose_at: time = time(6, 0)
    send_at: time = time(7, 0)
    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1)] = WEEKDAYS
    cadence: Literal["weekly", "monthly"] = "weekly"
    quiet_dates: tuple[date, ...] = ()
    language: Literal["en", "bn", "es", "ar", "hi"] = "en"
    layout: Literal["daily", "series", "digest"] = "daily"
    slots: tuple[SlotSettings, ...] = ()
    topics: Annotated[tuple[str, ...], Field(max_length=MAX_TOPICS)] = ()
    weekly_on: Weekday | Literal["off"] = "sun"
    approval: Literal["off", "one", "two"] = "off"

    @model_validator(mode="before")
    @classmethod
    def _weekdays_of_layout(cls, values: Any) -> Any:
        if isinstance(values, dict) and "weekdays" not in values:
            return {**values, "weekdays": LAYOUT_WEEKDAYS.get(str(values.get("layout")), WEEKDAYS)}
        return values

    @field_validator("title")
    @classmethod
    def _title(cls, value: str) -> str:
        return one_line(value)

    @field_validator("sender", "reply_to")
    @classmethod
    def _mailbox(cls, value: str, info: ValidationInfo) -> str:
        may_be_empty = info.field_name == "reply_to"
        if not (value or may_be_empty) or (
            value and not re.fullmatch(r"[^@\s]+@[^@\s]+", parseaddr(value)[1])
        ):
            raise ValueError('a mailbox such as "Daily Health <letter@example.org>"')
        if any(ord(character) < 32 for character in value):
            raise ValueError("a mailbox without line breaks or control characters")
        return value

    @field_validator("compose_at", "send_at")
    @classmethod
    def _wall_clock(cls, value: time) -> time:
        return local_time(value)

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError('an IANA time zone such as "Europe/London"') from error
        return value

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.compose_at > self.send_at:
            raise ValueError("compose_at must not be later than send_at")
        return self

    @model_validator(mode="after")
    def _room_for_weekly(self) -> Self:
        most = MAX_NAME - len(WEEKLY_SUFFIX)
        if self.offers_weekly and len(self.name) > most:
            raise ValueError(f'a name of at most {most} characters, or weekly_on = "off"')
        return self

    @property
    def offers_weekly(self) -> bool:
        """Whether readers may choose a digest of the week in place of the letters."""
        return self.weekly_on != "off" and self.layout != "digest" and not self._is_rare

    @property
    def weekly(self) -> WeeklySettings | None:
        """The digest of the week for readers who want this newsletter once a week; None if not offered."""
        if self.weekly_on == "off" or not self.offers_weekly:
            return None
        own: dict[str, Any] = {
            "name": self.name + WEEKLY_SUFFIX,
            "layout": "digest",
            "weekdays": (self.weekly_on,),
            "slots": (),
            "of": self.name,
        }
        return WeeklySettings(**(dict(self) | own))

    @property
    def audience(self) -> Audience:
        """Whom its issues are for: the one place that decides it.

        What goes out once a week or less is for all its readers, also those who chose "weekly" when it was
        daily.
        """
        return Audience(self.name, None if self._is_rare else "daily")

    @property
    def _is_rare(self) -> bool:
        return self.cadence == "monthly" or len(set(self.weekdays)) == 1

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that this newsletter's dates and times are in."""
        return ZoneInfo(self.timezone)

    def mails_on(self, day: date) -> bool:
        """Whether an issue is due on *day*: one of its weekdays, not quiet; if monthly, the first such."""
        earlier = (day.replace(day=number) for number in range(1, day.day))
        first = self.cadence != "monthly" or not any(self._takes(one) for one in earlier)
        return first and self._takes(day)

    def _takes(self, day: date) -> bool:
        return WEEKDAYS[day.weekday()] in self.weekdays and day not in self.quiet_dates


class WeeklySettings(NewsletterSettings):
    """The weekly digest of the newsletter called *of*: a publication of its own, but for its readers.

    Made of that newsletter's settings, never read from a file.
    """

    of: str

    @property
    def offers_weekly(self) -> bool:
        """A digest of the week has none of its own."""
        return False

    @property
    def audience(self) -> Audience:
        """The readers of the newsletter who chose it in place of the letters."""
        return Audience(self.of, "weekly")


class FooterLink(_Table):
    """A link in the foot of every letter, such as an app or a social page, as words."""

    words: Annotated[str, Field(min_length=2, max_length=40)]
    url: str

    @field_validator("words")
    @classmethod
    def _words(cls, value: str) -> str:
        return one_line(value)

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        if not is_web_address(value):
            raise ValueError("an http(s) address such as https://health.example.org/app")
        return value


class SourceSettings(_Table):
    """Where articles come from: a file or folder (*path*), or a site, feed or page (*url*).

    *reviewed_on* is the blanket review date of what does not say when it was reviewed.
    """

    path: Path | None = None
    url: str = ""
    kind: Literal["auto", "capture", "markdown", "html", "feed", "wordpress", "wxr"] = "auto"
    reviewed_on: date | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.path is None) == (not self.url):
            raise ValueError("a source needs either path or url, and not both")
        if self.url and not is_web_address(self.url):
            raise ValueError("url must be an http(s) address such as https://health.example.org/")
        if self.path is not None and self.kind == "wordpress":
            raise ValueError("a WordPress site has an address: set url (an export file has kind wxr)")
        if self.url and self.kind in ("capture", "markdown", "wxr"):
            raise ValueError(f"kind {self.kind} is a file: set path")
        return self
