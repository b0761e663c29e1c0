"""`newsletter subscribers ask-again`: whether readers agree with a policy that has changed."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.output import JsonOption, console, say_json
from newsletter.clock import SystemClock
from newsletter.settings import load_settings
from newsletter.workflows.ask_again import PER_HOUR, AskedAgain, ask_again
from newsletter.workflows.workplace import open_workplace


def ask_readers_again(
    context: typer.Context,
    newsletter: Annotated[
        str | None, typer.Option("--newsletter", help="Only readers of this one (default: of all).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many would be asked.")] = False,
    per_hour: Annotated[int, typer.Option(help="How many mails leave in an hour.", min=1)] = PER_HOUR,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before mailing.")] = False,
    json_output: JsonOption = False,
) -> None:
    """Mail readers who agreed to another privacy policy, and ask whether they agree to the current one.

    What they agreed to before stands until they answer. Run again, it leaves out who was asked and may still
    answer. Refuses, and ends 2, while the policy is the shipped draft.
    """
    with open_workplace(load_settings(context.obj), SystemClock()) as workplace:
        report = ask_again(workplace, newsletter=newsletter, dry_run=True)
        if report.asked and not dry_run:
            if not yes:
                typer.confirm(f"Mail {report.asked} readers?", abort=True, err=True)
            report = ask_again(workplace, newsletter=newsletter, per_hour=per_hour)
    if json_output:
        last = report.last_leaves_at.isoformat() if report.last_leaves_at else None
        say_json(
            {
                "asked": report.asked,
                "agree_already": report.agree_already,
                "waiting": report.waiting,
                "dry_run": dry_run,
                "last_leaves_at": last,
            }
        )
    else:
        _print(report, dry_run=dry_run)


def _print(report: AskedAgain, *, dry_run: bool) -> None:
    out = console()
    out.print("Would happen (nothing was changed):" if dry_run else "Done:", markup=False)
    out.print(f"  {report.asked:>9} asked by mail", markup=False)
    out.print(f"  {report.agree_already:>9} agree already", markup=False)
    out.print(f"  {report.waiting:>9} were asked, and have not answered yet", markup=False)
    if report.last_leaves_at:
        out.print(f"The last mail leaves at {report.last_leaves_at:%Y-%m-%d %H:%M} UTC.", markup=False)
