"""Providers as they post, with keys made here: every POST is signed as its maker signs."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from newsletter.feedback.webhooks.post import Post
from newsletter.settings.provider import ProvidersSettings

NOW = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-west-1:123456789012:letters"
CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b2c.pem"
SUBSCRIBE_URL = (
    f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=t0ken"
)


def whsec() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@dataclass
class Providers:
    """All six of them, and the settings by which they are known."""

    resend: str = field(default_factory=whsec)
    generic: str = field(default_factory=whsec)
    mailgun: str = field(default_factory=lambda: secrets.token_hex(16))
    postmark: str = "letters:a long password"

    @cached_property
    def _sns(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def _sendgrid(self) -> ec.EllipticCurvePrivateKey:
        return ec.generate_private_key(ec.SECP256R1())

    @cached_property
    def settings(self) -> ProvidersSettings:
        spki = self._sendgrid.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return ProvidersSettings.model_validate(
            {
                "ses": {"topics": [TOPIC]},
                "sendgrid": {"public_keys": [base64.b64encode(spki).decode()]},
                "postmark": {"secrets": [self.postmark]},
                "mailgun": {"signing_keys": [self.mailgun]},
                "resend": {"secrets": [self.resend]},
                "generic": {"secrets": [self.generic]},
            }
        )

    @cached_property
    def certificate(self) -> bytes:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        built = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._sns.public_key())
            .serial_number(1)
            .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
        )
        return built.sign(self._sns, SHA256()).public_bytes(Encoding.PEM)

    def sns(self, message: object, *, at: datetime = NOW, version: str = "2", **over: Any) -> Post:
        envelope: dict[str, Any] = {
            "Type": "Notification",
            "MessageId": "sns-1",
            "TopicArn": TOPIC,
            "Message": message if isinstance(message, str) else json.dumps(message),
            "Timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "SignatureVersion": version,
            "SigningCertURL": CERTIFICATE_URL,
        } | over
        names = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
        signed = "".join(f"{name}\n{envelope[name]}\n" for name in names if name in envelope)
        kind = SHA1() if version == "1" else SHA256()  # noqa: S303 - what version 1 is
        envelope["Signature"] = base64.b64encode(self._sns.sign(signed.encode(), PKCS1v15(), kind)).decode()
        return Post({"x-amz-sns-message-type": envelope["Type"]}, json.dumps(envelope).encode())

    def sns_confirmation(self, *, url: str = SUBSCRIBE_URL, at: datetime = NOW) -> Post:
        told = {"Type": "SubscriptionConfirmation", "SubscribeURL": url, "Token": "t0ken"}
        return self.sns("You have chosen to subscribe", at=at, **told)

    def sendgrid(self, batch: object, *, at: datetime = NOW) -> Post:
        body, timestamp = json.dumps(batch).encode(), str(int(at.timestamp()))
        signature = self._sendgrid.sign(timestamp.encode() + body, ec.ECDSA(SHA256()))
        return Post(
            {
                "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
                "x-twilio-email-event-webhook-timestamp": timestamp,
            },
            body,
        )

    def post_postmark(self, told: object) -> Post:
        credentials = base64.b64encode(self.postmark.encode()).decode()
        return Post({"authorization": f"Basic {credentials}"}, json.dumps(told).encode())

    def post_mailgun(self, told: object, *, at: datetime = NOW, token: str = "tok3n") -> Post:  # noqa: S107
        timestamp = str(int(at.timestamp()))
        signature = hmac.new(self.mailgun.encode(), (timestamp + token).encode(), "sha256").hexdigest()
        proof = {"timestamp": timestamp, "token": token, "signature": signature}
        return Post({}, json.dumps({"signature": proof, "event-data": told}).encode())

    def post_resend(self, told: object, *, at: datetime = NOW, name: str = "msg_1") -> Post:
        return standard("svix", self.resend, told, at=at, name=name)

    def post_generic(self, told: object, *, at: datetime = NOW, name: str = "post_1") -> Post:
        return standard("webhook", self.generic, told, at=at, name=name)

    def bounce(self, provider: str, address: str, *, at: datetime = NOW, name: str = "1") -> Post:
        """A POST of *provider*: *address* does not exist."""
        why = "550 5.1.1 no such user"
        recipient = {"emailAddress": address, "status": "5.1.1", "diagnosticCode": f"smtp; {why}"}
        bounce = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [recipient]}
        match provider:
            case "ses":
                return self.sns({"notificationType": "Bounce", "bounce": bounce}, at=at, MessageId=name)
            case "sendgrid":
                event = {"event": "bounce", "email": address, "status": "5.1.1", "reason": why}
                return self.sendgrid([event | {"sg_event_id": name}], at=at)
            case "postmark":
                told = {"RecordType": "Bounce", "Type": "HardBounce", "Email": address, "Details": why}
                return self.post_postmark(told | {"ID": name})
            case "mailgun":
                failed = {"event": "failed", "severity": "permanent", "recipient": address, "id": name}
                code = {"code": 550, "message": why}
                return self.post_mailgun(failed | {"delivery-status": code}, at=at, token=f"token {name}")
            case "resend":
                data = {"to": [address], "bounce": {"type": "Permanent", "message": why}}
                return self.post_resend({"type": "email.bounced", "data": data}, at=at, name=name)
        event = {"id": name, "kind": "bounce", "recipient": address, "diagnostic": why}
        return self.post_generic({"events": [event]}, at=at, name=f"post_{name}")


def standard(prefix: str, secret: str, told: object, *, at: datetime, name: str) -> Post:
    body, timestamp = json.dumps(told).encode(), str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.digest(key, f"{name}.{timestamp}.".encode() + body, "sha256")
    return Post(
        {
            f"{prefix}-id": name,
            f"{prefix}-timestamp": timestamp,
            f"{prefix}-signature": "v1," + base64.b64encode(mac).decode(),
        },
        body,
    )


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NAMES = ("ses", "sendgrid", "postmark", "mailgun", "resend", "generic")
