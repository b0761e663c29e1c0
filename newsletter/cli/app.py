"""The command `newsletter`: every command, the global options, and how errors end."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from newsletter import __version__
from newsletter.cli.output import say_json
from newsletter.errors import NewsletterError

#: Every command in the order of the help, and where it is: a module of this room and a name in it.
_COMMANDS = {
    "init": "setting.init",
    "parse": "content.parse",
    "ingest": "content.ingest",
    "articles": "content.articles",
    "preview": "issue.preview",
    "check": "issue.check",
    "plan": "plan.plan",
    "approve": "decide.approve",
    "hold": "decide.hold",
    "skip": "decide.skip",
    "pause": "decide.pause",
    "resume": "decide.resume",
    "cancel": "decide.cancel",
    "decide": "decide.decisions",
    "send": "issue.send",
    "deliveries": "issue.deliveries",
    "pace": "pace.pace",
    "subscribers": "subscribers.subscribers",
    "feedback": "feedback.feedback",
    "sites": "sites.sites",
    "keys": "keys.keys",
    "operator": "operator.operators",
    "audit": "operator.audit_group",
    "doctor": "care.doctor",
    "backup": "care.backup",
    "restore": "care.restore_backup",
    "serve": "server.serve",
    "demo": "demo.demo",
    "rehearse": "rehearse.rehearse",
}


class _Commands(MutableMapping[str, Any]):
    """The commands by name, each imported when it is asked for: to import all takes longer than most run."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = dict(places)
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            module, _, attribute = self._places[name].partition(".")
            found = getattr(import_module(f"newsletter.cli.{module}"), attribute)
            if not isinstance(found, typer.Typer):
                alone = typer.Typer(add_completion=False)
                alone.command(name)(found)
                found = alone
            self._made[name] = typer.main.get_command(found)
            self._made[name].name = name
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._places[name], self._made[name] = "", command

    def __delitem__(self, name: str) -> None:
        del self._places[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class _Group(TyperGroup):
    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = _Commands(_COMMANDS)


app = typer.Typer(
    name="newsletter",
    cls=_Group,
    help="Picks reviewed medical sections, mails them to people who opted in twice.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"newsletter {__version__}")
        raise typer.Exit


@app.callback()
def _global_options(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option("--config", help="Settings file (default: newsletter.toml here).")
    ] = None,
    *,
    version: Annotated[  # noqa: ARG001 - acted on by its callback
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    context.obj = config


def main() -> None:
    """Run the command line; our own errors end with their exit status and one sentence, not a trace."""
    try:
        app()
    except NewsletterError as error:
        if "--json" in sys.argv:
            said = {"thing": error.thing, "reason": error.reason, "next_step": error.next_step}
            say_json({"error": said})
        typer.echo(f"newsletter: {error}", err=True)
        sys.exit(error.exit_status)
