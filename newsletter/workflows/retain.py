"""Retain: what readers left behind is deleted once its time is over, by the periods of the settings.

It is run often and finds little to do; after a long pause it works in short transactions, so that a sender
or a page never waits for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from newsletter.database import owe_clean_up
from newsletter.delivery.departure import issue_departures
from newsletter.delivery.outbox import forget_mails, forget_mails_to
from newsletter.delivery.total import fold_old, fold_subscriptions
from newsletter.feedback.counted import forget_counts
from newsletter.feedback.policy import load_policy
from newsletter.feedback.record import forget_raws, forget_records
from newsletter.feedback.tray import forget_items
from newsletter.notices.queue import forget_events, has_untold
from newsletter.notices.webhook import KEEP_EVENTS
from newsletter.subscribers import retention
from newsletter.subscribers.consent import Actor
from newsletter.subscribers.count import fold_counts
from newsletter.subscribers.ledger import forget_origins
from newsletter.subscribers.link import forget_links
from newsletter.subscribers.slot import fold
from newsletter.subscribers.store import remove_subscriptions, subscriptions_of
from newsletter.subscribers.suppression import Reason
from newsletter.workflows.wipe import Wiping, wipe
from newsletter.workflows.workplace import Workplace

log = logging.getLogger(__name__)

#: The most rows or readers that one transaction deletes.
CHUNK = 500
#: A wiped reader takes about ten statements.
_READERS = 50

DOOR = "retention"
#: Whoever left may take it back within a day, also where nothing is to be kept of them.
_LEAST_LEFT = timedelta(days=2)
_YEAR = timedelta(days=365.25)


@dataclass(frozen=True, kw_only=True)
class Retained:
    """What was deleted. *pending*: sign-ups that nobody confirmed; *left*: readers who had long gone."""

    pending: int = 0
    left: int = 0
    origins: int = 0
    deliveries: int = 0
    mails: int = 0
    links: int = 0
    limits: int = 0
    events: int = 0
    feedback: int = 0
    tray: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{count} {name}" for name, count in asdict(self).items() if count) or "nothing"


def retain(workplace: Workplace) -> Retained:
    """Delete everything whose time is over; cheap when there is nothing. What of each kind was deleted."""
    settings, now = workplace.settings, workplace.clock.now()
    pending_before = now - timedelta(days=settings.keep_pending_days)
    left_before = now - max(settings.keep_left_years * _YEAR, _LEAST_LEFT)
    origins_before = now - timedelta(days=settings.keep_origins_days)
    kept_from = now - timedelta(days=settings.keep_deliveries_days)
    retained = Retained(
        pending=_in_chunks(workplace, lambda c: _delete_unanswered(c, workplace, before=pending_before)),
        left=_in_chunks(workplace, lambda c: _wipe_gone(c, workplace, before=left_before)),
        origins=_once(workplace, lambda c: forget_origins(c, before=origins_before)),
        deliveries=_in_chunks(workplace, lambda c: fold_old(c, before=kept_from.date(), limit=CHUNK)),
        mails=_once(workplace, lambda c: forget_mails(c, before=kept_from)),
        links=_once(workplace, lambda c: retention.forget_old_links(c, now=now)),
        limits=_once(workplace, lambda c: retention.forget_limits(c, now=now)),
        events=_once(workplace, lambda c: _forget_events(c, before=now - KEEP_EVENTS)),
        feedback=_forget_feedback(workplace, before=kept_from, now=now),
        tray=_once(workplace, lambda c: _empty_tray(c, now=now)),
    )
    _once(workplace, _fold_counts)
    # Also for an erasure that could not do it, because others were at it or the file is large.
    workplace.database.clean_up()
    if retained != Retained():
        log.info("deleted what was kept long enough: %s", retained)
    return retained


def _forget_feedback(workplace: Workplace, *, before: datetime, now: datetime) -> int:
    """Delete what came back as long ago as deliveries are kept, and what it was read from sooner."""
    policy = load_policy()
    raws_before = now - policy.keep_raw
    return (
        _once(workplace, lambda c: forget_raws(c, before=raws_before, most=policy.raw_items))
        + _in_chunks(workplace, lambda c: forget_records(c, before=before, now=now, limit=CHUNK))
        + _once(workplace, lambda c: forget_counts(c, before=before.date()))
    )


def _empty_tray(connection: Connection, *, now: datetime) -> int:
    policy = load_policy()
    number = forget_items(connection, before=now - policy.keep_raw, most=policy.tray_items)
    if number:
        owe_clean_up(connection)  # it may be about somebody whom we do not know
    return number


def _in_chunks(workplace: Workplace, work: Callable[[Connection], int]) -> int:
    """Do *work* in transactions of its own until it finds nothing more."""
    done = 0
    while found := _once(workplace, work):
        done += found
    return done


def _once(workplace: Workplace, work: Callable[[Connection], int]) -> int:
    with workplace.database.write() as connection:
        return work(connection)


def _fold_counts(connection: Connection) -> int:
    fold_counts(connection)
    fold(connection, issue_departures)
    return 0


def _forget_events(connection: Connection, *, before: datetime) -> int:
    if has_untold(connection, before=before):
        owe_clean_up(connection)  # it may be the last word about a reader who was erased
    return forget_events(connection, before=before)


def _delete_unanswered(connection: Connection, workplace: Workplace, *, before: datetime) -> int:
    """Delete a page of unconfirmed sign-ups, and readers who then have nothing; nobody is suppressed."""
    found = retention.unanswered(connection, before=before, limit=_READERS)
    for each in found:
        mails = forget_links(connection, [each.subscription_id])
        forget_mails_to(connection, (), message_ids=mails)
        fold_subscriptions(connection, [each.subscription_id])
        remove_subscriptions(connection, [each.subscription_id])
    readers = {each.subscriber_id for each in found}
    alone = {each for each in readers if not subscriptions_of(connection, each)}
    # Who came to have nothing in another way, too.
    orphans = retention.without_subscription(connection, before=before, limit=_READERS)
    evidence = f"not confirmed within {workplace.settings.keep_pending_days} days"
    for subscriber_id in sorted(alone.union(orphans)):
        _wipe(connection, workplace, subscriber_id, reason=None, evidence=evidence)
    return len(found) + len(set(orphans) - alone)


def _wipe_gone(connection: Connection, workplace: Workplace, *, before: datetime) -> int:
    found = retention.gone(connection, before=before, limit=_READERS)
    evidence = f"left over {workplace.settings.keep_left_years} years ago"
    for subscriber_id, reason in found.items():
        _wipe(connection, workplace, subscriber_id, reason=reason, evidence=evidence)
    return len(found)


def _wipe(
    connection: Connection,
    workplace: Workplace,
    subscriber_id: int,
    *,
    reason: Reason | None,
    evidence: str,
) -> None:
    now = workplace.clock.now()
    wiping = Wiping(reason=reason, door=DOOR, evidence=evidence, actor=Actor.CLOCK, now=now)
    wipe(connection, workplace.keyring, workplace.journal, subscriber_id, wiping)
