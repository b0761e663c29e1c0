"""The library flufl.bounce, asked within bounds about messages that our own rules do not surely know."""

from __future__ import annotations

import logging
from email import message_from_bytes

from flufl.bounce import all_failures

#: It parses with Python's own parser, which needs time and stack for what is large or deep; what it looks for
#: is at the begin.
MOST_OCTETS = 20_000

_ASCII = bytes(range(128)) + b"?" * 128

# It logs a trace for every message that one of its detectors stumbles over.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)


def library_recipients(raw: bytes) -> list[str]:
    """The recipients that the library finds in *raw*; none where it fails."""
    try:
        message = message_from_bytes(raw[:MOST_OCTETS].translate(_ASCII))
        # What makes its detectors fail, but for headers that are not ASCII: a message from nobody.
        if not message.get("From", "").strip():
            del message["From"]
            message["From"] = "mailer-daemon"
        temporary, permanent = all_failures(message)
    except Exception:  # noqa: BLE001 - a helper that fails on a message has no answer
        return []
    return [bytes(address).decode("ascii", "replace") for address in (*sorted(temporary), *sorted(permanent))]
