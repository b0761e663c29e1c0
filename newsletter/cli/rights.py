"""`newsletter subscribers unsubscribe | erase | readmit`: what a reader asks for by letter or telephone."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.output import JsonOption, console, fail, say_json
from newsletter.clock import SystemClock
from newsletter.settings import load_settings
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.consent import Actor
from newsletter.subscribers.store import find_subscriber, get_subscriber, subscriptions_of
from newsletter.workflows.erase import erase
from newsletter.workflows.readmit import DOOR, readmit
from newsletter.workflows.unsubscribe import withdraw
from newsletter.workflows.workplace import Workplace, open_workplace

AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS", help="An e-mail address.")]


def unsubscribe_reader(
    context: typer.Context, address: AddressArgument, json_output: JsonOption = False
) -> None:
    """Take a reader off every newsletter, as they asked. Ends 1 for an unknown address."""
    with open_workplace(load_settings(context.obj), SystemClock()) as workplace:
        now, reader = workplace.clock.now(), _reader_id(workplace, address)
        with workplace.database.write() as connection:
            subscriber = get_subscriber(connection, reader)
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
            typer.confirm("Delete everything about this reader? It cannot be undone.", abort=True, err=True)
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


def readmit_address(
    context: typer.Context,
    address: AddressArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the consent record.")],
    json_output: JsonOption = False,
) -> None:
    """Let an address sign up again that complained or was stopped; one that was erased is refused (3)."""
    with open_workplace(load_settings(context.obj), SystemClock()) as workplace:
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
        raise fail(f"{address}: nobody with this address is on the list.")
    return found.id
