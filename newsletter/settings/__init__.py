"""The one typed object that every command runs on: newsletter.toml, over it NEWSLETTER_* variables.

Paths in the file are relative to the file; paths in variables are relative to the working directory.
"""

from newsletter.settings.load import load_settings
from newsletter.settings.provider import ProvidersSettings
from newsletter.settings.relay import DomainRate, RelaySettings
from newsletter.settings.schema import CONSENT, DISCLAIMER, PREFIX, REGIONS, Settings
from newsletter.settings.site import ANY_ORIGIN, IMPLIED_KEY, SiteSettings, ThemeSettings, origin_of_url
from newsletter.settings.table import (
    WEEKDAYS,
    Audience,
    FooterLink,
    NewsletterSettings,
    SlotSettings,
    SourceSettings,
    Weekday,
    WeeklySettings,
)

__all__ = [
    "ANY_ORIGIN",
    "CONSENT",
    "DISCLAIMER",
    "IMPLIED_KEY",
    "PREFIX",
    "REGIONS",
    "WEEKDAYS",
    "Audience",
    "DomainRate",
    "FooterLink",
    "NewsletterSettings",
    "ProvidersSettings",
    "RelaySettings",
    "Settings",
    "SiteSettings",
    "SlotSettings",
    "SourceSettings",
    "ThemeSettings",
    "Weekday",
    "WeeklySettings",
    "load_settings",
    "origin_of_url",
]
