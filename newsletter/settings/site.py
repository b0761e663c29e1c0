"""The sites whose pages hold a sign-up form: `[[sites]]` in newsletter.toml."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from newsletter.settings.table import has_port, is_web_address, one_line
from newsletter.wording import LANGUAGES

#: The key of the one site that there is while none is configured.
IMPLIED_KEY = "default"
#: Stands in *origins* for every page of the web.
ANY_ORIGIN = "*"
#: Scheme, host and port and nothing else (RFC 6454 section 6.2), as browsers write it.
_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]+)?")
_DEFAULT_PORTS = {"http": 80, "https": 443}

Colour = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]


class ThemeSettings(BaseModel):
    """How the forms of a site look: colours as #RRGGBB, and by which scheme the iframe is drawn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    accent: Colour | None = None
    on_accent: Colour | None = None
    ink: Colour | None = None
    surface: Colour | None = None
    scheme: Literal["auto", "light", "dark"] = "auto"


class WebhookSettings(BaseModel):
    """Where a site is told of its own readers: an https address, or http on this machine's loopback."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        if not is_web_address(value) or not (value.startswith("https://") or is_loopback(value)):
            raise ValueError("an https address such as https://clinic.example.org/hooks/newsletter")
        return value


class SiteSettings(BaseModel):
    """One site with a sign-up form.

    *key* names it in forms, scripts and paths; it is no secret. *origins*: whose pages may post to us. The
    first of *newsletters* (none: all) is what a form signs up to that names none. *wording*: what the site's
    own form says beside its button, in *language*; kept with each sign-up as declared by the site.
    *redirects*: where a plain form may lead afterwards, the first by default. *lists*: which newsletter each
    of MailPoet's lists has become, by its number.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$")]
    origins: Annotated[tuple[str, ...], Field(min_length=1)]
    newsletters: tuple[str, ...] = ()
    language: str = ""
    wording: str = ""
    redirects: tuple[str, ...] = ()
    lists: tuple[tuple[str, str], ...] = ()
    theme: ThemeSettings = ThemeSettings()
    signups_an_hour: Annotated[int, Field(ge=1, le=100_000)] = 600
    webhook: WebhookSettings | None = None

    @field_validator("origins")
    @classmethod
    def _origins(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_origin(value) for value in values)

    @field_validator("lists", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        # Settings are hashed, which a table cannot be.
        return tuple(value.items()) if isinstance(value, dict) else value

    @field_validator("language")
    @classmethod
    def _language(cls, value: str) -> str:
        if value and value not in LANGUAGES:
            raise ValueError("one of " + ", ".join(LANGUAGES))
        return value

    @field_validator("wording")
    @classmethod
    def _wording(cls, value: str) -> str:
        return one_line(value)

    @model_validator(mode="after")
    def _own_pages(self) -> Self:
        for target in self.redirects:
            if not is_web_address(target) or not self.allows(origin_of_url(target)):
                raise ValueError(f"redirects: {target!r} is on none of the site's origins")
        return self

    def allows(self, origin: str) -> bool:
        """Whether pages of *origin* (as a browser writes it) may post here."""
        return ANY_ORIGIN in self.origins or origin.lower() in self.origins


def is_loopback(url: str) -> bool:
    """Whether *url* names this machine by its loopback."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or bool(re.fullmatch(r"127(\.[0-9]{1,3}){3}", host))


def origin_of_url(url: str) -> str:
    """The origin of an http(s) address, as browsers write it: without the port that its scheme implies."""
    parts = urlsplit(url.lower())
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    implied = parts.port in (None, _DEFAULT_PORTS.get(parts.scheme))
    return f"{parts.scheme}://{host}" + ("" if implied else f":{parts.port}")


def _origin(value: str) -> str:
    if value == ANY_ORIGIN:
        return value
    lower = value.lower().rstrip("/")
    if not _ORIGIN.fullmatch(lower) or not has_port(lower):
        raise ValueError('an origin such as "https://clinic.example.org": scheme and host, no path')
    return origin_of_url(lower)


#: While no site is configured: every page may hold a form.
IMPLIED_SITE = SiteSettings(key=IMPLIED_KEY, origins=(ANY_ORIGIN,))
