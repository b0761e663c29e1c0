"""Show how the newsletter is set up: settings with where each comes from, templates of one's own, forms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from newsletter.errors import SettingsError
from newsletter.overrides import Override, found_overrides
from newsletter.rendering.snippet import Door, snippet_of
from newsletter.settings import Settings, SiteSettings, load_settings
from newsletter.settings.provenance import Group, provenance


@dataclass(frozen=True, slots=True)
class SiteForms:
    """The lines to paste into the pages of a site, for each door."""

    site: SiteSettings
    newsletters: tuple[str, ...]
    snippets: tuple[tuple[Door, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the program runs on.

    *file*: the settings file, if there is one. *changed*: settings that are read differently by now, and come
    into force at the next start; *fault*: why they cannot be read any more.
    """

    file: Path | None
    groups: tuple[Group, ...]
    changed: tuple[str, ...]
    fault: str
    folder: Path | None
    overrides: tuple[Override, ...]
    sites: tuple[SiteForms, ...]


def show_settings(settings: Settings, config: Path | None) -> Setup:
    """What *settings* are, and where they come from; *config*: the file that was named at the start."""
    file = config or Path.cwd() / "newsletter.toml"
    changed, fault = _changed(settings, config)
    found = found_overrides(settings.templates) if settings.templates else []
    return Setup(
        file=file if file.is_file() else None,
        groups=tuple(provenance(settings, file)),
        changed=changed,
        fault=fault,
        folder=settings.templates,
        overrides=tuple(found),
        sites=tuple(_forms(settings, site) for site in settings.every_site),
    )


def _changed(settings: Settings, config: Path | None) -> tuple[tuple[str, ...], str]:
    try:
        now = load_settings(config)
    except SettingsError as error:
        return (), str(error)
    names = type(settings).model_fields
    return tuple(name for name in names if getattr(now, name) != getattr(settings, name)), ""


def _forms(settings: Settings, site: SiteSettings) -> SiteForms:
    offered = tuple(each.name for each in settings.offered_by(site))
    return SiteForms(site, offered, tuple((door, snippet_of(settings, site, door)) for door in Door))
