"""What a relay says, and what that means for a message (RFC 5321 4.2, RFC 2034, RFC 3463)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})\b")
#: As much of a reply as is kept.
_KEPT = 500


class Outcome(StrEnum):
    """What became of one attempt."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    LOST = "lost"


@dataclass(frozen=True)
class Reply:
    """The server's last word on one message. *status* is the RFC 3463 code, if it gave one.

    LOST: the connection broke before the final dot, so nothing was accepted; UNKNOWN: after it.
    *closing*: the server ends this connection (421, or it is gone already).
    """

    outcome: Outcome
    code: int
    status: str
    text: str
    closing: bool = False


def reply_of(code: int, raw: bytes, *, garbled: Outcome) -> Reply:
    """What *code* says; *garbled* is the outcome of a reply that is none of yes, later and no."""
    text = raw.decode("utf-8", "replace")
    found = _ENHANCED.match(text)
    outcomes = {2: Outcome.ACCEPTED, 4: Outcome.DEFERRED, 5: Outcome.REJECTED}
    outcome = outcomes.get(code // 100)
    closing = code == 421 or outcome is None
    return Reply(outcome or garbled, code, found[1] if found else "", text[:_KEPT], closing=closing)


def lost(why: str) -> Reply:
    """The connection broke before the final dot."""
    return Reply(Outcome.LOST, 0, "", f"connection lost: {why}", closing=True)


def lost_after_dot(why: str) -> Reply:
    """The connection broke after the final dot: nobody knows."""
    return Reply(Outcome.UNKNOWN, 0, "", f"connection lost after the final dot: {why}", closing=True)
