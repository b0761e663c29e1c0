"""Unpacking a response while it comes in, and stopping as soon as it grows out of bounds."""

from __future__ import annotations

import zlib
from typing import Protocol

#: How much is unpacked at a time: a bomb can cost this much more than its limit, not more.
STEP = 64 * 1024
#: Below this many bytes no ratio is judged: a short page of blanks packs a thousandfold.
RATIO_FLOOR = 512 * 1024

_GZIP = 16 + zlib.MAX_WBITS


class TooLargeError(Exception):
    """The body is larger, or packed tighter, than is allowed."""


class BrokenError(Exception):
    """The body is not what its Content-Encoding says, or ends half-way."""


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes: ...


class Inflater:
    """Takes a body in pieces, as *encoding* ("", "gzip" or "deflate") packs it, and keeps it unpacked.

    *max_bytes* bounds both what comes in and what it unpacks to; *max_ratio* how much one may exceed the
    other (deflate packs text about tenfold, at the most 1,032-fold).
    """

    def __init__(self, encoding: str, *, max_bytes: int, max_ratio: float) -> None:
        self._encoding = encoding
        self._max_bytes = max_bytes
        self._max_ratio = max_ratio
        self._came = 0
        self._body = bytearray()
        self._unpacker: _Unpacker | None = None

    def feed(self, piece: bytes) -> None:
        """Take the next *piece* of the body.

        Raises:
            TooLargeError: a limit is passed.
            BrokenError: it cannot be unpacked.
        """
        self._came += len(piece)
        if self._came > self._max_bytes:
            raise TooLargeError(f"more than {self._max_bytes:,} bytes came")
        if not self._encoding:
            self._body += piece
            return
        while piece:
            piece = self._unpack(piece)

    def close(self) -> bytes:
        """The whole body.

        Raises:
            BrokenError: it ended half-way.
        """
        if self._unpacker is not None and not self._unpacker.eof:
            raise BrokenError("its packed body ends half-way")
        return bytes(self._body)

    def _unpack(self, piece: bytes) -> bytes:
        """Unpack *piece* to its end, or to the end of one packed member; what is left of it."""
        if self._unpacker is None:
            self._unpacker = self._new_unpacker(piece)
        elif self._unpacker.eof:
            if not self._is_member(piece):
                return b""  # servers pad with zeros; unpackers pass over that
            self._unpacker = self._new_unpacker(piece)
        while True:
            try:
                part = self._unpacker.decompress(piece, STEP)
            except zlib.error as error:
                raise BrokenError(f"its body is not {self._encoding}: {error}") from error
            self._body += part
            self._check()
            piece = self._unpacker.unconsumed_tail
            # A full step may leave text waiting inside although all that came has been taken.
            if self._unpacker.eof or (len(part) < STEP and not piece):
                return self._unpacker.unused_data

    def _is_member(self, piece: bytes) -> bool:
        return self._encoding == "gzip" and piece[:1] == b"\x1f"

    def _new_unpacker(self, piece: bytes) -> _Unpacker:
        if self._encoding == "gzip":
            return zlib.decompressobj(_GZIP)
        # RFC 9110 means the zlib format; some servers send bare deflate. Its low nibble tells them apart.
        return zlib.decompressobj(zlib.MAX_WBITS if piece[0] & 0x0F == 8 else -zlib.MAX_WBITS)

    def _check(self) -> None:
        size = len(self._body)
        if size > self._max_bytes:
            raise TooLargeError(f"it unpacks to more than {self._max_bytes:,} bytes")
        if size > RATIO_FLOOR and size > self._max_ratio * self._came:
            raise TooLargeError(f"it unpacks to more than {self._max_ratio:g} times its size")
