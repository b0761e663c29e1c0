"""Reading the settings: newsletter.toml, over it the environment, and errors that name what is wrong."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from sqlalchemy import make_url

from newsletter.errors import SettingsError
from newsletter.settings.provider import PROVIDERS, ProvidersSettings
from newsletter.settings.relay import DomainRate, RelaySettings
from newsletter.settings.schema import PREFIX, Settings
from newsletter.settings.site import SiteSettings
from newsletter.settings.table import FooterLink, NewsletterSettings, SourceSettings

#: Variables with the prefix that are not settings of the product (they belong to its tests).
NOT_SETTINGS = frozenset({"NEWSLETTER_REFERENCE_DATA"})


#: How pydantic begins its sentences: ours begin with the key.
_PYDANTIC = re.compile(r"^(?:Input|String|List|Tuple|Value|Date|Time) should (?:be |match |have )?")


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


def variable_of(name: object) -> str | None:
    """The variable that sets the setting *name*, if there is one; their case does not matter."""
    return next((found for found in os.environ if found.upper() == f"{PREFIX}{name}".upper()), None)


def _where(error: ValidationError, path: Path) -> str:
    first = {fault["loc"][0] if fault["loc"] else "" for fault in error.errors()}
    return "the environment" if all(variable_of(name) for name in first) else str(path)


def _explain(error: ValidationError) -> list[str]:
    """One sentence a fault: the key, what was found, what is allowed."""
    said = []
    faults = error.errors()
    places = [fault["loc"] for fault in faults]
    for fault in faults:
        location = fault["loc"]
        if any(place != location and place[: len(location)] == location for place in places):
            continue  # the table is at fault only because of what is in it
        first = (variable_of(location[0]) or location[0],) if location else ()
        key = ".".join(str(part) for part in first + location[1:]) or "the file"
        if fault["type"] == "extra_forbidden":
            names = sorted(_model_at(location).model_fields)
            said.append(f"{key} is not a setting. {_allowed(str(location[-1]), names)}")
            continue
        found = "" if not location or _is_secret(location) else f" (found {fault['input']!r})"
        wanted = _PYDANTIC.sub("", fault["msg"].removeprefix("Value error, "))
        said.append(f"{key}{found}: allowed is {wanted}" if location else wanted)
    return said


def _model_at(location: tuple[int | str, ...]) -> type[BaseModel]:
    """The table that the key at *location* stands in."""
    tables: dict[str, type[BaseModel]] = {
        "newsletters": NewsletterSettings,
        "sources": SourceSettings,
        "footer_links": FooterLink,
        "sites": SiteSettings,
        "relays": RelaySettings,
        "domain_rates": DomainRate,
        "providers": ProvidersSettings,
    }
    if location[0] == "providers" and len(location) > 2:
        return PROVIDERS[str(location[1])]
    return tables.get(str(location[0]), Settings) if len(location) > 1 else Settings


def _is_secret(location: tuple[int | str, ...]) -> bool:
    """Whether what was found there may hold a password. A relay's table does, and its name may by mistake."""
    if location[0] == "providers":
        return True
    if location[0] == "relays":
        return location[-1] != "weight"
    return location[0] in ("smtp_url", "mailbox_url", "database_url")


def _with_absolute_paths(settings: Settings, beside: Path, directory: Path) -> Settings:
    """Make every path absolute: the file's beside the file, a variable's in the working directory."""

    def root(name: str) -> Path:
        return directory if variable_of(name) else beside

    changes: dict[str, Any] = {
        "content_path": (root("content_path") / settings.content_path).absolute(),
        "key_path": (root("key_path") / settings.key_path).absolute(),
        "dkim_key_path": (root("dkim_key_path") / settings.dkim_key_path).absolute(),
        "journal_path": (root("journal_path") / settings.journal_path).absolute(),
        "sources": tuple(
            source.model_copy(update={"path": (root("sources") / source.path).absolute()})
            if source.path is not None
            else source
            for source in settings.sources
        ),
    }
    for key in ("privacy_policy", "observances"):
        given: Path | None = getattr(settings, key)
        if given is None:
            continue
        file = (root(key) / given).absolute()
        if not file.is_file():
            raise SettingsError(f"{key} {file}", "there is no such file", "Write it, or leave the key out.")
        changes[key] = file
    if settings.templates is not None:
        folder = (root("templates") / settings.templates).absolute()
        if not folder.is_dir():
            raise SettingsError(
                f"templates {folder}", "there is no such folder", "Make it, or leave the key out."
            )
        changes["templates"] = folder
    url = make_url(settings.database_url.get_secret_value())
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        absolute = url.set(database=str((root("database_url") / url.database).absolute()))
        changes["database_url"] = SecretStr(absolute.render_as_string(hide_password=False))
    return settings.model_copy(update=changes)
