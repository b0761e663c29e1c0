"""What states and reasons are called in the console, and which dot stands before each."""

from __future__ import annotations

from newsletter.subscribers.subscriber import State
from newsletter.subscribers.suppression import Reason

STATE_WORDS = {
    State.ACTIVE.value: "Active",
    State.PAUSED.value: "Paused",
    State.PENDING.value: "Asked, no answer yet",
    State.UNSUBSCRIBED.value: "Unsubscribed",
    State.BOUNCED.value: "Address does not exist",
    State.COMPLAINED.value: "Reported a letter as spam",
    State.ERASED.value: "Erased",
    "suppressed": "Never mailed, whatever they signed up to",
}
STATE_DOTS = {
    State.ACTIVE.value: "good",
    State.PAUSED.value: "busy",
    State.PENDING.value: "busy",
    State.UNSUBSCRIBED.value: "",
    State.BOUNCED.value: "wait",
    State.COMPLAINED.value: "bad",
    State.ERASED.value: "",
}
REASON_WORDS = {
    Reason.OPERATOR: "An operator said so",
    Reason.COMPLAINED: "Reported a letter as spam",
    Reason.BOUNCED: "The address does not exist",
    Reason.UNSUBSCRIBED: "Left, and nothing else is kept of them",
    Reason.IMPORTED: "Had left where the list came from",
    Reason.ERASED: "Erased at their wish",
}
MEANING_WORDS = {
    "email": "Column of the address",
    "status": "Column of the state (subscribed, unsubscribed …)",
    "confirmed": "Column of when they confirmed",
    "opted in": "Column of when they signed up",
}
