"""Sends what waits in the outbox. Any process may do it; each mail has one sender at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr

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
from newsletter.delivery.smtp import Outcome, Relay
from newsletter.errors import DeliveryError, NewsletterError
from newsletter.subscribers.address import wire_address
from newsletter.workflows.hold_back import RateWatch, hold_back
from newsletter.workflows.workplace import Workplace
from newsletter.workflows.write_mail import why_unwanted, write_mail

logger = logging.getLogger(__name__)

#: A person waits for these mails: a relay that hangs must not hold them all up for long.
TIMEOUT_S = 15


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

    *before_each*: called before each mail with how long that one has been due; it may wait for what goes
    first. *watch*: of the breaker of sign-ups, where rounds follow each other closely.
    """
    report = DrainReport()
    if workplace.settings.smtp_url is None:
        with workplace.database.read() as connection:
            if next_due(connection, now=workplace.clock.now()):
                report.halted = "mails wait, and no relay is set; set NEWSLETTER_SMTP_URL (smtp_url)"
        return report
    with Relay(workplace.settings.smtp_url.get_secret_value(), timeout_s=TIMEOUT_S) as relay:
        watch = watch or RateWatch(workplace)
        for _ in range(limit):
            with workplace.database.read() as connection:
                mail = next_due(connection, now=workplace.clock.now())
            if mail is None or report.halted:
                break
            before_each(workplace.clock.now() - mail.next_at)
            is_open = mail.kind is MailKind.CONFIRMATION and watch.is_open()
            _send(workplace, relay, mail, is_open=is_open, report=report)
    return report


def _send(
    workplace: Workplace, relay: Relay, mail: SystemMail, *, is_open: bool, report: DrainReport
) -> None:
    """Claim *mail*, make sure that it is still wanted, send it, and write down what the relay said.

    *is_open*: the breaker of sign-ups.
    """
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        if not claim(connection, mail, now=now):
            return
        unwanted = why_unwanted(workplace, connection, mail)
        if unwanted:
            finish(connection, mail, MailState.EXPIRED, reply=unwanted)
            report.expired += 1
            return
        if hold := hold_back(connection, workplace, mail, is_open=is_open):
            postpone(connection, mail, until=hold.until, why=hold.why)
            report.held += 1
            return
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
    said = f"{reply.code} {reply.text}".strip()
    if reply.outcome in (Outcome.ACCEPTED, Outcome.REJECTED):
        with workplace.database.write() as connection:
            finish(connection, mail, MailState(reply.outcome.value), reply=said)
        if reply.outcome is Outcome.ACCEPTED:
            report.accepted += 1
        else:
            report.rejected += 1
            logger.warning("the relay rejected a %s mail with %s %s", mail.kind, reply.code, reply.status)
    else:
        _later(workplace, mail, reply=said, report=report)


def _envelope_from(workplace: Workplace, mail: SystemMail) -> str:
    sender = workplace.settings.newsletter(mail.newsletter).sender
    return workplace.settings.return_path or parseaddr(sender)[1]


def _later(workplace: Workplace, mail: SystemMail, *, reply: str, report: DrainReport) -> None:
    with workplace.database.write() as connection:
        state = put_back(connection, mail, reply=reply, now=workplace.clock.now())
    if state is MailState.EXPIRED:
        report.expired += 1
    else:
        report.put_back += 1
