"""A process that serves the sign-up pages, one bare endpoint on the same kind of database, or takes mails.

``python -m tests.benchmarks.door_server KIND FOLDER PORT [SMTP_URL]``: *KIND* is "pages", "bare" or "sink".
"""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path
from typing import Any

import uvicorn
from aiosmtpd.controller import Controller
from fastapi import FastAPI
from pydantic import BaseModel, SecretStr
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert

from newsletter.cli.server import web_config
from newsletter.clock import SystemClock
from newsletter.database import Database
from newsletter.settings import Settings, SiteSettings
from newsletter.subscribers.token import write_key_file
from newsletter.web.app import create_app
from newsletter.workflows.workplace import open_workplace

#: The whole load comes through one site: its own limit of mails must not stop it.
SITE = SiteSettings(key="clinic", origins=("https://clinic.example",), signups_an_hour=100_000)

_rows = Table(
    "rows", MetaData(), Column("id", Integer, primary_key=True), Column("address", Text, nullable=False)
)


class Row(BaseModel):
    """What the bare endpoint takes."""

    address: str


def bare_app(database: Database) -> FastAPI:
    """One endpoint that inserts one row."""
    app = FastAPI()
    _rows.create(database.engine)

    @app.post("/rows", status_code=202)
    def add(row: Row) -> Row:
        with database.write() as connection:
            connection.execute(insert(_rows), {"address": row.address})
        return row

    return app


def settings_in(folder: Path, smtp_url: str | None = None) -> Settings:
    """The settings of the served pages."""
    return Settings(
        base_url="http://127.0.0.1",
        database_url=SecretStr(f"sqlite:///{folder / 'subscribers.db'}"),
        content_path=folder / "content.db",
        key_path=folder / "newsletter.key",
        journal_path=folder / "newsletter.journal",
        smtp_url=SecretStr(smtp_url) if smtp_url else None,
        sites=(SITE,),
    )


class Sink:
    """A mail server that takes everything and keeps nothing."""

    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802 - its name
        return "250 2.0.0 taken"


def main() -> None:
    """Serve until SIGTERM."""
    kind, where, port, *rest = sys.argv[1:]
    folder = Path(where)
    if kind == "sink":
        Controller(Sink(), hostname="127.0.0.1", port=int(port)).start()
        signal.pause()
    settings = settings_in(folder, *rest)
    # As newsletter serve logs: a line for each request.
    logging.basicConfig(level=logging.WARNING, filename=folder / f"{kind}.log")
    logging.getLogger("newsletter").setLevel(logging.INFO)
    if kind == "bare":
        database = Database(f"sqlite:///{folder / 'bare.db'}")
        app = bare_app(database)
        uvicorn.Server(web_config(app, settings, port=int(port))).run()
        return
    write_key_file(settings.key_path)
    with open_workplace(settings, SystemClock()) as workplace:
        uvicorn.Server(web_config(create_app(workplace), settings, port=int(port))).run()


if __name__ == "__main__":
    main()
