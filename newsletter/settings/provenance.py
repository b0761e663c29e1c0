"""Where each setting comes from: a line of the file, a variable or the default; no secret is shown.

A program runs on what it read when it was started: what the file says by now may be something else.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, SecretStr

from newsletter.settings.load import variable_of
from newsletter.settings.schema import Settings

#: A key in the file, down to the table it stands in: ("newsletters", 0, "title").
Key = tuple[str | int, ...]


class Origin(StrEnum):
    """Who set it."""

    FILE = "file"
    VARIABLE = "variable"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting. *value*: for people; of a secret only whether there is one. *place*: line or variable."""

    key: str
    value: str
    origin: Origin
    place: str = ""
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Settings that belong together: those without a table ("" as *name*), or one table."""

    name: str
    settings: tuple[Shown, ...]


def provenance(settings: Settings, config: Path | None) -> list[Group]:
    """Every setting of *settings* with where it comes from; *config*: the file that was read, if any."""
    lines = _lines(config) if config is not None and config.is_file() else {}
    plain: list[Shown] = []
    tables: list[Group] = []
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        variable = variable_of(name)
        if rows := _tables(name, value):
            for key, table in rows:
                shown = tuple(_of_table(key, table, lines, variable))
                tables.append(Group(_written(key), shown))
        else:
            plain.append(_shown((name,), value, lines, variable))
    return [Group("", tuple(plain)), *tables]


def _tables(name: str, value: object) -> list[tuple[Key, BaseModel]]:
    """The tables that *value* is made of; none where it is something else, or empty."""
    if isinstance(value, BaseModel):
        return [
            ((name, each), table)
            for each in type(value).model_fields
            if isinstance(table := getattr(value, each), BaseModel)
        ]
    if isinstance(value, tuple):
        return [((name, place), one) for place, one in enumerate(value) if isinstance(one, BaseModel)]
    return []


def _of_table(key: Key, table: BaseModel, lines: Mapping[Key, int], variable: str | None) -> Iterator[Shown]:
    for name in type(table).model_fields:
        value = getattr(table, name)
        if isinstance(value, BaseModel):
            yield from _of_table((*key, name), value, lines, variable)
        else:
            yield _shown((*key, name), value, lines, variable)


def _shown(key: Key, value: object, lines: Mapping[Key, int], variable: str | None) -> Shown:
    is_secret = _holds_secret(value)
    said = ("set" if value else "not set") if is_secret else _in_words(value)
    if variable:
        return Shown(_written(key), said, Origin.VARIABLE, variable, is_secret)
    if line := lines.get(key):
        return Shown(_written(key), said, Origin.FILE, str(line), is_secret)
    return Shown(_written(key), said, Origin.DEFAULT, "", is_secret)


def _holds_secret(value: object) -> bool:
    return isinstance(value, SecretStr) or (
        isinstance(value, tuple) and any(isinstance(one, SecretStr) for one in value)
    )


def _in_words(value: object) -> str:
    if value is None or value in ("", ()):
        return "–"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(" = ".join(one) if isinstance(one, tuple) else _in_words(one) for one in value)
    if isinstance(value, BaseModel):
        return str(getattr(value, "name", "–"))
    return without_secret(str(value))


def without_secret(value: str) -> str:
    """*value*; of an address without the user, password and query that may be in it.

    >>> without_secret("https://me:secret@a.example/x?key=y"), without_secret("a: b")
    ('https://…@a.example/x?…', 'a: b')
    """
    if "://" not in value:
        return value
    try:
        parts = urlsplit(value)
    except ValueError:
        return "…"
    user, at, host = parts.netloc.rpartition("@")
    netloc = f"…@{host}" if at and user else host
    return urlunsplit((parts.scheme, netloc, parts.path, "…" if parts.query else "", ""))


def _written(key: Key) -> str:
    """A key as people write it: tables are counted from 1.

    >>> _written(("newsletters", 0, "title"))
    'newsletters[1].title'
    """
    said = str(key[0])
    for part in key[1:]:
        said += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return said


def _lines(config: Path) -> dict[Key, int]:
    """The line on which each key of the file stands; nothing where it cannot be read any more."""
    try:
        text = config.read_text(encoding="utf-8")
        tomllib.loads(text)
    except (OSError, ValueError):
        return {}
    found: dict[Key, int] = {}
    table: Key = ()
    counts: dict[Key, int] = {}
    for line, values in _statements(text):
        if isinstance(values, str):
            table = _heading(values, counts)
            found.setdefault(table, line)
        else:
            _note(found, table, values, line)
    return found


def _note(found: dict[Key, int], key: Key, value: object, line: int) -> None:
    """Note what a statement sets, also what stands in the tables that are written in its line."""
    inner: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = [(place, one) for place, one in enumerate(value) if isinstance(one, dict)]
    for name, one in inner:
        found[(*key, name)] = line
        _note(found, (*key, name), one, line)


def _statements(text: str) -> Iterator[tuple[int, str | dict[str, Any]]]:
    """Every statement with the line it begins on: a heading as it stands, or what a key is set to."""
    begun, first = "", 1
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        if not begun:
            first = number
        begun += line
        try:
            values = tomllib.loads(begun)
        except tomllib.TOMLDecodeError:
            continue  # goes on in the next line
        if begun.lstrip().startswith("["):
            yield first, begun.partition("#")[0].strip()
        elif values:
            yield first, values
        begun = ""


def _heading(written: str, counts: dict[Key, int]) -> Key:
    """The key of the table below a heading; of a list of tables, of the one that begins here."""
    is_list = written.startswith("[[")
    node: Any = tomllib.loads(written)
    names: list[str] = []
    while node:
        if isinstance(node, list):
            node = node[0]
            continue
        ((name, node),) = node.items()
        names.append(name)
    key: Key = ()
    for place, name in enumerate(names):
        key = (*key, name)
        if is_list and place == len(names) - 1:
            counts[key] = counts.get(key, -1) + 1
        if key in counts:
            key = (*key, counts[key])
    return key
