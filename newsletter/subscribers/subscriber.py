"""A reader, and which states a subscription (a reader and a newsletter) passes through.

The drawing is in docs/reference/subscription-states.md, which a test holds to this table. The table is
total: every pair of state and event is decided. An answer equal to the state means that nothing changes,
None that the event is refused.

Two rules stand behind it. An import never brings back somebody who left, bounced or complained. And a
request changes nothing for anybody until it is confirmed, because a stranger may have made it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class State(StrEnum):
    """Where one subscription stands."""

    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    ERASED = "erased"


class Event(StrEnum):
    """What can happen to a subscription."""

    REQUEST = "request"  # somebody, perhaps not the reader, typed the address
    CONFIRM = "confirm"  # the reader pressed the button behind the mailed link
    IMPORT = "import"  # an operator brings consent that was given elsewhere
    PAUSE = "pause"  # the reader wants no letters until a date
    RESUME = "resume"  # that date has come, or the reader wants them again
    WITHDRAW = "withdraw"
    UNDO = "undo"  # the reader takes a withdrawal back, soon after it
    BOUNCE = "bounce"  # the address does not exist, by its server's word
    COMPLAIN = "complain"  # a letter was reported as spam
    READMIT = "readmit"  # an operator, with a reason, lets the address sign up again
    ERASE = "erase"


_P, _A, _Z = State.PENDING, State.ACTIVE, State.PAUSED
_U, _B, _C, _E = State.UNSUBSCRIBED, State.BOUNCED, State.COMPLAINED, State.ERASED
_STATES: tuple[State | None, ...] = (None, _P, _A, _Z, _U, _B, _C, _E)
_ROWS: dict[Event, tuple[State | None, ...]] = {
    # from:        nothing pending active paused unsubscribed bounced complained erased
    Event.REQUEST: (_P, _P, _A, _Z, _U, _B, _C, None),
    Event.CONFIRM: (None, _A, _A, _A, _A, _A, None, None),
    Event.IMPORT: (_A, _A, _A, _Z, None, None, None, None),
    Event.PAUSE: (None, None, _Z, _Z, None, None, None, None),
    Event.RESUME: (None, None, _A, _A, None, None, None, None),
    Event.WITHDRAW: (None, _U, _U, _U, _U, _U, _C, None),
    Event.UNDO: (None, None, _A, _Z, _A, None, None, None),
    Event.BOUNCE: (None, _B, _B, _B, _U, _B, _C, None),
    Event.COMPLAIN: (None, _C, _C, _C, _C, _C, _C, None),
    Event.READMIT: (None, _P, _A, _Z, _U, _U, _U, None),
    Event.ERASE: (None, _E, _E, _E, _E, _E, _E, _E),
}
_NEXT = {
    (state, event): following
    for event, row in _ROWS.items()
    for state, following in zip(_STATES, row, strict=True)
}


def next_state(state: State | None, event: Event) -> State | None:
    """The state after *event*, or None when the event is refused; *state* None: no subscription yet."""
    return _NEXT[state, event]


class Frequency(StrEnum):
    """How often a reader wants a newsletter: every letter, or the digest of the week in their place."""

    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, kw_only=True)
class Subscriber:
    """One reader. *suppressed* readers get no mail, whatever their subscriptions say.

    *language*: of our pages and mails about the subscription; "" for that of the newsletter concerned.
    An erased reader is left as a row without an address, which holds the consent chain together.
    """

    id: int
    handle: bytes
    address: str
    canonical: str
    created_at: datetime
    suppressed: bool
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """One reader and one newsletter. *handle* is what the tokens in this newsletter's letters carry.

    *confirmed_at*: when consent was last confirmed (or imported with its basis); None if it never was.
    *paused_until*: the date, in the newsletter's time zone, on which letters come again.
    """

    id: int
    subscriber_id: int
    newsletter: str
    state: State
    handle: bytes
    created_at: datetime
    changed_at: datetime
    confirmed_at: datetime | None
    frequency: Frequency = Frequency.DAILY
    paused_until: date | None = None
    site: str = ""


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Whom an issue goes to. *handle* is the subscription's: tokens in the letter are made of it."""

    subscription_id: int
    subscriber_id: int
    address: str
    handle: bytes


#: States in which a reader has a newsletter, or will have it once they confirm.
STANDING = (State.ACTIVE, State.PAUSED, State.PENDING)


def overall_state(subscriptions: Iterable[Subscription]) -> State:
    """One word for a reader: the first of these that one of their newsletters is in."""
    states = {subscription.state for subscription in subscriptions}
    order = (*STANDING, State.COMPLAINED, State.BOUNCED, State.UNSUBSCRIBED)
    return next((state for state in order if state in states), State.UNSUBSCRIBED)
