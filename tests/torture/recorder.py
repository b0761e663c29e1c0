"""An SMTP server in a process of its own that writes down what it accepts before it says so.

``python -m tests.torture.recorder RECORD DELAY_MS`` prints its port. RECORD gets a line for each message:
the address, a tab, the Message-ID. It is quick: it takes pipelined groups (RFC 2920) and answers each at
once, or each final dot DELAY_MS later. Told "settle" on standard input, it answers with JSON once nobody is
connected any more; when its standard input ends, so does it.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

_MESSAGE_ID = re.compile(rb"(?mi)^message-id:[ \t]*(\S+)")
_END = b"\r\n.\r\n"
_GREETING = b"220 recorder\r\n"
_EXTENSIONS = b"250-recorder\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SMTPUTF8\r\n"


@dataclass
class Book:
    """What is on record: an open file, and how many are connected."""

    file: int
    delay_s: float
    accepted: int = 0
    open: int = 0
    peak: int = 0
    alone: asyncio.Event = field(default_factory=asyncio.Event)

    def write(self, address: bytes, message: bytes) -> None:
        found = _MESSAGE_ID.search(message, 0, message.find(b"\r\n\r\n"))
        os.write(self.file, address + b"\t" + (found[1] if found else b"-") + b"\n")
        self.accepted += 1

    def count(self, change: int) -> None:
        self.open += change
        self.peak = max(self.peak, self.open)
        if self.open:
            self.alone.clear()
        else:
            self.alone.set()


class Conversation(asyncio.Protocol):
    """One client's session."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._address: bytes | None = None
        self._in_message = False
        self._searched = 0
        self._is_waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._book.count(+1)
        transport.write(_GREETING)

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        self._book.count(-1)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_waiting:
            self._go_on()

    def _go_on(self) -> None:
        """Answer as much as is there, in one piece."""
        self._is_waiting = False
        said = bytearray()
        while not self._is_waiting:
            answer = self._message() if self._in_message else self._command()
            if answer is None:
                break
            said += answer
        if said and self._transport and not self._transport.is_closing():
            self._transport.write(bytes(said))

    def _message(self) -> bytes | None:
        end = self._buffer.find(_END, self._searched)
        if end < 0:
            self._searched = max(0, len(self._buffer) - len(_END))
            return None
        assert self._address is not None
        self._book.write(self._address, bytes(self._buffer[:end]))
        del self._buffer[: end + len(_END)]
        self._in_message, self._address, self._searched = False, None, 0
        accepted = b"250 2.0.0 taken\r\n"
        if not self._book.delay_s:
            return accepted
        self._is_waiting = True
        asyncio.get_running_loop().call_later(self._book.delay_s, self._say_later, accepted)
        return None

    def _say_later(self, answer: bytes) -> None:
        if self._transport:
            self._transport.write(answer)
        self._go_on()

    def _command(self) -> bytes | None:
        line, separator, _ = self._buffer.partition(b"\r\n")
        if not separator:
            return None
        del self._buffer[: len(line) + 2]
        verb = bytes(line[:4]).upper()
        if verb == b"RCPT":
            self._address = bytes(line).partition(b"<")[2].partition(b">")[0]
        elif verb == b"DATA":
            if self._address is None:
                return b"503 5.5.1 nobody to send it to\r\n"
            self._in_message = True
            return b"354 go on\r\n"
        elif verb == b"EHLO":
            return _EXTENSIONS
        elif verb == b"QUIT" and self._transport:
            self._transport.write(b"221 2.0.0 bye\r\n")
            self._transport.close()
            return None
        elif verb == b"RSET":
            self._address = None
        return b"250 2.0.0 ok\r\n"


async def serve(record: Path, delay_s: float) -> None:
    """Take mail until standard input ends."""
    book = Book(os.open(record, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), delay_s)
    book.alone.set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Conversation(book), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        await book.alone.wait()
        print(json.dumps({"accepted": book.accepted, "peak": book.peak}), flush=True)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), float(sys.argv[2]) / 1000))
