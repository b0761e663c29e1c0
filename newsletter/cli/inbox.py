"""The demo's mail server: a real SMTP server on loopback that keeps what it gets, and a page to read it."""

from __future__ import annotations

import html
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from aiosmtpd.controller import Controller

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Mail:
    """One received message: the envelope's recipient, the parsed message, and the file that holds it."""

    recipient: str
    message: EmailMessage
    path: Path

    @property
    def text(self) -> str:
        """The plain part."""
        part = self.message.get_body(("plain",))
        return str(part.get_content()).replace("\r\n", "\n") if part else ""

    @property
    def html(self) -> str:
        """The HTML part."""
        part = self.message.get_body(("html",))
        return str(part.get_content()) if part else ""


class Inbox:
    """Receives mail by SMTP on a free port of 127.0.0.1 and writes each message to *folder* as .eml."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._changed = threading.Condition()
        self._mails: list[Mail] = []
        self._port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self._port, ident="Inbox")

    @property
    def url(self) -> str:
        """The address for smtp_url."""
        return f"smtp://127.0.0.1:{self._port}"

    @property
    def mails(self) -> list[Mail]:
        """Everything received so far, in order."""
        with self._changed:
            return list(self._mails)

    @contextmanager
    def running(self) -> Iterator[Inbox]:
        """Serve until the block ends."""
        self._controller.start()
        try:
            yield self
        finally:
            self._controller.stop()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep one message per recipient; called by the server."""
        raw = bytes(envelope.content)
        message = message_from_bytes(raw, policy=policy.default)
        for recipient in envelope.rcpt_tos:
            with self._changed:
                name = "-".join(
                    _NOT_IN_A_NAME.sub("-", word.lower()).strip("-")
                    for word in (recipient.partition("@")[0], str(message["Subject"]))
                )
                path = self._folder / f"{len(self._mails) + 1:02}-{name[:60].rstrip('-')}.eml"
                path.write_bytes(raw)
                self._mails.append(Mail(recipient, message, path))
                self._changed.notify_all()
        return "250 2.0.0 kept"

    def wait_for(self, count: int, *, timeout_s: float) -> list[Mail]:
        """The mails, as soon as there are *count*; fewer when *timeout_s* is over."""
        end = time.monotonic() + timeout_s
        with self._changed:
            while len(self._mails) < count and self._changed.wait(max(0.0, end - time.monotonic())):
                pass
            return list(self._mails)


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago (aiosmtpd cannot be asked for any free one)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def reading_room(inbox: Inbox) -> Iterator[str]:
    """Serve a page that lists the inbox and shows each mail; yields its address."""

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
        ]
        start_response("200 OK", headers)
        return [_page(inbox.mails, environ["PATH_INFO"]).encode()]

    with make_server("127.0.0.1", 0, application, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing: the console belongs to the demo's own words."""


_PAGE = """<!doctype html>
<html lang="en">
<head><title>Inbox</title><meta name="viewport" content="width=device-width"><style>
body { font: 17px/27px sans-serif; max-width: 40em; margin: 2em auto; padding: 0 1em }
:root { color-scheme: light dark }
li { margin: 0 0 8px }
</style></head>
<body><h1>Inbox</h1><p>What the demo’s mail server received, newest first.</p><ol reversed>%s</ol></body>
</html>"""


def _page(mails: list[Mail], path: str) -> str:
    """One mail's HTML part for /NUMBER, the list for everything else."""
    number = path.strip("/")
    if number.isdigit() and 0 < int(number) <= len(mails):
        return mails[int(number) - 1].html
    rows = [
        f'<li><a href="/{index}">{html.escape(str(mail.message["Subject"]))}</a>'
        f" to {html.escape(mail.recipient)}</li>"
        for index, mail in enumerate(mails, 1)
    ]
    return _PAGE % "".join(reversed(rows))
