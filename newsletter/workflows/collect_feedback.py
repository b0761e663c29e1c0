"""Collect what came back: read it, act on it, and only then mark it in its mailbox.

A message is marked once the database knows; killed in between, it is taken again, which changes nothing. The
mailbox loses nothing: what needs a person stays unread.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, fields

from sqlalchemy.exc import OperationalError

from newsletter.errors import SettingsError
from newsletter.feedback.correspondence import is_surely_automatic
from newsletter.feedback.event import Kind, Reason
from newsletter.feedback.incoming import Incoming
from newsletter.feedback.mailbox import mailbox_at
from newsletter.feedback.report import events_of
from newsletter.workflows.forward_letter import Handling, forward_letter
from newsletter.workflows.take_feedback import take
from newsletter.workflows.workplace import Workplace

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Collected:
    """What was done with *read* messages.

    *matched*, *unmatched*, *repeated*: what they report, as in take(). Letters of people are *forwarded*, or
    *kept* unread in the mailbox. *reports*: on DMARC. *failed*: could not be taken, and are tried again.
    """

    read: int = 0
    matched: int = 0
    unmatched: int = 0
    repeated: int = 0
    forwarded: int = 0
    kept: int = 0
    reports: int = 0
    failed: int = 0

    def __add__(self, other: Collected) -> Collected:
        return Collected(
            **{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)}
        )

    def __str__(self) -> str:
        return ", ".join(f"{count} {name}" for name, count in asdict(self).items() if count) or "nothing"


def collect_feedback(workplace: Workplace) -> Collected:
    """Take every message that waits in the configured mailbox, and tell what became of them.

    Raises:
        SettingsError: no mailbox is configured.
        DeliveryError: it cannot be reached or read; what was taken before is taken.
    """
    url = workplace.settings.mailbox_url
    if url is None:
        raise SettingsError("mailbox", "none is set", "Set NEWSLETTER_MAILBOX_URL (mailbox_url).")
    mailbox, collected = mailbox_at(url.get_secret_value()), Collected()
    with mailbox.open() as messages:
        for incoming in messages:
            collected += _take_safely(workplace, incoming, source=mailbox.source)
            if workplace.stopping.is_set():
                break
    if collected != Collected():
        log.info("collected from the mailbox: %s", collected)
    return collected


def take_message(workplace: Workplace, incoming: Incoming, *, source: str) -> Collected:
    """Act on one message, and mark it. Every error is the caller's, who then may give it again."""
    events = events_of(incoming.raw)
    reasons = {event.reason for event in events if event.kind is Kind.NONE}
    is_person = Reason.PERSON in reasons
    # What only words show to be a machine's may be a reader's who writes of absence, or on vacation: somebody
    # is to read it, but it is not answered.
    is_doubtful = any(event.kind is Kind.AUTO_REPLY for event in events) and not is_surely_automatic(
        incoming.raw
    )
    handling = None
    if is_person or is_doubtful:
        handling = forward_letter(workplace, incoming, is_answered=is_person)
    taken = take(workplace, events, source=source, raw=incoming.raw)
    needs_person = handling is Handling.KEPT or (handling is None and bool(taken.unmatched))
    incoming.mark(not needs_person)
    return Collected(
        read=1,
        matched=taken.matched,
        unmatched=taken.unmatched,
        repeated=taken.repeated,
        forwarded=int(handling is Handling.FORWARDED),
        kept=int(handling is Handling.KEPT),
        reports=int(Reason.DMARC in reasons),
    )


def _take_safely(workplace: Workplace, incoming: Incoming, *, source: str) -> Collected:
    """The same; one message that cannot be taken does not hold up those behind it."""
    try:
        return take_message(workplace, incoming, source=source)
    except (OSError, OperationalError):
        raise  # no message is at fault: the database or the mailbox cannot be used
    except Exception as error:  # noqa: BLE001 - whatever strangers may have written
        # Its words may quote the message, which may be somebody's: only its kind is told.
        log.error("a message was not taken (%s); it stays in the mailbox", type(error).__name__)  # noqa: TRY400
        return Collected(read=1, failed=1)
