"""A folder of a mailbox that is read by IMAP4rev1 (RFC 3501, RFC 9051), by way of imap-tools.

What was taken gets a keyword of ours, or where the server keeps none is marked as read. UIDs are used within
one session only, so that a server which numbers anew (UIDVALIDITY) changes nothing.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from imaplib import IMAP4
from typing import Self
from urllib.parse import unquote, urlsplit

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError

from newsletter.errors import DeliveryError
from newsletter.feedback.incoming import MOST_OCTETS, Incoming

#: The keyword of what was taken (RFC 3501 2.3.2).
TAKEN = "NewsletterTaken"
SEEN, FLAGGED = "\\Seen", "\\Flagged"
TIMEOUT_S = 30
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


@dataclass(frozen=True)
class ImapAccount:
    """Where the mailbox is and whose it is; secrets do not show in the repr."""

    host: str
    port: int
    tls: str
    folder: str
    user: str = field(repr=False)
    password: str = field(repr=False)

    @classmethod
    def of(cls, url: str) -> Self:
        """Of ``imaps://user:password@host:port/FOLDER``, or ``imap://…?tls=starttls|none``."""
        parts = urlsplit(url)
        is_implicit = parts.scheme == "imaps"
        return cls(
            host=parts.hostname or "",
            port=parts.port or (993 if is_implicit else 143),
            tls="implicit" if is_implicit else parts.query.removeprefix("tls=") or "starttls",
            folder=unquote(parts.path.strip("/")) or "INBOX",
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )


class ImapFolder:
    """One folder of one account. TLS is verified and fails closed."""

    source = "mailbox"

    def __init__(self, account: ImapAccount, *, timeout_s: float = TIMEOUT_S) -> None:
        self._account = account
        self._timeout_s = timeout_s

    @contextmanager
    def open(self) -> Iterator[Iterator[Incoming]]:
        """The messages without our mark, oldest first.

        Raises:
            DeliveryError: the server cannot be reached, does not verify, refuses the login or the folder, or
                breaks off.
        """
        with self._faults():
            box = _connect(self._account, timeout_s=self._timeout_s)
        try:
            with self._faults():
                _log_in(box, self._account)
                box.folder.set(self._account.folder)
            yield self._messages(box)
        finally:
            with suppress(ImapToolsError, IMAP4.error, OSError):
                box.logout()

    def _messages(self, box: BaseMailBox) -> Iterator[Incoming]:
        with self._faults():
            mark = TAKEN if _keeps_keyword(box) else SEEN
            uids = box.uids(f"UNDELETED UNKEYWORD {TAKEN}" if mark is TAKEN else "UNDELETED UNSEEN")
        for uid in uids:
            with self._faults():
                found = _fetch(box, uid)
            if found is not None:
                raw, is_cut = found
                yield Incoming(raw=raw, is_cut=is_cut, mark=partial(self._mark, box, uid, mark))

    def _mark(self, box: BaseMailBox, uid: str, mark: str, is_read: bool) -> None:  # noqa: FBT001 - see Incoming
        # Not BaseMailBox.flag, which expunges as well: what others marked as deleted would be gone.
        if mark == SEEN:
            # Without a keyword of ours only \Seen tells what was taken: a flag tells a person to look.
            flags = SEEN if is_read else f"{SEEN} {FLAGGED}"
        else:
            flags = f"{mark} {SEEN}" if is_read else mark
        with self._faults():
            said, _ = box.client.uid("STORE", uid, "+FLAGS.SILENT", f"({flags})")
            if said != "OK":
                raise IMAP4.error(said)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Whatever goes wrong with the server, as an error of ours. It never shows the account's secrets."""
        server = f"mailbox at {self._account.host}:{self._account.port}"
        try:
            yield
        except MailboxLoginError as error:
            raise DeliveryError(
                server, "refuses the login", "Check user and password in mailbox_url."
            ) from error
        except MailboxFolderSelectError as error:
            folder = self._account.folder
            raise DeliveryError(
                server, f"has no folder {folder}", "Name another one in mailbox_url."
            ) from error
        except ssl.SSLError as error:
            reason = getattr(error, "verify_message", "") or error.reason or "TLS failed"
            step = "Its certificate must be valid for that name; nothing was sent to it."
            raise DeliveryError(server, f"does not verify: {reason}", step) from error
        except (ImapToolsError, IMAP4.error, OSError) as error:
            # What a server says may quote what it was sent: only its kind is told.
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise DeliveryError(server, f"cannot be read: {reason}", "It is tried again.") from error


def _connect(account: ImapAccount, *, timeout_s: float) -> BaseMailBox:
    if account.tls == "none":
        return MailBoxUnencrypted(account.host, account.port, timeout=timeout_s)
    context = ssl.create_default_context()
    kind = MailBox if account.tls == "implicit" else MailBoxStartTls
    return kind(account.host, account.port, timeout=timeout_s, ssl_context=context)


def _log_in(box: BaseMailBox, account: ImapAccount) -> None:
    is_ascii = (account.user + account.password).isascii()
    log_in = box.login if is_ascii else box.login_utf8  # LOGIN takes ASCII only (RFC 3501 4.3)
    try:
        log_in(account.user, account.password, initial_folder=None)
    except IMAP4.abort:
        raise  # the connection was lost
    except IMAP4.error as error:  # of AUTHENTICATE
        raise MailboxLoginError(("NO", []), "OK") from error


def _keeps_keyword(box: BaseMailBox) -> bool:
    """Whether the folder, just opened, keeps a keyword of ours (RFC 3501 7.1, PERMANENTFLAGS)."""
    allowed = b" ".join(part for part in box.client.response("PERMANENTFLAGS")[1] if part)
    return b"\\*" in allowed or TAKEN.lower().encode() in allowed.lower()


def _fetch(box: BaseMailBox, uid: str) -> tuple[bytes, bool] | None:
    """So much of the message as is read, and whether there is more; None when it is gone.

    Its size is asked for first, and only that much is (RFC 3501 6.4.5, partial FETCH); PEEK marks nothing.
    """
    sized = _SIZE.search(_flat(box.client.uid("FETCH", uid, "(RFC822.SIZE)")[1]))
    if sized is None:
        return None
    _, answer = box.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MOST_OCTETS}>)")
    for part in answer:
        if isinstance(part, tuple):
            raw = bytes(part[1])[:MOST_OCTETS]
            return raw, int(sized[1]) > len(raw)
    return None


def _flat(answer: Sequence[object]) -> bytes:
    return b" ".join(part for part in answer if isinstance(part, bytes))
