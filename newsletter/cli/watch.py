"""Serving `newsletter preview --watch`, until Ctrl-C."""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack

import typer

from newsletter.cli.output import say_json
from newsletter.cli.server import ServeError, listen
from newsletter.workflows.watch_letter import Previews


def serve_previews(previews: Previews, *, host: str, port: int, json_output: bool) -> None:
    """Say where *previews* are shown, then show them: a script may ask as soon as it has read the address.

    Raises:
        ServeError: *host* or *port* cannot be had.
    """
    # FastAPI takes half a second to import: only this pays for it.
    import uvicorn

    from newsletter.web.watch import create_watch

    with ExitStack() as open_things:
        sockets = listen(host, port)
        for each in sockets:
            open_things.enter_context(each)
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{port}/"
        if json_output:
            say_json({"url": url})
        else:
            typer.echo(f"The letter of {previews.day} on {url} (Ctrl-C ends)")
        sys.stdout.flush()
        config = uvicorn.Config(
            create_watch(previews, host=host),
            access_log=False,
            log_level="warning",
            timeout_graceful_shutdown=2,
        )
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            uvicorn.Server(config).run(sockets=sockets)
        except KeyboardInterrupt:
            pass  # uvicorn has finished what was under way, and hands the signal on
        except SystemExit as error:
            raise ServeError("the preview", "could not start", "The lines above say why.") from error
