"""The operator is told, by log and by mail, of what needs a person."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from email.utils import parseaddr

from sqlalchemy import Connection

from newsletter.delivery.message import message_id
from newsletter.delivery.outbox import MailKind, enqueue
from newsletter.rendering.notice import Alert
from newsletter.subscribers.limit import within_limit
from newsletter.subscribers.token import new_handle
from newsletter.workflows.workplace import Workplace

log = logging.getLogger(__name__)

#: One mail of a kind in so long: whoever gets a mail a minute reads none.
ONCE_IN = timedelta(days=1)


def alert(
    connection: Connection,
    workplace: Workplace,
    kind: Alert,
    *,
    reason: str,
    now: datetime,
    about: str = "",
    level: int = logging.ERROR,
) -> bool:
    """Log *reason*, and queue a mail with it to settings.alert_address; False when no mail is queued.

    None is when there is no such address, or when one of this *kind* was queued within ONCE_IN *about* the
    same thing (such as the key of a site). *reason* is English, and names no reader. The caller's
    transaction must be a writing one.
    """
    log.log(level, "%s", reason)
    settings = workplace.settings
    if not settings.alert_address or not within_limit(
        connection, workplace.keyring, what="alert", who=f"{kind}\0{about}", limit=1, window=ONCE_IN, now=now
    ):
        return False
    newsletter = settings.newsletter()
    domain = parseaddr(newsletter.sender)[1].rpartition("@")[2]
    enqueue(
        connection,
        kind=MailKind.ALERT,
        recipient=settings.alert_address,
        newsletter=newsletter.name,
        handle=b"",
        message_id=message_id(workplace.keyring, MailKind.ALERT, new_handle().hex(), domain=domain),
        now=now,
        alert=kind,
        reason=reason,
    )
    return True
