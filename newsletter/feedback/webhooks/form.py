"""The fields of a posted form, within bounds: what Mailgun's older webhooks post."""

from __future__ import annotations

import re
from email.message import Message
from urllib.parse import parse_qsl

from newsletter.feedback.webhooks.post import MAX_BYTES, unreadable

_MAX_FIELDS = 200
_NAME = re.compile(
    rb'^content-disposition:[^\r\n]*;\s*name="([^"\r\n]{1,100})"', re.IGNORECASE | re.MULTILINE
)


def form_fields(provider: str, content_type: str, body: bytes) -> dict[str, str]:
    """The fields of *body* by name, the last of each; files count as text (RFC 7578, or urlencoded).

    Raises:
        WebhookError: it is no form, or has more than 200 fields.
    """
    if len(body) > MAX_BYTES:
        unreadable(provider, f"is larger than {MAX_BYTES:,} octets")
    if not content_type.lower().startswith("multipart/"):
        try:
            return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=_MAX_FIELDS))
        except ValueError:
            unreadable(provider, f"has more than {_MAX_FIELDS} fields")
    header = Message()
    header["Content-Type"] = re.sub(r"[\r\n]", " ", content_type)
    try:
        boundary = header.get_param("boundary")
    except (TypeError, ValueError):  # continuations of RFC 2231 that are none
        boundary = None
    if not isinstance(boundary, str) or not 0 < len(boundary) <= 70 or not boundary.isascii():
        unreadable(provider, "is a form without a boundary")
    parts = body.split(b"--" + boundary.encode("ascii"), _MAX_FIELDS + 2)
    if len(parts) > _MAX_FIELDS + 2:
        unreadable(provider, f"has more than {_MAX_FIELDS} fields")
    return dict(filter(None, map(_field, parts[1:])))


def _field(part: bytes) -> tuple[str, str] | None:
    head, _, value = part.lstrip(b"\r\n").partition(b"\r\n\r\n" if b"\r\n\r\n" in part else b"\n\n")
    name = _NAME.search(head)
    if name is None:
        return None
    return name[1].decode("utf-8", "replace"), value.removesuffix(b"\n").removesuffix(b"\r").decode(
        "utf-8", "replace"
    )
