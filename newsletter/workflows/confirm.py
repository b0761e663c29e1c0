"""The reader answers the confirmation mail: by the form of the page behind its link, and nothing less."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from newsletter.errors import TokenError
from newsletter.rendering.notice import confirmation_sha256
from newsletter.subscribers.consent import Action, ConsentAct
from newsletter.subscribers.journal import Act
from newsletter.subscribers.ledger import record_consent
from newsletter.subscribers.link import LinkKind, MailedLink, link_by_handle, spend_links
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.policy import keep_policy
from newsletter.subscribers.store import apply_event, get_subscriber, get_subscription
from newsletter.subscribers.subscriber import Event, State, Subscription
from newsletter.subscribers.suppression import journal_entry, lift
from newsletter.subscribers.token import Purpose
from newsletter.wording import wording_of
from newsletter.workflows.subscribe import consent_wording, current_policy
from newsletter.workflows.workplace import Workplace

EVIDENCE = "the form of the confirm page behind the mailed link was sent, with the proof that it was opened"


class Answer(StrEnum):
    """Where a confirmation stands, or what pressing its button did."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    ALREADY = "already subscribed"
    EXPIRED = "expired"
    CLOSED = "closed"  # used, and the reader has left since; or never to be mailed


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """The answer and the newsletter (its name) that it is about.

    *is_renewal*: it is asked whether the reader agrees with a policy that has changed. *language*: the
    reader's own choice, or "". *unsubscribe_token*: the way out for who does not agree, on a renewal.
    """

    answer: Answer
    newsletter: str
    is_renewal: bool = False
    language: str = ""
    unsubscribe_token: str = ""


def look_at_confirmation(workplace: Workplace, token: str) -> Confirmation:
    """What the page behind a confirm link shows. Changes nothing.

    Raises:
        TokenError: the token is forged, or its request is gone.
    """
    handle = workplace.keyring.read(Purpose.CONFIRM, token)
    with workplace.database.read() as connection:
        link, subscription = _find(connection, handle)
        language = get_subscriber(connection, subscription.subscriber_id).language
    return _confirmation(
        workplace, link, subscription, _standing(link, subscription, workplace.clock.now()), language
    )


def confirm(workplace: Workplace, token: str, *, page_url: str, origin: Origin | None = None) -> Confirmation:
    """Make the subscription active, once, and record consent "confirm" with the wording of the page.

    That page, and so its wording, is in the language of the newsletter. A renewal leaves the subscription
    as it is.

    The caller has seen that the form of the page was sent, not just any POST: see EVIDENCE.

    Raises:
        TokenError: the token is forged, or its request is gone.
        SettingsError: the newsletter is no longer configured, or the policy cannot be read.
    """
    handle = workplace.keyring.read(Purpose.CONFIRM, token)
    policy = current_policy(workplace)
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        _, seen = _find(connection, handle)
        subscriber = get_subscriber(connection, seen.subscriber_id)  # locks: read the rest after it
        link, subscription = _find(connection, handle)
        answer = _standing(link, subscription, now)
        if answer is Answer.OPEN and not _switch_on(connection, workplace, link, subscription, now=now):
            answer = Answer.CLOSED
        if answer is not Answer.OPEN:
            return _confirmation(workplace, link, subscription, answer, subscriber.language)
        spend_links(connection, subscription.id, link.kind, now=now)
        keep_policy(connection, policy, now=now)
        act = _confirm_act(workplace, link, subscription, page_url=page_url, now=now)
        act = replace(
            act, address=subscriber.address, policy_version=policy.version, policy_sha256=policy.sha256
        )
        sealed = workplace.seal_origin(origin, subscriber_id=subscriber.id)
        record_consent(connection, workplace.keyring, subscriber.id, act, origin=sealed)
    return _confirmation(workplace, link, subscription, Answer.CONFIRMED, subscriber.language)


def _switch_on(
    connection: Connection,
    workplace: Workplace,
    link: MailedLink,
    subscription: Subscription,
    *,
    now: datetime,
) -> bool:
    """Let the confirmation happen; False when it may not."""
    if link.kind is LinkKind.RENEW:
        return True
    keyring, journal = workplace.keyring, workplace.journal
    subscriber = get_subscriber(connection, subscription.subscriber_id)
    canonical, has_been_here = subscriber.canonical, subscriber.suppressed or subscription.confirmed_at
    if not lift(connection, keyring, canonical, journal=journal, now=now):
        return False
    if apply_event(connection, subscription, Event.CONFIRM, now=now) and has_been_here:
        # Somebody is back who had left: the journal must not take them off the list again.
        entry = journal_entry(keyring, canonical, Act.JOIN, about=subscription.newsletter, now=now)
        journal.append_after(connection, [entry])
    return True


def _confirm_act(
    workplace: Workplace, link: MailedLink, subscription: Subscription, *, page_url: str, now: datetime
) -> ConsentAct:
    settings = workplace.settings
    newsletter = settings.newsletter(subscription.newsletter)
    is_renewal = link.kind is LinkKind.RENEW
    return ConsentAct(
        newsletter=subscription.newsletter,
        action=Action.CONFIRM,
        address="",
        wording=_shown_wording(workplace, subscription.newsletter),
        locale=newsletter.language,
        door="renewal page" if is_renewal else "confirm page",
        page_url=page_url,
        message_id=link.message_id,
        template_sha256="" if is_renewal else confirmation_sha256(settings, newsletter),
        evidence=EVIDENCE,
        acted_at=now,
    )


def _confirmation(
    workplace: Workplace, link: MailedLink, subscription: Subscription, answer: Answer, language: str
) -> Confirmation:
    is_renewal = link.kind is LinkKind.RENEW
    way_out = workplace.keyring.token(Purpose.UNSUBSCRIBE, subscription.handle) if is_renewal else ""
    return Confirmation(
        answer=answer,
        newsletter=subscription.newsletter,
        is_renewal=is_renewal,
        language=language,
        unsubscribe_token=way_out,
    )


def _shown_wording(workplace: Workplace, name: str) -> str:
    settings = workplace.settings
    newsletter = settings.newsletter(name)
    wording = wording_of(newsletter.language, overrides=settings.templates)
    return consent_wording(settings, newsletter.title, wording)


def _find(connection: Connection, handle: bytes) -> tuple[MailedLink, Subscription]:
    link = link_by_handle(connection, handle)
    if link is None or link.kind not in (LinkKind.CONFIRM, LinkKind.RENEW):
        raise TokenError("this link", "belongs to a request that is gone", "Sign up again.")
    return link, get_subscription(connection, link.subscription_id)


def _standing(link: MailedLink, subscription: Subscription, now: datetime) -> Answer:
    if link.spent_at is not None:
        has_it = subscription.state in (State.ACTIVE, State.PAUSED)
        return Answer.ALREADY if has_it else Answer.CLOSED
    if link.kind is LinkKind.RENEW and subscription.state not in (State.ACTIVE, State.PAUSED):
        return Answer.CLOSED
    return Answer.EXPIRED if now >= link.expires_at else Answer.OPEN
