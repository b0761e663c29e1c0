"""Complaints of readers through providers (RFC 5965, RFC 6430), reports to a domain's owner (RFC 6591)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.feedback.event import Kind, Reason
from newsletter.feedback.field import Fields, addresses, fields, first, mailbox
from newsletter.feedback.letter import Letter
from newsletter.feedback.part import Part
from newsletter.feedback.returned_message import Returned

#: Who, of the fields of a report, complained: the surest first (Removal-Recipient: early drafts, opt-out).
_RECIPIENT_FIELDS = (
    "original-rcpt-to", "original-recipient", "final-recipient", "x-original-rcpt-to", "removal-recipient",
)  # fmt: skip
#: RFC 5965 3.1 and 7.3, RFC 6591, RFC 6430, and what was used before them; anything else is a complaint, too.
_NOT_COMPLAINTS = {
    "auth-failure": Reason.DMARC, "authfailure": Reason.DMARC, "dmarc": Reason.DMARC, "dkim": Reason.DMARC,
    "spf": Reason.DMARC, "not-spam": Reason.OTHER, "notspam": Reason.OTHER,
}  # fmt: skip
_OPT_OUT = re.compile(r"opt-?out|unsub|removal", re.IGNORECASE)
#: Fields that a provider adds to the message that its reader complained of, where it sends no report about it
#: (Outlook's Junk Mail Reporting Program).
_MARKS = frozenset({"x-hmxmroriginalrecipient", "x-jmr-originalrecipient", "x-reporter-ip"})
#: Who sends complaints that are no reports, and how their subjects begin.
_SENDERS = re.compile(
    r"staff@(?:hotmail|outlook|live)\.com|scomp@aol|fbl[-_.\w]*@|feedback-?loops?@|abuse-?report|complaints?@",
    re.IGNORECASE,
)
_SUBJECTS = re.compile(
    r"^\s*(?:complaint about (?:a )?message|"
    r"(?:e-?mail|client TOS|spam|abuse) (?:feedback|complaint|abuse|notification|report)|"
    r"(?:\S+ )?(?:abuse|spam|fbl|feedback loop) (?:report|complaint))",
    re.IGNORECASE,
)
_REPORTED = re.compile(r"(?im)^feedback-type[ \t]*:")
#: The subject and the file of an aggregate report (RFC 7489 7.2.1.1, RFC 9990).
_AGGREGATE_SUBJECT = re.compile(r"report[ _-]domain\s*:|\bdmarc\b.{0,40}(?:report|aggregate)", re.IGNORECASE)
_AGGREGATE_FILE = re.compile(r"[\w.-]+![\w.-]+!\d+!\d+[^/]*\.(?:xml|zip|gz|xml\.gz)$", re.IGNORECASE)
_TLS_REPORT = "application/tlsrpt"


@dataclass(frozen=True)
class Complaint:
    """What a complaint says; *recipients* is empty where the provider does not tell."""

    kind: Kind
    reason: Reason
    recipients: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    said: str = ""
    arrived: str = ""


def complaint_of(parts: Sequence[Part], letter: Letter, returned: Returned) -> Complaint | None:
    """The complaint or DMARC report that *parts* are, or None where they are neither."""
    report = next(
        (part for part in parts if part.kind == "message/feedback-report" and part.inside == 0), None
    )
    if report is None:
        # Some send the fields as text, in a part of another kind.
        report = next((part for part in parts if not part.inside and _is_report(part)), None)
    if report is not None:
        return _from_report(fields(report.text.split("\n")), letter, returned)
    if _is_aggregate(parts, letter):
        return Complaint(Kind.NONE, Reason.DMARC)
    if not any(part.is_message for part in parts):
        return None
    own = {part.kind for part in parts if not part.inside and not part.kind.startswith("multipart/")}
    by_sender = bool(_SENDERS.search(letter.sender) and _SUBJECTS.search(letter.subject))
    if _MARKS & returned.marks or (by_sender and own <= {"message/rfc822", "text/plain", "text/html"}):
        return Complaint(Kind.COMPLAINT, Reason.SPAM, returned.recipients[:1], said=letter.subject)
    return None


def _is_report(part: Part) -> bool:
    return part.kind.startswith(("text/", "message/feedback", "application/octet")) and bool(
        _REPORTED.search(part.text[:4_000])
        and re.search(r"(?im)^(?:user-agent|version)[ \t]*:", part.text[:4_000])
    )


def _from_report(report: Fields, letter: Letter, returned: Returned) -> Complaint:
    feedback_type = first(report, "feedback-type").lower().replace("_", "-")
    reason = Reason.UNSUBSCRIBE if _OPT_OUT.search(feedback_type) else Reason.SPAM
    kind = Kind.COMPLAINT
    for word, other in _NOT_COMPLAINTS.items():
        if feedback_type.startswith(word):
            kind, reason = Kind.NONE, other
    named = [
        found for name in _RECIPIENT_FIELDS for value in report.get(name, ()) if (found := mailbox(value))
    ]
    # A Received-style list of several addresses in one field is seen, too.
    named = named or [each for value in report.get("original-rcpt-to", ()) for each in addresses(value)]
    ids = report.get("original-message-id", [])
    return Complaint(
        kind=kind,
        reason=reason,
        recipients=tuple(dict.fromkeys(named)) or returned.recipients[:1],
        message_ids=tuple(f"<{value.strip('<> ')}>" for value in ids if value.strip("<> ")),
        said=letter.said or f"feedback type {feedback_type}",
        arrived=first(report, "arrival-date", "received-date"),
    )


def _is_aggregate(parts: Sequence[Part], letter: Letter) -> bool:
    for part in parts:
        names = (part.parameters.get("name", ""), first(part.headers, "content-disposition"))
        if part.kind.startswith(_TLS_REPORT) or any(
            _AGGREGATE_FILE.search(name.strip(' ";')) for name in names
        ):
            return True
    packed = any(
        part.kind
        in {
            "application/zip",
            "application/gzip",
            "application/x-gzip",
            "application/xml",
            "text/xml",
            "application/x-zip-compressed",
            "application/octet-stream",
        }
        for part in parts
    )
    return packed and bool(_AGGREGATE_SUBJECT.search(letter.subject))
