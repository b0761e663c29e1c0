"""The reader answers the confirmation mail: by the form of the page behind its link, and nothing less."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
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
from newsletter.subscribers.link import Also, LinkKind, MailedLink, also_about, link_by_handle, spend_links
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
    """The answer and the newsletter (its name) that it is about; *also*: further ones that the mail names.

    *added*: those that somebody asked for after the mail had left: each is a choice of its own.
    *is_renewal*: it is asked whether the reader agrees with a policy that has changed. *language*: the
    reader's own choice, or "". *unsubscribe_token*: the way out for who does not agree, on a renewal.
    """

    answer: Answer
    newsletter: str
    also: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    is_renewal: bool = False
    language: str = ""
    unsubscribe_token: str = ""

    @property
    def newsletters(self) -> tuple[str, ...]:
        """What one button is for, the first one first."""
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
    shown: Confirmation | None = None,
    chosen: Collection[str] = (),
    origin: Origin | None = None,
) -> Confirmation:
    """Make what was asked for active, once, and record consent "confirm" with the wording of the page.

    That page, and so its wording, is in the language of the newsletter. A renewal leaves the subscription
    as it is.

    The caller has seen that the form of the page was sent, not just any POST: see EVIDENCE. *shown*: what
    that page named; if more is asked by now, nothing happens and the answer is OPEN. None: whatever is asked.
    *chosen*: which of those that were added are wanted, too.

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
        found = _confirmation(workplace, asked, answer, subscriber.language)
        if answer is not Answer.OPEN or (shown is not None and _names(shown) != _names(found)):
            return found
        asked = asked.only(chosen)
        if not _switch_all_on(connection, workplace, asked, now=now):
            return replace(found, answer=Answer.CLOSED)
        keep_policy(connection, policy, now=now)
        sealed = workplace.seal_origin(origin, subscriber_id=subscriber.id)
        for act in _confirm_acts(
            workplace, asked, policy, address=subscriber.address, page_url=page_url, now=now
        ):
            record_consent(connection, workplace.keyring, subscriber.id, act, origin=sealed)
    confirmed = tuple(each.subscription.newsletter for each in asked.questions)
    return replace(found, answer=Answer.CONFIRMED, also=confirmed[1:], added=())


def _names(found: Confirmation) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return found.newsletters, found.added


def _switch_all_on(connection: Connection, workplace: Workplace, asked: _Asked, *, now: datetime) -> bool:
    """Let the confirmation happen to all that the link asks about; False when it may not."""
    link = asked.link
    for question in asked.questions:
        if not _switch_on(connection, workplace, link, question, now=now):
            return False
        spend_links(connection, question.subscription.id, link.kind, now=now)
        if question.site:
            set_site(connection, question.subscription.id, question.site)
    if link.site:
        count_steps(connection, link.site, Step.CONFIRMED, on=link.requested_at.date())
    return True


def _switch_on(
    connection: Connection,
    workplace: Workplace,
    link: MailedLink,
    question: _Question,
    *,
    now: datetime,
) -> bool:
    """Let the confirmation happen; False when it may not."""
    subscription = question.subscription
    if link.kind is LinkKind.RENEW:
        return True
    keyring, journal = workplace.keyring, workplace.journal
    subscriber = get_subscriber(connection, subscription.subscriber_id)
    canonical, has_been_here = subscriber.canonical, subscriber.suppressed or subscription.confirmed_at
    if not lift(connection, keyring, canonical, journal=journal, now=now):
        return False
    changed = apply_event(connection, subscription, Event.CONFIRM, now=now)
    if changed:
        told = replace(subscription, site=question.site or subscription.site)
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
    by_mail = [settings.newsletter(each.subscription.newsletter) for each in asked.questions if each.in_mail]
    template = "" if is_renewal else confirmation_sha256(settings, by_mail[0], tuple(by_mail[1:]))
    for question in asked.questions:
        newsletter = settings.newsletter(question.subscription.newsletter)
        yield ConsentAct(
            newsletter=newsletter.name,
            action=Action.CONFIRM,
            address=address,
            policy_version=policy.version,
            policy_sha256=policy.sha256,
            wording=confirm_wording(
                settings, by_mail if question.in_mail else [newsletter], language=by_mail[0].language
            ),
            locale=by_mail[0].language,
            door="renewal page" if is_renewal else "confirm page",
            page_url=page_url,
            message_id=asked.link.message_id,
            template_sha256=template,
            evidence=EVIDENCE,
            acted_at=now,
        )


def confirm_wording(settings: Settings, newsletters: Sequence[NewsletterSettings], *, language: str) -> str:
    """The sentence above the button of the confirm page, or beside the box of what was added."""
    wording = wording_of(language, overrides=settings.templates)
    return consent_wording(settings, wording.listed([each.title for each in newsletters]), wording)


def _confirmation(workplace: Workplace, asked: _Asked, answer: Answer, language: str) -> Confirmation:
    is_renewal, first = asked.link.kind is LinkKind.RENEW, asked.subscription
    way_out = workplace.keyring.token(Purpose.UNSUBSCRIBE, first.handle) if is_renewal else ""
    return Confirmation(
        answer=answer,
        newsletter=first.newsletter,
        also=tuple(each.subscription.newsletter for each in asked.questions[1:] if each.in_mail),
        added=tuple(each.subscription.newsletter for each in asked.questions if not each.in_mail),
        is_renewal=is_renewal,
        language=language,
        unsubscribe_token=way_out,
    )


@dataclass(frozen=True)
class _Question:
    """A subscription that a link asks about; *site*, *in_mail*: as of link.Also."""

    subscription: Subscription
    site: str
    in_mail: bool


@dataclass(frozen=True)
class _Asked:
    """A link and all that it asks about, the link's own subscription first."""

    link: MailedLink
    questions: tuple[_Question, ...]

    @property
    def subscription(self) -> Subscription:
        return self.questions[0].subscription

    def only(self, chosen: Collection[str]) -> _Asked:
        """Without what was added and is not *chosen*."""
        kept = (each for each in self.questions if each.in_mail or each.subscription.newsletter in chosen)
        return _Asked(self.link, tuple(kept))


def _find(connection: Connection, handle: bytes) -> _Asked:
    link = link_by_handle(connection, handle)
    if link is None or link.kind not in (LinkKind.CONFIRM, LinkKind.RENEW):
        raise TokenError("this link", "belongs to a request that is gone", "Sign up again.")
    asked = (Also(link.subscription_id, link.site, in_mail=True), *also_about(connection, link.id))
    return _Asked(
        link,
        tuple(_Question(get_subscription(connection, each[0]), each.site, each.in_mail) for each in asked),
    )


def _standing(asked: _Asked, now: datetime) -> Answer:
    link, state = asked.link, asked.subscription.state
    if link.spent_at is not None:
        return Answer.ALREADY if state in (State.ACTIVE, State.PAUSED) else Answer.CLOSED
    if link.kind is LinkKind.RENEW and state not in (State.ACTIVE, State.PAUSED):
        return Answer.CLOSED
    return Answer.EXPIRED if now >= link.expires_at else Answer.OPEN
