"""Sign-up: somebody typed an address. Whoever it belongs to is asked by mail, at most once a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from enum import StrEnum

from sqlalchemy import Connection

from newsletter.delivery.message import message_id
from newsletter.delivery.outbox import enqueue
from newsletter.overrides import template_root
from newsletter.rendering.notice import CONFIRM_WITHIN_DAYS
from newsletter.settings import CONSENT, Settings
from newsletter.subscribers.consent import Action, ConsentAct
from newsletter.subscribers.ledger import record_consent
from newsletter.subscribers.policy import PrivacyPolicy, keep_policy, load_policy
from newsletter.subscribers.store import (
    add_confirm_request,
    add_subscriber,
    add_subscription,
    count_signup,
    find_subscription,
    last_requested_at,
)
from newsletter.subscribers.subscriber import Event, State, Subscriber, next_state, parse_address
from newsletter.subscribers.suppression import suppression_of
from newsletter.subscribers.token import new_handle
from newsletter.wording import Wording
from newsletter.workflows.workplace import Workplace

#: One confirmation mail per address and day, over all newsletters and doors.
ASK_AGAIN_AFTER = timedelta(hours=24)
#: How long the link in it works.
ANSWER_WITHIN = timedelta(days=CONFIRM_WITHIN_DAYS)

CONFIRMATION = "confirmation"


class Asked(StrEnum):
    """What a sign-up led to. For operators and tests; the visitor is told the same every time."""

    MAILED = "mailed"
    ASKED_TODAY = "asked today"
    ALREADY_ACTIVE = "already active"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, kw_only=True)
class SignUp:
    """One request: which *door* it came through, and the exact *wording* shown there ("" for none)."""

    address: str
    newsletter: str
    door: str
    page_url: str = ""
    wording: str = ""
    evidence: str


def current_policy(workplace: Workplace) -> PrivacyPolicy:
    """The privacy policy that forms and mails link now.

    Raises:
        SettingsError: the operator's file cannot be read.
    """
    return load_policy(workplace.settings, draft=template_root() / "web" / "privacy.md")


def consent_wording(settings: Settings, title: str, wording: Wording) -> str:
    """The sentence beside the consent box, about *title*: ours in the page's language, or the operator's."""
    said = settings.consent_wording
    return (wording.gettext(CONSENT) if said == CONSENT else said).replace("{newsletter}", title)


def subscribe(workplace: Workplace, signup: SignUp) -> Asked:
    """Take a sign-up: consent "request" and the queued confirmation mail in one transaction.

    Raises:
        SubscriberError: the address is not one.
        SettingsError: there is no such newsletter.
    """
    address = parse_address(signup.address)
    workplace.settings.newsletter(signup.newsletter)
    policy = current_policy(workplace)
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        count_signup(connection, signup.newsletter, now.date())
        reason = suppression_of(connection, workplace.keyring, address.canonical)
        if reason is not None and not reason.lifted_by_opt_in:
            return Asked.SUPPRESSED
        subscriber = add_subscriber(
            connection, address, handle=new_handle(), suppressed=reason is not None, now=now
        )
        return request_confirmation(
            connection, workplace, subscriber=subscriber, signup=signup, policy=policy, now=now
        )


def request_confirmation(
    connection: Connection,
    workplace: Workplace,
    *,
    subscriber: Subscriber,
    signup: SignUp,
    policy: PrivacyPolicy,
    now: datetime,
) -> Asked:
    """Ask a known reader to confirm, unless they need not or were asked within a day."""
    subscription = find_subscription(connection, subscriber.id, signup.newsletter)
    state = next_state(subscription.state if subscription else None, Event.REQUEST)
    if state is State.ACTIVE and not subscriber.suppressed:
        return Asked.ALREADY_ACTIVE
    asked_at = last_requested_at(connection, subscriber.id)
    if asked_at is not None and now - asked_at < ASK_AGAIN_AFTER:
        return Asked.ASKED_TODAY
    if subscription is None:
        subscription = add_subscription(
            connection,
            subscriber.id,
            signup.newsletter,
            state=State.PENDING,
            handle=new_handle(),
            now=now,
        )
    handle = new_handle()
    mail_id = _message_id(workplace, signup.newsletter, handle)
    add_confirm_request(
        connection,
        subscription.id,
        handle=handle,
        message_id=mail_id,
        now=now,
        expires_at=now + ANSWER_WITHIN,
    )
    keep_policy(connection, policy, now=now)
    record_consent(
        connection,
        workplace.keyring,
        subscriber.id,
        ConsentAct(
            newsletter=signup.newsletter,
            action=Action.REQUEST,
            address=subscriber.address,
            wording=signup.wording,
            policy_version=policy.version,
            policy_sha256=policy.sha256,
            door=signup.door,
            page_url=signup.page_url,
            message_id=mail_id,
            evidence=signup.evidence,
            acted_at=now,
        ),
    )
    enqueue(
        connection,
        kind=CONFIRMATION,
        recipient=subscriber.address,
        newsletter=signup.newsletter,
        handle=handle,
        message_id=mail_id,
        now=now,
    )
    return Asked.MAILED


def _message_id(workplace: Workplace, newsletter: str, handle: bytes) -> str:
    domain = parseaddr(workplace.settings.newsletter(newsletter).sender)[1].rpartition("@")[2]
    return message_id(workplace.keyring, CONFIRMATION, handle.hex(), domain=domain)
