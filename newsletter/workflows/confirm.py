"""The reader answers the confirmation mail: by the form of the page behind its link, and nothing less."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from newsletter.errors import TokenError
from newsletter.subscribers.consent import Action, ConsentAct
from newsletter.subscribers.ledger import record_consent
from newsletter.subscribers.policy import keep_policy
from newsletter.subscribers.store import (
    apply_event,
    confirm_request_by_handle,
    get_subscriber,
    get_subscription,
    spend_requests,
)
from newsletter.subscribers.subscriber import ConfirmRequest, Event, State, Subscription
from newsletter.subscribers.suppression import lift
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
    """The answer and the newsletter (its name) that it is about."""

    answer: Answer
    newsletter: str


def look_at_confirmation(workplace: Workplace, token: str) -> Confirmation:
    """What the page behind a confirm link shows. Changes nothing.

    Raises:
        TokenError: the token is forged, or its request is gone.
    """
    handle = workplace.keyring.read(Purpose.CONFIRM, token)
    with workplace.database.read() as connection:
        request, subscription = _find(connection, handle)
    answer = _standing(request, subscription, now=workplace.clock.now())
    return Confirmation(answer=answer, newsletter=subscription.newsletter)


def confirm(workplace: Workplace, token: str, *, page_url: str) -> Confirmation:
    """Make the subscription active, once, and record consent "confirm" with the wording of the page.

    That page, and so its wording, is in the language of the newsletter.

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
        request, subscription = _find(connection, handle)
        answer = _standing(request, subscription, now=now)
        if answer is Answer.OPEN and not lift(connection, workplace.keyring, subscriber.canonical):
            answer = Answer.CLOSED
        if answer is not Answer.OPEN:
            return Confirmation(answer=answer, newsletter=subscription.newsletter)
        apply_event(connection, subscription, Event.CONFIRM, now=now)
        spend_requests(connection, subscription.id, now=now)
        keep_policy(connection, policy, now=now)
        record_consent(
            connection,
            workplace.keyring,
            subscriber.id,
            ConsentAct(
                newsletter=subscription.newsletter,
                action=Action.CONFIRM,
                address=subscriber.address,
                wording=_shown_wording(workplace, subscription.newsletter),
                policy_version=policy.version,
                policy_sha256=policy.sha256,
                door="confirm page",
                page_url=page_url,
                message_id=request.message_id,
                evidence=EVIDENCE,
                acted_at=now,
            ),
        )
    return Confirmation(answer=Answer.CONFIRMED, newsletter=subscription.newsletter)


def _shown_wording(workplace: Workplace, name: str) -> str:
    settings = workplace.settings
    newsletter = settings.newsletter(name)
    wording = wording_of(newsletter.language, overrides=settings.templates)
    return consent_wording(settings, newsletter.title, wording)


def _find(connection: Connection, handle: bytes) -> tuple[ConfirmRequest, Subscription]:
    request = confirm_request_by_handle(connection, handle)
    if request is None:
        raise TokenError("this link", "belongs to a request that is gone", "Sign up again.")
    return request, get_subscription(connection, request.subscription_id)


def _standing(request: ConfirmRequest, subscription: Subscription, *, now: datetime) -> Answer:
    if request.spent_at is not None:
        return Answer.ALREADY if subscription.state is State.ACTIVE else Answer.CLOSED
    return Answer.EXPIRED if now >= request.expires_at else Answer.OPEN
