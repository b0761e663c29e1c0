"""`newsletter keys`: the secrets that sign links, seal what readers chose, and sign mails."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.api_keys import api
from newsletter.cli.audited import leave_line
from newsletter.cli.output import JsonOption, console, say_json
from newsletter.clock import SystemClock
from newsletter.delivery.dkim import load_signing_key, signing_domains, write_signing_key
from newsletter.delivery.key_record import key_record
from newsletter.errors import SettingsError
from newsletter.settings import load_settings
from newsletter.workflows.rotate_keys import SEALED, rotate_keys, sealed_values
from newsletter.workflows.workplace import open_workplace

keys = typer.Typer(
    help="The keys that sign links, seal what readers chose, and sign mails; and those of programs.",
    no_args_is_help=True,
)
keys.add_typer(api, name="api")


@keys.command("list")
def list_keys(context: typer.Context, json_output: JsonOption = False) -> None:
    """Every key by its id, oldest first, and how much is sealed under it. Never the keys themselves."""
    with open_workplace(load_settings(context.obj), SystemClock()) as workplace:
        sealed = sealed_values(workplace)
        current = workplace.keyring.current
    if json_output:
        rows = [
            {"key": kid, "signs": kid == current} | {name: values.get(name, 0) for name in SEALED}
            for kid, values in sealed.items()
        ]
        say_json(rows)
        return
    for kid, values in sealed.items():
        under = ", ".join(f"{values.get(name, 0)} {name}" for name in SEALED)
        what = "signs and seals" if kid == current else "checks old links and hashes"
        console().print(f"{kid:<6}{what}; sealed under it: {under}", markup=False)


@keys.command()
def rotate(
    context: typer.Context,
    resume: Annotated[
        bool, typer.Option("--resume", help="Only finish a rotation that was stopped; add no key.")
    ] = False,
    json_output: JsonOption = False,
) -> None:
    """Add a key that signs and seals from now on, and seal anew what older ones sealed.

    A rotation that was stopped is finished first, and then no key is added. Links in old mails keep working.
    """
    with open_workplace(load_settings(context.obj), SystemClock()) as workplace:
        leave_line(workplace, "rotate keys", "the key file", resume=resume)
        done = rotate_keys(
            workplace,
            resume=resume,
            after_page=lambda number: typer.echo(f"{number} values sealed anew …", err=True),
        )
    if json_output:
        say_json({"key": done.key, "added": done.is_new, "resealed": done.resealed})
        return
    number = sum(done.resealed.values())
    began = f"Added key {done.key}." if done.is_new else f"No key was added; {done.key} signs and seals."
    console().print(f"{began} {number} values were sealed anew under it.", markup=False)
    if done.is_new:
        console().print(
            "Next: back up the key file, apart from the databases. Restart newsletter serve and scheduler.py "
            "(until then they use the older key), then run: newsletter keys rotate --resume",
            markup=False,
        )


@keys.command()
def dkim(context: typer.Context, json_output: JsonOption = False) -> None:
    """Make the key that signs mails (DKIM), unless it is there, and say which DNS record to publish.

    A key is never overwritten. For a new one set dkim_selector and dkim_key_path anew.
    """
    settings = load_settings(context.obj)
    path = settings.dkim_key_path
    try:
        write_signing_key(path)
        is_new = True
    except FileExistsError:
        is_new = False
    except OSError as error:
        reason = f"cannot be written: {(error.strerror or str(error)).lower()}"
        raise SettingsError(f"DKIM key {path}", reason, "Name another dkim_key_path.") from error
    key = load_signing_key(path)
    records = [
        key_record(key, domain=domain, selector=settings.dkim_selector)
        for domain in signing_domains(settings)
    ]
    if json_output:
        shown = [{"name": each.name, "type": "TXT", "strings": list(each.strings)} for each in records]
        say_json({"key": str(path), "is_new": is_new, "records": shown})
        return
    console().print(f"{'Made' if is_new else 'There is already'} {path}. Publish in your DNS:", markup=False)
    for each in records:
        typer.echo(each.zone_line)
    console().print(
        'Next: set dkim = "on", restart newsletter serve and scheduler.py, then run: newsletter doctor',
        markup=False,
    )
