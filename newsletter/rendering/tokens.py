"""The tokens of the visual language: one file of ours, and over it what the operator's changes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from newsletter.errors import SettingsError
from newsletter.overrides import search_path, stamp

TOKENS_FILE = "tokens.toml"

#: Other forms (names, rgb()) are not read alike by all mail programs.
Colour = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]
#: Nothing that could end the attribute or the rule that a list of faces stands in.
Faces = Annotated[str, Field(pattern=r"^[\w ',-]+$")]
#: Font size and line height, in pixels. Nothing is set smaller than 14 (standards, section 3).
Size = tuple[Annotated[int, Field(ge=14, le=60)], Annotated[int, Field(ge=14, le=80)]]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Palette(_Table):
    """The colours of one scheme."""

    paper: Colour
    surface: Colour
    ink: Colour
    muted: Colour
    rule: Colour
    accent: Colour
    on_accent: Colour
    accent_soft: Colour
    warn_bg: Colour
    warn_ink: Colour
    alarm_bg: Colour
    alarm_ink: Colour


class Scale(_Table):
    """The sizes of type."""

    title: Size
    name: Size
    section: Size
    opening: Size
    text: Size
    small: Size
    smallest: Size


class Space(_Table):
    """The room inside the letter on a phone and on a desk."""

    phone: Annotated[int, Field(ge=8, le=40)]
    desk: Annotated[int, Field(ge=8, le=80)]


class Shape(_Table):
    """The letter's width, the radius of corners, and the width of a call-out's edge."""

    width: Annotated[int, Field(ge=320, le=800)]
    radius: Annotated[int, Field(ge=0, le=24)]
    edge: Annotated[int, Field(ge=0, le=8)]


class Fonts(_Table):
    """Faces in order of preference."""

    serif: Faces
    sans: Faces


class Logo(_Table):
    """A hosted picture; *width* is what it is shown at."""

    url: str
    alt: str
    width: Annotated[int, Field(ge=16, le=200)]

    @field_validator("url")
    @classmethod
    def _hosted(cls, value: str) -> str:
        if value and not value.startswith("https://"):
            raise ValueError("an https:// address")
        return value


class Tokens(_Table):
    """Every token."""

    light: Palette
    dark: Palette
    type: Scale
    space: Space
    shape: Shape
    fonts: dict[str, Fonts]
    logo: Logo

    def faces(self, language: str) -> Fonts:
        """The faces for *language*."""
        return self.fonts.get(language, self.fonts["default"])


def load_tokens(overrides: Path | None = None) -> Tokens:
    """Our tokens, with those of the operator's folder *overrides* in their place. Read again on a change.

    Raises:
        SettingsError: a file is not TOML, or a token is unknown or wrong; the message names it.
    """
    paths = [folder / TOKENS_FILE for folder in reversed(search_path("email", overrides))]
    return _load(tuple(paths), stamp(paths))


@cache
def _load(paths: tuple[Path, ...], _stamp: object) -> Tokens:
    values: dict[str, Any] = {}
    for path in paths:
        if path.is_file():
            values = _laid_over(values, _read(path))
    try:
        return Tokens.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"{paths[-1]}: {key}", _reason(first["type"], first["msg"]), f"Compare it with {paths[0]}."
        ) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(str(path), f"cannot be read: {error}", "Mend that file.") from error


def _laid_over(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    both = dict(under)
    for key, value in over.items():
        below = both.get(key)
        both[key] = _laid_over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return both


def _reason(kind: str, said: str) -> str:
    """What is wrong, in words for whoever wrote the file."""
    known = {
        "string_pattern_mismatch": "is not of the form wanted, such as #0B5D5E for a colour",
        "extra_forbidden": "is no token",
        "missing": "is missing",
    }
    return known.get(kind, said.removeprefix("Value error, "))
