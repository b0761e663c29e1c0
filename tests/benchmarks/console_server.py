"""A process that serves the console of a stocked workplace (console_stock.py) at its own time of day.

``python -m tests.benchmarks.console_server FOLDER PORT``. One route beside it does nothing: ``/bare``.
"""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path

import uvicorn
from fastapi import APIRouter

from newsletter.cli.server import warm, web_config
from newsletter.engines.collector import collecting_less
from newsletter.web.app import create_app
from newsletter.workflows.workplace import open_workplace
from tests.benchmarks.console_stock import NOW, MovingClock, settings_in


def bare() -> dict[str, str]:
    """Nothing."""
    return {}


def main() -> None:
    """Serve until SIGTERM."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    logging.basicConfig(level=logging.WARNING)
    settings = settings_in(folder)
    with open_workplace(settings, MovingClock(NOW, time.monotonic())) as workplace:
        app = create_app(workplace, config=folder / "newsletter.toml")
        router = APIRouter()
        router.add_api_route("/bare", bare, methods=["GET"])
        app.include_router(router)
        with collecting_less(), warm(workplace):
            uvicorn.Server(web_config(app, settings, port=port)).run()


if __name__ == "__main__":
    main()
