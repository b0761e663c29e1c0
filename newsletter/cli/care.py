"""`newsletter doctor | backup | restore`: looking after a running newsletter."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.audited import leave_line
from newsletter.cli.output import JsonOption, console, say_json, show_checks
from newsletter.clock import SystemClock
from newsletter.settings import load_settings
from newsletter.workflows.back_up import back_up, restore
from newsletter.workflows.diagnose import diagnose
from newsletter.workflows.workplace import open_workplace


def doctor(context: typer.Context, json_output: JsonOption = False) -> None:
    """Check settings, key file, relay, databases, journal, consent records and clock. Ends 1 if one fails."""
    found = diagnose(load_settings(context.obj), SystemClock())
    if json_output:
        say_json({"checks": [one.document() for one in found]})
    else:
        show_checks(found)
    if any(one.level == "fail" for one in found):
        raise typer.Exit(1)


def backup(
    context: typer.Context,
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="Default: backups/ and the time.")
    ] = None,
    json_output: JsonOption = False,
) -> None:
    """Copy both databases and the journal while everything runs; keep the key file apart from it."""
    clock = SystemClock()
    target = folder or Path("backups") / f"{clock.now():%Y%m%dT%H%M%SZ}"
    files = back_up(load_settings(context.obj), target)
    if json_output:
        say_json({"files": [str(path) for path in files]})
        return
    for path in files:
        console().print(str(path), markup=False)
    console().print("Keep it where only you can read it, and apart from newsletter.key.")


def restore_backup(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of a backup.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before replacing what is there.")] = False,
    json_output: JsonOption = False,
) -> None:
    """Put a backup in place of both databases, and take off whoever left or was erased since."""
    settings = load_settings(context.obj)
    if not yes:
        typer.confirm("Replace both databases by this backup?", abort=True, err=True)
    done = restore(settings, SystemClock(), folder)
    with open_workplace(settings, SystemClock()) as workplace:
        leave_line(workplace, "restore", "both databases", replayed=done.replayed)
    if json_output:
        kept = str(done.kept) if done.kept else None
        say_json({"files": [str(path) for path in done.files], "kept": kept, "replayed": done.replayed})
        return
    entries = "entry" if done.replayed == 1 else "entries"
    console().print(f"Restored. The journal had {done.replayed} {entries} that the backup did not know.")
    if done.kept:
        console().print(
            f"What was there before is in {done.kept}: personal data, which you delete once all is well.",
            markup=False,
        )
