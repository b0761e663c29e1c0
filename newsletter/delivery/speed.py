"""How fast an issue goes out, and how long it will take, from what its deliveries were at two moments."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from newsletter.delivery.delivery import State

_ENDED = (State.ACCEPTED, State.REJECTED, State.BOUNCED, State.COMPLAINED)
_ANSWERED = (*_ENDED, State.DEFERRED, State.UNKNOWN)
#: Not tried yet, or on its way. What was put off has its own time, which no rate tells.
_TO_GO = (State.QUEUED, State.SENDING)


@dataclass(frozen=True)
class Sample:
    """How many deliveries were in each state at a time."""

    at: datetime
    counts: Mapping[str, int]


def rate(first: Sample, last: Sample) -> float | None:
    """Messages a second that were answered between two samples; None where no time lies between them."""
    seconds = (last.at - first.at).total_seconds()
    if seconds <= 0:
        return None
    # One that was put off before and is taken now was answered once more, though no more have an answer.
    answered = max(_more(first, last, _ANSWERED), _more(first, last, _ENDED), 0)
    return answered / seconds


def left_s(counts: Mapping[str, int], rate: float | None) -> float | None:
    """Seconds until everybody was tried once at *rate*; None where nothing tells."""
    to_go = sum(counts[state] for state in _TO_GO)
    if not to_go:
        return 0.0
    return to_go / rate if rate else None


def answered(counts: Mapping[str, int]) -> int:
    """How many deliveries somebody has said something about."""
    return sum(counts[state] for state in _ANSWERED)


def _more(first: Sample, last: Sample, states: Collection[State]) -> int:
    return sum(last.counts[state] - first.counts[state] for state in states)
