"""A site is told what became of a reader who came through its form, if it has a webhook."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from newsletter.notices.queue import new_event_id, queue_event
from newsletter.notices.webhook import EventType
from newsletter.subscribers.store import get_subscriber
from newsletter.subscribers.subscriber import Subscriber, Subscription
from newsletter.workflows.workplace import Workplace


def tell_site(
    connection: Connection,
    workplace: Workplace,
    subscription: Subscription,
    event_type: EventType,
    *,
    now: datetime,
    subscriber: Subscriber | None = None,
    leaves_at: datetime | None = None,
) -> bool:
    """Queue that *event_type* happened to *subscription* at *now*, in the transaction in which it does.

    Nothing, and False, for a reader of no site, of one that is not configured, or that has no webhook.
    *subscriber*: the reader as they were before this transaction erased them. *leaves_at*: not before then.
    """
    has_webhook = any(
        site.key == subscription.site and site.webhook is not None for site in workplace.settings.sites
    )
    if not has_webhook:
        return False
    queue_event(
        connection,
        workplace.keyring,
        site=subscription.site,
        event_type=event_type,
        newsletter=subscription.newsletter,
        subscriber=subscriber or get_subscriber(connection, subscription.subscriber_id),
        now=now,
        event_id=new_event_id(),
        leaves_at=leaves_at,
    )
    return True
