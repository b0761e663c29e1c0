"""An SMTP server on loopback that goes wrong where it is told to: plain sockets, a thread a connection.

``FaultServer([{"rcpt": Act("550 5.1.1 nobody")}, {}, {"dot": Act(drop=True)}])`` refuses the first message
at RCPT, takes the second, and takes the third without a word and hangs up. Stages of a message: mail, rcpt,
data, body (part of the message has come), dot, rset. Stages of a connection, for all of them: connect,
ehlo, starttls, auth, quit.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from tests.conftest import Received


@dataclass(frozen=True)
class Act:
    """What to do at a stage: wait, then say *reply* (default: the usual one), then perhaps hang up.

    With *drop* and no *reply* the server says nothing.
    """

    reply: str = ""
    drop: bool = False
    wait_s: float = 0


#: What a well server says; lines are parted by \\n here and by CRLF on the wire.
USUAL = {
    "connect": "220 fault.test ESMTP",
    "starttls": "220 2.0.0 go on",
    "auth": "235 2.7.0 welcome",
    "mail": "250 2.1.0 ok",
    "rcpt": "250 2.1.5 ok",
    "data": "354 go on",
    "body": "",
    "dot": "250 2.0.0 taken",
    "rset": "250 2.0.0 ok",
    "quit": "221 2.0.0 bye",
}


class _HungUpError(Exception):
    """The connection is over."""


@dataclass
class FaultServer:
    """A context manager. *messages*: what to do at each message's stages, in the order of MAIL commands.

    *connection*: what to do at each connection's stages. *before* is told (stage, number of the message)
    before anything is said. *received* holds every message whose final dot came, accepted or not.
    """

    messages: Sequence[Mapping[str, Act]] = ()
    connection: Mapping[str, Act] = field(default_factory=dict)
    extensions: tuple[str, ...] = ("8BITMIME", "SMTPUTF8")
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    before: Callable[[str, int], None] = lambda _stage, _number: None
    received: list[Received] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    _number: int = 0

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(5)

    @property
    def url(self) -> str:
        """What smtp_url takes."""
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address: str) -> list[Received]:
        """What came for one address."""
        return [each for each in self.received if address in each.recipients]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        conversation = _Conversation(self, connection)
        try:
            if self.implicit and self.tls:
                conversation.encrypt(self.tls)
            conversation.run()
        except (_HungUpError, OSError):
            pass
        finally:
            conversation.close()

    def next_message(self) -> tuple[int, Mapping[str, Act]]:
        """The number and the plan of the message that a MAIL command begins."""
        with self._lock:
            self._number += 1
            planned = self.messages[self._number - 1] if self._number <= len(self.messages) else {}
            return self._number, planned


class _Conversation:
    """One connection, from greeting to goodbye."""

    def __init__(self, server: FaultServer, connection: socket.socket) -> None:
        self._server = server
        self._socket = connection
        self._buffer = b""
        self._number, self._plan = 0, server.connection
        self._sender, self._recipients = "", [""]

    def run(self) -> None:
        self._act("connect", self._server.connection)
        while True:
            line = self._until(b"\r\n").decode()
            self._server.commands.append(line)
            self._answer(line, line.split(" ", 1)[0].upper())

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Go on over TLS."""
        self._socket = context.wrap_socket(self._socket, server_side=True)

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()

    def _answer(self, line: str, verb: str) -> None:
        everywhere = self._server.connection
        if verb in ("EHLO", "HELO"):
            lines = ["fault.test", *self._server.extensions]
            said = [f"250{'-' if each is not lines[-1] else ' '}{each}" for each in lines]
            self._act("ehlo", everywhere, usual="\n".join(said))
        elif verb == "STARTTLS" and self._server.tls:
            self._act("starttls", everywhere)
            self.encrypt(self._server.tls)
        elif verb == "AUTH":
            self._act("auth", everywhere)
        elif verb == "MAIL":
            self._number, self._plan = self._server.next_message()
            self._sender, self._recipients = _path(line), []
            self._act("mail", self._plan)
        elif verb == "RCPT":
            self._recipients.append(_path(line))
            self._act("rcpt", self._plan)
        elif verb == "DATA":
            if self._act("data", self._plan).startswith("354"):
                self._take_message()
        elif verb in ("RSET", "QUIT"):
            self._act(verb.lower(), {**everywhere, **self._plan})
            if verb == "QUIT":
                raise _HungUpError
        else:
            self._say("500 5.5.1 what?")

    def _take_message(self) -> None:
        self._act("body", self._plan)
        content = self._until(b"\r\n.\r\n") + b"\r\n"
        taken = Received(self._sender, self._recipients, content.replace(b"\r\n..", b"\r\n."))
        self._server.received.append(taken)
        self._act("dot", self._plan)

    def _act(self, stage: str, plan: Mapping[str, Act], *, usual: str = "") -> str:
        act = plan.get(stage, Act())
        self._server.before(stage, self._number)
        time.sleep(act.wait_s)
        reply = act.reply or ("" if act.drop else usual or USUAL[stage])
        if reply:
            self._say(reply)
        if act.drop:
            if stage == "body":
                # A reset, not a farewell: the sender must notice while it is still sending.
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise _HungUpError
        return reply

    def _say(self, reply: str) -> None:
        self._socket.sendall(reply.replace("\n", "\r\n").encode() + b"\r\n")

    def _until(self, end: bytes) -> bytes:
        while end not in self._buffer:
            more = self._socket.recv(65536)
            if not more:
                raise _HungUpError
            self._buffer += more
        found, _, self._buffer = self._buffer.partition(end)
        return found


def _path(line: str) -> str:
    """The address between the brackets of MAIL FROM or RCPT TO."""
    return line.partition("<")[2].partition(">")[0]
