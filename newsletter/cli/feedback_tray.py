"""`newsletter feedback tray | show | rates`: what came back, and how receivers see us."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from newsletter.cli.audited import note
from newsletter.cli.output import AddressArgument, JsonOption, console, fail, say_json
from newsletter.cli.table import print_table
from newsletter.clock import SystemClock
from newsletter.feedback import tray
from newsletter.feedback.count import ALL
from newsletter.feedback.record import KeptEvent, raw_of, record_by_id, records_of
from newsletter.feedback.reputation import WINDOWS, Rate, Scope, rates
from newsletter.settings import load_settings
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.store import find_subscriber
from newsletter.subscribers.token import Purpose
from newsletter.workflows.workplace import open_workplace

tray_group = typer.Typer(help="What came back and is about nobody on the list.", no_args_is_help=True)

Item = Annotated[int, typer.Argument(metavar="ID", help="A number of the list.")]


@tray_group.command("list")
def list_items(context: typer.Context, json_output: JsonOption = False) -> None:
    """What came back and matched no reader, newest first. Each is kept for 30 days."""
    with (
        open_workplace(load_settings(context.obj), SystemClock()) as workplace,
        workplace.database.read() as connection,
    ):
        found = tray.items(connection)
    if json_output:
        say_json([asdict(one) for one in found])
        return
    print_table(
        ("id", "received", "from", "what", "why", "octets"),
        [
            (str(one.id), _moment(one.received_at), one.source, one.kind, one.reason, f"{one.octets:,}")
            for one in found
        ],
    )
    console().print(f"{len(found)} in the tray", markup=False)


@tray_group.command("show")
def show_item(context: typer.Context, item: Item, json_output: JsonOption = False) -> None:
    """One of them as it came, as far as it is kept. Control characters are shown as "?"."""
    with (
        open_workplace(load_settings(context.obj), SystemClock()) as workplace,
        workplace.database.read() as connection,
    ):
        content = tray.content(connection, workplace.keyring, item)
    _show(content, {"id": item}, json_output=json_output)


@tray_group.command("dismiss")
def dismiss_item(context: typer.Context, item: Item, json_output: JsonOption = False) -> None:
    """Take one out of the tray. It does not come again: what brings it is known."""
    with (
        open_workplace(load_settings(context.obj), SystemClock()) as workplace,
        workplace.database.write() as connection,
    ):
        tray.dismiss(connection, item)
    if json_output:
        say_json({"dismissed": item})
    else:
        console().print(f"{item} is out of the tray.", markup=False)


def show_reader(context: typer.Context, address: AddressArgument, json_output: JsonOption = False) -> None:
    """What came back about a reader, and what followed. Ends 1 for an unknown address."""
    canonical = parse_address(address).canonical
    with (
        open_workplace(load_settings(context.obj), SystemClock()) as workplace,
        workplace.database.read() as connection,
    ):
        reader = find_subscriber(connection, canonical)
        found = records_of(connection, reader.id) if reader else None
    if found is None:
        raise fail(f"{address.strip()} is not on the list.")
    if json_output:
        say_json([_document(one) for one in found])
        return
    print_table(
        ("id", "when", "from", "what", "status", "why", "then"),
        [
            (str(one.id), _moment(one.happened_at), one.source, one.kind, one.status, one.reason,
             one.consequence)
            for one in found
        ],
    )  # fmt: skip
    console().print("The whole of one, as far as it is kept: newsletter feedback raw ID", markup=False)


def show_raw(context: typer.Context, item: Item, json_output: JsonOption = False) -> None:
    """What an event was read from: a returned mail, or what a provider said. It is kept for 30 days."""
    with (
        open_workplace(load_settings(context.obj), SystemClock()) as workplace,
        workplace.database.write() as connection,
    ):
        event = record_by_id(connection, item)
        raw = raw_of(connection, Sealer(workplace.keyring, Purpose.FEEDBACK), item)
        if event is not None and raw:
            note(connection, workplace, "read returned mail", f"feedback event {item}")
    if event is None or not raw:
        raise fail(f"Event {item}: what it was read from is not kept (any more).")
    _show(raw, _document(event), json_output=json_output)


def show_rates(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, help="So many domains.")] = 20,
    json_output: JsonOption = False,
) -> None:
    """What became of the letters of one day and of seven, by relay and by domain, and which is too bad."""
    with (
        open_workplace(load_settings(context.obj), SystemClock()) as workplace,
        workplace.database.read() as connection,
    ):
        today = workplace.clock.now().date()
        found = [
            rate
            for scope in (Scope.RELAY, Scope.DOMAIN)
            for days in WINDOWS
            for rate in rates(connection, scope, today=today, days=days, limit=limit)
        ]
    if json_output:
        say_json([asdict(one) | {"verdict": one.verdict} for one in found])
        return
    print_table(("of", "days", "letters", "refused", "blocked", "complaints", ""), map(_row, found))


def _row(rate: Rate) -> tuple[str, ...]:
    name = "everything" if rate.name == ALL else f"{rate.scope} {rate.name or '(without a name)'}"
    return (
        name,
        str(rate.days),
        f"{rate.accepted + rate.rejected:,}",
        *(
            f"{events:,} ({rate.share(events):.2%})"
            for events in (rate.rejected + rate.returned, rate.blocked, rate.complained)
        ),
        rate.verdict,
    )


def _document(event: KeptEvent) -> dict[str, Any]:
    return {name: value for name, value in asdict(event).items() if name != "subscriber_id"}


def _show(content: str, document: dict[str, Any], *, json_output: bool) -> None:
    if json_output:
        say_json(document | {"content": content})
        return
    shown = (each if each.isprintable() or each in "\n\t" else "?" for each in content.replace("\r\n", "\n"))
    console().print("".join(shown), markup=False)


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
