"""One connection of the fault server as bytes: lines and contents in, replies out, and how it ends."""

from __future__ import annotations

import re
import select
import socket
import ssl
import struct
import threading
from contextlib import suppress

#: How long it listens, after hanging up, for what the client was still sending: a socket that is closed with
#: unread bytes would take back replies that the client has not read yet.
_LISTEN_ON_S = 1.0
#: How long the rest of a group may be under way.
_GROUP_S = 0.005
#: RFC 5321 4.5.3.1.6: a line of a message with its CRLF.
_LONGEST_LINE = 1000
_END_LIKE = re.compile(rb"(?:\r|\n)\.(?:\r|\n)")


class HungUpError(Exception):
    """The connection is over."""


class Wire:
    """A socket whose lines end with CRLF and with nothing else. Waiting stops when *ended* is set."""

    def __init__(self, connection: socket.socket, ended: threading.Event) -> None:
        self._socket = connection
        self._ended = ended
        self._buffer = bytearray()
        #: How many bytes are read in a second; 0: as many as come.
        self.read_per_s = 0

    @property
    def holds_more(self) -> bool:
        """Whether the client has sent something that nobody has asked for yet."""
        return bool(self._buffer)

    def gets_more(self) -> bool:
        """The same, but waits a moment for the rest of a group."""
        return self.holds_more or bool(select.select([self._socket], [], [], _GROUP_S)[0])

    def line(self) -> bytes:
        """The next line, without its CRLF."""
        end = self._find(b"\r\n")
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def content(self) -> bytes:
        """A message as it was sent, up to the line end before its final dot."""
        # The dot of an empty message follows right on the line end of DATA.
        self._buffer[:0] = b"\r\n"
        end = self._find(b"\r\n.\r\n")
        content = bytes(self._buffer[2 : end + 2])
        del self._buffer[: end + 5]
        return content

    def send(self, said: bytes, byte_wait_s: float = 0) -> None:
        """Send *said*: at once, or every byte alone."""
        if not byte_wait_s:
            self._socket.sendall(said)
            return
        for byte in said:
            self._socket.sendall(bytes([byte]))
            self.wait(byte_wait_s)

    def wait(self, seconds: float) -> None:
        """Let time go by."""
        if seconds and self._ended.wait(seconds):
            raise HungUpError

    def flush(self) -> None:
        """Throw away what has come and was not answered yet."""
        self._buffer.clear()

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Go on over TLS. What came before is not acted on: it was not protected (CVE-2011-0411)."""
        self.flush()
        self._socket = context.wrap_socket(self._socket, server_side=True)

    def hang_up(self, *, reset: bool) -> None:
        """End it; with *reset* the client may lose what it has not read yet.

        Raises:
            HungUpError: always.
        """
        if reset:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise HungUpError
        self._socket.shutdown(socket.SHUT_WR)
        self._socket.settimeout(_LISTEN_ON_S)
        while self._socket.recv(65536):
            pass
        raise HungUpError

    def cut(self) -> None:
        """End it from another thread."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()

    def _find(self, end: bytes) -> int:
        """Where *end* is in the buffer, which is filled until it has come."""
        looked = 0
        while (found := self._buffer.find(end, max(0, looked - len(end)))) < 0:
            looked = len(self._buffer)
            size = max(1, self.read_per_s // 20) if self.read_per_s else 65536
            more = self._socket.recv(size)
            if not more:
                raise HungUpError
            if self.read_per_s:
                self.wait(len(more) / self.read_per_s)
            self._buffer += more
        return found


def is_bare(text: bytes) -> bool:
    """Whether *text* has a CR or a LF that is no line end (RFC 5321 2.3.8)."""
    return not text.count(b"\r\n") == text.count(b"\n") == text.count(b"\r")


def content_faults(content: bytes, *, eight_bit: bool) -> list[str]:
    """What a message as it came over the wire has that RFC 5321 and RFC 6152 forbid."""
    faults = []
    if is_bare(content):
        faults.append("a bare CR or LF in a message")
        # What a careless server takes for the end: the rest would be commands of the sender's choice.
        if _END_LIKE.search(content):
            faults.append("an end that is none in a message")
    if max(map(len, content.splitlines(keepends=True)), default=0) > _LONGEST_LINE:
        faults.append("a line over 998 characters")
    if not eight_bit and not content.isascii():
        faults.append("8-bit without BODY=8BITMIME")
    return faults
