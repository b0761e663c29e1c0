"""`newsletter serve`: the web pages in this process, the clock in a second one."""

from __future__ import annotations

import logging
import multiprocessing
from pathlib import Path
from typing import Annotated

import typer

from newsletter.clock import SystemClock
from newsletter.engines.clock import run_clock
from newsletter.settings import load_settings
from newsletter.workflows.workplace import open_workplace


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    no_scheduler: Annotated[bool, typer.Option("--no-scheduler", help="Web pages only.")] = False,
) -> None:
    """Serve the web pages and, unless told not to, run the clock."""
    # FastAPI takes half a second to import: only this command pays for it.
    import uvicorn

    from newsletter.web.app import create_app

    set_up_logging()
    settings = load_settings(context.obj)
    with open_workplace(settings, SystemClock()) as workplace:
        clock = None
        if not no_scheduler:
            # A process of its own, so that sending an issue never stalls a page.
            spawn = multiprocessing.get_context("spawn")
            clock = spawn.Process(target=_clock_process, args=(context.obj,), daemon=True, name="clock")
            clock.start()
        typer.echo(f"Serving {settings.base_url} on http://{host}:{port} (Ctrl-C ends)", err=True)
        try:
            uvicorn.run(create_app(workplace), host=host, port=port, access_log=False, log_level="warning")
        finally:
            if clock is not None:
                clock.terminate()
                clock.join()


def set_up_logging() -> None:
    """Times and sentences on standard error; libraries speak up only when something is wrong."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    logging.getLogger("newsletter").setLevel(logging.INFO)


def _clock_process(config: Path | None) -> None:
    set_up_logging()
    with open_workplace(load_settings(config), SystemClock()) as workplace:
        run_clock(workplace)
