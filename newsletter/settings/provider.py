"""The mail providers that tell us what became of our letters, and how each proves that it is the provider."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

_ARN = re.compile(r"arn:aws(-cn|-us-gov)?:sns:[a-z0-9-]{1,40}:[0-9]{1,20}:[A-Za-z0-9_-]{1,256}")
#: Octets of a signing secret, and characters of a password that travels with each POST.
_LEAST = 16
_Secrets = Annotated[tuple[SecretStr, ...], Field(min_length=1, max_length=4)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SesSettings(_Table):
    """Amazon SES through SNS: the topics that are ours. Amazon's signature is the proof, not a secret."""

    topics: Annotated[tuple[str, ...], Field(min_length=1)]

    @field_validator("topics")
    @classmethod
    def _topics(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_ARN.fullmatch(value) for value in values):
            raise ValueError('ARNs of topics such as "arn:aws:sns:eu-west-1:123456789012:letters"')
        return values


class SendgridSettings(_Table):
    """SendGrid: the verification keys of its signed Event Webhook, which are public."""

    public_keys: Annotated[tuple[str, ...], Field(min_length=1, max_length=4)]

    @field_validator("public_keys")
    @classmethod
    def _keys(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            p256_key(value)
        return values


class PostmarkSettings(_Table):
    """Postmark: ``user:password`` of basic authentication, or what stands in a header of your own."""

    secrets: _Secrets

    @field_validator("secrets")
    @classmethod
    def _long(cls, values: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(value.get_secret_value()) < _LEAST for value in values):
            raise ValueError(f"user:password, or a secret, of at least {_LEAST} characters")
        return values


class MailgunSettings(_Table):
    """Mailgun: the HTTP webhook signing keys."""

    signing_keys: _Secrets

    @field_validator("signing_keys")
    @classmethod
    def _long(cls, values: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(value.get_secret_value()) < _LEAST for value in values):
            raise ValueError(f"webhook signing keys of at least {_LEAST} characters")
        return values


class _Signed(_Table):
    secrets: _Secrets

    @field_validator("secrets")
    @classmethod
    def _keys(cls, values: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for value in values:
            signing_key(value.get_secret_value())
        return values


class ResendSettings(_Signed):
    """Resend: the signing secrets of the webhook."""


class GenericSettings(_Signed):
    """Whoever posts in our own format: the secrets it signs with."""


class ProvidersSettings(_Table):
    """Who may post at ``/webhooks/{provider}``; one without a table is not there."""

    ses: SesSettings | None = None
    sendgrid: SendgridSettings | None = None
    postmark: PostmarkSettings | None = None
    mailgun: MailgunSettings | None = None
    resend: ResendSettings | None = None
    generic: GenericSettings | None = None

    @property
    def configured(self) -> tuple[str, ...]:
        """The names of those that have a table."""
        return tuple(name for name in PROVIDERS if getattr(self, name) is not None)


#: The table of each provider, by the name under which it posts.
PROVIDERS: dict[str, type[BaseModel]] = {
    "ses": SesSettings,
    "sendgrid": SendgridSettings,
    "postmark": PostmarkSettings,
    "mailgun": MailgunSettings,
    "resend": ResendSettings,
    "generic": GenericSettings,
}


def signing_key(secret: str) -> bytes:
    """The octets of *secret*, which is ``whsec_`` and base64 (Standard Webhooks).

    Raises:
        ValueError: it is something else, or shorter than 16 octets.
    """
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < _LEAST or not secret.startswith("whsec_"):
        raise ValueError(f"whsec_ and the base64 of at least {_LEAST} octets")
    return key


def p256_key(text: str) -> EllipticCurvePublicKey:
    """The key that *text* is the base64 of, as SendGrid's site shows it.

    Raises:
        ValueError: it is no public key on the curve P-256.
    """
    try:
        key = load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError):
        key = None
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise ValueError("the verification keys that SendGrid's site shows, in base64")  # noqa: TRY004 - of text
    return key
