"""The mailbox that what comes back is collected from."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pydantic import SecretStr

from newsletter.settings.site import is_loopback
from newsletter.settings.table import has_port


def check_mailbox_url(value: SecretStr) -> SecretStr:
    """*value*, if it is the address of a mailbox; ValueError if not."""
    url = value.get_secret_value()
    # The port first, as in check_smtp_url: the library's own words would show a part of the password.
    parts = urlsplit(url) if has_port(url) else None
    if parts is not None and parts.scheme == "maildir":
        if not parts.netloc and parts.path.startswith("/") and not parts.query:
            return value
    elif (
        parts is not None
        and parts.scheme in ("imap", "imaps")
        and parts.hostname
        and parts.username
        and parts.password
        and re.fullmatch(r"(tls=(none|starttls))?" if parts.scheme == "imap" else "", parts.query)
    ):
        if parts.query == "tls=none" and not is_loopback(url):
            raise ValueError(
                "imap://…?tls=none for a server on this machine only: it would show the password"
            )
        return value
    raise ValueError(
        "imaps://user:password@host[:port]/FOLDER, imap://… with STARTTLS, or maildir:///folder; "
        "with %40 for an @ and %2F for a / in user or password"
    )
