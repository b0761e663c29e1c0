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
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from aiosmtpd.controller import Controller

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
#: An address in plain text, without the full stop or bracket that follows it.
_URL = re.compile(r"(https?://[^\s<>]*[^\s<>.,;:!?)\]])")
_HEAD_TAG = re.compile(r"<head(?:\s[^>]*)?>", re.IGNORECASE)


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
    """Serve pages that list the inbox and show each mail; yields their address."""

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            (
                "Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'",
            ),
        ]
        status, page = _answer(inbox.mails, environ["PATH_INFO"])
        start_response(status, headers)
        return [page.encode()]

    with make_server("127.0.0.1", 0, application, server_class=_Server, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


class _Server(ThreadingMixIn, WSGIServer):
    # Browsers open connections ahead of need; one that says nothing must not keep the others waiting.
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing: the console belongs to the demo's own words."""


_HEAD = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>%s</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,"><style>
:root { color-scheme: light dark; --paper: #fbfaf7; --ink: #1f2a2e; --muted: #54626a; --rule: #d9dfdc;
  --accent: #0b5d5e }
@media (prefers-color-scheme: dark) { :root { --paper: #14191b; --ink: #e8ecea; --muted: #aab5b8;
  --rule: #323d41; --accent: #84d3cc } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 760px; min-height: 100vh; padding: 16px 24px; display: flex;
  flex-direction: column; gap: 16px; background: var(--paper); color: var(--ink);
  font: 17px/27px -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; overflow-wrap: anywhere }
h1 { margin: 0; font: 700 30px/36px Georgia, "Times New Roman", serif }
a { color: var(--accent); text-underline-offset: 0.18em }
p, dl, dd, ol, pre { margin: 0 }
nav { display: flex; flex-wrap: wrap; column-gap: 24px }
nav a, nav strong { line-height: 44px }
.list { list-style: none; padding: 0; border-top: 1px solid var(--rule) }
.list li { padding: 8px 0; border-bottom: 1px solid var(--rule) }
.list a { display: block; padding: 8px 0 0; font: 21px/28px Georgia, "Times New Roman", serif }
.list span, dl, .muted { color: var(--muted); font-size: 15px; line-height: 23px }
dt { float: left; clear: left; margin-right: 8px }
iframe { flex: 1; min-height: 75vh; width: 100%%; border: 1px solid var(--rule); border-radius: 6px }
pre { border-top: 1px solid var(--rule); padding: 16px 0; white-space: pre-wrap; font: inherit }
</style></head>
<body>
"""


def _answer(mails: list[Mail], path: str) -> tuple[str, str]:
    """Status and page: the list, or of mail NUMBER: its HTML part, its text part, or the HTML part alone."""
    if path == "/":
        return "200 OK", _list(mails)
    number, _, part = path.strip("/").partition("/")
    if not _NUMBER.fullmatch(number) or not 0 < int(number) <= len(mails) or part not in ("", "text", "part"):
        back = '<h1>No such mail</h1><p><a href="/">Back to the inbox</a></p></body></html>'
        return "404 Not Found", _HEAD % "No such mail" + back
    mail = mails[int(number) - 1]
    return "200 OK", _with_base(mail.html) if part == "part" else _mail(mail, number, as_text=part == "text")


def _list(mails: list[Mail]) -> str:
    rows = "".join(
        f'<li><a href="/{index}">{html.escape(str(mail.message["Subject"]))}</a>'
        f"<span>to {html.escape(mail.recipient)}</span></li>"
        for index, mail in reversed(list(enumerate(mails, 1)))
    )
    said = "What the demo’s mail server received, newest first. Load the page again for new mail."
    body = f'<h1>Inbox</h1><p class="muted">{said}</p><ol class="list">{rows}</ol></body></html>'
    return _HEAD % "Inbox" + body


def _mail(mail: Mail, number: str, *, as_text: bool) -> str:
    """One mail between its headers and a way back, as a mail program shows it."""
    subject = html.escape(str(mail.message["Subject"]))
    links = "".join(
        f"<strong>{words}</strong>" if here else f'<a href="{path}">{words}</a>'
        for words, path, here in (
            ("HTML", f"/{number}", not as_text),
            ("Text", f"/{number}/text", as_text),
        )
    )
    headers = "".join(
        f"<dt>{name}:</dt><dd>{html.escape(value)}</dd>"
        for name, value in (("From", str(mail.message["From"])), ("To", mail.recipient))
    )
    shown = (
        f"<pre>{_with_links(mail.text)}</pre>"
        if as_text
        # Without scripts or forms of its own; its links open in a tab of their own, as from a mail program.
        else f'<iframe src="/{number}/part" title="{subject}" '
        'sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>'
    )
    return (
        f'{_HEAD % subject}<nav aria-label="Inbox"><a href="/">Back to the inbox</a>{links}</nav>'
        f"<h1>{subject}</h1><dl>{headers}</dl>{shown}</body></html>"
    )


def _with_base(page: str) -> str:
    """A mail's HTML, its links made to leave the frame: pages of the newsletter refuse to be framed."""
    return _HEAD_TAG.sub(lambda found: found[0] + '<base target="_blank">', page, count=1)


def _with_links(words: str) -> str:
    """Plain text as HTML, its addresses as links."""
    pieces = _URL.split(words)
    return "".join(
        f'<a href="{html.escape(piece)}" target="_blank" rel="noopener">{html.escape(piece)}</a>'
        if index % 2
        else html.escape(piece)
        for index, piece in enumerate(pieces)
    )
