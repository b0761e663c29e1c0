"""One POST to the receiver of a site. It may be down, slow or hostile; it is over in time in any case.

No redirect is followed, no proxy taken from the environment, no cookie kept, and no address written to a log.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from datetime import datetime

import httpcore
import httpx

from newsletter.content.connection import CheckedBackend, Deadline
from newsletter.content.fetch import PORTS
from newsletter.content.host import Resolver, resolve, resolve_within
from newsletter.notices.webhook import Answer, asked_wait

#: For everything together: name, connection, request and answer.
TIMEOUT_S = 10.0
#: So much of the answer is read, for politeness; what it says does not count.
READ_OCTETS = 1024

_HEADERS = {
    "User-Agent": "daily-health-newsletter (webhook)",
    "Content-Type": "application/json",
    "Accept": "*/*",
    "Connection": "close",
}


class Receiver:
    """Whoever listens at *url*, which an operator has set: also on their own network."""

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float = TIMEOUT_S,
        resolver: Resolver = resolve,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = httpx.URL(url)
        self._timeout_s = timeout_s
        self._resolver = resolver
        self._monotonic = monotonic
        self._tls: ssl.SSLContext | None = None

    def post(self, body: str, headers: Mapping[str, str], *, now: datetime) -> Answer:
        """Send *body*; what came back, or why nothing did. *now*: what a date in Retry-After counts from."""
        deadline = Deadline(self._timeout_s, self._monotonic)
        try:
            return self._post(body.encode(), headers, deadline, now=now)
        except httpcore.TimeoutException:
            return Answer(None, f"no answer within {self._timeout_s:g} s")
        except (httpcore.ConnectError, OSError) as error:
            return Answer(None, f"cannot be reached: {error}")
        except (httpcore.NetworkError, httpcore.ProtocolError):
            return Answer(None, "broke off or garbled its answer")

    def _post(self, body: bytes, headers: Mapping[str, str], deadline: Deadline, *, now: datetime) -> Answer:
        url = self.url
        port = url.port or PORTS[url.scheme]
        addresses = resolve_within(self._resolver, url.host, port, timeout_s=deadline.left_s())
        target = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path or b"/"
        )
        sent = [
            (b"Host", url.netloc),
            (b"Content-Length", str(len(body)).encode()),
            *((name.encode(), value.encode()) for name, value in (_HEADERS | dict(headers)).items()),
        ]
        backend = CheckedBackend(addresses, deadline)
        with (
            httpcore.HTTPConnection(
                target.origin, ssl_context=self._context(), network_backend=backend
            ) as connection,
            connection.stream("POST", target, headers=sent, content=body) as response,
        ):
            _drain(response)
            asked = {name.lower(): value for name, value in response.headers}.get(b"retry-after", b"")
            return Answer(response.status, retry_after=asked_wait(asked.decode("latin-1"), now=now))

    def _context(self) -> ssl.SSLContext | None:
        if self.url.scheme == "https" and self._tls is None:
            self._tls = httpx.create_ssl_context(trust_env=False)
        return self._tls


def _drain(response: httpcore.Response) -> None:
    """Read a short answer to its end; a status that came is an answer, whatever becomes of the rest."""
    octets = 0
    try:
        for piece in response.iter_stream():
            octets += len(piece)
            if octets >= READ_OCTETS:
                return
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        return
