"""A newsletter, and a site of another origin that holds its sign-up forms under a strict policy."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from textwrap import dedent
from typing import Any
from urllib.parse import urlsplit

import httpx

from newsletter.rendering.snippet import Door, snippet_of
from newsletter.settings import SiteSettings
from newsletter.subscribers.store import active_recipients
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer, free_port
from tests.integration.web_site import running, wait_until

#: The host by another name, which is another origin.
OTHER = "other.localhost"


@dataclass
class RunningClock:
    """The machine's own time, and what the story adds to it."""

    added: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.added

    def wait(self) -> None:
        """Go on by longer than any form asks a person to take."""
        self.added += timedelta(seconds=5)


@dataclass
class HostPage:
    """What the other site serves at a path, and by which policy."""

    html: str
    policy: str = ""


@dataclass
class Host:
    """A site of somebody else's: its pages by path."""

    origin: str
    pages: dict[str, HostPage] = field(default_factory=dict)


@dataclass(frozen=True)
class Doors:
    """A running newsletter and a site of another origin that holds its forms."""

    workplace: Workplace
    clock: RunningClock
    base: str
    host: Host
    mails: MailServer

    @property
    def site(self) -> SiteSettings:
        return self.workplace.settings.every_site[0]

    def snippet(self, door: Door) -> str:
        return snippet_of(self.workplace.settings, self.site, door)

    def script(self, path: str = "/embed.js?site=clinic") -> str:
        return httpx.get(self.base + path).text

    def post(self, address: str, *, headers: dict[str, str]) -> None:
        """Sign *address* up by the API, as a program on the site's page does."""
        url = f"{self.base}/api/v1/sites/clinic/subscriptions"
        said = {"email": address, "consent": True}
        httpx.post(url, json=said, headers={"Origin": self.host.origin} | headers)

    def place(
        self, body: str, *, by: str = "nonce", path: str = "/letter", lang: str = "en", theme: str = ""
    ) -> str:
        """Put *body* on a page of the host under a strict policy; the address of that page.

        *by*: what its scripts are allowed by, "nonce" or "hash". *theme*: the rules of its look, besides few.
        """
        nonce = secrets.token_urlsafe(12)
        names = f"'nonce-{nonce}'"
        if by == "hash":
            digests = [self._digest(src) for src in _sources(body)]
            names = " ".join(f"'{one}'" for one in digests)
            for src, digest in zip(_sources(body), digests, strict=True):
                body = body.replace(f'src="{src}"', f'src="{src}" integrity="{digest}" crossorigin')
        else:
            body = body.replace("<script", f'<script nonce="{nonce}"')
        policy = (
            f"default-src 'none'; script-src {names}; style-src 'nonce-{nonce}'; connect-src {self.base}; "
            f"form-action {self.base}; frame-src {self.base}; base-uri 'none'; frame-ancestors 'none'"
        )
        self.host.pages[path] = HostPage(_around(body, nonce=nonce, lang=lang, theme=theme), policy)
        return self.host.origin + path

    def _digest(self, src: str) -> str:
        code = httpx.get(src).content
        return "sha384-" + base64.b64encode(hashlib.sha384(code).digest()).decode()

    def readers(self, newsletter: str = "daily") -> list[str]:
        with self.workplace.database.read() as connection:
            return [each.address for each in active_recipients(connection, newsletter)]

    def confirm_url(self, address: str) -> str:
        """The link of the confirmation mail, once that has come."""
        wait_until(lambda: self.mails.to(address), 15)
        body = self.mails.to(address)[-1].message.get_body(("plain",))
        assert body
        return next(word for word in str(body.get_content()).split() if "/confirm/" in word)


def _sources(body: str) -> list[str]:
    return [part.split('"', 1)[0] for part in body.split('<script src="')[1:]]


def _around(body: str, *, nonce: str, lang: str, theme: str) -> str:
    """A page such as small sites have: its own few rules, no classes for our form."""
    direction = ' dir="rtl"' if lang == "ar" else ""
    return (
        dedent(f"""\
        <!DOCTYPE html>
        <html lang="{lang}"{direction}><head><meta charset="utf-8"><title>Riverside Clinic</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <style nonce="{nonce}">
        :root {{ color-scheme: light dark }}
        body {{ max-width: 640px; margin: 0 auto; padding: 24px 16px 40px; font: 17px/1.6 Georgia, serif }}
        h1 {{ font-size: 28px; line-height: 1.2 }}
        THEME
        </style></head>
        <body><main><h1>Riverside Clinic</h1>
        <p>Opening hours: Monday to Friday, 8 to 18.</p>
        BODY
        </main></body></html>
        """)
        .replace("THEME", theme)
        .replace("BODY", body)
    )


@contextmanager
def serving(host: Host, port: int) -> Iterator[None]:
    """Serve the pages of *host* on loopback; nothing that is posted to it is answered."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = host.pages.get(urlsplit(self.path).path)
            body = page.html.encode() if page else b"nothing here"
            self.send_response(200 if page else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            if page and page.policy:
                self.send_header("Content-Security-Policy", page.policy)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def open_doors(connected: Workplace, mails: MailServer, *, proof: bool = False) -> Iterator[Doors]:
    """The newsletter with one site called "clinic", and that site's server, which is of another origin."""
    port, host_port, clock = free_port(), free_port(), RunningClock()
    base, host = f"http://127.0.0.1:{port}", Host(f"http://localhost:{host_port}")
    settings = connected.settings.model_copy(
        update={
            "base_url": base,
            "proof_of_work": proof,
            "sites": (SiteSettings(key="clinic", origins=(host.origin,), newsletters=("daily",)),),
        }
    )
    workplace = replace(connected, settings=settings, clock=clock)
    with running(workplace, port=port), serving(host, host_port):
        yield Doors(workplace, clock, base, host, mails)
