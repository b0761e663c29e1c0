"""`newsletter sites`: the sites whose pages hold a sign-up form, and what comes through them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Literal

import typer

from newsletter.cli.audited import note
from newsletter.cli.output import JsonOption, console, say_json
from newsletter.clock import SystemClock
from newsletter.errors import SettingsError
from newsletter.notices.endpoint import WebhookStatus, enable, webhook_status
from newsletter.notices.webhook import webhook_secret
from newsletter.rendering.snippet import Door, snippet_of
from newsletter.settings import IMPLIED_KEY, load_settings
from newsletter.subscribers.breaker import Breaker
from newsletter.subscribers.site import SiteCount, site_secret
from newsletter.web.form_script import MOST_BYTES, weight
from newsletter.workflows.count_sites import count_sites
from newsletter.workflows.hold_back import breaker_of, release
from newsletter.workflows.workplace import open_workplace

sites = typer.Typer(help="Sites with a sign-up form: what comes through them.", no_args_is_help=True)

#: What comes through no configured site.
_ELSEWHERE = {IMPLIED_KEY: "our own pages", "": "commands"}

KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="The site's key in newsletter.toml.")]
DaysOption = Annotated[int, typer.Option("--days", min=1, max=3650, help="Over how many days.")]


@sites.command("list")
def list_sites(context: typer.Context, days: DaysOption = 30, json_output: JsonOption = False) -> None:
    """Every site with its sign-ups and what part of them confirmed; and the breaker, if it is open."""
    with open_workplace(load_settings(context.obj), SystemClock()) as workplace:
        since = workplace.clock.now().date() - timedelta(days=days)
        found, breaker = count_sites(workplace, since=since), breaker_of(workplace)
        origins = {site.key: site.origins for site in workplace.settings.every_site}
    is_held = breaker is not None and breaker.is_open
    if json_output:
        rows = [_row(key, count) | {"origins": origins.get(key, [])} for key, count in found.items()]
        say_json({"since": since, "sites": rows, "held_back": _reason(breaker)})
        return
    for key, count in found.items():
        console().print(
            f"{key or '(none)':<20}{_words(count)}  {', '.join(origins.get(key, ()))}", markup=False
        )
    if is_held:
        console().print(
            f"Confirmation mails are held back: {_reason(breaker)}. If these are real people, run: "
            "newsletter sites release",
            markup=False,
        )


@sites.command()
def show(
    context: typer.Context, key: KeyArgument, days: DaysOption = 30, json_output: JsonOption = False
) -> None:
    """One site: its sign-ups, and how its webhook fares."""
    with open_workplace(load_settings(context.obj), SystemClock()) as workplace:
        site = workplace.settings.site(key)
        since = workplace.clock.now().date() - timedelta(days=days)
        count, weighs = count_sites(workplace, since=since)[site.key], weight(workplace.settings, site)
        with workplace.database.read() as connection:
            status = webhook_status(connection, site.key)
    if json_output:
        said = {
            "origins": site.origins,
            "newsletters": site.newsletters,
            "since": since,
            "script_bytes": weighs,
        }
        say_json(_row(key, count) | said | {"webhook": _webhook(status) if site.webhook else None})
        return
    console().print(f"{key}: {_words(count)} since {since}", markup=False)
    console().print(f"pages of {', '.join(site.origins)} may post to it", markup=False)
    console().print(_weight_words(weighs), markup=False)
    if site.webhook:
        console().print(f"webhook {site.webhook.url}: {_webhook_words(status)}", markup=False)


@sites.command()
def snippet(
    context: typer.Context,
    key: KeyArgument,
    door: Annotated[Door, typer.Option("--door", help="Which kind of form.")] = Door.SCRIPT,
) -> None:
    """The lines to paste into the site's page."""
    settings = load_settings(context.obj)
    typer.echo(snippet_of(settings, settings.site(key), door), nl=False)


@sites.command()
def secret(
    context: typer.Context,
    key: KeyArgument,
    what: Annotated[
        Literal["api", "webhook"],
        typer.Option("--for", help="What the site's own server proves itself by, or checks our events with."),
    ] = "api",
) -> None:
    """A secret of the site, for its own server only: never for a page."""
    with open_workplace(load_settings(context.obj), SystemClock()) as workplace:
        site = workplace.settings.site(key)
        made = site_secret if what == "api" else webhook_secret
        typer.echo(made(workplace.keyring, site.key))


@sites.command()
def webhook(
    context: typer.Context,
    key: KeyArgument,
    switch_on: Annotated[
        bool, typer.Option("--enable", help="Switch it on again; what waits is sent.")
    ] = False,
    json_output: JsonOption = False,
) -> None:
    """How a site's webhook fares; one that failed for long is switched off until you say otherwise."""
    with open_workplace(load_settings(context.obj), SystemClock()) as workplace:
        site = workplace.settings.site(key)
        if site.webhook is None:
            raise SettingsError(
                f"site {site.key!r}",
                "has no webhook",
                'Add webhook = {url = "https://…"} to its [[sites]] table in newsletter.toml '
                "(docs/how-to/receive-events.md).",
            )
        if switch_on:
            with workplace.database.write() as connection:
                enable(connection, site.key)
        with workplace.database.read() as connection:
            status = webhook_status(connection, site.key)
    if json_output:
        say_json(_webhook(status))
    else:
        console().print(_webhook_words(status), markup=False)


@sites.command("release")
def release_held(context: typer.Context, json_output: JsonOption = False) -> None:
    """Let the confirmation mails go on that are held back because hardly anybody confirmed."""
    with open_workplace(load_settings(context.obj), SystemClock()) as workplace:
        done = release(workplace, note=lambda one: note(one, workplace, "release confirmations", "sign-ups"))
    if json_output:
        say_json({"released": done})
        return
    console().print("They go on." if done else "Nothing was held back.", markup=False)


def _row(key: str, count: SiteCount) -> dict[str, object]:
    return {
        "key": key,
        "taken": count.taken,
        "mailed": count.mailed,
        "confirmed": count.confirmed,
        "confirm_rate": count.confirm_rate,
    }


def _words(count: SiteCount) -> str:
    rate = "" if count.confirm_rate is None else f" ({count.confirm_rate:.0%})"
    return f"{count.taken} taken, {count.mailed} mailed, {count.confirmed} confirmed{rate}"


def _weight_words(weighs: int) -> str:
    said = f"its script has {weighs:,} bytes"
    if weighs <= MOST_BYTES:
        return said
    return (
        f"{said}, more than {MOST_BYTES:,}: offer fewer newsletters on this site, or compress it on the way"
    )


def _reason(breaker: Breaker | None) -> str:
    return breaker.reason if breaker is not None and breaker.is_open else ""


def _webhook(status: WebhookStatus) -> dict[str, object]:
    return asdict(status.endpoint) | {"events": status.events, "waiting": status.waiting}


def _webhook_words(status: WebhookStatus) -> str:
    receiver = status.endpoint
    if receiver.disabled_at is not None:
        since = f"{receiver.disabled_at:%Y-%m-%d %H:%M} UTC"
        how = f"off since {since} ({receiver.reason}); --enable switches it on"
    elif receiver.failing_since is not None:
        since = f"{receiver.failing_since:%Y-%m-%d %H:%M} UTC"
        how = f"has taken nothing since {since} (the last answer was: {receiver.reason or 'none'})"
    else:
        how = "well"
    return f"{how}; {'1 event waits' if status.waiting == 1 else f'{status.waiting} events wait'}"
