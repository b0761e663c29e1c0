"""How commands speak: one JSON document on standard output, or words and tables for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal, Protocol

import typer
from rich.console import Console

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS", help="An e-mail address.")]
NewsletterOption = Annotated[
    str | None, typer.Option("--newsletter", help="Which newsletter (default: the first one configured).")
]


def parse_day(text: str) -> date:
    """A date as the command line takes it; typer turns the error into one that names the argument."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    # fromisoformat takes weeks and dates without hyphens, too; and time zones need room at both ends.
    if day.isoformat() != text or not 2000 <= day.year < 2200:
        raise typer.BadParameter(f"{text!r} is not a date such as 2026-03-02")
    return day


DayArgument = Annotated[
    date, typer.Argument(parser=parse_day, metavar="DATE", help="YYYY-MM-DD in the newsletter's time zone.")
]


def say_json(document: object) -> None:
    """Print *document* as the one thing on standard output; times as RFC 3339 has them."""
    json.dump(document, sys.stdout, indent=2, ensure_ascii=False, default=_written)
    sys.stdout.write("\n")


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def console() -> Console:
    """Where words for people go. Made anew, so that it follows a redirected standard output."""
    return Console(highlight=False, soft_wrap=True)


def fail(message: str, status: int = 1) -> typer.Exit:
    """Say *message* on standard error; raise what is returned to end with *status*."""
    typer.echo(message, err=True)
    return typer.Exit(status)


class CheckLike(Protocol):
    """One check, of an issue or of the installation: how it ended, and how to *mend* what is not well."""

    @property
    def name(self) -> str: ...  # noqa: D102 - as in Check
    @property
    def level(self) -> Literal["ok", "warn", "fail"]: ...  # noqa: D102
    @property
    def detail(self) -> str: ...  # noqa: D102
    @property
    def mend(self) -> str: ...  # noqa: D102


def show_checks(checks: Iterable[CheckLike], *, only_faults: bool = False) -> None:
    """Print a line a check; below a fault, how to mend it."""
    colour = {"ok": "green", "warn": "yellow", "fail": "red"}
    for one in checks:
        if one.level != "ok" or not only_faults:
            level = f"[{colour[one.level]}]{one.level:4}[/]"
            console().print(f"{level} {one.name}: ", end="")
            console().print(one.detail, markup=False)
            if one.mend:
                console().print(f"     → {one.mend}", markup=False)
