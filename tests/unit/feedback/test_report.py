"""What comes back is understood as what it is: messages of our own, in the forms of standards."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.feedback.event import Event, Kind, Permanence, Reason
from newsletter.feedback.report import events_of

RETURNED = (
    "Return-Path: <letter+k3y@news.example.org>\nFrom: Letter <letter@news.example.org>\n"
    "To: ada@example.com\nSubject: Gout\nMessage-ID: <issue-7.k3y@news.example.org>\n"
)


def mail(body: str, *, sender: str = "MAILER-DAEMON@mx.example.com", **headers: str) -> bytes:
    """A message to our return path."""
    named = {"from": sender, "to": "letter+k3y@news.example.org", "date": "Tue, 3 Mar 2026 08:00:00 +0100"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name.title()}: {value}\n" for name, value in named.items())
    return f"{head}\n{body}".encode()


def report(*parts: tuple[str, str], kind: str = "delivery-status", **headers: str) -> bytes:
    """A multipart/report of *parts*, each a type and a body."""
    body = "".join(f"--b1\nContent-Type: {part}\n\n{text}\n" for part, text in parts)
    return mail(
        body + "--b1--\n",
        mime_version="1.0",
        content_type=f'multipart/report; report-type={kind}; boundary="b1"',
        **headers,
    )


def status(*groups: str) -> tuple[str, str]:
    return "message/delivery-status", "Reporting-MTA: dns; mx.example.com\n\n" + "\n\n".join(groups) + "\n"


def only(raw: bytes) -> Event:
    (event,) = events_of(raw)
    return event


def test_a_notification_tells_who_why_and_of_which_message() -> None:
    event = only(
        report(
            ("text/plain", "Your message could not be delivered."),
            status(
                "Final-Recipient: rfc822; ada@example.com\nAction: failed\nStatus: 5.1.1\n"
                "Diagnostic-Code: smtp; 550 5.1.1 <ada@example.com>: no such user\n here"
            ),
            ("message/rfc822", RETURNED + "\nText"),
        )
    )
    assert event == Event(
        kind=Kind.BOUNCE,
        recipient="ada@example.com",
        status="5.1.1",
        permanence=Permanence.PERMANENT,
        reason=Reason.NO_ADDRESS,
        diagnostic="550 5.1.1 <ada@example.com>: no such user here",
        return_path="letter+k3y@news.example.org",
        message_ids=("<issue-7.k3y@news.example.org>",),
        happened_at=datetime(2026, 3, 3, 7, tzinfo=UTC),
    )


def test_each_recipient_of_a_notification_has_an_event_of_its_own() -> None:
    events = events_of(
        report(
            status(
                "Final-Recipient: rfc822; ada@example.com\nAction: failed\nStatus: 5.2.2",
                "Final-Recipient: rfc822; <ben@example.com>\nAction: delayed\nStatus: 4.4.1",
                "Final-Recipient: rfc822; cy@example.com\nAction: delivered\nStatus: 2.0.0",
                "Final-Recipient: rfc822; di@example.com\nAction: relayed\nStatus: 2.0.0",
                "Final-Recipient: rfc822; ed@example.com\nAction: expanded\nStatus: 2.0.0",
                "Final-Recipient: rfc822; fe@example.com\nAction: failed\nStatus: 4.4.7",
            )
        )
    )
    assert [(event.recipient[:2], event.kind, event.permanence) for event in events] == [
        ("ad", Kind.BOUNCE, Permanence.PERMANENT),
        ("be", Kind.DELAYED, Permanence.TEMPORARY),
        ("cy", Kind.DELIVERED, Permanence.UNKNOWN),
        ("di", Kind.DELIVERED, Permanence.UNKNOWN),
        ("ed", Kind.DELIVERED, Permanence.UNKNOWN),
        ("fe", Kind.BOUNCE, Permanence.TEMPORARY),
    ]


@pytest.mark.parametrize(
    ("final", "original", "recipient"),
    [
        ("ada@mx1.example.com", "ada@example.com", "ada@example.com"),
        ("ada@localmailbox", "ada@example.com", "ada@example.com"),
        ("ada@elsewhere.example", "ada@example.com", "ada@elsewhere.example"),
    ],
)
def test_an_address_as_it_was_written_to_counts_unless_it_was_forwarded_elsewhere(
    final: str, original: str, recipient: str
) -> None:
    names = f"Original-Recipient: rfc822;{original}\nFinal-Recipient: rfc822;{final}"
    assert only(report(status(f"{names}\nAction: failed\nStatus: 5.1.1"))).recipient == recipient


def test_a_status_part_that_names_nobody_is_completed_by_the_words_beside_it() -> None:
    text = "An e-mail you addressed to email address :\n-- ada@example.com\n\ncould not be delivered."
    event = only(
        report(
            ("text/plain", text),
            (
                "message/delivery-status",
                "Action : failed\nDiagnostic-Code : smtp;550 5.1.1",
            ),
        )
    )
    assert (event.recipient, event.status, event.reason) == ("ada@example.com", "5.1.1", Reason.NO_ADDRESS)


def test_status_fields_in_plain_text_are_read_as_well() -> None:
    event = only(
        mail(
            "An error occurred.\n\nReporting-MTA: dns; mx.example.com\n\nAction: failed\nStatus: 5.2.2\n"
            "Final-Recipient: rfc822; ada@example.com\nDiagnostic-Code: smtp; 552 5.2.2 full\n",
            subject="Delivery Status Notification (Failure)",
        )
    )
    assert (event.kind, event.recipient, event.reason) == (
        Kind.BOUNCE,
        "ada@example.com",
        Reason.MAILBOX_FULL,
    )


def test_a_report_that_another_server_passed_on_is_read_inside() -> None:
    inner = report(status("Final-Recipient: rfc822; ada@example.com\nAction: failed\nStatus: 5.1.1")).decode()
    outer = mail(
        f"--o\n\nThe message had delivery errors\n--o\nContent-Type: message/rfc822\n\n{inner}\n--o--\n",
        subject="Returned mail",
        content_type='multipart/mixed; boundary="o"',
    )
    assert only(outer).recipient == "ada@example.com"


def test_a_letter_of_a_person_is_nobodys_bounce() -> None:
    body = (
        "Hello, your letter could not be delivered to bob@example.com last week. Is that right? He is fine."
    )
    event = only(mail(body, sender="Ada <ada@example.com>", subject="Delivery problem?"))
    assert (event.kind, event.reason) == (Kind.NONE, Reason.PERSON)


def test_a_forwarded_message_is_nobodys_bounce() -> None:
    forwarded = f"--f\n\nsee below\n--f\nContent-Type: message/rfc822\n\n{RETURNED}\nText\n--f--\n"
    event = only(
        mail(
            forwarded,
            sender="ada@example.com",
            subject="Fwd: Gout",
            content_type="multipart/mixed; boundary=f",
        )
    )
    assert event.kind is Kind.NONE


def test_the_return_path_with_a_token_comes_before_any_other_address() -> None:
    raw = mail(
        "x",
        to="letter@news.example.org",
        delivered_to="letter+abc@news.example.org",
        sender="ada@example.com",
    )
    assert only(raw).return_path == "letter+abc@news.example.org"
