"""An SMTP transmission channel (RFC 5321 3.1), pipelined where the server allows it (RFC 2920).

Replies are read one by one, in the order of the commands. Whatever comes out of that order (a reply that
nobody asked for, a line that is none, several codes in one reply) ends the channel: from then on nobody could
say which message a reply is about.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import socket
import ssl
from collections import deque
from dataclasses import dataclass, field
from typing import Self, cast
from urllib.parse import parse_qs, unquote, urlsplit

from newsletter.errors import DeliveryError

#: RFC 5321 4.5.3.1.5 allows 512 octets a line; servers say more. Beyond this it is no reply.
_MAX_LINE = 4096
_MAX_LINES = 100
_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)


class ChannelLostError(Exception):
    """The connection is over, or its replies cannot be told apart any more; the words say how."""


@dataclass(frozen=True)
class Endpoint:
    """Where a relay is and how it is spoken to; secrets do not show in the repr."""

    host: str
    port: int
    tls: str
    user: str = field(repr=False)
    password: str = field(repr=False)

    @classmethod
    def of(cls, url: str) -> Self:
        """Of ``smtp://[user:password@]host:port?tls=none|starttls|implicit``."""
        parts = urlsplit(url)
        tls = parse_qs(parts.query).get("tls", ["none"])[0]
        return cls(
            host=parts.hostname or "",
            port=parts.port or {"implicit": 465, "starttls": 587}.get(tls, 25),
            tls=tls,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )


@dataclass(frozen=True)
class Said:
    """One reply as it came: its code, and its lines' texts joined by line feeds. Code -1: it was no reply."""

    code: int
    text: bytes


class Channel(asyncio.Protocol):
    """One connection to a relay. Make it with open_channel(); it serves one task at a time."""

    def __init__(self, endpoint: Endpoint, *, timeout_s: float) -> None:
        self.endpoint = endpoint
        self.is_flushed = True  # nothing that was written waits in this process
        self.extensions: frozenset[str] = frozenset()
        self.sent = 0  # messages whose final dot went out
        self._auth = b""
        self._timeout_s = timeout_s
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._lines: list[bytes] = []
        self._code = b""
        self._replies: deque[Said] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._lost = ""
        self._deadline: float | None = None
        self._watch: asyncio.TimerHandle | None = None

    # --- For whoever sends -----------------------------------------------------------------------------

    @property
    def is_pipelining(self) -> bool:
        """Whether commands may be sent in groups."""
        return "PIPELINING" in self.extensions

    def write(self, data: bytes) -> None:
        """Send *data*. Nothing happens on a channel that is lost: the next reply() says so."""
        if self._transport is not None and not self._lost:
            self._transport.write(data)
            # The kernel refused it at once.
            self.is_flushed = self.is_flushed and not self._transport.is_closing()

    async def reply(self, *, timeout_s: float | None = None) -> Said:
        """The next reply.

        Raises:
            ChannelLostError: it will not come.
        """
        while not self._replies:
            if self._lost:
                raise ChannelLostError(self._lost)
            loop = asyncio.get_running_loop()
            self._deadline = loop.time() + (timeout_s or self._timeout_s)
            if self._watch is None:
                self._watch = loop.call_later(min(1.0, self._timeout_s), self._look)
            self._waiter = loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = self._deadline = None
        return self._replies.popleft()

    async def ask(self, command: bytes) -> Said:
        """Send one command, without its line end, and return the reply."""
        self.write(command + b"\r\n")
        return await self.reply()

    @property
    def is_in_step(self) -> bool:
        """Whether every reply that came was asked for: a forged one must not count for what follows."""
        return not (self._replies or self._buffer or self._lines or self._lost)

    def abort(self) -> None:
        """Give the connection up at once: a message whose final dot was not sent is not accepted."""
        self._end("given up")
        if self._transport is not None:
            self._transport.abort()

    async def quit(self) -> None:
        """Say goodbye, and do not wait long for an answer."""
        if not self._lost:
            try:
                self.write(b"QUIT\r\n")
                await self.reply(timeout_s=min(5.0, self._timeout_s))
            except ChannelLostError:
                pass
        if self._transport is not None:
            self._transport.close()
        self._end("closed")

    # --- For asyncio -----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._use(transport)

    def pause_writing(self) -> None:
        """The kernel did not take all that was written."""
        self.is_flushed = False

    def resume_writing(self) -> None:
        """Now it has."""
        self.is_flushed = True

    def data_received(self, data: bytes) -> None:
        """Take replies apart as they come."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            # Some servers end lines with a line feed alone; nothing depends on it in this direction.
            self._take(line.removesuffix(b"\r"))
        if len(self._buffer) > _MAX_LINE:
            self._garbled(self._buffer)
        if self._replies:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._end(type(exc).__name__ if exc else "the relay hung up")

    # --- Inside ----------------------------------------------------------------------------------------

    def _use(self, transport: asyncio.BaseTransport | None) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=0)

    def _take(self, line: bytes) -> None:
        found = _LINE.fullmatch(line)
        is_other = bool(self._lines) and found is not None and found[1] != self._code
        if (
            found is None
            or is_other
            or len(line) > _MAX_LINE
            or len(self._lines) >= _MAX_LINES
            or b"\n" in line
        ):
            self._garbled(line)
            return
        self._code = found[1]
        self._lines.append(found[3] or b"")
        if found[2] != b"-":
            self._replies.append(Said(int(found[1]), b"\n".join(self._lines)))
            self._lines = []

    def _garbled(self, line: bytes) -> None:
        self._buffer, self._lines = b"", []
        self._replies.append(Said(-1, line[:200]))
        self._end("a reply that is none", keep=True)
        if self._transport is not None:
            self._transport.abort()

    def _end(self, why: str, *, keep: bool = False) -> None:
        self._lost = self._lost or why
        if self._watch is not None and not keep:
            self._watch.cancel()
            self._watch = None
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _look(self) -> None:
        """Give up when a reply is overdue. One timer a second costs less than one a message."""
        loop = asyncio.get_running_loop()
        self._watch = None
        if self._deadline is not None:
            if loop.time() >= self._deadline:
                self._end("no answer in time")
                if self._transport is not None:
                    self._transport.abort()
                return
            self._watch = loop.call_later(min(1.0, max(self._deadline - loop.time(), 0.01)), self._look)

    # --- Opening ---------------------------------------------------------------------------------------

    async def greet(self, context: ssl.SSLContext | None) -> None:
        """From the server's greeting to the point at which it takes mail."""
        _expect(await self.reply(), 220)
        await self._hello()
        if context is not None and self.endpoint.tls == "starttls":
            await self._start_tls(context)
            await self._hello()
        if self.endpoint.user:
            await self._log_in()

    async def _hello(self) -> None:
        name = self._name().encode("ascii")
        said = await self.ask(b"EHLO " + name)
        if said.code == 250:
            words = [line.decode("ascii", "replace").upper() for line in said.text.split(b"\n")[1:]]
            self.extensions = frozenset(word.split(" ")[0] for word in words)
            mechanisms = [word.split(" ", 1)[1] for word in words if word.startswith("AUTH ")]
            self._auth = " ".join(mechanisms).encode("ascii", "replace")
        else:
            _expect(await self.ask(b"HELO " + name), 250)
            self.extensions = frozenset()

    def _name(self) -> str:
        """What this machine calls itself: its full name, or its address (RFC 5321 4.1.3). No DNS is asked."""
        name = socket.gethostname()
        if "." in name and name.isascii():
            return name
        address = self._transport.get_extra_info("sockname")[0] if self._transport else "127.0.0.1"
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"

    async def _start_tls(self, context: ssl.SSLContext) -> None:
        if "STARTTLS" not in self.extensions:
            raise _Refused("does not offer STARTTLS")
        _expect(await self.ask(b"STARTTLS"), 220)
        # What came with that reply was not encrypted, and could be anybody's (CVE-2011-0411).
        if not self.is_in_step or self._transport is None:
            raise _Refused("sent more than its reply before TLS")
        encrypted = await asyncio.get_running_loop().start_tls(
            self._transport,
            self,
            context,
            server_hostname=self.endpoint.host,
            ssl_handshake_timeout=self._timeout_s,
        )
        self._use(encrypted)

    async def _log_in(self) -> None:
        try:
            user, password = self.endpoint.user.encode("ascii"), self.endpoint.password.encode("ascii")
        except UnicodeEncodeError:
            raise _Refused("the user or password is not ASCII") from None
        offered = self._auth.split()
        if b"PLAIN" in offered:
            said = await self.ask(b"AUTH PLAIN " + base64.b64encode(b"\0" + user + b"\0" + password))
        elif b"LOGIN" in offered:
            _expect(await self.ask(b"AUTH LOGIN"), 334)
            _expect(await self.ask(base64.b64encode(user)), 334)
            said = await self.ask(base64.b64encode(password))
        else:
            raise _Refused("offers no AUTH PLAIN or LOGIN here")
        if said.code != 235:
            raise _LoginRefused(f"refused with {said.code}")


class _Refused(Exception):  # noqa: N818 - a step of opening that failed, told as a DeliveryError
    """Why the channel cannot be opened, in words."""


class _LoginRefused(_Refused):
    """The relay does not take the user or the password."""


async def open_channel(endpoint: Endpoint, *, timeout_s: float = 60) -> Channel:
    """Connect, encrypt and log in. TLS is verified and fails closed.

    Raises:
        DeliveryError: the relay cannot be reached, its TLS does not verify, or it refuses us.
    """
    loop = asyncio.get_running_loop()
    channel = Channel(endpoint, timeout_s=timeout_s)
    # Reading the system's certificates takes 20 ms.
    context = None if endpoint.tls == "none" else ssl.create_default_context()
    try:
        async with asyncio.timeout(timeout_s):
            implicit = context if endpoint.tls == "implicit" else None
            await loop.create_connection(lambda: channel, endpoint.host, endpoint.port, ssl=implicit)
            await channel.greet(context)
    except (OSError, UnicodeError, ChannelLostError, _Refused) as error:
        channel.abort()
        raise DeliveryError(
            f"relay {endpoint.host}:{endpoint.port}",
            _why(error),
            _step(error),
        ) from error
    except BaseException:
        channel.abort()
        raise
    return channel


def _expect(said: Said, code: int) -> None:
    # A server may repeat what it was told, and that is a user name: its code is enough.
    if said.code != code:
        raise _Refused(f"refused with {said.code}" if said.code > 0 else "said what is no SMTP reply")


def _step(error: BaseException) -> str:
    later = "what waits is sent when that is mended."
    if isinstance(error, _LoginRefused):
        return f"Check the user and the password of this relay (percent-encoded in its address); {later}"
    if isinstance(error, ssl.SSLError):
        return (
            "Its certificate must be for this host name, and of an authority that this machine trusts "
            f"(SSL_CERT_FILE names another); nothing is sent unverified, and {later}"
        )
    return "Check its address in the settings and that it is up; what waits is sent when it answers."


def _why(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "did not answer in time"
    # Its own words would show a letter of the password.
    if isinstance(error, UnicodeError):
        return "the host is not ASCII"
    if isinstance(error, OSError) and not isinstance(error, (ssl.SSLError, socket.gaierror)) and error.errno:
        return os.strerror(error.errno).lower()
    return str(error) or type(error).__name__
