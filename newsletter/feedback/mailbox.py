"""Which mailbox an address names."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from newsletter.feedback.imap import ImapAccount, ImapFolder
from newsletter.feedback.incoming import Mailbox
from newsletter.feedback.maildir import Maildir


def mailbox_at(url: str) -> Mailbox:
    """The mailbox at *url*, which is as settings.mailbox takes it; nothing is opened."""
    parts = urlsplit(url)
    if parts.scheme == "maildir":
        return Maildir(Path(unquote(parts.path)))
    return ImapFolder(ImapAccount.of(url))
