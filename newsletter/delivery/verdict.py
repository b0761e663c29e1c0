"""Whether an issue may go on, by what became of its messages so far: the canary, and the circuit breakers.

An issue's first messages are its canary: once each of them has an answer they are judged by strict limits,
and the rest follows by itself or waits for a person. After that the breakers watch.

Every share is of the messages that were taken or met that very fate. So one more refusal never makes another
share smaller, and never turns a stop into a go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

#: The canary is one in so many of the audience, and at least so many messages.
CANARY_ONE_IN, CANARY_LEAST = 100, 50

#: Refused for good, by the relay or later by returned mail (standards 1: hard-bounce > 2 %).
MOST_REFUSED = 0.02
#: 5.7.x, which is about us as senders and not about the reader (RFC 3463 3.8; standards 1: share > 1 %).
MOST_BLOCKED = 0.01
#: Reported as spam (standards 1: complaints > 0.1 %).
MOST_COMPLAINED = 0.001
#: 4xx in the canary. Greylisting (RFC 6647) meets some first messages of any sender; when a quarter of them
#: are put off, a large provider or our own relay does not want more (our choice; no standard has one).
MOST_DEFERRED = 0.25

#: A share says nothing of few messages. From so many answers on the breakers act (our choice: of 500, 2 % are
#: ten addresses), and never before so many events, so that no single address stops a letter.
BREAKER_ANSWERS, BREAKER_EVENTS = 500, 5
#: In the canary, refused: one bad address of 50 is 2 % already, four are chance in a list that was kept well.
CANARY_REFUSED = 5
#: In the canary, blocked for what we are or send (5.7.x, and 5.3.4 and 5.6.x about the message itself): what
#: three receivers say of one and the same letter, others will say, too.
CANARY_BLOCKED = 3
#: In the canary, put off.
CANARY_DEFERRED = 10


@dataclass(frozen=True, kw_only=True)
class OutcomeTally:
    """How many messages of an issue met which fate so far, by their last answer.

    *deferred*: with a 4xx reply. *blocked* and *unfit* are among *rejected*: 5.7.x, and 5.3.4 or 5.6.x.
    """

    accepted: int = 0
    deferred: int = 0
    rejected: int = 0
    blocked: int = 0
    unfit: int = 0
    bounced: int = 0
    complained: int = 0

    @property
    def taken(self) -> int:
        """Taken by the relay, and not returned since."""
        return self.accepted + self.complained

    @property
    def refused(self) -> int:
        """Refused for good, then or later."""
        return self.rejected + self.bounced

    @property
    def answered(self) -> int:
        """Every message that somebody answered."""
        return self.taken + self.refused + self.deferred


@dataclass(frozen=True)
class _Limit:
    """At most the share *most* of *what*; it acts from *least* events on."""

    what: str
    most: float
    least: int


_OF_CANARY = "of the first messages"
_CANARY_LIMITS = {
    "refused": _Limit("were refused for good", MOST_REFUSED, CANARY_REFUSED),
    "blocked": _Limit("were refused because of who sends them (5.7.x)", MOST_BLOCKED, CANARY_BLOCKED),
    "unfit": _Limit("were refused because of what is in them (5.3.4, 5.6.x)", MOST_BLOCKED, CANARY_BLOCKED),
    "deferred": _Limit("were put off (4xx)", MOST_DEFERRED, CANARY_DEFERRED),
}
_RUN_LIMITS = {
    "refused": _Limit(_CANARY_LIMITS["refused"].what, MOST_REFUSED, BREAKER_EVENTS),
    "blocked": _Limit(_CANARY_LIMITS["blocked"].what, MOST_BLOCKED, BREAKER_EVENTS),
    "unfit": _Limit(_CANARY_LIMITS["unfit"].what, MOST_BLOCKED, BREAKER_EVENTS),
    "complained": _Limit("were reported as spam", MOST_COMPLAINED, BREAKER_EVENTS),
}


def canary_size(audience: int) -> int:
    """How many messages of an issue for so many readers are sent before the rest.

    >>> canary_size(12), canary_size(5_000), canary_size(5_001), canary_size(1_000_000)
    (50, 50, 51, 10000)
    """
    rounded_up = -(-audience // CANARY_ONE_IN)
    return max(rounded_up, CANARY_LEAST)


def judge_canary(tally: OutcomeTally) -> str:
    """Why an issue stops after its canary; empty: the rest may follow."""
    return next(_reasons(_OF_CANARY, tally, _CANARY_LIMITS), "")


def is_of_canary(reason: str) -> bool:
    """Whether *reason*, of an issue that stopped, is one of judge_canary's."""
    return _OF_CANARY in reason


def judge_run(tally: OutcomeTally) -> str:
    """Why an issue stops that is going out; empty: it goes on.

    4xx is not among it: a domain that asks for less is sent less (slow_domain), and the others do not wait.
    """
    if tally.answered < BREAKER_ANSWERS:
        return ""
    return next(_reasons("of the messages so far", tally, _RUN_LIMITS), "")


def _reasons(of: str, tally: OutcomeTally, limits: dict[str, _Limit]) -> Iterator[str]:
    for name, limit in limits.items():
        events = getattr(tally, name)
        others = tally.taken - events if name == "complained" else tally.taken
        share = events / (others + events) if events else 0.0
        if events >= limit.least and share > limit.most:
            yield (
                f"{events} {of} {limit.what}, {share:.1%} of those and of what was taken; "
                f"more than {limit.most:.1%} is too many"
            )
