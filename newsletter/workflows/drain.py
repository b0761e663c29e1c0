"""Sends what waits in the outbox. Any process may do it; each mail has one sender at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr

from sqlalchemy import Connection

from newsletter.delivery.outbox import (
    MailKind,
    MailState,
    SystemMail,
    claim,
    finish,
    next_due,
    postpone,
    put_back,
)
from newsletter.delivery.pace import Pace
from newsletter.delivery.reply import Outcome, Reply
from newsletter.delivery.smtp import Relay, first_that_answers
from newsletter.errors import DeliveryError, NewsletterError
from newsletter.rendering.notice import Alert
from newsletter.subscribers.address import wire_address
from newsletter.workflows.alert import alert
from newsletter.workflows.hold_back import RateWatch, hold_back
from newsletter.workflows.workplace import Workplace
from newsletter.workflows.write_mail import why_unwanted, write_mail

logger = logging.getLogger(__name__)

#: A person waits for these mails: a relay that hangs must not hold them all up for long.
TIMEOUT_S = 15
_NOT_TAKEN = "the relay did not take a letter that was forwarded"


@dataclass(kw_only=True)
class DrainReport:
    """What one round did with the mails that were due. *halted*: why it could not go on, or ""."""

    accepted: int = 0
    put_back: int = 0
    rejected: int = 0
    expired: int = 0
    held: int = 0
    halted: str = ""


def _at_once(_due_for: timedelta) -> None:
    """Nobody has to be waited for."""


def drain(
    workplace: Workplace,
    *,
    limit: int = 100,
    before_each: Callable[[timedelta], None] = _at_once,
    watch: RateWatch | None = None,
) -> DrainReport:
    """Send up to *limit* due mails over one connection; what cannot be sent now stays queued.

    A person waits for them: none waits for a rate, a warm-up or a slow domain, and an issue makes room for
    them. One at a time is what a slow domain takes.

    *before_each*: called before each mail with how long that one has been due; it may wait for what goes
    first. *watch*: of the breaker of sign-ups, where rounds follow each other closely.
    """
    report = DrainReport()
    with workplace.database.read() as connection:
        if not next_due(connection, now=workplace.clock.now()):
            return report
    if not workplace.settings.every_relay:
        report.halted = "mails wait, and no relay is set; set NEWSLETTER_SMTP_URL (smtp_url)"
        return report
    with first_that_answers(workplace.settings.every_relay, timeout_s=TIMEOUT_S) as relay:
        watch = watch or RateWatch(workplace)
        pace = Pace(workplace.settings)
        for _ in range(limit):
            with workplace.database.read() as connection:
                mail = next_due(connection, now=workplace.clock.now())
            if mail is None or report.halted:
                break
            before_each(workplace.clock.now() - mail.next_at)
            is_open = mail.kind is MailKind.CONFIRMATION and watch.is_open()
            if _claim(workplace, pace, mail, is_open=is_open, report=report):
                _send(workplace, relay, pace, mail, report=report)
    return report


def _claim(workplace: Workplace, pace: Pace, mail: SystemMail, *, is_open: bool, report: DrainReport) -> bool:
    """Claim *mail*, make sure that it is still wanted, and take its turn; False: it is not to be sent now.

    *is_open*: the breaker of sign-ups.
    """
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        if not claim(connection, mail, now=now):
            return False
        unwanted = why_unwanted(workplace, connection, mail)
        if unwanted:
            finish(connection, mail, MailState.EXPIRED, reply=unwanted)
            report.expired += 1
            return False
        if hold := hold_back(connection, workplace, mail, is_open=is_open):
            postpone(connection, mail, until=hold.until, why=hold.why)
            report.held += 1
            return False
        pace.overtake(connection, _domain_of(mail), now=now)
    return True


def _send(workplace: Workplace, relay: Relay, pace: Pace, mail: SystemMail, *, report: DrainReport) -> None:
    """Send *mail*, and write down what the relay said."""
    try:
        message = write_mail(workplace, mail)
    except NewsletterError as error:
        logger.error("a %s mail cannot be made: %s", mail.kind, error)  # noqa: TRY400 - the trace says no more
        _later(workplace, mail, reply=f"not made: {error}", report=report)
        return
    try:
        reply = relay.send(
            envelope_from=_envelope_from(workplace, mail),
            recipient=wire_address(mail.recipient),
            message=message,
        )
    except DeliveryError as error:
        report.halted = str(error)
        _later(workplace, mail, reply=str(error), report=report)
        return
    _book(workplace, pace, mail, reply, report=report)


def _book(workplace: Workplace, pace: Pace, mail: SystemMail, reply: Reply, *, report: DrainReport) -> None:
    said = f"{reply.code} {reply.text}".strip()
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        pace.heard(connection, _domain_of(mail), code=reply.code, status=reply.status, now=now)
        if reply.outcome in (Outcome.ACCEPTED, Outcome.UNKNOWN):
            pace.sent(connection, 1, now)
        if reply.outcome in (Outcome.ACCEPTED, Outcome.REJECTED):
            state = MailState(reply.outcome.value)
            finish(connection, mail, state, reply=said)
        else:
            state = put_back(connection, mail, reply=said, now=now)
        _tell_of_lost(connection, workplace, mail, state)
    if state is MailState.REJECTED:
        logger.warning("the relay rejected a %s mail with %s %s", mail.kind, reply.code, reply.status)
    _count(report, state)


def _tell_of_lost(connection: Connection, workplace: Workplace, mail: SystemMail, state: MailState) -> None:
    """A person's letter that cannot be forwarded is told of: it is in the mailbox, marked as read."""
    if mail.kind is MailKind.FORWARD and state in (MailState.REJECTED, MailState.EXPIRED):
        alert(connection, workplace, Alert.LETTERS, reason=_NOT_TAKEN, now=workplace.clock.now())


def _domain_of(mail: SystemMail) -> str:
    return wire_address(mail.recipient).rpartition("@")[2].lower()


def _envelope_from(workplace: Workplace, mail: SystemMail) -> str:
    if mail.kind is MailKind.ANSWER:
        return ""  # RFC 3834 3.3: nobody answers an answer
    sender = workplace.settings.newsletter(mail.newsletter).sender
    return workplace.settings.return_path or parseaddr(sender)[1]


def _later(workplace: Workplace, mail: SystemMail, *, reply: str, report: DrainReport) -> None:
    with workplace.database.write() as connection:
        state = put_back(connection, mail, reply=reply, now=workplace.clock.now())
        _tell_of_lost(connection, workplace, mail, state)
    _count(report, state)


def _count(report: DrainReport, state: MailState) -> None:
    match state:
        case MailState.ACCEPTED:
            report.accepted += 1
        case MailState.REJECTED:
            report.rejected += 1
        case MailState.EXPIRED:
            report.expired += 1
        case _:
            report.put_back += 1
