"""Complaints, reports to a domain's owner, and answers of machines: each as what it is."""

from __future__ import annotations

import pytest

from newsletter.feedback.event import Kind, Reason
from tests.unit.feedback.test_report import RETURNED, mail, only, report

WORDS = ("text/plain", "This is an email abuse report for an email message received from 192.0.2.1.")


def feedback(lines: str, *, returned: str = RETURNED) -> bytes:
    fields = ("message/feedback-report", f"User-Agent: Loop/1.0\nVersion: 1\n{lines}")
    return report(WORDS, fields, ("message/rfc822", returned + "\nText"), kind="feedback-report")


@pytest.mark.parametrize(
    ("feedback_type", "kind", "reason"),
    [
        ("abuse", Kind.COMPLAINT, Reason.SPAM),
        ("fraud", Kind.COMPLAINT, Reason.SPAM),
        ("virus", Kind.COMPLAINT, Reason.SPAM),
        ("other", Kind.COMPLAINT, Reason.SPAM),
        ("opt-out", Kind.COMPLAINT, Reason.UNSUBSCRIBE),
        ("opt-out-list", Kind.COMPLAINT, Reason.UNSUBSCRIBE),
        ("not-spam", Kind.NONE, Reason.OTHER),
        ("auth-failure", Kind.NONE, Reason.DMARC),
        ("AuthFailure", Kind.NONE, Reason.DMARC),
    ],
)
def test_a_feedback_report_is_what_its_type_says(feedback_type: str, kind: Kind, reason: Reason) -> None:
    event = only(feedback(f"Feedback-Type: {feedback_type}\nOriginal-Rcpt-To: <ada@example.com>"))
    assert (event.kind, event.reason, event.recipient) == (kind, reason, "ada@example.com")
    assert event.message_ids == ("<issue-7.k3y@news.example.org>",)
    assert event.return_path == "letter+k3y@news.example.org"


def test_a_complaint_sent_elsewhere_is_known_by_the_return_path_of_the_message() -> None:
    raw = feedback("Feedback-Type: abuse").replace(b"To: letter+k3y@news", b"To: abuse@news")
    assert only(raw).return_path == "letter+k3y@news.example.org"


def test_a_complaint_that_hides_the_reader_is_known_by_the_message_alone() -> None:
    hidden = RETURNED.replace("ada@example.com", "<Undisclosed Recipients>")
    event = only(feedback("Feedback-Type: abuse", returned=hidden))
    assert (event.kind, event.recipient) == (Kind.COMPLAINT, "")
    assert event.message_ids == ("<issue-7.k3y@news.example.org>",)


def test_a_marked_message_from_a_junk_mail_program_is_a_complaint() -> None:
    returned = f"X-HmXmrOriginalRecipient: ada@example.com\n{RETURNED}\nText"
    body = f"--j\nContent-Type: message/rfc822\n\n{returned}\n--j--\n"
    event = only(
        mail(
            body,
            sender="staff@hotmail.com",
            subject="complaint about message from 192.0.2.1",
            content_type="multipart/mixed; boundary=j",
        )
    )
    assert (event.kind, event.reason, event.recipient) == (Kind.COMPLAINT, Reason.SPAM, "ada@example.com")


def test_a_dmarc_aggregate_report_is_nobodys_complaint() -> None:
    name = "example.com!news.example.org!1772409600!1772495999.xml.gz"
    raw = mail(
        "H4sIAAAA\n",
        sender="noreply-dmarc-support@example.com",
        subject="Report domain: news.example.org Submitter: example.com Report-ID: 1",
        content_type=f'application/gzip; name="{name}"',
        content_transfer_encoding="base64",
    )
    assert (only(raw).kind, only(raw).reason) == (Kind.NONE, Reason.DMARC)


@pytest.mark.parametrize(
    ("subject", "headers", "reason"),
    [
        ("Out of Office: Gout", {"auto_submitted": "auto-replied"}, Reason.VACATION),
        ("Automatische Antwort: Gout", {}, Reason.VACATION),
        ("Réponse automatique : Gout", {}, Reason.VACATION),
        ("Respuesta automática: Gout", {}, Reason.VACATION),
        ("自動返信: Gout", {}, Reason.VACATION),
        ("自动回复: Gout", {}, Reason.VACATION),
        ("Автоответ: Gout", {}, Reason.VACATION),
        ("Re: Gout", {"x_autoreply": "yes"}, Reason.OTHER),
        ("Re: Gout", {"precedence": "auto_reply"}, Reason.OTHER),
        ("Please confirm your message", {"auto_submitted": "auto-replied"}, Reason.CHALLENGE),
    ],
)
def test_a_machines_answer_is_no_bounce(subject: str, headers: dict[str, str], reason: Reason) -> None:
    body = "I am not reachable until Monday. My old mailbox ada@example.com is no longer in use."
    event = only(mail(body, sender="Ada <ada@example.com>", subject=subject, **headers))
    assert (event.kind, event.reason) == (Kind.AUTO_REPLY, reason)


def test_an_answer_sent_from_nobody_is_still_an_answer() -> None:
    body = "This mailbox is no longer in use. Please write to office@example.com."
    raw = mail(
        body, sender="<ada@example.com>", return_path="<>", auto_submitted="auto-replied", subject="Re: Gout"
    )
    assert only(raw).kind is Kind.AUTO_REPLY


def test_a_challenge_asks_a_sender_to_prove_itself() -> None:
    body = "Your message is being held. Please click the link below to verify that you are a human."
    event = only(mail(body, sender="ada@example.com", subject="Re: Gout"))
    assert (event.kind, event.reason) == (Kind.AUTO_REPLY, Reason.CHALLENGE)


@pytest.mark.parametrize(
    ("sender", "subject", "body"),
    [
        (
            "Ada <ada@example.com>",
            "Re: Gout",
            "Thanks! The address you gave, foo@example.org, does not exist.",
        ),
        ("Ada <ada@example.com>", "Unsubscribe", "Please remove me, and send it to ben@example.com."),
        (
            "Ada <ada@example.com>",
            "Fwd: Undelivered mail",
            "Look:\n\n> <ben@example.org>: 550 user unknown\n",
        ),
        (
            "Postmaster <postmaster@example.com>",
            "Your letter",
            "We at the clinic like it. Could you send two?",
        ),
    ],
)
def test_what_people_write_is_a_letter(sender: str, subject: str, body: str) -> None:
    assert (only(mail(body, sender=sender, subject=subject)).reason) is Reason.PERSON


def test_a_receipt_that_a_letter_was_opened_is_an_answer() -> None:
    notice = (
        "Final-Recipient: rfc822; ada@example.com\nDisposition: manual-action/MDN-sent-manually; displayed"
    )
    raw = report(
        ("text/plain", "Your message was read."),
        ("message/disposition-notification", notice),
        kind="disposition-notification",
        sender="Ada <ada@example.com>",
        subject="Read: Gout",
    )
    assert only(raw).kind is Kind.AUTO_REPLY
