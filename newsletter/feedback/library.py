"""The library flufl.bounce, asked within bounds about messages that our own rules do not surely know."""

from __future__ import annotations

import logging
from email import message_from_bytes

from flufl.bounce import all_failures

#: It parses with Python's own parser, which needs time and stack for what is large or deep.
MOST_OCTETS = 100_000
log = logging.getLogger(__name__)


def library_recipients(raw: bytes) -> list[str]:
    """The recipients that the library finds in *raw*; none where it fails."""
    try:
        temporary, permanent = all_failures(message_from_bytes(raw[:MOST_OCTETS]))
        found = [
            bytes(address).decode("ascii", "replace") for address in (*sorted(temporary), *sorted(permanent))
        ]
    except Exception:
        log.debug("flufl.bounce failed on a message", exc_info=True)
        return []
    return [address for address in found if "\ufffd" not in address]
