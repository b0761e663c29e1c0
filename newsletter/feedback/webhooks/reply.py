"""What a receiving server meant, by the code and the words that a provider passes on."""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsletter.feedback.event import Permanence, Reason

#: An enhanced code (RFC 3463) that is not a part of an address or a number with more parts.
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_BASIC = re.compile(r"(?:smtp;\s*)?([245])\d\d\b")

#: RFC 3463 section 3, and the IANA registry of enhanced status codes; a subject alone stands for the rest.
_BY_STATUS: dict[str, Reason] = {
    "1": Reason.NO_ADDRESS,
    "1.2": Reason.NO_DOMAIN,
    "1.7": Reason.BLOCKED,  # the sender's address
    "1.8": Reason.BLOCKED,
    "1.10": Reason.NO_DOMAIN,  # RFC 7505: a null MX
    "2": Reason.OTHER,
    "2.1": Reason.NO_ADDRESS,
    "2.2": Reason.MAILBOX_FULL,
    "2.3": Reason.TOO_BIG,
    "3": Reason.SYSTEM,
    "3.4": Reason.TOO_BIG,
    "4": Reason.UNREACHABLE,
    "5": Reason.SYSTEM,
    "6": Reason.CONTENT,
    "7": Reason.BLOCKED,
    "7.13": Reason.NO_ADDRESS,  # RFC 5248: the user's account is disabled
    "7.17": Reason.NO_ADDRESS,  # RFC 7293: the mailbox has another owner
    "7.18": Reason.NO_DOMAIN,  # RFC 7293: the domain has another owner
    "7.28": Reason.RATE,
}
#: Where no enhanced code tells: the first that fits. Blame of the sender comes before that of the address.
_BY_WORDS = tuple(
    (re.compile(words, re.IGNORECASE), reason)
    for words, reason in (
        (r"throttl|rate.?limit|too (many|fast)|grey-?list", Reason.RATE),
        (r"(mail)?box.{0,20}full|quota|storage", Reason.MAILBOX_FULL),
        (r"too (large|big)|size.{0,20}exceed|exceed.{0,30}size", Reason.TOO_BIG),
        (r"virus|spam content|message content|attachment", Reason.CONTENT),
        (r"spam|block(ed|list)|blacklist|reputation|policy|\b(spf|dkim|dmarc)\b|denied", Reason.BLOCKED),
        (
            r"domain.{0,40}(unknown|not exist|not found)|\bno mx\b|mx info|host (unknown|not found)",
            Reason.NO_DOMAIN,
        ),
        (r"connect|time(d)?.?out|network|unreachable|dns", Reason.UNREACHABLE),
        (
            (
                r"(unknown|no such|invalid|unrecognized|disabled) (user|recipient|mailbox|address|account)"
                r"|(user|recipient|mailbox|account|address).{0,60}(not exist|doesn't exist|not found|unknown"
                r"|disabled|unavailable|invalid|inactive)|doesn't have a|not a valid"
            ),
            Reason.NO_ADDRESS,
        ),
    )
)


@dataclass(frozen=True)
class Reply:
    """What was meant. *status*: RFC 3463, or ""."""

    status: str
    permanence: Permanence
    reason: Reason


def read_reply(status: str, words: str) -> Reply:
    """What *status* (enhanced, or the three digits of SMTP, or "") and the server's own *words* mean."""
    enhanced = _ENHANCED.search(status) or _ENHANCED.search(words)
    basic = _BASIC.match(status) or _BASIC.match(words)
    found = enhanced or basic
    permanence = _permanence(found[1] if found else "")
    if enhanced and enhanced[2] != "0":
        subject, detail = enhanced[2], f"{enhanced[2]}.{enhanced[3]}"
        reason = _BY_STATUS.get(detail, _BY_STATUS.get(subject, Reason.OTHER))
    else:
        reason = next((means for pattern, means in _BY_WORDS if pattern.search(words)), Reason.OTHER)
    return Reply(enhanced[0] if enhanced else "", permanence, reason)


def _permanence(first: str) -> Permanence:
    return {"5": Permanence.PERMANENT, "4": Permanence.TEMPORARY}.get(first, Permanence.UNKNOWN)
