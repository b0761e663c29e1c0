"""The course of an issue: what can happen to it, and what follows.

         compose            approve            start            finish
planned ────────▶ composed ────────▶ approved ──────▶ sending ────────▶ sent
   ▲               │  │ wait          ▲  │ pause       pause │ ▲ resume
   │          hold │  └─▶ waiting ────┘  ▼                   ▼ │
   │               ▼        │ hold     paused ◀──────────────┘ │
   │              held ◀────┘            └─────────────────────┘
   └─ discard ── composed, waiting, approved, held, skipped, cancelled (nobody has got it: it is made anew)

planned: skip ▶ skipped, hold ▶ held (nothing could be picked)
waiting: approve ▶ approved, hold ▶ held (by a person, or not approved at its time)
approved, held: wait ▶ waiting (what was approved is not what there is, or not by enough)
paused: stop ▶ held
held: approve ▶ approved, or resume ▶ sending where it had begun; paused likewise
sending: stop ▶ held (an article of it was withdrawn)
waiting, approved, sending, paused, held: cancel ▶ cancelled
sending, paused, held: expire ▶ expired
"""

from __future__ import annotations

from enum import StrEnum

from newsletter.issues.issue import State


class Event(StrEnum):
    """What can happen to an issue."""

    COMPOSE = "compose"  # picked, rendered and frozen
    WAIT = "wait"  # it is not approved by whom the settings ask for
    APPROVE = "approve"  # by a person, or at once where approval is off; nobody has got it yet
    HOLD = "hold"  # by a person before it begins, or nothing could be picked
    SKIP = "skip"  # a person wants none on that date
    DISCARD = "discard"  # a decision or a withdrawal changed what it is made of; nobody has got it yet
    START = "start"  # its first messages leave
    PAUSE = "pause"  # by a person, the canary or a breaker
    RESUME = "resume"  # by a person, after it had begun
    STOP = "stop"  # an article of it was withdrawn on its way
    FINISH = "finish"  # every delivery has its outcome
    CANCEL = "cancel"  # by a person, for good: whoever was not mailed will not be
    EXPIRE = "expire"  # too old, or the next issue has started


_NEXT: dict[State, dict[Event, State]] = {
    State.PLANNED: {
        Event.COMPOSE: State.COMPOSED,
        Event.HOLD: State.HELD,
        Event.SKIP: State.SKIPPED,
    },
    State.COMPOSED: {
        Event.WAIT: State.WAITING,
        Event.APPROVE: State.APPROVED,
        Event.HOLD: State.HELD,
        Event.DISCARD: State.PLANNED,
    },
    State.WAITING: {
        Event.APPROVE: State.APPROVED,
        Event.HOLD: State.HELD,
        Event.CANCEL: State.CANCELLED,
        Event.DISCARD: State.PLANNED,
    },
    State.APPROVED: {
        Event.START: State.SENDING,
        Event.WAIT: State.WAITING,
        Event.PAUSE: State.PAUSED,
        Event.CANCEL: State.CANCELLED,
        Event.DISCARD: State.PLANNED,
    },
    State.SENDING: {
        Event.FINISH: State.SENT,
        Event.PAUSE: State.PAUSED,
        Event.STOP: State.HELD,
        Event.CANCEL: State.CANCELLED,
        Event.EXPIRE: State.EXPIRED,
    },
    # No decision and no withdrawal makes a paused issue anew: it would go out without anybody's word.
    State.PAUSED: {
        Event.APPROVE: State.APPROVED,
        Event.RESUME: State.SENDING,
        Event.STOP: State.HELD,
        Event.CANCEL: State.CANCELLED,
        Event.EXPIRE: State.EXPIRED,
    },
    State.HELD: {
        Event.WAIT: State.WAITING,
        Event.APPROVE: State.APPROVED,
        Event.RESUME: State.SENDING,
        Event.CANCEL: State.CANCELLED,
        Event.DISCARD: State.PLANNED,
        Event.EXPIRE: State.EXPIRED,
    },
    State.SKIPPED: {Event.DISCARD: State.PLANNED},
    State.CANCELLED: {Event.DISCARD: State.PLANNED},
}

#: Readers may still be mailed, now or when a person lets it go on.
GOING_OUT = (State.APPROVED, State.SENDING, State.PAUSED)


def next_state(state: State, event: Event) -> State | None:
    """The state that *event* leads to, or None where it changes nothing. Every pair is decided."""
    return _NEXT.get(state, {}).get(event)


def goes_on(*, begun: bool) -> Event:
    """What lets a paused or held issue go on: it is sending again, or approved where nobody has got it."""
    return Event.RESUME if begun else Event.APPROVE
