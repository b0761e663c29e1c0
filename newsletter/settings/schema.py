"""Every setting, its rules and its default."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from newsletter.errors import SettingsError
from newsletter.settings.mailbox import check_mailbox_url
from newsletter.settings.provider import ProvidersSettings
from newsletter.settings.relay import DomainRate, RelaySettings, check_smtp_url
from newsletter.settings.site import IMPLIED_SITE, SiteSettings
from newsletter.settings.table import (
    BASE_URL,
    FooterLink,
    NewsletterSettings,
    SourceSettings,
    has_port,
    is_resolver,
    local_time,
    one_line,
)
from newsletter.wording import LANGUAGES, message

PREFIX = "NEWSLETTER_"

#: Messages a second. A turn by a slower rate, once taken, would hold all mail up long after it is changed.
SLOWEST = 0.01

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

DISCLAIMER = message(
    "This newsletter is general information for education. It does not know you, and it cannot replace "
    "advice, diagnosis or treatment from a qualified health professional. Ask one before you start, stop "
    "or change any treatment."
)
CONSENT = message(
    "Yes, send me {newsletter} by e-mail. I can unsubscribe at any time with the link in every letter. "
    "I have read the privacy policy."
)


#: Names as DNS has them (RFC 1035 2.3.1), with dots between them.
_LABELS = re.compile(
    r"(?!.{190})[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*",
    re.IGNORECASE,
)
#: Digits in groups, as people dial and say them; empty: none.
PhoneNumber = Annotated[str, Field(pattern=r"^(\+?[0-9]+([ -][0-9]+)*)?$")]


class Settings(BaseSettings):
    """Everything a command may need to know. Frozen; secrets do not show in its repr."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    base_url: str = "http://127.0.0.1:8000"
    smtp_url: SecretStr | None = None
    database_url: SecretStr = SecretStr("sqlite:///subscribers.db")
    content_path: Path = Path("content.db")
    key_path: Path = Path("newsletter.key")
    journal_path: Path = Path("newsletter.journal")
    publisher: Annotated[str, Field(min_length=1)] = "Daily Health"
    postal_address: Annotated[str, Field(min_length=1)] = "1 Example Street, Example Town"
    return_path: str = ""
    mailbox_url: SecretStr | None = None
    forward_replies_to: str = ""
    region: str = "international"
    emergency_number: PhoneNumber = ""
    crisis_line: PhoneNumber = ""
    disclaimer: Annotated[str, Field(min_length=40)] = DISCLAIMER
    consent_wording: Annotated[str, Field(min_length=20)] = CONSENT
    privacy_policy: Path | None = None
    archive: Literal["public", "noindex"] = "public"
    dkim: Literal["off", "on", "relay"] = "off"
    dkim_selector: str = "letter"
    dkim_domain: str = ""
    dkim_key_path: Path = Path("dkim.pem")
    privacy_version: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,32}$")] = "draft-1"
    keep_pending_days: Annotated[int, Field(ge=2, le=90)] = 7
    keep_origins_days: Annotated[int, Field(ge=0, le=365)] = 30
    keep_deliveries_days: Annotated[int, Field(ge=7, le=3650)] = 90
    keep_left_years: Annotated[int, Field(ge=0, le=30)] = 3
    ingest_at: time = time(5, 0)
    fetch_loopback: bool = False
    review_years: Annotated[int, Field(ge=1, le=10)] = 3
    observances: Path | None = None
    templates: Path | None = None
    reviewed_languages: tuple[str, ...] = ()
    footer_links: Annotated[tuple[FooterLink, ...], Field(max_length=8)] = ()
    newsletters: Annotated[tuple[NewsletterSettings, ...], Field(min_length=1)] = (NewsletterSettings(),)
    sources: tuple[SourceSettings, ...] = ()
    sites: tuple[SiteSettings, ...] = ()
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    proof_of_work: bool = False
    resolver: str = ""
    disposable: Literal["refuse", "accept"] = "refuse"
    refused_domains: tuple[str, ...] = ()
    alert_address: str = ""
    relays: tuple[RelaySettings, ...] = ()
    connections: Annotated[int, Field(ge=1, le=100)] = 5
    messages_per_connection: Annotated[int, Field(ge=1, le=100_000)] = 500
    messages_per_second: Annotated[float, Field(ge=0, le=100_000)] = 0
    domain_rates: tuple[DomainRate, ...] = ()
    warm_up: tuple[Annotated[int, Field(ge=1)], ...] = ()
    warm_up_from: date | None = None
    unknown_outcome: Literal["resend", "hold"] = "resend"
    providers: ProvidersSettings = ProvidersSettings()

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
        return one_line(value)

    @field_validator("ingest_at")
    @classmethod
    def _wall_clock(cls, value: time) -> time:
        return local_time(value)

    @property
    def review_limit(self) -> timedelta:
        """How long a review holds."""
        return timedelta(days=365 * self.review_years)

    @field_validator("base_url")
    @classmethod
    def _http(cls, value: str) -> str:
        if not BASE_URL.fullmatch(value) or not has_port(value):
            raise ValueError("an http(s) address without query, such as https://letter.example.org")
        return value.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, value: SecretStr | None) -> SecretStr | None:
        return None if value is None else check_smtp_url(value)

    @field_validator("mailbox_url")
    @classmethod
    def _mailbox(cls, value: SecretStr | None) -> SecretStr | None:
        return None if value is None else check_mailbox_url(value)

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

    @field_validator("reviewed_languages")
    @classmethod
    def _languages(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not set(value) <= set(LANGUAGES):
            raise ValueError(f"languages of {', '.join(LANGUAGES)}")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            try:
                ip_network(each)
            except ValueError as error:
                raise ValueError('addresses or networks such as "10.0.0.2" or "10.0.0.0/8"') from error
        return value

    @field_validator("resolver")
    @classmethod
    def _resolver(cls, value: str) -> str:
        if value and not is_resolver(value):
            raise ValueError('the address of a name server, such as "127.0.0.1" or "[::1]:5353"')
        return value

    @field_validator("refused_domains")
    @classmethod
    def _domains(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"[^@\s/]+\.[^@\s/]+", each) for each in value):
            raise ValueError('domains such as "throwaway.example"')
        return tuple(each.lower() for each in value)

    @field_validator("messages_per_second")
    @classmethod
    def _rate(cls, value: float) -> float:
        if 0 < value < SLOWEST:
            raise ValueError(f"0 (no limit), or {SLOWEST} and more")
        return value

    @field_validator("dkim_selector")
    @classmethod
    def _selector(cls, value: str) -> str:
        if not _LABELS.fullmatch(value):
            raise ValueError('letters, digits and hyphens, such as "letter" or "letter2026"')
        return value.lower()

    @field_validator("dkim_domain")
    @classmethod
    def _dkim_domain(cls, value: str) -> str:
        if value and not (_LABELS.fullmatch(value) and "." in value):
            raise ValueError('a domain of yours such as "example.org", as xn-- where it is not ASCII')
        return value.lower()

    @field_validator("return_path", "alert_address", "forward_replies_to")
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
        for one in self.newsletters:
            if one.weekly is not None and one.weekly.name in names:
                raise ValueError(
                    f"newsletters: {one.weekly.name!r} is the name of the weekly digest of {one.name!r}: "
                    f'choose another, or set weekly_on = "off" for {one.name!r}'
                )
        return self

    @model_validator(mode="after")
    def _sites_fit(self) -> Self:
        keys = [site.key for site in self.sites]
        if len(set(keys)) != len(keys):
            raise ValueError("sites: each needs a key of its own")
        names = {newsletter.name for newsletter in self.newsletters}
        for site in self.sites:
            for name in (*site.newsletters, *dict(site.lists).values()):
                if name not in names:
                    known = ", ".join(sorted(names))
                    raise ValueError(f"sites: {site.key!r} names the newsletter {name!r}; there are {known}")
        return self

    @model_validator(mode="after")
    def _relays_fit(self) -> Self:
        names = [relay.name for relay in self.relays]
        if len(set(names)) != len(names):
            raise ValueError("relays: each needs a name of its own")
        if self.relays and self.smtp_url is not None:
            raise ValueError("relays: set either smtp_url or relays, and not both")
        if self.relays and not any(relay.weight for relay in self.relays):
            raise ValueError("relays: at least one needs a weight of 1 or more")
        domains = [rate.domain for rate in self.domain_rates]
        if len(set(domains)) != len(domains):
            raise ValueError("domain_rates: give each domain one rate")
        if bool(self.warm_up) != (self.warm_up_from is not None):
            raise ValueError("warm_up and warm_up_from: set both or neither")
        return self

    @property
    def every_relay(self) -> tuple[RelaySettings, ...]:
        """The relays that mail may leave by: those of the table, or the one of smtp_url; none: no sending."""
        if self.smtp_url is None:
            return self.relays
        return (RelaySettings(url=self.smtp_url),)

    @property
    def letters_go_to(self) -> str:
        """Who is sent what people write back; "" when nobody is."""
        return self.forward_replies_to or self.alert_address

    @property
    def every_site(self) -> tuple[SiteSettings, ...]:
        """The sites whose forms may sign up: those configured, or one that stands for every page."""
        return self.sites or (IMPLIED_SITE,)

    def site(self, key: str) -> SiteSettings:
        """The site called *key*.

        Raises:
            SettingsError: no site has that key.
        """
        for one in self.every_site:
            if one.key == key:
                return one
        known = ", ".join(one.key for one in self.every_site)
        step = f"Configured: {known}. A [[sites]] table in newsletter.toml adds one."
        raise SettingsError(f"site {key!r}", "is not configured", step)

    def offered_by(self, site: SiteSettings) -> tuple[NewsletterSettings, ...]:
        """The newsletters that a site's forms sign up to, the one by default first."""
        return tuple(self.list_of(name) for name in site.newsletters) or self.newsletters

    @property
    def publications(self) -> tuple[NewsletterSettings, ...]:
        """All that may go out: every newsletter, followed by its weekly digest if it offers one."""
        pairs = ((one, one.weekly) for one in self.newsletters)
        return tuple(each for pair in pairs for each in pair if each is not None)

    def newsletter(self, name: str | None = None) -> NewsletterSettings:
        """The newsletter called *name*, which may be a weekly digest, or the first one.

        Raises:
            SettingsError: no newsletter has that name.
        """
        for one in self.newsletters:  # most are asked for; digests are made anew each time
            if name in (None, one.name):
                return one
        return _named(self.publications, name)

    def list_of(self, name: str | None = None) -> NewsletterSettings:
        """The newsletter called *name* that one can subscribe to, or the first: no weekly digest.

        Raises:
            SettingsError: no such newsletter has that name.
        """
        return _named(self.newsletters, name)

    @property
    def emergency(self) -> tuple[str, str]:
        """Emergency number and crisis line (may be empty): the region's, or what was set over them."""
        number, line = REGIONS[self.region]
        return self.emergency_number or number, self.crisis_line or line


def _named(known: Sequence[NewsletterSettings], name: str | None) -> NewsletterSettings:
    for one in known:
        if name in (None, one.name):
            return one
    names = ", ".join(one.name for one in known)
    raise SettingsError(f"newsletter {name!r}", "is not configured", f"Configured: {names}.")
