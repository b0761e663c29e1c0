"""Connections for fetching: to judged addresses only, and over at one moment whatever a site does."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import httpcore

#: One address of several gets no longer than this to answer the knock.
CONNECT_S = 10.0


class Deadline:
    """One moment by which all parts of a fetch must be over."""

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    def left_s(self) -> float:
        """Seconds left, never less than none."""
        return max(0.0, self._end - self._monotonic())


class CheckedBackend(httpcore.NetworkBackend):
    """Dials the addresses that were judged, whatever the name would resolve to by now."""

    def __init__(self, addresses: list[str], deadline: Deadline) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address that answers."""
        failure: Exception = httpcore.ConnectError("no address")
        for address in self._addresses:
            left = self._deadline.left_s()
            if left <= 0:
                raise httpcore.ConnectTimeout("out of time")
            seconds = left if len(self._addresses) == 1 else min(left, CONNECT_S)
            try:
                stream = self._sockets.connect_tcp(address, port, timeout=seconds)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _TimedStream(stream, self._deadline)
        raise failure


class _TimedStream(httpcore.NetworkStream):
    """A connection on which every wait ends with the deadline: a site that drips gains no time."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def _left(self, exceeded: type[httpcore.TimeoutException]) -> float:
        left = self._deadline.left_s()
        if left <= 0:
            raise exceeded("out of time")
        return left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Up to *max_bytes* bytes."""
        return self._stream.read(max_bytes, self._left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send *buffer*."""
        self._stream.write(buffer, self._left(httpcore.WriteTimeout))

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same connection, encrypted; the certificate must be that of *server_hostname*."""
        left = self._left(httpcore.ConnectTimeout)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks about the socket."""
        return self._stream.get_extra_info(info)
