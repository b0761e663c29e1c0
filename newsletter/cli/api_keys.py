"""`newsletter keys api`: keys to the JSON API, each for one site and one purpose."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from sqlalchemy import Connection

from newsletter.cli.audited import note
from newsletter.cli.output import JsonOption, console, say_json
from newsletter.cli.table import print_table
from newsletter.clock import SystemClock
from newsletter.settings import load_settings
from newsletter.subscribers.api_key import ApiKey, Scope, Wanted
from newsletter.workflows.give_api_key import about, api_keys, give_api_key, made, revoke_api_key, taken_back
from newsletter.workflows.workplace import open_workplace

api = typer.Typer(help="Keys to the JSON API, for programs of a site.", no_args_is_help=True)


@api.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What you call it: who has it, and for what.")],
    site: Annotated[str, typer.Option("--site", help="The site's key in newsletter.toml.")],
    scope: Annotated[Scope, typer.Option("--scope", help="What it is good for.")] = Scope.SIGN_UP,
    newsletter: Annotated[
        str, typer.Option("--newsletter", help="Sign up to this one only, not to all that the site offers.")
    ] = "",
    json_output: JsonOption = False,
) -> None:
    """Make a key and show it, once: only a hash of it is kept."""
    wanted = Wanted(name=name, site=site, scope=scope, newsletter=newsletter)
    with open_workplace(load_settings(context.obj), SystemClock()) as workplace:

        def line(connection: Connection, key_id: int) -> None:
            note(connection, workplace, *made(key_id), **about(wanted))

        given = give_api_key(workplace, wanted, note=line)
    if json_output:
        say_json({"id": given.id, "key": given.key})
        return
    typer.echo(given.key)
    console().print(
        f"That is key {given.id}. It is not shown again: give it to the program now, never to a page.",
        markup=False,
    )


@api.command("list")
def list_keys(context: typer.Context, json_output: JsonOption = False) -> None:
    """Every key by its beginning, what it is good for and when it was used last; never the whole."""
    with open_workplace(load_settings(context.obj), SystemClock()) as workplace:
        found = api_keys(workplace)
    if json_output:
        say_json([asdict(one) for one in found])
        return
    if not found:
        console().print(
            "There are none. Make one with: newsletter keys api add NAME --site KEY", markup=False
        )
        return
    print_table(("id", "name", "begins", "for", "site", "newsletter", "used last"), map(_row, found))


@api.command()
def revoke(
    context: typer.Context,
    key_id: Annotated[int, typer.Argument(metavar="ID", help="A number of the list.")],
    json_output: JsonOption = False,
) -> None:
    """Take a key back: from now on it is good for nothing."""
    with open_workplace(load_settings(context.obj), SystemClock()) as workplace:

        def line(connection: Connection, key_id: int) -> None:
            note(connection, workplace, *taken_back(key_id))

        revoked = revoke_api_key(workplace, key_id, note=line)
    if json_output:
        say_json({"id": revoked.id, "revoked_at": revoked.revoked_at})
        return
    console().print(f"Key {revoked.id} ({revoked.name}) is good for nothing any more.", markup=False)


def _row(one: ApiKey) -> tuple[str, ...]:
    used = f"{one.used_on}" if one.used_on else "never"
    return (
        str(one.id), one.name, one.beginning, one.scope, one.site, one.newsletter or "(all)",
        f"revoked {one.revoked_at:%Y-%m-%d}" if one.revoked_at else used,
    )  # fmt: skip
