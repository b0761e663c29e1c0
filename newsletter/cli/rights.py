"""`newsletter subscribers unsubscribe | data | erase | readmit`: what readers ask for by letter or call."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.audited import leave_line, note
from newsletter.cli.output import AddressArgument, JsonOption, console, fail, say_json
from newsletter.clock import SystemClock
from newsletter.errors import SettingsError
from newsletter.settings import load_settings
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.consent import Actor
from newsletter.subscribers.store import find_subscriber, get_subscriber, subscriptions_of
from newsletter.subscribers.suppression import suppressed_at, suppression_of
from newsletter.workflows.erase import erase
from newsletter.workflows.give_data import as_zip, everything_of
from newsletter.workflows.readmit import DOOR, readmit
from newsletter.workflows.unsubscribe import withdraw
from newsletter.workflows.workplace import Workplace, open_workplace


def unsubscribe_reader(
    context: typer.Context, address: AddressArgument, json_output: JsonOption = False
) -> None:
    """Take a reader off every newsletter, as they asked. Ends 1 for an unknown address."""
    with open_workplace(load_settings(context.obj), SystemClock()) as workplace:
        now, reader = workplace.clock.now(), _reader_id(workplace, address)
        with workplace.database.write() as connection:
            subscriber = get_subscriber(connection, reader)
            note(connection, workplace, "unsubscribe", f"reader {reader}")
            left = withdraw(
                connection,
                workplace,
                subscriber=subscriber,
                subscriptions=subscriptions_of(connection, subscriber.id),
                door=DOOR,
                evidence="an operator on the command line, as the reader asked",
                actor=Actor.OPERATOR,
                now=now,
            )
    if json_output:
        say_json({"email": address.strip(), "left": left})
    else:
        console().print(f"{address.strip()}: off {', '.join(left) or 'already'}.", markup=False)


def erase_reader(
    context: typer.Context,
    address: AddressArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before erasing.")] = False,
    json_output: JsonOption = False,
) -> None:
    """Delete all that is kept of a reader, but for a keyed hash that keeps old lists from bringing them back.

    Ends 1 for an unknown address. Backups keep what they hold until you delete them.
    """
    with open_workplace(load_settings(context.obj), SystemClock()) as workplace:
        reader = _reader_id(workplace, address)
        if not yes:
            typer.confirm(
                f"Delete everything about {address.strip()}? It cannot be undone.", abort=True, err=True
            )
        leave_line(workplace, "erase", f"reader {reader}")
        erase(
            workplace,
            reader,
            door=DOOR,
            evidence="an operator on the command line, as the reader asked",
            actor=Actor.OPERATOR,
        )
    if json_output:
        say_json({"erased": True})
    else:
        console().print("Erased. Backups made before still hold this reader until you delete them.")


def give_reader_data(
    context: typer.Context,
    address: AddressArgument,
    out: Annotated[Path, typer.Option("--out", help="The ZIP file to write, for its owner alone.")],
    json_output: JsonOption = False,
) -> None:
    """Write all that is kept of a reader, topics as well, into a file. Ends 1 for an unknown address.

    For who cannot use the link on the preferences page. Send it to the address on the list, and delete it.
    """
    with open_workplace(load_settings(context.obj), SystemClock()) as workplace:
        now, reader = workplace.clock.now(), _reader_id(workplace, address)
        leave_line(workplace, "give data", f"reader {reader}")
        with workplace.database.read() as connection:
            kept = everything_of(connection, workplace, get_subscriber(connection, reader))
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise SettingsError(f"file {out}", f"cannot be made: {error.strerror}", "Name another.") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(as_zip(kept, made_at=now))
    if json_output:
        say_json({"files": [str(out)]})
    else:
        console().print(f"{out}: for its owner; delete it once it was sent.", markup=False)


def readmit_address(
    context: typer.Context,
    address: AddressArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the consent record.")],
    json_output: JsonOption = False,
) -> None:
    """Let an address sign up again that complained or was stopped; one that was erased is refused (3)."""
    with open_workplace(load_settings(context.obj), SystemClock()) as workplace:
        leave_line(workplace, "readmit", "an address")
        was = readmit(workplace, address, why=reason)
    if json_output:
        say_json({"email": address.strip(), "was": was})
    else:
        console().print(
            f"{address.strip()} may sign up again (it was suppressed: {was}). Nothing is sent before that.",
            markup=False,
        )


def _reader_id(workplace: Workplace, address: str) -> int:
    canonical = parse_address(address).canonical
    with workplace.database.read() as connection:
        found = find_subscriber(connection, canonical)
    if found is None:
        raise fail(nobody(workplace, address))
    return found.id


def nobody(workplace: Workplace, address: str) -> str:
    """That an address is not on the list, and what is known of it all the same."""
    canonical = parse_address(address).canonical
    with workplace.database.read() as connection:
        reason = suppression_of(connection, workplace.keyring, canonical)
        since = suppressed_at(connection, workplace.keyring, canonical)
    said = f"{address}: nobody with this address is on the list."
    if reason is None or since is None:
        return said
    return f"{said} A keyed hash of it is kept since {since:%Y-%m-%d}, so that it is never mailed ({reason})."
