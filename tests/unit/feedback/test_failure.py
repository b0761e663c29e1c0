"""Why it failed: whose fault a server's words make it, which decides whether anybody is ever blamed."""

from __future__ import annotations

import pytest

from newsletter.feedback.event import Permanence, Reason
from newsletter.feedback.failure import failure_of

PERMANENT, TEMPORARY = Permanence.PERMANENT, Permanence.TEMPORARY


@pytest.mark.parametrize(
    ("said", "status", "expected"),
    [
        # the report's status, made more precise by what was said
        ("550 5.1.1 no such user", "5.1.1", ("5.1.1", PERMANENT, Reason.NO_ADDRESS)),
        ("550 5.1.1 no such user", "5.0.0", ("5.1.1", PERMANENT, Reason.NO_ADDRESS)),
        ("", "4.4.7", ("4.4.7", TEMPORARY, Reason.UNREACHABLE)),
        # a mailbox that is full is full under any code
        (
            "552 5.1.1 mailbox of ada@example.com is over quota",
            "5.1.1",
            ("5.1.1", PERMANENT, Reason.MAILBOX_FULL),
        ),
        (
            "452 4.2.2 The recipient's inbox is out of storage space",
            "",
            ("4.2.2", TEMPORARY, Reason.MAILBOX_FULL),
        ),
        # the sender is refused: by the status, by words, or by a status that a later reply covered
        ("550 5.7.1 IP address blacklisted by recipient", "5.1.1", ("5.7.1", PERMANENT, Reason.BLOCKED)),
        ("553 see https://www.spamhaus.org/query/1", "5.1.3", ("5.1.3", PERMANENT, Reason.BLOCKED)),
        ("550 5.7.1 user unknown or blocked", "5.7.1", ("5.7.1", PERMANENT, Reason.BLOCKED)),
        ("554 5.7.1 message refused: it looks like spam", "", ("5.7.1", PERMANENT, Reason.CONTENT)),
        ("550 5.6.0 header is malformed", "", ("5.6.0", PERMANENT, Reason.CONTENT)),
        ("552 message size exceeds fixed limit", "", ("5.3.4", PERMANENT, Reason.TOO_BIG)),
        ("421 4.7.28 unusual rate of unsolicited mail", "", ("4.7.28", TEMPORARY, Reason.RATE)),
        # a name server in trouble is no domain that has gone
        ("Host not found, try again", "", ("5.4.3", PERMANENT, Reason.UNREACHABLE)),
        (
            "Name service error for name=example.com: Host not found",
            "5.4.4",
            ("5.4.4", PERMANENT, Reason.NO_DOMAIN),
        ),
        # Exchange and RFC 7505 mean two things by one status
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound", "5.1.10", ("5.1.10", PERMANENT, Reason.NO_ADDRESS)),
        ("556 5.1.10 recipient address has null MX", "5.1.10", ("5.1.10", PERMANENT, Reason.NO_DOMAIN)),
        # given up after a refusal for good, whatever the sending server calls it
        ("550 5.5.0 service refused", "4.5.0", ("5.5.0", PERMANENT, Reason.OTHER)),
        # neither an address of the net nor a version is a status
        ("192.0.2.4 said something; release 5.1.2.3", "", ("", PERMANENT, Reason.OTHER)),
    ],
)
def test_a_refusal_is_somebodys_fault(
    said: str, status: str, expected: tuple[str, Permanence, Reason]
) -> None:
    failure = failure_of(said, status=status)
    assert (failure.status, failure.permanence, failure.reason) == expected
