"""The signature of the Standard Webhooks specification, version 1.0.0: ours, and of others who sign alike.

``v1,`` and the base64 of HMAC-SHA256 over ``id.timestamp.body``; several stand side by side, parted by a
space. The timestamp is in seconds since 1970, of this attempt. A secret is ``whsec_`` and base64.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable
from datetime import datetime

from pydantic import SecretStr

from newsletter.feedback.webhooks.post import TOLERANCE, Post, is_known, is_near, unproven
from newsletter.settings.provider import signing_key

_VERSION = "v1,"
_MOST_SIGNATURES = 10


def signature_of(key: bytes, *, name: str, timestamp: str, body: bytes) -> str:
    """What proves *body*, posted under the *name* at *timestamp* (seconds since 1970)."""
    signed = f"{name}.{timestamp}.".encode() + body
    return _VERSION + base64.b64encode(hmac.digest(key, signed, "sha256")).decode("ascii")


def verify_standard(
    provider: str, post: Post, secrets: Iterable[SecretStr], *, prefix: str, now: datetime
) -> str:
    """The name of *post*, if one of *secrets* signed it within TOLERANCE of *now*.

    *prefix*: of its three headers: ``webhook`` by the specification, ``svix`` at those who use Svix.

    Raises:
        WebhookError: it is not proven.
    """
    name = post.headers.get(f"{prefix}-id", "")
    timestamp = post.headers.get(f"{prefix}-timestamp", "")
    given = post.headers.get(f"{prefix}-signature", "").split(" ")[:_MOST_SIGNATURES]
    if not name or len(name) > 200 or not name.isascii() or not name.isprintable():
        unproven(provider, f"has no header {prefix}-id")
    if not timestamp.isascii() or not timestamp.isdecimal():
        unproven(provider, f"has no header {prefix}-timestamp")
    expected = [
        signature_of(signing_key(secret.get_secret_value()), name=name, timestamp=timestamp, body=post.body)
        for secret in secrets
    ]
    if not is_known(given, expected):
        unproven(provider, "is signed by none of the secrets")
    if not is_near(timestamp, now=now, before=TOLERANCE):
        unproven(provider, "was signed too long ago, or in the future")
    return name
