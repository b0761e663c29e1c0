"""The one typed object that every command runs on: newsletter.toml, over it NEWSLETTER_* variables.

Paths in the file are relative to the file; paths in variables are relative to the working directory.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from datetime import date, time
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from newsletter.errors import SettingsError

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PREFIX = "NEWSLETTER_"

#: Variables with the prefix that are not settings of the product (they belong to its tests).
NOT_SETTINGS = frozenset({"NEWSLETTER_REFERENCE_DATA"})

#: Emergency number and crisis line by region, from each country's own public service pages.
REGIONS: dict[str, tuple[str, str]] = {
    "international": ("112", ""),
    "AU": ("000", "13 11 14"),
    "BD": ("999", ""),
    "CA": ("911", "988"),
    "EU": ("112", "116 123"),
    "GB": ("999", "116 123"),
    "IE": ("112", "116 123"),
    "IN": ("112", "14416"),
    "NZ": ("111", "1737"),
    "US": ("911", "988"),
}

DISCLAIMER = (
    "This newsletter is general information for education. It does not know you, and it cannot replace "
    "advice, diagnosis or treatment from a qualified health professional. Ask one before you start, stop "
    "or change any treatment."
)
CONSENT = (
    "Yes, send me {newsletter} by e-mail. I can unsubscribe at any time with the link in every letter. "
    "I have read the privacy policy."
)


#: Goes into every link of every mail, unescaped in the two that differ by reader.
_BASE_URL = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?(?:/[A-Za-z0-9._~/-]*)?")


def _has_port(url: str) -> bool:
    """Whether the port of *url*, if it has one, is a port."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _one_line(value: str) -> str:
    if not value.isprintable():
        raise ValueError("one line without control characters")
    return value


def _local(value: time) -> time:
    if value.tzinfo is not None:
        raise ValueError("a time without an offset, such as 07:00: timezone says where")
    return value


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewsletterSettings(_Table):
    """One publication: its name, cadence, layout, sender and language. Times are local to *timezone*."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$")] = "daily"
    title: Annotated[str, Field(min_length=1, max_length=60)] = "Daily Health"
    sender: str = "Daily Health <newsletter@example.org>"
    reply_to: str = ""
    timezone: str = "UTC"
    compose_at: time = time(6, 0)
    send_at: time = time(7, 0)
    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1)] = WEEKDAYS
    language: Literal["en"] = "en"
    layout: Literal["daily"] = "daily"

    @field_validator("title")
    @classmethod
    def _title(cls, value: str) -> str:
        return _one_line(value)

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
        return _local(value)

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

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that this newsletter's dates and times are in."""
        return ZoneInfo(self.timezone)

    def mails_on(self, day: date) -> bool:
        """Whether *day* is one of this newsletter's weekdays."""
        return WEEKDAYS[day.weekday()] in self.weekdays


class SourceSettings(_Table):
    """A folder or file of articles that the scheduler ingests. *reviewed_on* is a blanket review date."""

    path: Path
    kind: Literal["auto", "capture", "markdown"] = "auto"
    reviewed_on: date | None = None


class Settings(BaseSettings):
    """Everything a command may need to know. Frozen; secrets do not show in its repr."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    base_url: str = "http://127.0.0.1:8000"
    smtp_url: SecretStr | None = None
    database_url: SecretStr = SecretStr("sqlite:///subscribers.db")
    content_path: Path = Path("content.db")
    key_path: Path = Path("newsletter.key")
    publisher: Annotated[str, Field(min_length=1)] = "Daily Health"
    postal_address: Annotated[str, Field(min_length=1)] = "Daily Health, 1 Example Street, Example Town"
    return_path: str = ""
    region: str = "international"
    emergency_number: str = ""
    crisis_line: str = ""
    disclaimer: Annotated[str, Field(min_length=40)] = DISCLAIMER
    consent_wording: Annotated[str, Field(min_length=20)] = CONSENT
    privacy_policy: Path | None = None
    privacy_version: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,32}$")] = "draft-1"
    ingest_at: time = time(5, 0)
    newsletters: Annotated[tuple[NewsletterSettings, ...], Field(min_length=1)] = (NewsletterSettings(),)
    sources: tuple[SourceSettings, ...] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Variables win over the file, which load_settings hands in as the initial values."""
        return env_settings, init_settings

    @field_validator("publisher")
    @classmethod
    def _publisher(cls, value: str) -> str:
        return _one_line(value)

    @field_validator("ingest_at")
    @classmethod
    def _wall_clock(cls, value: time) -> time:
        return _local(value)

    @field_validator("base_url")
    @classmethod
    def _http(cls, value: str) -> str:
        if not _BASE_URL.fullmatch(value) or not _has_port(value):
            raise ValueError("an http(s) address without query, such as https://letter.example.org")
        return value.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            url = value.get_secret_value()
            # The port first: a password with "/" or "[" in it that is not written as %2F or %5B fails there,
            # and the library's own words would show a part of it.
            parts = urlsplit(url) if _has_port(url) else None
            if (
                parts is None
                or parts.scheme != "smtp"
                or not parts.hostname
                or parts.path not in ("", "/")
                or not re.fullmatch(r"(tls=(none|starttls|implicit))?", parts.query)
            ):
                raise ValueError(
                    "smtp://[user:password@]host:port?tls=none|starttls|implicit, "
                    "with %2F for a / in the password"
                )
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: SecretStr) -> SecretStr:
        try:
            backend = make_url(value.get_secret_value()).get_backend_name()
        except ArgumentError as error:
            raise ValueError("an SQLAlchemy address such as sqlite:///subscribers.db") from error
        if backend not in ("sqlite", "postgresql"):
            raise ValueError("sqlite:///… or postgresql+psycopg://…")
        return value

    @field_validator("region")
    @classmethod
    def _region(cls, value: str) -> str:
        if value not in REGIONS:
            raise ValueError("one of " + ", ".join(REGIONS))
        return value

    @field_validator("return_path")
    @classmethod
    def _return_path(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+", value):
            raise ValueError("a plain address such as bounces@letter.example.org")
        return value

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        names = [newsletter.name for newsletter in self.newsletters]
        if len(set(names)) != len(names):
            raise ValueError("newsletters: each needs a name of its own")
        return self

    def newsletter(self, name: str | None = None) -> NewsletterSettings:
        """The newsletter called *name*, or the first one.

        Raises:
            SettingsError: no newsletter has that name.
        """
        if name is None:
            return self.newsletters[0]
        for newsletter in self.newsletters:
            if newsletter.name == name:
                return newsletter
        known = ", ".join(newsletter.name for newsletter in self.newsletters)
        raise SettingsError(f"newsletter {name!r}", "is not configured", f"Configured: {known}.")

    @property
    def emergency(self) -> tuple[str, str]:
        """Emergency number and crisis line (may be empty): the region's, or what was set over them."""
        number, line = REGIONS[self.region]
        return self.emergency_number or number, self.crisis_line or line


def load_settings(config: Path | None = None, *, directory: Path | None = None) -> Settings:
    """Read *config* (default: newsletter.toml in *directory*, if it is there) and the environment.

    Raises:
        SettingsError: a key is unknown or wrong, or *config* was named and is not there; the message
            names the key, what was found and what is allowed.
    """
    directory = directory or Path.cwd()
    path = config or directory / "newsletter.toml"
    if config is not None and not config.is_file():
        raise SettingsError(str(config), "there is no such file", "Make one with: newsletter init")
    values = _read_toml(path) if path.is_file() else {}
    _refuse_unknown_variables(os.environ)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise SettingsError(_where(error, path), "; ".join(_explain(error))) from None
    except ValueError as error:  # a variable that should hold JSON does not
        raise SettingsError("the environment", str(error), "List settings are written as JSON.") from error
    return _with_absolute_paths(settings, path.parent, directory)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(str(path), f"is not TOML: {error}", "Mend that line.") from error
    except OSError as error:
        raise SettingsError(str(path), f"cannot be read: {error.strerror}") from error


def _refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name.upper() not in known | NOT_SETTINGS:
            raise SettingsError(
                f"environment variable {name}", "is not a setting", _allowed(name.upper(), sorted(known))
            )


def _allowed(found: str, names: list[str]) -> str:
    near = difflib.get_close_matches(found, names, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    return f"{hint}Allowed: {', '.join(names)}."


def _variable(name: object) -> str | None:
    """The variable that sets the setting *name*, if there is one; their case does not matter."""
    return next((found for found in os.environ if found.upper() == f"{PREFIX}{name}".upper()), None)


def _where(error: ValidationError, path: Path) -> str:
    first = {fault["loc"][0] if fault["loc"] else "" for fault in error.errors()}
    return "the environment" if all(_variable(name) for name in first) else str(path)


def _explain(error: ValidationError) -> list[str]:
    """One sentence a fault: the key, what was found, what is allowed."""
    said = []
    for fault in error.errors():
        location = fault["loc"]
        first = (_variable(location[0]) or location[0],) if location else ()
        key = ".".join(str(part) for part in first + location[1:]) or "the file"
        if fault["type"] == "extra_forbidden":
            tables: dict[str, type[BaseModel]] = {
                "newsletters": NewsletterSettings,
                "sources": SourceSettings,
            }
            model = tables.get(str(location[0]), Settings) if len(location) > 1 else Settings
            said.append(f"{key} is not a setting. {_allowed(str(location[-1]), sorted(model.model_fields))}")
            continue
        secret = str(location[0]) in ("smtp_url", "database_url") if location else False
        found = "" if secret or not location else f" (found {fault['input']!r})"
        wanted = fault["msg"].removeprefix("Value error, ")
        said.append(f"{key}{found}: allowed is {wanted}" if location else wanted)
    return said


def _with_absolute_paths(settings: Settings, beside: Path, directory: Path) -> Settings:
    """Make every path absolute: the file's beside the file, a variable's in the working directory."""

    def root(name: str) -> Path:
        return directory if _variable(name) else beside

    changes: dict[str, Any] = {
        "content_path": (root("content_path") / settings.content_path).absolute(),
        "key_path": (root("key_path") / settings.key_path).absolute(),
        "sources": tuple(
            source.model_copy(update={"path": (root("sources") / source.path).absolute()})
            for source in settings.sources
        ),
    }
    if settings.privacy_policy is not None:
        changes["privacy_policy"] = (root("privacy_policy") / settings.privacy_policy).absolute()
    url = make_url(settings.database_url.get_secret_value())
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        absolute = url.set(database=str((root("database_url") / url.database).absolute()))
        changes["database_url"] = SecretStr(absolute.render_as_string(hide_password=False))
    return settings.model_copy(update=changes)
