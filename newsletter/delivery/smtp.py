"""The relay: one SMTP connection, one message per recipient, every reply recorded as what it is.

Uses smtplib's commands one by one instead of sendmail(), because only then can a connection lost before
the final dot (nothing was accepted) be told from one lost after it (nobody knows).
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from newsletter.errors import DeliveryError

_ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})\b")
_DOT = re.compile(rb"(?m)^\.")


class Outcome(StrEnum):
    """What became of one attempt."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    LOST = "lost"


@dataclass(frozen=True)
class Reply:
    """The server's last word on one message. *status* is the RFC 3463 code, if it gave one.

    LOST: the connection broke before the final dot, so nothing was accepted; UNKNOWN: after it.
    *closing*: the server ends this connection (421, or it is gone already).
    """

    outcome: Outcome
    code: int
    status: str
    text: str
    closing: bool = False


class Relay:
    """A connection to the relay at *url* (``smtp://[user:password@]host:port?tls=none|starttls|implicit``).

    TLS is verified and fails closed. Connects at the first message and again after a loss.
    """

    def __init__(self, url: str, *, timeout_s: float = 60) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._tls = parse_qs(parts.query).get("tls", ["none"])[0]
        self._port = parts.port or {"implicit": 465, "starttls": 587}.get(self._tls, 25)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._timeout_s = timeout_s
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
            self._drop()

    def greet(self) -> None:
        """Connect and log in, if that was not done before; send nothing.

        Raises:
            DeliveryError: the relay cannot be reached, or refuses the login.
        """
        if self._smtp is None:
            self._connect()

    def send(self, *, envelope_from: str, recipient: str, message: bytes) -> Reply:
        """Hand one message over and return the server's word on it.

        Raises:
            DeliveryError: the relay cannot be reached, its TLS does not verify, or it refuses the login.
        """
        reused = self._smtp is not None
        reply = self._transact(envelope_from, recipient, message)
        if reply.outcome is Outcome.LOST and reused:
            # A relay ends connections that idled or carried their share; nothing was accepted: ask once more.
            reply = self._transact(envelope_from, recipient, message)
        return reply

    def _transact(self, envelope_from: str, recipient: str, message: bytes) -> Reply:
        smtp = self._smtp or self._connect()
        utf8 = not recipient.isascii()
        if utf8 and not smtp.has_extn("smtputf8"):
            return Reply(Outcome.REJECTED, 553, "5.6.7", "the relay does not take this address (no SMTPUTF8)")
        try:
            refused = self._open_transaction(smtp, envelope_from, recipient, utf8=utf8)
            if refused:
                return refused
            smtp.send(_DOT.sub(b"..", message) + (b"" if message.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return Reply(Outcome.LOST, 0, "", f"connection lost: {type(error).__name__}", closing=True)
        try:
            reply = _reply(*smtp.getreply(), garbled=Outcome.UNKNOWN)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            said = f"connection lost after the final dot: {type(error).__name__}"
            return Reply(Outcome.UNKNOWN, 0, "", said, closing=True)
        if reply.closing:
            self._drop()
        return reply

    def _open_transaction(
        self, smtp: smtplib.SMTP, envelope_from: str, recipient: str, *, utf8: bool
    ) -> Reply | None:
        """MAIL, RCPT and DATA; the refusing reply, or None when the server waits for the message."""
        options = ["SMTPUTF8", "BODY=8BITMIME"] if utf8 else []
        steps: tuple[Callable[[], tuple[int, bytes]], ...] = (
            lambda: smtp.mail(envelope_from, options),
            lambda: smtp.rcpt(recipient),
            lambda: smtp.docmd("DATA"),
        )
        for step in steps:
            code, said = step()
            if code == 354 and step is steps[-1]:
                return None
            # Any other "yes" to DATA is out of step: what follows would be read as commands.
            reply = _reply(-1 if step is steps[-1] and code < 400 else code, said, garbled=Outcome.DEFERRED)
            if reply.outcome is not Outcome.ACCEPTED:
                self._end_transaction(smtp, reply)
                return reply
        return None

    def _end_transaction(self, smtp: smtplib.SMTP, refused: Reply) -> None:
        """Make ready for the next message. The refusal stands, even when the server hangs up after it."""
        try:
            if not refused.closing and smtp.rset()[0] == 250:
                return
        except (smtplib.SMTPException, OSError):
            pass
        self._drop()

    def _connect(self) -> smtplib.SMTP:
        where = f"relay {self._host}:{self._port}"
        smtp: smtplib.SMTP | None = None
        try:
            context = ssl.create_default_context()
            if self._tls == "implicit":
                smtp = smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout_s, context=context)
            else:
                smtp = smtplib.SMTP(self._host, self._port, timeout=self._timeout_s)
            if self._tls == "starttls":
                smtp.starttls(context=context)
            smtp.ehlo_or_helo_if_needed()
            if self._user:
                smtp.login(self._user, self._password)
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            if smtp is not None:
                smtp.close()
            next_step = "Check smtp_url and that the relay is up; what waits is sent when it answers."
            raise DeliveryError(where, _why(error), next_step) from error
        self._smtp = smtp
        return smtp

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _why(error: Exception) -> str:
    # A server may repeat what it was told, and that is a user name: its code is enough.
    if isinstance(error, smtplib.SMTPResponseException):
        return f"refused with {error.smtp_code}"
    # Its own words would show a letter of the password.
    if isinstance(error, UnicodeError):
        return "the host, user or password in smtp_url is not ASCII"
    return str(error) or type(error).__name__


def _reply(code: int, raw: bytes, *, garbled: Outcome) -> Reply:
    """What *code* says; *garbled* is the outcome of a reply that is none of yes, later and no."""
    text = raw.decode("utf-8", "replace")
    found = _ENHANCED.match(text)
    outcomes = {2: Outcome.ACCEPTED, 4: Outcome.DEFERRED, 5: Outcome.REJECTED}
    outcome = outcomes.get(code // 100)
    closing = code == 421 or outcome is None
    return Reply(outcome or garbled, code, found[1] if found else "", text[:500], closing=closing)
