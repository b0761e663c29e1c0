"""Commands on what comes back: ``feedback parse``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli import feedback_collect, feedback_tray
from newsletter.cli.output import JsonOption, say_json
from newsletter.cli.table import print_table

if TYPE_CHECKING:
    from newsletter.feedback.event import Event

feedback = typer.Typer(no_args_is_help=True, help="What comes back: bounces, complaints, answers.")
feedback.command()(feedback_collect.collect)
feedback.add_typer(feedback_tray.tray_group, name="tray")
feedback.command("show")(feedback_tray.show_reader)
feedback.command("raw")(feedback_tray.show_raw)
feedback.command("rates")(feedback_tray.show_rates)

#: The name that stands for standard input.
STANDARD_INPUT = "-"


@feedback.command()
def parse(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE…", help="Messages, .mbox files, or - for standard input.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Read returned mail and show what was understood; store nothing."""
    documents = (document for name in files for document in _documents(name))
    unread = False
    if as_json:
        answers = list(documents)
        unread = any("error" in answer for answer in answers)
        say_json(answers)
    else:
        unread = _print(documents)
    if unread:
        raise typer.Exit(1)


def _documents(name: str) -> Iterator[dict[str, Any]]:
    """What one argument holds: a document for each of its messages, or one that tells why it was not read."""
    from newsletter.feedback.report import events_of

    try:
        if name.lower().endswith(".mbox"):
            for number, raw in enumerate(_mailbox(Path(name)), 1):
                yield {"file": name, "message": number, "events": [_event(one) for one in events_of(raw)]}
        else:
            yield {"file": name, "events": [_event(one) for one in events_of(_message(name))]}
    except OSError as error:
        said = {"thing": name, "reason": error.strerror or str(error), "next_step": "Name a file to read."}
        yield {"file": name, "events": [], "error": said}


def _message(name: str) -> bytes:
    """As much of one message as is ever looked at."""
    if name == STANDARD_INPUT:
        return _begin(sys.stdin.buffer)
    with Path(name).open("rb") as file:
        return _begin(file)


def _begin(file: IO[bytes]) -> bytes:
    from newsletter.feedback.part import MOST_OCTETS

    return file.read(MOST_OCTETS)


def _mailbox(path: Path) -> Iterator[bytes]:
    """The messages of a mailbox file, one at a time."""
    import mailbox

    from newsletter.feedback.part import MOST_OCTETS

    with path.open("rb"):
        pass  # mailbox takes a folder, or what it may not read, for an empty file
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.keys():  # noqa: SIM118 - iterating over a mailbox gives messages, parsed
            with box.get_file(key) as message:
                yield message.read(MOST_OCTETS)
    finally:
        box.close()


def _event(event: Event) -> dict[str, Any]:
    return {
        "type": event.kind.value,
        "recipient": event.recipient,
        "status": event.status,
        "permanence": event.permanence.value,
        "reason": event.reason.value,
        "diagnostic": event.diagnostic,
        "return_path": event.return_path,
        "message_ids": event.message_ids,
        "happened_at": event.happened_at.strftime("%Y-%m-%dT%H:%M:%SZ") if event.happened_at else None,
    }


def _print(documents: Iterable[dict[str, Any]]) -> bool:
    """A row for each event; whether a file could not be read."""
    unread, rows = False, []
    for document in documents:
        if "error" in document:
            unread = True
            typer.echo(f"newsletter: {document['file']}: {document['error']['reason']}.", err=True)
        name = document["file"] + (f" #{document['message']}" if "message" in document else "")
        for one in document["events"]:
            last = f"{one['status']} {one['permanence']}".strip() if one["permanence"] != "unknown" else ""
            rows.append((name, one["type"], one["recipient"], last, one["reason"]))
    if rows:
        print_table(("file", "what", "recipient", "status", "reason"), rows, whole=2)
    return unread
