"""A site that runs, and a visitor: for the tests of the pages."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape

import httpx
import uvicorn
from sqlalchemy import select

from newsletter.database import metadata
from newsletter.delivery.outbox import MailState, system_mails
from newsletter.subscribers.store import active_recipients
from newsletter.subscribers.subscriber import Recipient
from newsletter.subscribers.token import Purpose
from newsletter.web.app import create_app
from newsletter.workflows.ask_amazon import Amazon
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer, free_port

ADA = "ada@example.org"


@dataclass(frozen=True)
class Site:
    """A running site and a browser without scripts, cookies or redirects."""

    workplace: Workplace
    http: httpx.Client
    mails: MailServer

    def sign_up(self, address: str = ADA, **fields: str) -> httpx.Response:
        return self.http.post("/subscribe", data={"email": address, "consent": "yes", **fields})

    def mail_to(self, address: str = ADA, *, count: int = 1) -> str:
        """The text part of the newest mail, once *count* have come."""
        wait_until(lambda: len(self.mails.to(address)) >= count)
        body = self.mails.to(address)[-1].message.get_body(("plain",))
        return str(body.get_content()) if body else ""

    def confirm_path(self, address: str = ADA) -> str:
        match = re.search(r"http://letter\.example(/confirm/\S+)", self.mail_to(address))
        assert match, "the mail holds no confirm link"
        return match[1]

    def subscribed(self, address: str = ADA) -> Recipient:
        """An active reader: signed up, mailed, confirmed."""
        self.sign_up(address)
        assert "You are subscribed" in self.press_the_button(self.confirm_path(address)).text
        return next(each for each in self.audience() if each.address == address)

    def press_the_button(self, path: str, **fields: str | list[str]) -> httpx.Response:
        """Open a page and send its form, as a person does."""
        return self.http.post(path, data={"nonce": hidden(self.http.get(path).text, "nonce"), **fields})

    def fresh_path(self, reader: Recipient) -> str:
        """The path of the preferences page, by the link that a reader has mailed to them."""
        before = len(self.mails.to(reader.address))
        self.press_the_button(f"/preferences/{self.token(Purpose.PREFERENCES, reader)}")
        match = re.search(
            r"http://letter\.example(/preferences/\S+)", self.mail_to(reader.address, count=before + 1)
        )
        assert match, "the mail holds no link to the preferences"
        return match[1]

    def audience(self, newsletter: str = "daily") -> list[Recipient]:
        with self.workplace.database.read() as connection:
            return active_recipients(connection, newsletter)

    def token(self, purpose: Purpose, reader: Recipient) -> str:
        return self.workplace.keyring.token(purpose, reader.handle)

    def everything(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every table, once no mail is on its way."""
        wait_until(lambda: not self._mails_waiting())
        with self.workplace.database.read() as connection:
            return {
                table.name: [tuple(row) for row in connection.execute(select(table))]
                for table in metadata.sorted_tables
            }

    def _mails_waiting(self) -> bool:
        with self.workplace.database.read() as connection:
            is_due = system_mails.c.next_at <= self.workplace.clock.now()
            waits = (system_mails.c.state == MailState.QUEUED) & is_due
            is_open = waits | (system_mails.c.state == MailState.SENDING)
            return connection.scalar(select(system_mails.c.id).where(is_open)) is not None


def wait_until(condition, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@contextmanager
def running(workplace: Workplace, *, port: int = 0, amazon: Amazon | None = None) -> Iterator[str]:
    port = port or free_port()
    # As `newsletter serve` has it, where the test wrote one.
    file = workplace.settings.content_path.with_name("newsletter.toml")
    config = file if file.is_file() else None
    app = create_app(workplace, amazon=amazon, config=config)
    server = uvicorn.Server(uvicorn.Config(app, port=port, access_log=False, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def hidden(page: str, name: str) -> str:
    match = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert match, f"no field {name}"
    return unescape(match[1])
