"""The relay for single messages (system mails, test copies): one channel, a message at a time."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Coroutine, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self, TypeVar

from newsletter.delivery.channel import Channel, Endpoint, open_channel
from newsletter.delivery.exchange import Envelope, send_message
from newsletter.delivery.reply import Outcome, Reply
from newsletter.errors import DeliveryError
from newsletter.settings import RelaySettings

log = logging.getLogger(__name__)

_SETTLES_S = 0.01
_Result = TypeVar("_Result")


class Relay:
    """A connection to the relay at *url* (``smtp://[user:password@]host:port?tls=none|starttls|implicit``).

    TLS is verified and fails closed. Connects at the first message and again after a loss. Its event loop
    runs in a thread of its own, so that it may be used whatever runs in the caller's.
    """

    def __init__(self, url: str, *, timeout_s: float = 60) -> None:
        self._endpoint = Endpoint.of(url)
        self._timeout_s = timeout_s
        self._channel: Channel | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        try:
            self._wait_for(self._close())
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()
            self._loop = self._thread = self._channel = None

    def greet(self) -> None:
        """Connect and log in, if that was not done before; send nothing.

        Raises:
            DeliveryError: the relay cannot be reached, or refuses the login.
        """
        self._wait_for(self._open())

    def send(self, *, envelope_from: str, recipient: str, message: bytes) -> Reply:
        """Hand one message over and return the server's word on it.

        Raises:
            DeliveryError: the relay cannot be reached, its TLS does not verify, or it refuses the login.
        """
        envelope = Envelope(envelope_from, recipient)
        return self._wait_for(self._send(envelope, message))

    def _wait_for(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        if self._loop is None:
            self.__enter__()
        assert self._loop is not None  # noqa: S101 - __enter__ made it
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _close(self) -> None:
        if self._channel is not None:
            await self._channel.quit()
        # What is still to be told to sockets, also to those of a failed handshake, is told in this time.
        await asyncio.sleep(_SETTLES_S)

    async def _send(self, envelope: Envelope, message: bytes) -> Reply:
        reused = self._channel is not None
        reply = await send_message(await self._open(), envelope, message)
        self._drop_if(reply)
        if reply.outcome is Outcome.LOST and reused:
            # A relay ends connections that idled or carried their share; nothing was accepted: ask once more.
            reply = await send_message(await self._open(), envelope, message)
            self._drop_if(reply)
        return reply

    async def _open(self) -> Channel:
        if self._channel is None:
            self._channel = await open_channel(self._endpoint, timeout_s=self._timeout_s)
        return self._channel

    def _drop_if(self, reply: Reply) -> None:
        if self._channel is not None and (reply.closing or not self._channel.is_in_step):
            self._channel.abort()
            self._channel = None


def first_that_answers(relays: Sequence[RelaySettings], *, timeout_s: float = 60) -> Relay:
    """The relay that mail is given to first, of those that answer; the last one is not asked."""
    *others, last = sorted(relays, key=lambda one: -one.weight)
    for one in others:
        with ExitStack() as given_up:
            relay = given_up.enter_context(Relay(one.url.get_secret_value(), timeout_s=timeout_s))
            try:
                relay.greet()
            except DeliveryError as error:
                log.warning("relay %s is passed over: %s", one.name, error)
                continue
            given_up.pop_all()
            return relay
    return Relay(last.url.get_secret_value(), timeout_s=timeout_s)
