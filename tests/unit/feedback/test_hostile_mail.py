"""Whatever is sent, reading it takes little time and memory, and never fails."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.feedback.event import Event, Kind
from newsletter.feedback.part import parts_of
from newsletter.feedback.report import _events, events_of
from tests.unit.feedback.test_report import mail, report, status

#: CPU seconds and octets that one message may take. A usual one takes a thousandth of the first.
MOST_SECONDS, MOST_MEMORY = 1.5, 40_000_000
BOUNCED = b"From: MAILER-DAEMON@mx.example.com\nSubject: Undelivered mail\n"


def nested() -> bytes:
    """Ten thousand parts, each in the one before."""
    head = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(10_000))
    return BOUNCED + head + b"Content-Type: text/plain\n\nuser unknown"


def beside() -> bytes:
    """A hundred thousand parts beside each other."""
    return BOUNCED + b"Content-Type: multipart/report; boundary=b\n\n" + b"--b\n\nx\n" * 100_000


def rising() -> bytes:
    """Boundaries that begin with one another, so that each line is like each."""
    head = b"".join(
        b"Content-Type: multipart/mixed; boundary=%s\n\n--%s\n" % (b"b" * n, b"b" * n) for n in range(1, 900)
    )
    return BOUNCED + head


def letters_in_letters() -> bytes:
    return BOUNCED + b"Content-Type: message/rfc822\n\n" * 30_000


HOSTILE: dict[str, Callable[[], bytes]] = {
    "fifty megabytes": lambda: mail("The following address failed:\n" + "ada@example.com\n" * 3_200_000),
    "nested parts": nested,
    "many parts": beside,
    "rising boundaries": rising,
    "letters in letters": letters_in_letters,
    "many headers": lambda: b"X-A: b\n" * 500_000,
    "one long header": lambda: BOUNCED + b"To: " + b"a@b.example, " * 300_000,
    "a folded header": lambda: BOUNCED + b"X-A: b\n" + b" c\n" * 500_000,
    "one long line": lambda: BOUNCED + b"\n" + b"a" * 5_000_000,
    "empty lines": lambda: BOUNCED + b"\n" * 5_000_000,
    "blanks": lambda: BOUNCED + b"\n" + b" " * 2_000_000 + b"x",
    "at-signs": lambda: BOUNCED + b"\n" + b"a@" * 1_000_000,
    "dots": lambda: BOUNCED + b"\n" + b"a@a." * 500_000,
    "brackets": lambda: BOUNCED + b"\n" + b"<" * 1_000_000,
    "tags": lambda: BOUNCED + b"Content-Type: text/html\n\n" + b"<style><a " * 300_000,
    "entities": lambda: BOUNCED + b"Content-Type: text/html\n\n" + b"&amp" * 500_000,
    "words of servers": lambda: BOUNCED + b"\n" + b"was not delivered to the following address " * 50_000,
    "words on lines": lambda: BOUNCED + b"\n" + b"mailbox account user message deliver to host\n" * 50_000,
    "numbers": lambda: BOUNCED + b"\n" + b"5.1.1 550 " * 200_000,
    "status groups": lambda: report(
        status(*["Final-Recipient: rfc822; ada@example.com\nStatus: 5.1.1"] * 40_000)
    ),
    "encoded words": lambda: BOUNCED + b"Subject: " + b"=?utf-8?q?a?= " * 200_000 + b"\n\nx",
    "comments": lambda: report(status("Final-Recipient: rfc822; " + "(" * 100_000 + "\nStatus: 5.1.1")),
    "a slow charset": lambda: BOUNCED + b"Content-Type: text/plain; charset=punycode\n\n" + b"a-b9" * 500_000,
    "zero bytes": lambda: bytes(5_000_000),
}


def costs(raw: bytes) -> tuple[tuple[Event, ...], float]:
    began = time.process_time()
    events = events_of(raw)
    return events, time.process_time() - began


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_message_costs_little(name: str) -> None:
    raw = HOSTILE[name]()
    events, seconds = costs(raw)
    assert events
    assert len(events) <= 200
    assert seconds < MOST_SECONDS
    tracemalloc.start()
    try:
        events_of(raw)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_MEMORY


@pytest.mark.parametrize(
    "charset", ["utf-8", "utf-16", "utf-7", "x-unknown", "hex", "idna", "unicode_escape", "\x00"]
)
def test_a_wrong_charset_hides_no_bounce(charset: str) -> None:
    body = "Hi. This is the qmail-send program.\n\n<ada@example.com>:\nno such user \xff \\d\n"
    head = BOUNCED + b"Content-Type: text/plain; charset=" + charset.encode() + b"\n\n"
    (event,) = events_of(head + body.encode("latin-1"))
    assert event.kind is Kind.BOUNCE


MARKS = [
    *(
        line + b"\n"
        for line in b"""\
From: MAILER-DAEMON@example.com
Subject: Undelivered mail
--b
--b--
Content-Type: multipart/report; boundary=b
Content-Type: message/delivery-status
Content-Type: message/feedback-report
Content-Type: message/rfc822
Content-Type: text/html; charset=utf-16
Content-Transfer-Encoding: base64
Content-Transfer-Encoding: quoted-printable
Final-Recipient: rfc822; ada@example.com
Original-Recipient: ;;;
Action: failed
Status: 5.1.1
Feedback-Type: abuse
To: <<<@>>>
Date: Tue, 99 Foo 99999 99:99:99 +9999
The following addresses failed:
  ada@example.com
<ada@example.com>:
550 no such user
--- Below this line is a copy of the message.
X-Failed-Recipients: a@b
Message-ID: <a@b>""".split(b"\n")
    ),
    *(b"\n", b"\r\n", b"\x1b$B", b"\xff\xfe\x00", b"=?utf-16?b?AA==?="),
    *(b"=\n", b"=ZZ", b"charset=\x00", b"From ", b"&#xD800;"),
]


@given(st.lists(st.sampled_from(MARKS) | st.binary(max_size=40), max_size=40).map(b"".join))
def test_no_bytes_make_it_fail(raw: bytes) -> None:
    # Not events_of, whose net would hide that something failed.
    events = _events(parts_of(raw), raw)
    assert events
    for event in events:
        repr(event).encode()  # no half characters, which nothing could store


def test_a_message_that_makes_it_fail_all_the_same_is_unknown_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("newsletter.feedback.report.letter_of", None)
    (event,) = events_of(mail("ada@example.com"))
    assert (event.kind, event.recipient) == (Kind.NONE, "")
    assert "could not be read" in caplog.text
    assert "ada@example.com" not in caplog.text


@given(st.binary(max_size=2_000))
def test_the_same_bytes_always_mean_the_same(raw: bytes) -> None:
    assert events_of(raw) == events_of(raw)
