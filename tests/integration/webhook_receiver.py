"""An HTTP server on loopback that is told of readers, and goes wrong where it is told to.

``WebhookReceiver([Act(500), Act(hang_s=2), Act(drop=True)])`` answers the first POST with 500, keeps the
second waiting, hangs up on the third without a word, and takes all that follow.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Act:
    """What to do with one POST. *drip*: the answer comes a byte at a time, and never to its end.

    *hang_s*: so long nothing comes at all, and *hold_s*: nothing comes after what is written here.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    hang_s: float = 0
    hold_s: float = 0
    drip: bool = False
    drop: bool = False


@dataclass(frozen=True)
class Told:
    """One POST as it came; *status* is what it was answered with, 0 for nothing."""

    headers: Mapping[str, str]
    raw: bytes
    status: int

    @property
    def body(self) -> dict[str, str]:
        """What it says."""
        return dict(json.loads(self.raw))

    @property
    def id(self) -> str:
        """The id that drops repeats."""
        return self.headers["webhook-id"]


class WebhookReceiver:
    """A context manager. *received* holds every POST, *taken* those that were answered with 2xx."""

    def __init__(self, acts: list[Act] | None = None) -> None:
        self.acts = acts or []
        self.usual = Act()
        self.received: list[Told] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        """What webhook.url takes."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/hooks/newsletter?from=us"

    @property
    def taken(self) -> list[Told]:
        """What it took, in order, repeats and all."""
        return [told for told in self.received if 200 <= told.status < 300]

    def __enter__(self) -> Self:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                act = receiver.acts.pop(0) if receiver.acts else receiver.usual
                silent = act.drop or act.drip or act.hang_s
                headers = {name.lower(): value for name, value in self.headers.items()}
                headers["path"] = self.path
                receiver.received.append(Told(headers, raw, 0 if silent else act.status))
                self.close_connection = True
                if act.drip:
                    _drip(self, receiver.over)
                elif act.hang_s:
                    receiver.over.wait(act.hang_s)
                elif not act.drop:
                    self.send_response(act.status)
                    for name, value in {"Content-Length": str(len(act.body)), **act.headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(act.body)
                    receiver.over.wait(act.hold_s)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                """Our side hung up on it: that is what some of the tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _drip(handler: BaseHTTPRequestHandler, over: threading.Event) -> None:
    for octet in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1000:
        handler.wfile.write(bytes([octet]))
        if over.wait(0.05):
            return
