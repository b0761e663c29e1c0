"""Rules of a relay that goes wrong: by chance, by who is written to, by how much it was asked to take.

A rule that remembers is for one server, which asks its rules one at a time.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from random import Random

from newsletter.delivery.fault import Act, Moment, Plan


@dataclass(frozen=True)
class Always:
    """The same for every message and connection."""

    plan: Plan

    def __call__(self, moment: Moment) -> Act | None:
        """What the plan says to the stage."""
        return self.plan.get(moment.stage)


@dataclass(frozen=True)
class AtRandom:
    """*act* at one of *stages*, each time with a chance of *share* (0 to 1)."""

    random: Random
    share: float
    stages: Container[str]
    act: Act

    def __call__(self, moment: Moment) -> Act | None:
        """Draws only at its own stages."""
        return self.act if moment.stage in self.stages and self.random.random() < self.share else None


@dataclass(frozen=True)
class OnGroup:
    """*act* at *stage* if the client has sent more than this command: it believes that this may be done."""

    stage: str
    act: Act

    def __call__(self, moment: Moment) -> Act | None:
        """Waits a moment for the rest of a group."""
        return self.act if moment.stage == self.stage and moment.more() else None


@dataclass
class Greylist:
    """Defers each pair of sender and recipient until *wait_s* after its first try (RFC 6647 2.3)."""

    wait_s: float
    _first_tries: dict[int, float] = field(default_factory=dict)

    def __call__(self, moment: Moment) -> Act | None:
        """Remembers the pair as a hash, which does not give the address away."""
        if moment.stage != "rcpt":
            return None
        pair = hash((moment.sender, moment.recipient))
        first_try = self._first_tries.get(pair)
        if first_try is not None and moment.at_s >= first_try + self.wait_s:
            return None
        self._first_tries.setdefault(pair, moment.at_s)
        return Act("451 4.7.1 greylisted, come back later")


@dataclass
class Throttle:
    """After *after* recipients at *domain* it answers *act* to more of them, until *for_s* have gone by."""

    domain: str
    after: int
    for_s: float
    act: Act
    _taken: int = 0
    _until: float = 0

    def __call__(self, moment: Moment) -> Act | None:
        """Other domains are not touched."""
        if moment.stage != "rcpt" or moment.recipient.rpartition("@")[2].lower() != self.domain:
            return None
        if self._taken >= self.after:
            self._taken, self._until = 0, moment.at_s + self.for_s
        if moment.at_s < self._until:
            return self.act
        self._taken += 1
        return None


@dataclass(frozen=True)
class MessageCap:
    """A connection carries *messages* and no more; *act* answers the MAIL of the next."""

    messages: int
    act: Act

    def __call__(self, moment: Moment) -> Act | None:
        """Each connection has its own count."""
        return self.act if moment.stage == "mail" and moment.taken >= self.messages else None


@dataclass(frozen=True)
class ConnectionCap:
    """More than *connections* at once are turned away."""

    connections: int

    def __call__(self, moment: Moment) -> Act | None:
        """The one that is being answered counts."""
        if moment.stage == "connect" and moment.open_connections > self.connections:
            return Act("421 4.7.0 too many connections", drop=True)
        return None
