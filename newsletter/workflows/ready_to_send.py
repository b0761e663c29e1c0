"""Ready to send: an issue composed, let go by whom it takes, and past its last check."""

from __future__ import annotations

from datetime import date

from newsletter.errors import DeliveryError, RefusedError
from newsletter.issues.issue import State
from newsletter.issues.store import StoredIssue
from newsletter.rendering import store as edition_store
from newsletter.settings import NewsletterSettings
from newsletter.workflows.compose import clear_to_send, compose
from newsletter.workflows.next_step import next_step
from newsletter.workflows.workplace import Workplace

_WAITS = (State.WAITING, State.HELD, State.SKIPPED, State.PAUSED, State.CANCELLED)


def ready_to_send(
    workplace: Workplace, newsletter: NewsletterSettings, day: date, *, seen: str = ""
) -> StoredIssue:
    """The issue of *day*, composed if need be, which a person wants to send now.

    *seen*: the hash of the general edition that they looked at, where they did.

    Raises:
        PickError: it cannot be made.
        RefusedError: a person holds, skips or cancels it, or it waits for approval; a check failed; or it is
            not what was seen.
    """
    stored = compose(workplace, newsletter, day)
    if stored.issue.state in _WAITS:
        why = f" ({stored.reason})" if stored.reason else ""
        raise RefusedError(f"issue of {day}", f"is {stored.issue.state.value}{why}", next_step(stored))
    if seen:
        with workplace.database.read() as connection:
            edition = edition_store.find(connection, stored.id)
        if edition is None or edition.hash != seen:
            step = "Look at it as it is now, and send that."
            raise RefusedError(f"issue of {day}", "is not what you looked at any more", step)
    clear_to_send(workplace, newsletter, day)
    return stored


def refuse_without_relay(workplace: Workplace) -> None:
    """Say at once what a sender in another thread would find out unheard.

    Raises:
        DeliveryError: no relay is configured.
    """
    if not workplace.settings.every_relay:
        raise DeliveryError("sending", "no relay is configured", "Set smtp_url or NEWSLETTER_SMTP_URL.")
