"""The command `newsletter`: every command, the global options, and how errors end."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from newsletter import __version__
from newsletter.cli import (
    care,
    content,
    decide,
    demo,
    feedback,
    feedback_collect,
    feedback_tray,
    issue,
    keys,
    operator,
    pace,
    plan,
    rehearse,
    server,
    setting,
    sites,
    subscribers,
)
from newsletter.cli.output import say_json
from newsletter.errors import NewsletterError

app = typer.Typer(
    name="newsletter",
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


app.command()(setting.init)
app.command()(content.parse)
app.command()(content.ingest)
app.add_typer(content.articles, name="articles")
app.command()(issue.preview)
app.command()(issue.check)
app.command()(plan.plan)
app.command()(decide.approve)
app.command()(decide.hold)
app.command()(decide.skip)
app.command()(decide.pause)
app.command()(decide.resume)
app.command()(decide.cancel)
app.add_typer(decide.decisions, name="decide")
app.command()(issue.send)
app.command()(issue.deliveries)
app.add_typer(pace.pace, name="pace")
app.add_typer(subscribers.subscribers, name="subscribers")
feedback.feedback.command()(feedback_collect.collect)
feedback.feedback.add_typer(feedback_tray.tray_group, name="tray")
feedback.feedback.command("show")(feedback_tray.show_reader)
feedback.feedback.command("raw")(feedback_tray.show_raw)
feedback.feedback.command("rates")(feedback_tray.show_rates)
app.add_typer(feedback.feedback, name="feedback")
app.add_typer(sites.sites, name="sites")
app.add_typer(keys.keys, name="keys")
app.add_typer(operator.operators, name="operator")
app.add_typer(operator.audit_group, name="audit")
app.command()(care.doctor)
app.command()(care.backup)
app.command("restore")(care.restore_backup)
app.command()(server.serve)
app.command()(demo.demo)
app.command()(rehearse.rehearse)


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
