"""A reader: what an address is, and which states a subscription passes through.

                 request            confirm              withdraw
    (nothing) ───────────▶ pending ───────────▶ active ───────────▶ unsubscribed
                              │                   ▲                     │
                              └── import with ────┤◀─ confirm, undo ────┘
                                  a basis

An import can never bring back somebody who left: (unsubscribed, import) is refused. A new request by
somebody who left changes nothing until it is confirmed, so that a stranger's request followed by an
import cannot do it either. States still to come: paused, bounced, complained, erased.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from email_validator import EmailNotValidError, validate_email

from newsletter.errors import SubscriberError
from newsletter.wording import message


class State(StrEnum):
    """Where one subscription (a reader and a newsletter) stands."""

    PENDING = "pending"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"


class Event(StrEnum):
    """What can happen to a subscription."""

    REQUEST = "request"  # somebody, perhaps not the reader, typed the address
    CONFIRM = "confirm"  # the reader pressed the button behind the mailed link
    WITHDRAW = "withdraw"
    IMPORT = "import"  # an operator brings consent that was given elsewhere
    UNDO = "undo"  # the reader takes a withdrawal back, soon after it


_NEXT: dict[tuple[State | None, Event], State | None] = {
    (None, Event.REQUEST): State.PENDING,
    (None, Event.CONFIRM): None,
    (None, Event.WITHDRAW): None,
    (None, Event.IMPORT): State.ACTIVE,
    (None, Event.UNDO): None,
    (State.PENDING, Event.REQUEST): State.PENDING,
    (State.PENDING, Event.CONFIRM): State.ACTIVE,
    (State.PENDING, Event.WITHDRAW): State.UNSUBSCRIBED,
    (State.PENDING, Event.IMPORT): State.ACTIVE,
    (State.PENDING, Event.UNDO): None,
    (State.ACTIVE, Event.REQUEST): State.ACTIVE,
    (State.ACTIVE, Event.CONFIRM): State.ACTIVE,
    (State.ACTIVE, Event.WITHDRAW): State.UNSUBSCRIBED,
    (State.ACTIVE, Event.IMPORT): State.ACTIVE,
    (State.ACTIVE, Event.UNDO): State.ACTIVE,
    (State.UNSUBSCRIBED, Event.REQUEST): State.UNSUBSCRIBED,
    (State.UNSUBSCRIBED, Event.CONFIRM): State.ACTIVE,
    (State.UNSUBSCRIBED, Event.WITHDRAW): State.UNSUBSCRIBED,
    (State.UNSUBSCRIBED, Event.IMPORT): None,
    (State.UNSUBSCRIBED, Event.UNDO): State.ACTIVE,
}


def next_state(state: State | None, event: Event) -> State | None:
    """The state after *event*, or None when the event is refused; *state* None: no subscription yet.

    Total: every pair has an answer. An answer equal to *state* means that nothing changes.
    """
    return _NEXT[state, event]


@dataclass(frozen=True, kw_only=True)
class Address:
    """An e-mail address: *given* as its owner wrote it, *canonical* for comparison only."""

    given: str
    canonical: str


def parse_address(text: str) -> Address:
    """Read an address (RFC 5321 syntax, RFC 6531 for other scripts), without asking any DNS server.

    The mail goes to the address as given. For comparison the local part is casefolded and the domain
    becomes lower-case A-labels (RFC 5890), in NFC; dots and +tags count, because only some providers
    ignore them.

    Raises:
        SubscriberError: it is not an address; the reason says what is wrong with it, and holds no more of
            it than the part at fault.
    """
    given = text.strip()
    try:
        # test_environment lets ".test" (RFC 2606) pass: rehearsals use it, and no mail can go there.
        # strict holds the local part to its 64 octets (RFC 5321 4.5.3.1.1).
        valid = validate_email(given, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError as error:
        raise SubscriberError(
            "the e-mail address",
            str(error),
            message("Check it for a typing error, such as a missing dot."),
        ) from None
    local = unicodedata.normalize("NFC", unicodedata.normalize("NFC", valid.local_part).casefold())
    return Address(given=given, canonical=f"{local}@{valid.ascii_domain.lower()}")


def wire_address(given: str) -> str:
    """A stored address as SMTP and the To header take it: the domain as A-labels (RFC 5891)."""
    local, _, domain = given.rpartition("@")
    if domain.isascii():
        return given
    valid = validate_email(given, check_deliverability=False, test_environment=True)
    return f"{local}@{valid.ascii_domain}"


@dataclass(frozen=True, kw_only=True)
class Subscriber:
    """One reader. *suppressed* readers get no mail, whatever their subscriptions say."""

    id: int
    handle: bytes
    address: str
    canonical: str
    created_at: datetime
    suppressed: bool


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """One reader and one newsletter. *handle* is what the tokens in this newsletter's letters carry.

    *confirmed_at*: when consent was last confirmed (or imported with its basis); None if it never was.
    """

    id: int
    subscriber_id: int
    newsletter: str
    state: State
    handle: bytes
    created_at: datetime
    changed_at: datetime
    confirmed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ConfirmRequest:
    """A question that was (or will be) mailed: "was it you?". Answered once, within its days."""

    id: int
    handle: bytes
    subscription_id: int
    message_id: str
    requested_at: datetime
    expires_at: datetime
    spent_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Whom an issue goes to. *handle* is the subscription's: tokens in the letter are made of it."""

    subscription_id: int
    subscriber_id: int
    address: str
    handle: bytes


def overall_state(subscriptions: Iterable[Subscription]) -> State:
    """One word for a reader: active or pending as soon as one newsletter is, else unsubscribed."""
    states = {subscription.state for subscription in subscriptions}
    return next((state for state in (State.ACTIVE, State.PENDING) if state in states), State.UNSUBSCRIBED)
