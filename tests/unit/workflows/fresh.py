"""Links that a reader was mailed, as the tests need them: their tokens are nowhere in the database."""

from __future__ import annotations

from sqlalchemy import select

from newsletter.delivery.outbox import MailKind, system_mails
from newsletter.subscribers.link import LinkKind
from newsletter.subscribers.store import get_subscriber
from newsletter.subscribers.token import Purpose
from newsletter.workflows.mail_link import mail_link
from newsletter.workflows.workplace import Workplace
from tests.unit.workflows.conftest import Life


def fresh_token(life: Life, newsletter: str = "daily") -> str:
    """The token of a fresh link to the reader's preferences, mailed now."""
    subscription = life.subscription(newsletter)
    assert subscription
    with life.workplace.database.write() as connection:
        mail_link(
            connection,
            life.workplace,
            LinkKind.PROFILE,
            subscriber=get_subscriber(connection, subscription.subscriber_id),
            subscription=subscription,
            leaves_at=life.workplace.clock.now(),
        )
    return mailed_tokens(life.workplace, MailKind.PREFERENCES, Purpose.PROFILE)[-1]


def mailed_tokens(workplace: Workplace, kind: MailKind, purpose: Purpose) -> list[str]:
    """The tokens in all mails of *kind*, oldest first."""
    with workplace.database.read() as connection:
        handles = connection.execute(
            select(system_mails.c.handle).where(system_mails.c.kind == kind).order_by(system_mails.c.id)
        ).scalars()
        return [workplace.keyring.token(purpose, handle) for handle in handles]
