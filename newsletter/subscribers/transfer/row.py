"""What one row of a list asks for, once its origin's own words are understood."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from ipaddress import ip_address

from newsletter.subscribers.subscriber import Frequency
from newsletter.subscribers.suppression import Reason

#: A moment as any of the origins writes it: what does not look like one is never kept as evidence.
#: It begins with a date that has a year of our time: 0000-00-00 ("never") or a telephone number is none.
_MOMENT = re.compile(
    r"(?:(?:19|20)\d\d[-/.](?!00)\d{1,2}[-/.](?!00)\d{1,2}"
    r"|(?!00)\d{1,2}[-/.](?!00)\d{1,2}[-/.](?:19|20)?\d\d)"
    r"[\d:./ ,T+Z-]{0,24}(?:UTC|GMT|AM|PM|am|pm)?"
)
_STATUS = re.compile(r"[A-Za-z0-9_ -]{1,30}")
NEVER_CONFIRMED = "was never confirmed where it comes from"


class Wish(StrEnum):
    """What is to become of the address of a row."""

    SUBSCRIBE = "subscribe"
    SUPPRESS = "suppress"  # has left, bounced or complained where the list comes from
    REFUSE = "refuse"
    REPEAT = "repeat"  # another row of the file speaks for this reader
    LEAVE_OUT = "left out"  # not on one of the lists that were asked for


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportRow:
    """One record. *number* counts the header as 1, as a spreadsheet does.

    *reason*: of a suppression. *why*: of a refusal; it names no address. *evidence*: what the file says
    of the consent (times; no network address, no name); *is_proved*: it says when the reader confirmed.
    *ip*: the network address from which they did, which is kept sealed and only for some weeks.
    *paused_until* and *language*: of our own export only.
    """

    number: int
    address: str
    wish: Wish = Wish.SUBSCRIBE
    reason: Reason = Reason.IMPORTED
    why: str = ""
    evidence: str = ""
    is_proved: bool = False
    ip: str = ""
    frequency: Frequency = Frequency.DAILY
    paused_until: date | None = None
    language: str = ""


def refused(number: int, address: str, why: str) -> ImportRow:
    """A row that is not taken, and why."""
    return ImportRow(number=number, address=address, wish=Wish.REFUSE, why=why)


def suppressed(number: int, address: str, reason: Reason = Reason.IMPORTED) -> ImportRow:
    """A row whose address must not be mailed."""
    return ImportRow(number=number, address=address, wish=Wish.SUPPRESS, reason=reason)


def unknown_status(number: int, address: str, status: str) -> ImportRow:
    """A row with a status that this origin is not known to use: never mailed on a guess.

    It is named only where it looks like a status: the reason must not tell of a person.
    """
    named = f' is "{status}", which' if _STATUS.fullmatch(status) else ""
    return refused(number, address, f"its status{named} is not known here")


def evidence_of(*, opted_in: str = "", confirmed: str = "") -> str:
    """The sentence that is kept of what a file proves; "" when that is nothing.

    The names of lists and tags are not in it: they may tell of an illness.
    """
    said = []
    if _MOMENT.fullmatch(opted_in):
        said.append(f"opted in {opted_in}")
    if _MOMENT.fullmatch(confirmed):
        said.append(f"confirmed {confirmed}")
    return "; ".join(said)


def network_address(text: str) -> str:
    """*text* when it is an IP address, otherwise ""."""
    try:
        return str(ip_address(text)) if text else ""
    except ValueError:
        return ""


def is_moment(text: str) -> bool:
    """Whether *text* looks like a point in time."""
    return _MOMENT.fullmatch(text) is not None
