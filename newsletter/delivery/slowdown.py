"""Which replies ask for less mail to a domain: a table, each rule with its source.

Told here is what a relay says to one message. What it says at connect is about the relay, and no domain's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Sign:
    """Replies of *codes* (all 4xx and 5xx if empty) whose RFC 3463 status, without its class, fits *status*.

    A sign with *means* = "" is of replies that say nothing about the domain's system.
    """

    codes: tuple[int, ...]
    status: re.Pattern[str]
    means: str
    source: str


def _status(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


#: The first that fits counts. A class is no part of it: Gmail's list has 421 with 5.7.32.
SIGNS = (
    Sign((), _status(r"7\.28"), "sent too fast", "Gmail SMTP errors and codes, x.7.28"),
    Sign(
        (421, 450, 451),
        _status(r"7\.(23|27|29|30|32|40)"),
        "slowed, as the sender is not authenticated",
        "Gmail SMTP errors and codes: rate limited for want of PTR, SPF, TLS, DKIM, alignment, DMARC",
    ),
    Sign(
        (450, 451),
        _status(r"7\.[56]\d\d"),
        "server busy, or the sender's address is rate limited",
        "Exchange Online non-delivery codes 4.7.500-699, 4.7.650",
    ),
    Sign(
        (421,), _status(r"7\.\d+"), "refused for now by its policy", "Yahoo SMTP error codes, 421 4.7.0 TSS"
    ),
    Sign(
        (421, 450, 451, 452, 454),
        _status(r"3\.[12]"),
        "takes no mail at the moment",
        "RFC 3463 3.4: the destination's system is full, overloaded or shutting down",
    ),
    Sign((421, 450, 451, 452), _status(r"4\.5"), "congested", "RFC 3463 3.5: mail system congestion"),
    Sign((421,), _status(r"3\.\d+"), "takes no mail at the moment", "RFC 3463 3.4: the destination's system"),
    Sign((421,), _status(r"(0\.0)?"), "not available", "RFC 5321 4.2.3, and no status that says more"),
    # Not signs, and here so that nobody adds them: a grey list wants the same message again (450 or 451
    # 4.7.1, RFC 6647), a mailbox that gets too much (450 4.2.1, Gmail) is one reader's, a timeout (421 4.4.2)
    # the connection's.
    Sign((), _status(r".*"), "", "RFC 3463: about the mailbox, the message or the connection"),
)


def why_slower(code: int, status: str) -> str:
    """What a reply of *code* and RFC 3463 *status* ("" if it gave none) says of too much mail; "": nothing.

    >>> why_slower(421, "4.7.28"), why_slower(451, "4.7.1"), why_slower(250, "2.0.0")
    ('sent too fast', '', '')
    """
    if code < 400:
        return ""
    told = status.partition(".")[2]
    return next(
        sign.means for sign in SIGNS if (not sign.codes or code in sign.codes) and sign.status.fullmatch(told)
    )
