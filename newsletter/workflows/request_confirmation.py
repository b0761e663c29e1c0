"""Ask a reader by mail whether they want newsletters: rarely enough that nobody is pestered through us."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from newsletter.notices.webhook import EventType
from newsletter.rendering.notice import confirmation_sha256
from newsletter.subscribers.consent import Action, ConsentAct
from newsletter.subscribers.domain import mailbox_of
from newsletter.subscribers.ledger import record_consent
from newsletter.subscribers.limit import within_any
from newsletter.subscribers.link import Also, LinkKind, MailedLink, also_about, ask_also, open_confirmation
from newsletter.subscribers.policy import PrivacyPolicy, keep_policy
from newsletter.subscribers.signup import Asked, SignUp
from newsletter.subscribers.store import add_subscription, find_subscription
from newsletter.subscribers.subscriber import Event, State, Subscriber, Subscription, next_state
from newsletter.subscribers.token import new_handle
from newsletter.workflows.mail_link import mail_link
from newsletter.workflows.tell_site import tell_site
from newsletter.workflows.workplace import Workplace

#: So many confirmation mails may one address be sent in any stretch of time that long, over all newsletters
#: and doors (standards, section 6).
CONFIRMATIONS = {timedelta(hours=24): 1, timedelta(days=30): 3}


def may_be_asked(
    connection: Connection, workplace: Workplace, canonical: str, *, at: datetime, count: bool = False
) -> bool:
    """Whether one more confirmation may go to the address *at* that moment; *count*: it will."""
    return within_any(
        connection,
        workplace.keyring,
        what="confirmation",
        who=mailbox_of(canonical),
        limits=CONFIRMATIONS,
        now=at,
        count=count,
    )


def request_confirmation(
    connection: Connection,
    workplace: Workplace,
    *,
    subscriber: Subscriber,
    signup: SignUp,
    policy: PrivacyPolicy,
    now: datetime,
    leaves_at: datetime | None = None,
    is_new: bool = False,
) -> Asked:
    """Ask a known reader to confirm, unless they need not or were asked lately.

    What is new is then added to what the last mail asks, if it was not answered yet. *leaves_at*: when the
    mail is to leave (default: now). *is_new*: this transaction has made the reader, so nothing is to be
    looked for.
    """
    wanted: dict[str, Subscription | None] = {}
    has_one = False
    for name in signup.newsletters:
        subscription = None if is_new else find_subscription(connection, subscriber.id, name)
        state = next_state(subscription.state if subscription else None, Event.REQUEST)
        if state in (State.ACTIVE, State.PAUSED) and not subscriber.suppressed:
            has_one = True
        elif state not in (State.COMPLAINED, None):
            wanted[name] = subscription
    if not wanted:
        return Asked.ALREADY_ACTIVE if has_one else Asked.SUPPRESSED
    keep_policy(connection, policy, now=now)
    request = _Request(connection, workplace, subscriber, signup, policy, now, is_new)
    leaves_at = leaves_at or now
    if may_be_asked(connection, workplace, subscriber.canonical, at=leaves_at, count=True):
        request.mail(wanted, leaves_at=leaves_at)
        return Asked.MAILED
    link = open_confirmation(connection, subscriber.id, now=now)
    return Asked.ADDED if link and request.add(wanted, link) else Asked.ASKED_LATELY


@dataclass(frozen=True)
class _Request:
    """One sign-up of a known reader, in its transaction."""

    connection: Connection
    workplace: Workplace
    subscriber: Subscriber
    signup: SignUp
    policy: PrivacyPolicy
    now: datetime
    is_new: bool

    def mail(self, wanted: Mapping[str, Subscription | None], *, leaves_at: datetime) -> None:
        """Queue the mail that asks about all that is wanted."""
        first, *others = asked = self._subscriptions(wanted)
        mailed = mail_link(
            self.connection,
            self.workplace,
            LinkKind.CONFIRM,
            subscriber=self.subscriber,
            subscription=first,
            leaves_at=leaves_at,
            site=self.signup.site,
        )
        ask_also(self.connection, mailed.link_id, self._also(others, in_mail=True))
        self._record(wanted, mail_id=mailed.message_id)
        self._tell(asked)

    def add(self, wanted: Mapping[str, Subscription | None], link: MailedLink) -> bool:
        """Have *link*, which was mailed, ask about what is wanted, too; False when it does already."""
        also = also_about(self.connection, link.id)
        known = {link.subscription_id, *(each.subscription_id for each in also)}
        new = {name: each for name, each in wanted.items() if each is None or each.id not in known}
        if new:
            asked = self._subscriptions(new)
            ask_also(self.connection, link.id, self._also(asked, in_mail=False))
            self._record(new, mail_id=link.message_id)
            self._tell(asked)
        return bool(new)

    def _also(self, subscriptions: Iterable[Subscription], *, in_mail: bool) -> list[Also]:
        return [Also(each.id, self.signup.site, in_mail) for each in subscriptions]

    def _subscriptions(self, wanted: Mapping[str, Subscription | None]) -> list[Subscription]:
        return [
            found
            or add_subscription(
                self.connection,
                self.subscriber.id,
                name,
                state=State.PENDING,
                handle=new_handle(),
                now=self.now,
                site=self.signup.site,
            )
            for name, found in wanted.items()
        ]

    def _record(self, names: Iterable[str], *, mail_id: str) -> None:
        settings, signup = self.workplace.settings, self.signup
        newsletters = [settings.newsletter(name) for name in names]
        template = confirmation_sha256(settings, newsletters[0], tuple(newsletters[1:]))
        for place, name in enumerate(names):
            act = ConsentAct(
                newsletter=name,
                action=Action.REQUEST,
                address=self.subscriber.address,
                wording=signup.wording,
                locale=signup.locale if signup.wording else "",
                policy_version=self.policy.version,
                policy_sha256=self.policy.sha256,
                door=signup.door,
                page_url=signup.page_url,
                message_id=mail_id,
                template_sha256=template,
                evidence=signup.evidence,
                actor=signup.actor,
                acted_at=self.now,
            )
            origin = self.workplace.seal_origin(signup.origin, subscriber_id=self.subscriber.id)
            record_consent(
                self.connection,
                self.workplace.keyring,
                self.subscriber.id,
                act,
                origin=origin,
                first=self.subscriber.handle if self.is_new and place == 0 else None,
            )

    def _tell(self, asked: Iterable[Subscription]) -> None:
        """Tell the site whose form it was."""
        for subscription in asked:
            tell_site(
                self.connection,
                self.workplace,
                replace(subscription, site=self.signup.site),
                EventType.SUBSCRIBED,
                now=self.now,
                subscriber=self.subscriber,
            )
