"""Send a test copy of an issue to one address, without a ledger row and without a link to any reader."""

from __future__ import annotations

from datetime import date

from newsletter.clock import local_date
from newsletter.delivery.letter import Postman, Reader
from newsletter.delivery.reply import Reply
from newsletter.delivery.smtp import first_that_answers
from newsletter.errors import DeliveryError, RefusedError
from newsletter.issues.issue import Issue
from newsletter.settings import NewsletterSettings
from newsletter.subscribers.address import parse_address, wire_address
from newsletter.subscribers.suppression import suppression_of
from newsletter.subscribers.token import Keyring
from newsletter.workflows.compose import make_draft
from newsletter.workflows.workplace import Workplace


def send_copy(
    workplace: Workplace, newsletter: NewsletterSettings, day: date, *, to: str
) -> tuple[Issue, Reply]:
    """Mail what *day*'s issue is, or would be, to the address *to*; its links carry the example key.

    Raises:
        SubscriberError: *to* is not an address.
        RefusedError: *to* is suppressed, or the mail has errors.
        DeliveryError: no relay is configured, or it cannot be used.
    """
    settings = workplace.settings
    address = parse_address(to)
    with workplace.database.read() as connection:
        if suppression_of(connection, workplace.keyring, address.canonical):
            raise RefusedError("the address", "is suppressed and never mailed", "Use another one.")
    if not settings.every_relay:
        raise DeliveryError("sending", "no relay is configured", "Set smtp_url or NEWSLETTER_SMTP_URL.")
    today = local_date(workplace.clock.now(), newsletter.timezone)
    draft = make_draft(settings, workplace.database, newsletter, day, since=today)
    if draft.edition.errors:
        raise RefusedError(f"issue of {day}", "; ".join(draft.edition.errors), "Mend it and send again.")
    postman = Postman(
        settings=settings,
        newsletter=newsletter,
        keyring=Keyring.example(),
        issued_on=day,
        edition=draft.edition,
        sent_at=workplace.clock.now(),
        signer=workplace.signer(newsletter),
    )
    # The handle follows the content: mailboxes hide a second mail with the Message-ID of the first.
    reader = Reader(wire_address(address.given), bytes.fromhex(draft.edition.hash)[:12])
    with first_that_answers(settings.every_relay) as relay:
        reply = relay.send(
            envelope_from=postman.envelope_from(reader),
            recipient=reader.address,
            message=postman.message(reader),
        )
    return draft.issue, reply
