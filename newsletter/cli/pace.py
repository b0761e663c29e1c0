"""`newsletter pace`: which domains are sent less, and the operator's word that one need not be."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from newsletter.cli.audited import note
from newsletter.cli.output import JsonOption, console, say_json
from newsletter.clock import SystemClock
from newsletter.delivery.ledger import look_again
from newsletter.delivery.pace import sent_today, warm_up_number
from newsletter.delivery.slow_domain import SlowDomain, release, slow_domains
from newsletter.errors import DeliveryError
from newsletter.settings import load_settings
from newsletter.subscribers.address import ascii_domain
from newsletter.workflows.workplace import open_workplace

pace = typer.Typer(help="How fast mail leaves: domains that asked for less.", no_args_is_help=True)


@pace.command("list")
def list_slow(context: typer.Context, json_output: JsonOption = False) -> None:
    """Domains that asked to be sent less, until when they are held, and why; and the warm-up of the day."""
    with open_workplace(load_settings(context.obj), SystemClock()) as workplace:
        now = workplace.clock.now()
        number = warm_up_number(workplace.settings, now)
        with workplace.database.read() as connection:
            found, sent = slow_domains(connection), sent_today(connection, now)
    if json_output:
        warm_up = None if number is None else {"number": number, "sent": sent}
        say_json({"domains": [asdict(one) for one in found], "warm_up": warm_up})
        return
    for one in found:
        console().print(f"{one.domain:<30} {_words(one, now)}", markup=False)
    if not found:
        console().print("No domain is sent less.")
    if number is not None:
        console().print(f"Warm-up: {sent} of {number} messages sent today (UTC).")


@pace.command("release")
def release_domain(
    context: typer.Context,
    domain: Annotated[str, typer.Argument(metavar="DOMAIN", help="The part of addresses behind the @.")],
    json_output: JsonOption = False,
) -> None:
    """Send to a domain as before, also what was put back. If it asks for less again, it is held again."""
    try:
        named = ascii_domain(domain)
    except ValueError:
        named = domain
    with (
        open_workplace(load_settings(context.obj), SystemClock()) as workplace,
        workplace.database.write() as connection,
    ):
        released = release(connection, [named])
        if released:
            look_again(connection, now=workplace.clock.now())
            note(connection, workplace, "release domain", f"domain {named}")
    if not released:
        raise DeliveryError(f"domain {named}", "is not sent less", "See: newsletter pace list")
    if json_output:
        say_json({"released": named})
    else:
        console().print(f"{named} is sent to as before, also what was put back for it.")


def _words(slow: SlowDomain, now: datetime) -> str:
    if slow.held_until is not None and slow.is_held(now):
        state = f"held until {slow.held_until:%Y-%m-%d %H:%M} UTC"
    else:
        state = f"{slow.at_once} at a time"
    return f"{state}  {slow.reason}"
