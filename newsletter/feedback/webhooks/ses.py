"""Amazon SES, whose notifications come through SNS.

Proof: the signature of SNS (versions 1 and 2; Amazon SNS Developer Guide, "Verifying the signatures of Amazon
SNS messages"), with a certificate of Amazon's own hosts, and a topic that is ours: anybody may have a topic
post here, with as good a signature. Raw message delivery must be off, for it is not signed.

Words: Amazon SES Developer Guide, "Amazon SNS notification contents", and those of event publishing.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from newsletter.feedback.event import Event, Kind, Permanence, Reason
from newsletter.feedback.webhooks.post import (
    MAX_BYTES,
    Post,
    ids_of_headers,
    is_near,
    items,
    message_ids,
    moment,
    numbered,
    parse_object,
    said,
    table,
    unproven,
    word,
)
from newsletter.feedback.webhooks.reply import read_reply
from newsletter.settings.provider import SesSettings

NAME = "ses"
#: SNS tries an HTTPS endpoint for 1 h at most, with the time of the first attempt (delivery policies).
OLDEST = timedelta(hours=1, minutes=5)

_HOST = r"https://sns\.[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE = re.compile(rf"{_HOST}/SimpleNotificationService-[A-Za-z0-9]{{1,64}}\.pem")
_CONFIRMATION = re.compile(rf"{_HOST}/\?Action=ConfirmSubscription&[A-Za-z0-9:._~%&=+/-]{{1,2000}}")
_HASHES = {"1": SHA1, "2": SHA256}
_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMING = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SIGNED = {
    "Notification": _NOTIFICATION,
    "SubscriptionConfirmation": _CONFIRMING,
    "UnsubscribeConfirmation": _CONFIRMING,
}

#: A certificate in PEM, by its address.
FetchCertificate = Callable[[str], bytes]


class Meaning(NamedTuple):
    """What a word of Amazon's means where no code of the receiving server tells more."""

    permanence: Permanence
    reason: Reason


#: "General" bounces are to be taken off the list, says Amazon; so are those on a list of its own, to whom it
#: sends nothing any more.
BOUNCES: dict[tuple[str, str], Meaning] = {
    ("Permanent", ""): Meaning(Permanence.PERMANENT, Reason.NO_ADDRESS),
    ("Permanent", "UnsubscribedRecipient"): Meaning(Permanence.PERMANENT, Reason.UNSUBSCRIBE),
    ("Transient", ""): Meaning(Permanence.TEMPORARY, Reason.OTHER),
    ("Transient", "MailboxFull"): Meaning(Permanence.TEMPORARY, Reason.MAILBOX_FULL),
    ("Transient", "MessageTooLarge"): Meaning(Permanence.TEMPORARY, Reason.TOO_BIG),
    ("Transient", "ContentRejected"): Meaning(Permanence.TEMPORARY, Reason.CONTENT),
    ("Transient", "AttachmentRejected"): Meaning(Permanence.TEMPORARY, Reason.CONTENT),
    ("Transient", "CustomTimeoutExceeded"): Meaning(Permanence.TEMPORARY, Reason.UNREACHABLE),
    ("", ""): Meaning(Permanence.UNKNOWN, Reason.OTHER),
}
_DELAYS = {
    "MailboxFull": Reason.MAILBOX_FULL,
    "SpamDetected": Reason.BLOCKED,
    "IPFailure": Reason.BLOCKED,
    "RecipientServerError": Reason.SYSTEM,
    "InternalFailure": Reason.SYSTEM,
    "TransientCommunicationFailure": Reason.UNREACHABLE,
    "SendingDeferral": Reason.RATE,
}
#: RFC 5965 7.3: what says that a letter was welcome after all, or only how it was signed, is no complaint.
_NO_COMPLAINT = ("not-spam", "auth-failure")


def bounce_meaning(kind: str, subtype: str) -> Meaning:
    """What the type and subtype of a bounce mean; Resend passes on the same words."""
    known = kind if (kind, "") in BOUNCES else ""
    return BOUNCES.get((known, subtype), BOUNCES[known, ""])


def verify(post: Post, settings: SesSettings, *, certificate: FetchCertificate, now: datetime) -> None:
    """Whether SNS posted it for a topic of ours, and lately. The cheap questions come first.

    Raises:
        WebhookError: it did not, or *certificate* raises it.
    """
    envelope = parse_object(NAME, post.body)
    if not isinstance(envelope.get("Signature"), str):
        unproven(NAME, "has no signature: raw message delivery must be off")
    if envelope.get("TopicArn") not in settings.topics:
        unproven(NAME, "is of a topic that is not configured")
    if not is_near(envelope.get("Timestamp"), now=now, before=OLDEST):
        unproven(NAME, "was made too long ago, or in the future")
    url = envelope.get("SigningCertURL")
    if not isinstance(url, str) or not _CERTIFICATE.fullmatch(url):
        unproven(NAME, "names a certificate that is not on a host of Amazon SNS")
    signed, version = _string_to_sign(envelope), envelope.get("SignatureVersion")
    if not isinstance(version, str) or version not in _HASHES:
        unproven(NAME, "is signed in a way that is not known")
    try:
        signature = base64.b64decode(envelope["Signature"], validate=True)
        _key_of(certificate(url), now=now).verify(signature, signed, PKCS1v15(), _HASHES[version]())
    except (InvalidSignature, binascii.Error, ValueError):
        unproven(NAME, "is not signed by Amazon SNS")


def confirmation_url(post: Post) -> str:
    """Where a verified POST asks to have the subscription of a topic confirmed; "" where it asks for nothing.

    Raises:
        WebhookError: it is not on a host of Amazon SNS.
    """
    envelope = parse_object(NAME, post.body)
    if envelope.get("Type") != "SubscriptionConfirmation":
        return ""
    url = envelope.get("SubscribeURL")
    if not isinstance(url, str) or not _CONFIRMATION.fullmatch(url):
        unproven(NAME, "asks for a visit that is not on a host of Amazon SNS")
    return url


def events(post: Post) -> tuple[Event, ...]:
    """What a POST says; nothing for opens and clicks, and for what SNS says of itself.

    Raises:
        WebhookError: it is no message of SNS.
    """
    envelope = parse_object(NAME, post.body)
    inner = envelope.get("Message")
    if (
        envelope.get("Type") != "Notification"
        or not isinstance(inner, str)
        or not inner.lstrip().startswith("{")
    ):
        return ()  # a confirmation, and the words by which SES greets a new topic
    name = word(envelope, "MessageId")
    return notification_events(
        parse_object(NAME, inner), name=name, sent_at=moment(envelope.get("Timestamp"))
    )


def notification_events(notice: dict[str, Any], *, name: str, sent_at: datetime | None) -> tuple[Event, ...]:
    """What SES says in *notice*, which SNS calls *name* and sent at *sent_at*."""
    kind = word(notice, "notificationType") or word(notice, "eventType")
    mail = table(notice, "mail")
    about = _About(
        return_path=word(mail, "source"),
        message_ids=message_ids(
            word(table(mail, "commonHeaders"), "messageId", 998),
            *ids_of_headers(items(mail, "headers")),
            word(mail, "messageId"),
        ),
        destination=[each for each in items(mail, "destination") if isinstance(each, str)],
        sent_at=sent_at,
    )
    read = _READERS.get(kind)
    return numbered(name, read(notice, about)) if read else ()


class _About(NamedTuple):
    return_path: str
    message_ids: tuple[str, ...]
    destination: list[str]
    sent_at: datetime | None

    def event(self, kind: Kind, recipient: str, at: object, **more: Any) -> Event:
        return Event(
            kind=kind,
            recipient=recipient,
            return_path=self.return_path,
            message_ids=self.message_ids,
            happened_at=moment(at) or self.sent_at,
            **more,
        )


def _bounces(notice: dict[str, Any], about: _About) -> list[Event]:
    bounce, found = table(notice, "bounce"), []
    meant = bounce_meaning(word(bounce, "bounceType"), word(bounce, "bounceSubType"))
    for one in items(bounce, "bouncedRecipients"):
        reply = read_reply(word(one, "status"), said(one, "diagnosticCode"))
        kind = Kind.DELAYED if word(one, "action") == "delayed" else Kind.BOUNCE
        if meant.reason is Reason.UNSUBSCRIBE:
            kind = Kind.COMPLAINT
        found.append(
            about.event(
                kind,
                word(one, "emailAddress"),
                bounce.get("timestamp"),
                status=reply.status,
                permanence=reply.permanence if reply.status else meant.permanence,
                reason=meant.reason if reply.reason is Reason.OTHER else reply.reason,
                diagnostic=said(one, "diagnosticCode") or said(bounce, "bounceSubType"),
            )
        )
    return found


def _complaints(notice: dict[str, Any], about: _About) -> list[Event]:
    complaint = table(notice, "complaint")
    kind = word(complaint, "complaintFeedbackType").lower()
    if kind in _NO_COMPLAINT:
        return []
    reason = Reason.UNSUBSCRIBE if kind.startswith("opt-out") else Reason.SPAM
    return [
        about.event(
            Kind.COMPLAINT,
            word(one, "emailAddress"),
            complaint.get("timestamp"),
            reason=reason,
            diagnostic=said(complaint, "complaintFeedbackType", "complaintSubType"),
        )
        for one in items(complaint, "complainedRecipients")
    ]


def _deliveries(notice: dict[str, Any], about: _About) -> list[Event]:
    delivery = table(notice, "delivery")
    return [
        about.event(Kind.DELIVERED, to, delivery.get("timestamp"), diagnostic=said(delivery, "smtpResponse"))
        for to in (word({"to": each}, "to") for each in items(delivery, "recipients"))
    ]


def _delays(notice: dict[str, Any], about: _About) -> list[Event]:
    delay, found = table(notice, "deliveryDelay"), []
    for one in items(delay, "delayedRecipients"):
        reply = read_reply(word(one, "status"), said(one, "diagnosticCode"))
        known = _DELAYS.get(word(delay, "delayType"), reply.reason)
        found.append(
            about.event(
                Kind.DELAYED,
                word(one, "emailAddress"),
                delay.get("timestamp"),
                status=reply.status,
                permanence=Permanence.TEMPORARY,
                reason=known if reply.reason is Reason.OTHER else reply.reason,
                diagnostic=said(one, "diagnosticCode") or said(delay, "delayType"),
            )
        )
    return found


def _refusals(notice: dict[str, Any], about: _About) -> list[Event]:
    """SES itself did not send it, for what is in it."""
    why = said(table(notice, "reject"), "reason") or said(table(notice, "failure"), "errorMessage")
    return [
        about.event(
            Kind.BOUNCE, to, None, permanence=Permanence.PERMANENT, reason=Reason.CONTENT, diagnostic=why
        )
        for to in about.destination
    ]


def _leavings(notice: dict[str, Any], about: _About) -> list[Event]:
    """SES answered a List-Unsubscribe of its own, where an account has it manage subscriptions."""
    change = table(notice, "subscription")
    if table(change, "newTopicPreferences").get("unsubscribeAll") is not True:
        return []
    return [
        about.event(Kind.COMPLAINT, to, change.get("timestamp"), reason=Reason.UNSUBSCRIBE)
        for to in about.destination
    ]


_READERS: dict[str, Callable[[dict[str, Any], _About], list[Event]]] = {
    "Bounce": _bounces,
    "Complaint": _complaints,
    "Delivery": _deliveries,
    "DeliveryDelay": _delays,
    "Reject": _refusals,
    "Rendering Failure": _refusals,
    "Subscription": _leavings,
}


def _string_to_sign(envelope: dict[str, Any]) -> bytes:
    """What SNS signed: names and values in this order, a line each."""
    names = _SIGNED.get(word(envelope, "Type"))
    if names is None:
        unproven(NAME, "is of a type that is not known")
    lines = [line for name in names if envelope.get(name) is not None for line in (name, envelope[name])]
    if not all(isinstance(line, str) for line in lines):
        unproven(NAME, "holds something else than text")
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _key_of(pem: bytes, *, now: datetime) -> RSAPublicKey:
    """The key of the certificate *pem*.

    Raises:
        ValueError: it is no certificate of an RSA key, or has expired at *now*.
    """
    if len(pem) > MAX_BYTES:
        raise ValueError("too large")
    certificate = x509.load_pem_x509_certificate(pem)
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise ValueError("not RSA")  # noqa: TRY004 - it is the value that is wrong
    if now > certificate.not_valid_after_utc:  # one that is new may be used: our clock may be behind
        raise ValueError("expired")
    return key
