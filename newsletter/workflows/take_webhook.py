"""A mail provider's POST is taken in: proven, understood, and what it says acted on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from types import ModuleType

from newsletter.feedback.event import Event
from newsletter.feedback.webhooks import generic, mailgun, postmark, resend, sendgrid, ses
from newsletter.feedback.webhooks.post import TOLERANCE, Post, Refusal, WebhookError
from newsletter.subscribers.limit import opens_at, within_any, within_limit
from newsletter.workflows.ask_amazon import Amazon
from newsletter.workflows.take_feedback import take
from newsletter.workflows.workplace import Workplace

log = logging.getLogger(__name__)

#: A network that was refused so often may guess no more passwords. What is signed is heard all the same:
#: whoever rents a machine beside the provider's must not be able to shut the provider out.
_REFUSALS = {timedelta(hours=1): 60}
_WHAT = "webhook refused"
_TOKEN = "webhook token"  # noqa: S105 - what is counted
#: As long as Mailgun's signature would be believed.
_TOKEN_LASTS = mailgun.OLDEST + 2 * TOLERANCE


def take_webhook(workplace: Workplace, provider: str, post: Post, *, amazon: Amazon, network: str) -> None:
    """Take in what a configured *provider* posted; what is known is not counted again.

    *network*: where it came from (ip_block), for counting refusals.

    Raises:
        WebhookError: it is refused, and nothing of it was taken in.
    """
    is_shut_out = _is_shut_out(workplace, network)
    too_often = WebhookError(
        provider, "comes from a network that was refused too often within an hour", refusal=Refusal.LATER
    )
    if is_shut_out and provider == postmark.NAME:
        raise too_often
    try:
        events = _proven(workplace, provider, post, amazon=amazon)
    except WebhookError as error:
        if is_shut_out:
            raise too_often from error
        if error.refusal is not Refusal.LATER:
            _count_refusal(workplace, network)
        raise
    if provider != mailgun.NAME:
        _take(workplace, provider, post, events)
    elif not _was_used(workplace, token := mailgun.token_of(post)):
        _take(workplace, provider, post, events)
        _use_up(workplace, token)  # afterwards: if we die between, it is repeated, and known by its events


def _proven(workplace: Workplace, provider: str, post: Post, *, amazon: Amazon) -> tuple[Event, ...]:
    providers, now = workplace.settings.providers, workplace.clock.now()
    if provider == ses.NAME and providers.ses:
        ses.verify(post, providers.ses, certificate=amazon.certificate, now=now)
        if url := ses.confirmation_url(post):
            amazon.confirm(url)
            log.info("webhooks: the subscription of a topic of Amazon SNS was confirmed")
        return ses.events(post)
    module = _SIGNED[provider]
    module.verify(post, getattr(providers, provider), now=now)
    read: Callable[[Post], tuple[Event, ...]] = module.events
    return read(post)


_SIGNED: dict[str, ModuleType] = {
    module.NAME: module for module in (sendgrid, postmark, mailgun, resend, generic)
}


def _take(workplace: Workplace, provider: str, post: Post, events: tuple[Event, ...]) -> None:
    if events:
        take(workplace, events, source=provider, raw=post.body)


def _was_used(workplace: Workplace, token: str) -> bool:
    now = workplace.clock.now()
    with workplace.database.read() as connection:
        end = opens_at(
            connection, workplace.keyring, what=_TOKEN, who=token, limit=1, window=_TOKEN_LASTS, now=now
        )
    return end > now


def _use_up(workplace: Workplace, token: str) -> None:
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        within_limit(
            connection, workplace.keyring, what=_TOKEN, who=token, limit=1, window=_TOKEN_LASTS, now=now
        )


def _is_shut_out(workplace: Workplace, network: str) -> bool:
    now = workplace.clock.now()
    with workplace.database.read() as connection:
        return not within_any(
            connection,
            workplace.keyring,
            what=_WHAT,
            who=network,
            limits=_REFUSALS,
            now=now,
            count=False,
        )


def _count_refusal(workplace: Workplace, network: str) -> None:
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        within_any(connection, workplace.keyring, what=_WHAT, who=network, limits=_REFUSALS, now=now)
