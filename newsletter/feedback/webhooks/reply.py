"""What a receiving server meant, by the code and the words that a provider passes on."""

from __future__ import annotations

import re
from functools import lru_cache

from newsletter.feedback.event import Permanence, Reason
from newsletter.feedback.failure import Failure, failure_of

#: Nothing was passed on.
_SILENCE = Failure("", Permanence.UNKNOWN, Reason.OTHER)


#: Addresses, and what servers call a message or a connection: long, with a digit, and no status in it.
_NAMES = re.compile(r"(?<!\S)(?!\S*[245]\.\d{1,3}\.\d)(?:\S{1,80}@\S{1,300}|(?=\S{0,80}\d)\S{14,})(?!\S)")


def read_reply(status: str, words: str) -> Failure:
    """What *status* (enhanced, or the three digits of SMTP, or "") and the server's own *words* mean.

    Its permanence is unknown, and its status "", where neither says anything.
    """
    if not status and not words:
        return _SILENCE
    return _read(status, _NAMES.sub("", words))


@lru_cache(maxsize=4096)
def _read(status: str, words: str) -> Failure:
    """As read_reply; of most servers all readers get the same words, but for names."""
    found = failure_of(words if "." in status else f"{status} {words}", status=status)
    return found if found.status else _SILENCE
