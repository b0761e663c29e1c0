"""A link goes to a reader by mail: kept as a hash, queued in the transaction that asks for it."""

from __future__ import annotations

from datetime import datetime
from email.utils import parseaddr
from typing import NamedTuple

from sqlalchemy import Connection

from newsletter.delivery.message import message_id
from newsletter.delivery.outbox import MailKind, enqueue
from newsletter.subscribers.link import LinkKind, add_link
from newsletter.subscribers.subscriber import Subscriber, Subscription
from newsletter.subscribers.token import new_handle
from newsletter.workflows.workplace import Workplace

MAIL_OF = {
    LinkKind.CONFIRM: MailKind.CONFIRMATION,
    LinkKind.RENEW: MailKind.RENEWAL,
    LinkKind.PROFILE: MailKind.PREFERENCES,
    LinkKind.ADDRESS: MailKind.ADDRESS,
    LinkKind.DATA: MailKind.DATA,
}


class Mailed(NamedTuple):
    """The link that was queued, and the Message-ID of its mail."""

    link_id: int
    message_id: str


def mail_link(
    connection: Connection,
    workplace: Workplace,
    kind: LinkKind,
    *,
    subscriber: Subscriber,
    subscription: Subscription,
    leaves_at: datetime,
    new_address: str = "",
    site: str = "",
) -> Mailed:
    """Queue the mail with a new link of *kind*.

    *leaves_at*: when the mail is to leave, from which the link's time counts. *new_address*: where the link
    goes instead of the reader's address, which it is to replace. *site*: whose form asked for it.
    """
    handle = new_handle()
    mail = MAIL_OF[kind]
    sender = parseaddr(workplace.settings.newsletter(subscription.newsletter).sender)[1]
    mail_id = message_id(workplace.keyring, mail, handle.hex(), domain=sender.rpartition("@")[2])
    link_id = add_link(
        connection,
        kind,
        handle=handle,
        subscription_id=subscription.id,
        message_id=mail_id,
        now=leaves_at,
        new_address=new_address,
        site=site,
    )
    enqueue(
        connection,
        kind=mail,
        recipient=new_address or subscriber.address,
        newsletter=subscription.newsletter,
        handle=handle,
        message_id=mail_id,
        now=leaves_at,
        language=subscriber.language,
    )
    return Mailed(link_id, mail_id)
