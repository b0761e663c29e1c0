"""Sign-up: somebody typed an address. Whoever it belongs to is asked by mail, at most once a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from newsletter.overrides import template_root
from newsletter.rendering.notice import confirmation_sha256
from newsletter.settings import CONSENT, Settings
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.consent import Action, Actor, ConsentAct
from newsletter.subscribers.ledger import record_consent
from newsletter.subscribers.link import LinkKind, last_mailed_at
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.policy import PrivacyPolicy, keep_policy, load_policy
from newsletter.subscribers.site import Step, count_step
from newsletter.subscribers.store import (
    add_subscriber,
    add_subscription,
    find_subscription,
)
from newsletter.subscribers.subscriber import Event, State, Subscriber, next_state
from newsletter.subscribers.suppression import suppression_of
from newsletter.subscribers.token import new_handle
from newsletter.wording import Wording
from newsletter.workflows.mail_link import mail_link
from newsletter.workflows.workplace import Workplace

#: One confirmation mail per address and day, over all newsletters and doors.
ASK_AGAIN_AFTER = timedelta(hours=24)


class Asked(StrEnum):
    """What a sign-up led to. For operators and tests; the visitor is told the same every time."""

    MAILED = "mailed"
    ASKED_TODAY = "asked today"
    ALREADY_ACTIVE = "already active"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, kw_only=True)
class SignUp:
    """One request: which *door* it came through, and the exact *wording* shown there ("" for none).

    *locale*: the language of those words. *origin*: where it came from, kept sealed for some weeks.
    """

    address: str
    newsletter: str
    door: str
    page_url: str = ""
    wording: str = ""
    locale: str = ""
    site: str = ""
    evidence: str
    actor: Actor = Actor.READER
    origin: Origin | None = None


def current_policy(workplace: Workplace) -> PrivacyPolicy:
    """The privacy policy that forms and mails link now.

    Raises:
        SettingsError: the operator's file cannot be read.
    """
    return policy_of(workplace.settings)


def policy_of(settings: Settings) -> PrivacyPolicy:
    """The privacy policy that these settings name: the operator's file, or the draft we ship.

    Raises:
        SettingsError: the operator's file cannot be read.
    """
    return load_policy(settings, draft=template_root() / "web" / "privacy.md")


def consent_wording(settings: Settings, title: str, wording: Wording) -> str:
    """The sentence beside the consent box, about *title*: ours in the page's language, or the operator's."""
    said = settings.consent_wording
    return (wording.gettext(CONSENT) if said == CONSENT else said).replace("{newsletter}", title)


def subscribe(workplace: Workplace, signup: SignUp) -> Asked:
    """Take a sign-up: consent "request" and the queued confirmation mail in one transaction.

    It lifts nothing and switches nothing on: only the answer to the mail does.

    Raises:
        SubscriberError: the address is not one.
        SettingsError: there is no such newsletter.
    """
    address = parse_address(signup.address)
    workplace.settings.list_of(signup.newsletter)
    policy = current_policy(workplace)
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        count_step(connection, signup.site, Step.TAKEN, now.date())
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
    leaves_at: datetime | None = None,
) -> Asked:
    """Ask a known reader to confirm, unless they need not or were asked within a day.

    *leaves_at*: when the mail is to leave (default: now).
    """
    subscription = find_subscription(connection, subscriber.id, signup.newsletter)
    state = next_state(subscription.state if subscription else None, Event.REQUEST)
    if state in (State.ACTIVE, State.PAUSED) and not subscriber.suppressed:
        return Asked.ALREADY_ACTIVE
    if state in (State.COMPLAINED, None):
        return Asked.SUPPRESSED
    asked_at = last_mailed_at(connection, subscriber.id, LinkKind.CONFIRM)
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
    mail_id = mail_link(
        connection,
        workplace,
        LinkKind.CONFIRM,
        subscriber=subscriber,
        subscription=subscription,
        leaves_at=leaves_at or now,
    )
    keep_policy(connection, policy, now=now)
    record_consent(
        connection,
        workplace.keyring,
        subscriber.id,
        _request_act(workplace, signup, policy, address=subscriber.address, mail_id=mail_id, now=now),
        origin=workplace.seal_origin(signup.origin, subscriber_id=subscriber.id),
    )
    return Asked.MAILED


def _request_act(
    workplace: Workplace, signup: SignUp, policy: PrivacyPolicy, *, address: str, mail_id: str, now: datetime
) -> ConsentAct:
    newsletter = workplace.settings.newsletter(signup.newsletter)
    return ConsentAct(
        newsletter=signup.newsletter,
        action=Action.REQUEST,
        address=address,
        wording=signup.wording,
        locale=signup.locale if signup.wording else "",
        policy_version=policy.version,
        policy_sha256=policy.sha256,
        door=signup.door,
        page_url=signup.page_url,
        message_id=mail_id,
        template_sha256=confirmation_sha256(workplace.settings, newsletter),
        evidence=signup.evidence,
        actor=signup.actor,
        acted_at=now,
    )
