"""The one vocabulary of everything that comes back, whatever brought it: a mailbox, a reply, a provider."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

#: Of what a server said, so many characters are kept.
DIAGNOSTIC_CHARACTERS = 500


class Kind(StrEnum):
    """What came back. The values are those of ``newsletter feedback parse``."""

    BOUNCE = "bounce"  # a message was not delivered, for good or for now
    COMPLAINT = "complaint"  # reported as spam (RFC 5965), or as not wanted
    AUTO_REPLY = "auto_reply"  # a machine answered: a vacation, a ticket, a challenge (RFC 3834)
    DELIVERED = "delivered"  # a receipt of delivery (RFC 3464 2.3.3)
    DELAYED = "delayed"  # not delivered yet, and still tried
    NONE = "none"  # none of these: a person's letter, a DMARC report, something unknown


class Permanence(StrEnum):
    """Whether a report says that the failure will last (RFC 3463: 5.x.x) or not (4.x.x, and delays)."""

    PERMANENT = "permanent"
    TEMPORARY = "temporary"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why, in words of ours; a policy decides by them (policy.toml)."""

    NO_ADDRESS = "no_address"  # the mailbox does not exist (5.1.1, 5.1.3, 5.1.6), or is closed (5.2.1)
    NO_DOMAIN = "no_domain"  # the domain does not exist, or takes no mail (5.1.2, 5.1.10)
    MAILBOX_FULL = "mailbox_full"  # x.2.2
    TOO_BIG = "too_big"  # x.3.4, x.2.3
    CONTENT = "content"  # what is in the message (5.6.x, or a filter that names it)
    BLOCKED = "blocked"  # who sends it: reputation, authentication, a list of blocked hosts (x.7.x)
    RATE = "rate"  # too much, too fast (4.7.28 and the like)
    UNREACHABLE = "unreachable"  # the network, the host or its name server (x.4.x)
    SYSTEM = "system"  # trouble of the receiving host (x.3.x)
    NOT_TRIED = "not_tried"  # by a provider, for a fault of ours or of our account: key, quota, a header
    VACATION = "vacation"
    CHALLENGE = "challenge"  # a sender is asked to prove itself
    SPAM = "spam"  # a complaint: reported as spam
    UNSUBSCRIBE = "unsubscribe"  # a complaint that only asks for no more (feedback type opt-out)
    PERSON = "person"  # somebody wrote
    DMARC = "dmarc"  # a report to a domain's owner (RFC 9990, RFC 9991)
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that came back about one recipient.

    *recipient*: an address as the report has it, or "". *status*: RFC 3463, such as "5.1.1", or "".
    *diagnostic*: what the server said, shortened. *return_path*: the address that it came back to, which says
    whom it is about when its MAC is ours. *message_ids*: those of the returned message, as far as given.
    *remote_id*: how its maker names this event, so that a repeat is known; "" when it has no name.
    """

    kind: Kind
    recipient: str = ""
    status: str = ""
    permanence: Permanence = Permanence.UNKNOWN
    reason: Reason = Reason.OTHER
    diagnostic: str = ""
    return_path: str = ""
    message_ids: tuple[str, ...] = ()
    remote_id: str = ""
    happened_at: datetime | None = None
