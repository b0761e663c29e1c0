"""One message that came back, as a mailbox holds it: so much of it as is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol

#: So much of a message is read. What a report says stands in front; a message may have 50 MB.
MOST_OCTETS = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """The first MOST_OCTETS of a message, and whether that is less than the whole.

    *mark*: tells the mailbox that it has been taken, and is called once the database knows. With True it is
    also marked as read; what needs a person stays unread. Nothing is ever deleted.
    """

    raw: bytes
    is_cut: bool
    mark: Callable[[bool], None]


class Mailbox(Protocol):
    """Where mail comes back to. Every connection is a context."""

    #: What events from here are called.
    source: str

    def open(self) -> AbstractContextManager[Iterator[Incoming]]:
        """The messages not taken yet, one at a time.

        Raises:
            DeliveryError: it cannot be reached, opened or read.
        """
        ...


def read_bounded(file: BinaryIO) -> tuple[bytes, bool]:
    """The first MOST_OCTETS of *file*, and whether there is more; it is not read further."""
    parts, missing = [], MOST_OCTETS + 1
    while missing and (part := file.read(missing)):
        parts.append(part)
        missing -= len(part)
    raw = b"".join(parts)
    return raw[:MOST_OCTETS], len(raw) > MOST_OCTETS
