"""One issue to one subscriber: its states, what can happen to it, and what follows.

         send            accept
queued ───────▶ sending ───────▶ accepted ──▶ bounced | complained (by feedback)
  ▲  ▲             │ defer  ▶ deferred ─ send ─▶ sending
  │  └── return ───┤ reject ▶ rejected
  │                └ lose   ▶ unknown  ─ send ─▶ sending (the same Message-ID)
  └ queued, deferred: skip ▶ skipped, expire ▶ expired; unknown: skip ▶ skipped
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from newsletter.errors import DeliveryError


class State(StrEnum):
    """Where a delivery stands."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    EXPIRED = "expired"
    SKIPPED = "skipped"


class Event(StrEnum):
    """What can happen to a delivery."""

    SEND = "send"  # an attempt begins: written before the act
    ACCEPT = "accept"  # 2xx after the final dot
    DEFER = "defer"  # 4xx, or the connection broke before the final dot
    REJECT = "reject"  # 5xx
    LOSE = "lose"  # the connection broke after the final dot, or the sender died meanwhile
    RETURN = "return"  # the attempt never reached a relay
    SKIP = "skip"  # unsubscribed or suppressed meanwhile, or the issue was cancelled
    EXPIRE = "expire"  # the issue is too old
    BOUNCE = "bounce"  # returned later as undeliverable
    COMPLAIN = "complain"  # reported as spam


#: States in which a message may still go out.
OPEN = (State.QUEUED, State.DEFERRED, State.UNKNOWN)

_NEXT: dict[State, dict[Event, State]] = {
    State.QUEUED: {Event.SEND: State.SENDING, Event.SKIP: State.SKIPPED, Event.EXPIRE: State.EXPIRED},
    State.SENDING: {
        Event.ACCEPT: State.ACCEPTED,
        Event.DEFER: State.DEFERRED,
        Event.REJECT: State.REJECTED,
        Event.LOSE: State.UNKNOWN,
        Event.RETURN: State.QUEUED,
    },
    State.DEFERRED: {Event.SEND: State.SENDING, Event.SKIP: State.SKIPPED, Event.EXPIRE: State.EXPIRED},
    # A message of unknown outcome may have arrived, so that feedback on it is possible; when its issue ends,
    # that stays the truth about it.
    State.UNKNOWN: {
        Event.SEND: State.SENDING,
        Event.SKIP: State.SKIPPED,
        Event.BOUNCE: State.BOUNCED,
        Event.COMPLAIN: State.COMPLAINED,
    },
    State.ACCEPTED: {Event.BOUNCE: State.BOUNCED, Event.COMPLAIN: State.COMPLAINED},
    # A complaint says more than a bounce, and nothing takes a complaint back.
    State.BOUNCED: {Event.COMPLAIN: State.COMPLAINED},
}

#: An issue that could not be delivered within this time, from its first send, is yesterday's paper.
EXPIRES_AFTER = timedelta(hours=36)


def next_state(state: State, event: Event) -> State | None:
    """The state that *event* leads to, or None where it changes nothing. Every pair is decided."""
    return _NEXT.get(state, {}).get(event)


def following_state(state: State, *events: Event) -> State:
    """The state that *events*, one after the other, lead to.

    Raises:
        DeliveryError: one of them cannot happen there.
    """
    for event in events:
        found = next_state(state, event)
        if found is None:
            raise DeliveryError(
                f"delivery in state {state.value}", f"cannot {event.value}", "Please report this."
            )
        state = found
    return state
