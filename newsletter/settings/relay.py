"""The relays that mail leaves by, and how fast it may."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from newsletter.settings.table import has_port


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RelaySettings(_Table):
    """One relay. Mail is shared out by *weight*; one with weight 0 is used when no other answers."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$")] = "relay"
    url: SecretStr
    weight: Annotated[int, Field(ge=0, le=1000)] = 1

    @field_validator("url")
    @classmethod
    def _url(cls, value: SecretStr) -> SecretStr:
        return check_smtp_url(value)


class DomainRate(_Table):
    """How many messages a minute the mailboxes of one domain are sent at most."""

    domain: str
    per_minute: Annotated[int, Field(ge=1, le=1_000_000)]

    @field_validator("domain")
    @classmethod
    def _domain(cls, value: str) -> str:
        domain = value.lower()
        if not re.fullmatch(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", domain):
            raise ValueError("a domain such as mail.example, as xn--… in other scripts")
        return domain


def check_smtp_url(value: SecretStr) -> SecretStr:
    """*value*, if it is the address of a relay; ValueError if not."""
    url = value.get_secret_value()
    # The port first: a password with "/" or "[" in it that is not written as %2F or %5B fails there,
    # and the library's own words would show a part of it.
    parts = urlsplit(url) if has_port(url) else None
    if (
        parts is None
        or parts.scheme != "smtp"
        or not parts.hostname
        or parts.path not in ("", "/")
        or not re.fullmatch(r"(tls=(none|starttls|implicit))?", parts.query)
    ):
        raise ValueError(
            "smtp://[user:password@]host:port?tls=none|starttls|implicit, with %2F for a / in the password"
        )
    return value
