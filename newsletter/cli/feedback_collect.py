"""`newsletter feedback collect`: take what came back from the mailbox, or one message from standard input."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from newsletter.cli.output import JsonOption, console, fail, say_json
from newsletter.clock import SystemClock
from newsletter.errors import NewsletterError
from newsletter.feedback.incoming import Incoming, read_bounded
from newsletter.settings import load_settings
from newsletter.workflows.collect_feedback import Collected, collect_feedback, take_message
from newsletter.workflows.workplace import open_workplace

#: sysexits.h: the mail system keeps the message and gives it again (pipe(8), local(8) of Postfix).
EX_TEMPFAIL = 75
_CHUNK = 1 << 20


def collect(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="[-]", help="- for one message from standard input.")] = "",
    json_output: JsonOption = False,
) -> None:
    """Take what waits in the mailbox (mailbox_url), or with - one message from standard input.

    With - it ends 75 whenever the message was not taken, so that Postfix keeps it and tries again.
    """
    if source not in ("", "-"):
        raise typer.BadParameter(f"{source!r}: only - may be given")
    if source == "-":
        collected = _from_pipe(context.obj, sys.stdin.buffer)
    else:
        with open_workplace(load_settings(context.obj), SystemClock()) as workplace:
            collected = collect_feedback(workplace)
    if json_output:
        say_json(asdict(collected))
    elif source != "-":  # the mail system would write it into its log, or into a bounce
        console().print(f"{collected}.")
    if collected.failed:
        raise typer.Exit(1)


def _from_pipe(config: Path | None, file: BinaryIO) -> Collected:
    """Take the message in *file*."""
    try:
        raw, is_cut = read_bounded(file)
        while file.read(_CHUNK):  # whoever writes may not like a pipe that closes early
            pass
        with open_workplace(load_settings(config), SystemClock()) as workplace:
            collected = take_message(
                workplace, Incoming(raw=raw, is_cut=is_cut, mark=lambda _is_read: None), source="stdin"
            )
    except NewsletterError as error:
        raise fail(f"newsletter: {error} The message was not taken: try again.", EX_TEMPFAIL) from error
    except Exception as error:
        # Whatever it is, no message is lost by it; and what is said here ends in a log, so it quotes nothing.
        raise fail(f"newsletter: not taken ({type(error).__name__}): try again.", EX_TEMPFAIL) from error
    if collected.kept:
        raise fail("newsletter: a person's letter cannot be forwarded now: try again.", EX_TEMPFAIL)
    return collected
