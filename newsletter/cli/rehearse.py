"""`newsletter rehearse`: a relay on this machine that goes wrong on purpose, until Ctrl-C."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Annotated

import typer

from newsletter.cli.output import JsonOption, console, fail, say_json
from newsletter.clock import SystemClock
from newsletter.delivery.fault import Tally
from newsletter.delivery.fault_certificate import write_certificate
from newsletter.delivery.fault_scenario import SCENARIOS
from newsletter.delivery.fault_script import Script
from newsletter.delivery.fault_server import FaultServer
from newsletter.delivery.fault_table import FAULTS
from newsletter.errors import DeliveryError

#: What each count says to a person.
_COUNTS = {
    "connections": "connections",
    "turned_away": "of them turned away",
    "dropped": "hung up on without a word",
    "accepted": "messages accepted",
    "deferred": "deferred",
    "rejected": "rejected",
    "message_ids": "different Message-IDs among the accepted",
    "repeats": "accepted again",
    "client_faults": "faults of the client",
}


def rehearse(
    scenario: Annotated[
        str | None, typer.Argument(metavar="[SCENARIO]", help="A name that --list tells.")
    ] = None,
    list_them: Annotated[
        bool, typer.Option("--list", help="Tell the scenarios and faults, and end.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port to listen on; 0: any.", min=0, max=65535)] = 0,
    seed: Annotated[int, typer.Option(help="What chance is drawn from.")] = 0,
    json_output: JsonOption = False,
) -> None:
    """Run a relay on this machine that goes wrong as SCENARIO says; what it takes goes nowhere."""
    if list_them:
        _list(json_output=json_output)
        return
    script = SCENARIOS.get(scenario or "") or FAULTS.get(scenario or "")
    if scenario is None or script is None:
        named = f"there is no {scenario!r}" if scenario else "which SCENARIO?"
        raise fail(f"newsletter rehearse: {named}. `newsletter rehearse --list` tells them.", 2)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Whoever has read the address may end it at once.
    with _running(script, port=port, seed=seed) as server, suppress(KeyboardInterrupt):
        # A script may read the counts from standard output: what is said meanwhile goes beside it.
        typer.echo(f"{scenario}: {script.does}.", err=True)
        typer.echo(f"NEWSLETTER_SMTP_URL={script.url(server)}", err=json_output)
        typer.echo("Nothing that it takes reaches anybody. Ctrl-C ends.", err=True)
        sys.stdout.flush()
        threading.Event().wait()
    _tell(server.tally, scenario=scenario, seed=seed, json_output=json_output)


@contextmanager
def _running(script: Script, *, port: int, seed: int) -> Iterator[FaultServer]:
    """The server of *script*, with a certificate if it shows one; it forgets what it takes."""
    with tempfile.TemporaryDirectory(prefix="newsletter-rehearse-") as folder:
        certificate = None
        if script.certificate_name:
            now = SystemClock().now()
            certificate = write_certificate(Path(folder), name=script.certificate_name, now=now)
            typer.echo(f"SSL_CERT_FILE={certificate}", err=True)
        server = script.server(Random(seed), certificate=certificate, port=port, remember=False)
        with ExitStack() as started:
            try:
                started.enter_context(server)
            except OSError as error:
                next_step = "Name another with --port."
                raise DeliveryError(f"port {port}", "is in use or not yours", next_step) from error
            yield server


def _tell(tally: Tally, *, scenario: str, seed: int, json_output: bool) -> None:
    counts = tally.document()
    if json_output:
        say_json({"scenario": scenario, "seed": seed, "counts": counts})
        return
    for name, words in _COUNTS.items():
        console().print(f"{counts[name]:9,} {words}")


def _list(*, json_output: bool) -> None:
    scripts = [("scenarios", SCENARIOS), ("faults", FAULTS)]
    if json_output:
        say_json({kind: {name: each.does for name, each in named.items()} for kind, named in scripts})
        return
    for kind, named in scripts:
        said = "Scenarios:" if kind == "scenarios" else "\nFaults, of every connection or the first message:"
        console().print(said)
        for name, each in named.items():
            console().print(f"  {name:26} {each.does}", markup=False)
