"""When a message is tried again: a table by what the relay said, each rule with its source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Schedule:
    """Waits after the 1st, 2nd … failed attempt; the last holds for all that follow."""

    waits: tuple[timedelta, ...]
    source: str


#: RFC 5321 also allows days, which a daily letter does not have.
USUAL = Schedule(
    (timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2), timedelta(hours=4), timedelta(hours=8)),
    "RFC 5321 4.5.4.1: at least 30 minutes",
)
#: By the RFC 3463 status of the last reply.
BY_STATUS = {
    "4.2.2": Schedule(
        (timedelta(hours=4), timedelta(hours=8)), "RFC 3463 3.3: a full mailbox is emptied by a person"
    ),
    "4.2.1": Schedule(
        (timedelta(hours=2), timedelta(hours=4), timedelta(hours=8)),
        "RFC 3463 3.3: a mailbox that is switched off",
    ),
    "4.7.28": Schedule(
        (timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=1)), "Gmail: stop for 10 minutes"
    ),
}
#: Waits are stretched by up to this share, so that what failed together does not come back together.
_SPREAD = 0.1


def retry_after(attempts: int, *, status: str = "", delivery_id: int = 0) -> timedelta:
    """How long to wait after failed attempt number *attempts* (from 1) that ended with *status*.

    The same delivery waits the same time wherever it is asked.
    """
    waits = BY_STATUS.get(status, USUAL).waits
    share = (delivery_id * 2_654_435_761 % 1000) / 1000  # Knuth's multiplicative hash: neighbours part
    return waits[min(attempts, len(waits)) - 1] * (1 + _SPREAD * share)
