"""The reader answers the confirmation mail: by the form of the page behind its link, and nothing less."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from newsletter.errors import TokenError
from newsletter.notices.webhook import EventType
from newsletter.rendering.notice import confirmation_sha256
from newsletter.settings import NewsletterSettings, Settings
from newsletter.subscribers.consent import Action, ConsentAct
from newsletter.subscribers.journal import Act
from newsletter.subscribers.ledger import record_consent
from newsletter.subscribers.link import LinkKind, MailedLink, also_about, link_by_handle, spend_links
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.policy import PrivacyPolicy, keep_policy
from newsletter.subscribers.site import Step, count_steps
from newsletter.subscribers.store import apply_event, get_subscriber, get_subscription, set_site
from newsletter.subscribers.subscriber import Event, State, Subscription
from newsletter.subscribers.suppression import journal_entry, lift
from newsletter.subscribers.token import Purpose
from newsletter.wording import wording_of
from newsletter.workflows.subscribe import consent_wording, current_policy
from newsletter.workflows.tell_site import tell_site
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
    """The answer and the newsletter (its name) that it is about; *also*: further ones.

    *is_renewal*: it is asked whether the reader agrees with a policy that has changed. *language*: the
    reader's own choice, or "". *unsubscribe_token*: the way out for who does not agree, on a renewal.
    """

    answer: Answer
    newsletter: str
    also: tuple[str, ...] = ()
    is_renewal: bool = False
    language: str = ""
    unsubscribe_token: str = ""

    @property
    def newsletters(self) -> tuple[str, ...]:
        """All that it is about, the first one first."""
        return (self.newsletter, *self.also)


def look_at_confirmation(workplace: Workplace, token: str) -> Confirmation:
    """What the page behind a confirm link shows. Changes nothing.

    Raises:
        TokenError: the token is forged, or its request is gone.
    """
    handle = workplace.keyring.read(Purpose.CONFIRM, token)
    with workplace.database.read() as connection:
        asked = _find(connection, handle)
        language = get_subscriber(connection, asked.subscription.subscriber_id).language
    return _confirmation(workplace, asked, _standing(asked, workplace.clock.now()), language)


def confirm(
    workplace: Workplace,
    token: str,
    *,
    page_url: str,
    shown: tuple[str, ...] | None = None,
    origin: Origin | None = None,
) -> Confirmation:
    """Make what was asked for active, once, and record consent "confirm" with the wording of the page.

    That page, and so its wording, is in the language of the newsletter. A renewal leaves the subscription
    as it is.

    The caller has seen that the form of the page was sent, not just any POST: see EVIDENCE. *shown*: what
    that page named; if more is asked by now, nothing happens and the answer is OPEN. None: whatever is asked.

    Raises:
        TokenError: the token is forged, or its request is gone.
        SettingsError: the newsletter is no longer configured, or the policy cannot be read.
    """
    handle = workplace.keyring.read(Purpose.CONFIRM, token)
    policy = current_policy(workplace)
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        seen = _find(connection, handle)
        subscriber = get_subscriber(connection, seen.subscription.subscriber_id)  # locks: read after it
        asked = _find(connection, handle)
        answer = _standing(asked, now)
        if answer is Answer.OPEN and shown not in (None, asked.newsletters):
            return _confirmation(workplace, asked, answer, subscriber.language)
        if answer is Answer.OPEN and not _switch_all_on(connection, workplace, asked, now=now):
            answer = Answer.CLOSED
        if answer is not Answer.OPEN:
            return _confirmation(workplace, asked, answer, subscriber.language)
        keep_policy(connection, policy, now=now)
        sealed = workplace.seal_origin(origin, subscriber_id=subscriber.id)
        for act in _confirm_acts(
            workplace, asked, policy, address=subscriber.address, page_url=page_url, now=now
        ):
            record_consent(connection, workplace.keyring, subscriber.id, act, origin=sealed)
    return _confirmation(workplace, asked, Answer.CONFIRMED, subscriber.language)


def _switch_all_on(connection: Connection, workplace: Workplace, asked: _Asked, *, now: datetime) -> bool:
    """Let the confirmation happen to all that the link asks about; False when it may not."""
    link = asked.link
    for subscription in asked.subscriptions:
        if not _switch_on(connection, workplace, link, subscription, now=now):
            return False
        spend_links(connection, subscription.id, link.kind, now=now)
        if link.site:
            set_site(connection, subscription.id, link.site)
    if link.site:
        count_steps(connection, link.site, Step.CONFIRMED, on=link.requested_at.date())
    return True


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
    changed = apply_event(connection, subscription, Event.CONFIRM, now=now)
    if changed:
        told = replace(subscription, site=link.site or subscription.site)
        tell_site(connection, workplace, told, EventType.CONFIRMED, now=now)
    if changed and has_been_here:
        # Somebody is back who had left: the journal must not take them off the list again.
        entry = journal_entry(keyring, canonical, Act.JOIN, about=subscription.newsletter, now=now)
        journal.append_after(connection, [entry])
    return True


def _confirm_acts(
    workplace: Workplace,
    asked: _Asked,
    policy: PrivacyPolicy,
    *,
    address: str,
    page_url: str,
    now: datetime,
) -> Iterator[ConsentAct]:
    settings, is_renewal = workplace.settings, asked.link.kind is LinkKind.RENEW
    newsletters = [settings.newsletter(each.newsletter) for each in asked.subscriptions]
    template = "" if is_renewal else confirmation_sha256(settings, newsletters[0], tuple(newsletters[1:]))
    for newsletter in newsletters:
        yield ConsentAct(
            newsletter=newsletter.name,
            action=Action.CONFIRM,
            address=address,
            policy_version=policy.version,
            policy_sha256=policy.sha256,
            wording=confirm_wording(settings, newsletters),
            locale=newsletters[0].language,
            door="renewal page" if is_renewal else "confirm page",
            page_url=page_url,
            message_id=asked.link.message_id,
            template_sha256=template,
            evidence=EVIDENCE,
            acted_at=now,
        )


def confirm_wording(settings: Settings, newsletters: Sequence[NewsletterSettings]) -> str:
    """The sentence above the button of the confirm page, in the language of the first newsletter."""
    wording = wording_of(newsletters[0].language, overrides=settings.templates)
    return consent_wording(settings, wording.listed([each.title for each in newsletters]), wording)


def _confirmation(workplace: Workplace, asked: _Asked, answer: Answer, language: str) -> Confirmation:
    is_renewal, first = asked.link.kind is LinkKind.RENEW, asked.subscription
    way_out = workplace.keyring.token(Purpose.UNSUBSCRIBE, first.handle) if is_renewal else ""
    return Confirmation(
        answer=answer,
        newsletter=first.newsletter,
        also=tuple(each.newsletter for each in asked.subscriptions[1:]),
        is_renewal=is_renewal,
        language=language,
        unsubscribe_token=way_out,
    )


@dataclass(frozen=True)
class _Asked:
    """A link and the subscriptions that it asks about, the first one being the link's own."""

    link: MailedLink
    subscriptions: tuple[Subscription, ...]

    @property
    def subscription(self) -> Subscription:
        return self.subscriptions[0]

    @property
    def newsletters(self) -> tuple[str, ...]:
        return tuple(each.newsletter for each in self.subscriptions)


def _find(connection: Connection, handle: bytes) -> _Asked:
    link = link_by_handle(connection, handle)
    if link is None or link.kind not in (LinkKind.CONFIRM, LinkKind.RENEW):
        raise TokenError("this link", "belongs to a request that is gone", "Sign up again.")
    ids = (link.subscription_id, *also_about(connection, link.id))
    return _Asked(link, tuple(get_subscription(connection, each) for each in ids))


def _standing(asked: _Asked, now: datetime) -> Answer:
    link, state = asked.link, asked.subscription.state
    if link.spent_at is not None:
        return Answer.ALREADY if state in (State.ACTIVE, State.PAUSED) else Answer.CLOSED
    if link.kind is LinkKind.RENEW and state not in (State.ACTIVE, State.PAUSED):
        return Answer.CLOSED
    return Answer.EXPIRED if now >= link.expires_at else Answer.OPEN
