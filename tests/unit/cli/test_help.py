"""What --help prints is what was written: square brackets would be taken for markup, and vanish."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
from rich.text import Text

from newsletter.cli.app import app


def helps(command: Any, name: str) -> Iterator[tuple[str, str]]:
    """Every sentence of help of *command* and of those below it, with where it stands."""
    yield name, command.help or ""
    for parameter in command.params:
        yield f"{name} {parameter.name}", getattr(parameter, "help", None) or ""
    for below, each in getattr(command, "commands", {}).items():
        yield from helps(each, f"{name} {below}")


def test_no_help_loses_a_word_to_markup() -> None:
    told = list(helps(typer.main.get_command(app), "newsletter"))
    assert any("sites show" in where for where, _ in told)
    assert [where for where, said in told if Text.from_markup(said).plain != said] == []
