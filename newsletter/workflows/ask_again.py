"""The privacy policy has changed in substance: every reader who agreed to another one is asked by mail.

Until they answer, the consent that they gave stands as what it was. Who was asked and has not answered yet is
not asked again, so that a run that was stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, false, func, select

from newsletter.errors import SettingsError
from newsletter.subscribers.consent import Action, Subject
from newsletter.subscribers.link import LinkKind
from newsletter.subscribers.policy import PrivacyPolicy, keep_policy
from newsletter.subscribers.schema import consents, mailed_links, subscribers, subscriptions
from newsletter.subscribers.store import get_subscriber, get_subscription
from newsletter.subscribers.subscriber import State
from newsletter.workflows.mail_link import mail_link
from newsletter.workflows.subscribe import current_policy
from newsletter.workflows.workplace import Workplace

PER_HOUR = 500
#: Readers in one transaction.
CHUNK = 500


@dataclass(kw_only=True)
class AskedAgain:
    """Subscriptions by what became of them; *last_leaves_at*: when the last of the mails leaves.

    *waiting*: were asked before, and their link still works.
    """

    asked: int = 0
    agree_already: int = 0
    waiting: int = 0
    last_leaves_at: datetime | None = None


def ask_again(
    workplace: Workplace, *, newsletter: str | None = None, per_hour: int = PER_HOUR, dry_run: bool = False
) -> AskedAgain:
    """Queue the mails, *per_hour* of them an hour; for *newsletter*, or for all that are configured.

    *dry_run*: only count; nothing is changed.

    Raises:
        SettingsError: the policy is still the shipped draft or unreadable, or there is no such newsletter.
    """
    policy = current_policy(workplace)
    if policy.is_draft:
        raise SettingsError(
            "privacy_policy",
            "is still the shipped draft, to which nobody can be asked to agree",
            "Write your own, and name it in privacy_policy and privacy_version.",
        )
    wanted = workplace.settings.newsletters
    if newsletter is not None:
        wanted = (workplace.settings.newsletter(newsletter),)
    report = AskedAgain()
    for one in wanted:
        after: int | None = 0
        while after is not None:
            with workplace.database.read() if dry_run else workplace.database.write() as connection:
                page = _Page(connection, one.name, after=after, now=workplace.clock.now())
                for each in page.subscriptions:
                    kind = page.standing(each, policy)
                    setattr(report, kind, getattr(report, kind) + 1)
                    if kind == "asked" and not dry_run:
                        slot = timedelta(hours=1) / per_hour
                        report.last_leaves_at = page.next_free(report.last_leaves_at, slot)
                        _ask(connection, workplace, each, leaves_at=report.last_leaves_at)
                if page.subscriptions and not dry_run:
                    keep_policy(connection, policy, now=workplace.clock.now())
            after = max(page.subscriptions, default=None)
    return report


class _Page:
    """Up to CHUNK subscriptions behind *after*, with what is known of their consent."""

    def __init__(self, connection: Connection, newsletter: str, *, after: int, now: datetime) -> None:
        rows = connection.execute(
            select(subscriptions.c.id, subscriptions.c.subscriber_id)
            .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
            .where(
                subscriptions.c.id > after,
                subscriptions.c.newsletter == newsletter,
                subscriptions.c.state.in_((State.ACTIVE, State.PAUSED)),
                subscribers.c.suppressed == false(),
            )
            .order_by(subscriptions.c.id)
            .limit(CHUNK)
            .with_for_update()
        ).all()
        self.subscriptions = {row.id: row.subscriber_id for row in rows}
        self._now = now
        self._agreed = _agreed(connection, newsletter, self.subscriptions.values())
        self._waiting = _waiting(connection, self.subscriptions, now=now)
        self._last = _last_on_its_way(connection, now=now)

    def standing(self, subscription_id: int, policy: PrivacyPolicy) -> str:
        """What is to be done about a subscription: the name of the count that it belongs to."""
        if self._agreed.get(self.subscriptions[subscription_id]) == policy.sha256:
            return "agree_already"
        return "waiting" if subscription_id in self._waiting else "asked"

    def next_free(self, last: datetime | None, slot: timedelta) -> datetime:
        """When the next mail may leave: a *slot* behind the *last* one, of this run or of one before."""
        last = last or self._last
        return max(self._now, last + slot) if last else self._now


def _agreed(connection: Connection, newsletter: str, subscriber_ids: Iterable[int]) -> dict[int, str]:
    """By reader: the hash of the policy that their newest confirmation of this newsletter refers to."""
    confirmations = (
        consents.c.subscriber_id.in_(list(subscriber_ids)),
        consents.c.newsletter == newsletter,
        consents.c.action == Action.CONFIRM,
        consents.c.purpose.in_((Subject.NEWSLETTER, "")),  # records of format 1 name none
    )
    newest = (
        select(consents.c.subscriber_id, func.max(consents.c.sequence).label("sequence"))
        .where(*confirmations)
        .group_by(consents.c.subscriber_id)
        .subquery()
    )
    rows = connection.execute(
        select(consents.c.subscriber_id, consents.c.policy_sha256).join(
            newest,
            (newest.c.subscriber_id == consents.c.subscriber_id) & (newest.c.sequence == consents.c.sequence),
        )
    )
    return {row.subscriber_id: row.policy_sha256 for row in rows}


def _waiting(connection: Connection, subscription_ids: Iterable[int], *, now: datetime) -> set[int]:
    return set(
        connection.scalars(
            select(mailed_links.c.subscription_id).where(
                mailed_links.c.subscription_id.in_(list(subscription_ids)),
                mailed_links.c.kind == LinkKind.RENEW,
                mailed_links.c.spent_at.is_(None),
                mailed_links.c.expires_at > now,
            )
        )
    )


def _last_on_its_way(connection: Connection, *, now: datetime) -> datetime | None:
    """When the last renewal mail leaves that has not left yet."""
    moment: datetime | None = connection.scalar(
        select(func.max(mailed_links.c.requested_at)).where(
            mailed_links.c.kind == LinkKind.RENEW,
            mailed_links.c.spent_at.is_(None),
            mailed_links.c.requested_at > now,
        )
    )
    return moment


def _ask(connection: Connection, workplace: Workplace, subscription_id: int, *, leaves_at: datetime) -> None:
    subscription = get_subscription(connection, subscription_id)
    mail_link(
        connection,
        workplace,
        LinkKind.RENEW,
        subscriber=get_subscriber(connection, subscription.subscriber_id),
        subscription=subscription,
        leaves_at=leaves_at,
    )
