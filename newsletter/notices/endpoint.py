"""How the receiver of each site fares: one that is not well is left alone, and at last switched off.

    well ──no answer, 5xx, 429, 408, 3xx──▶ waiting, ever longer ──DISABLE_AFTER, or 410──▶ off
      ▲                                        │                                             │
      └──────────────────2xx───────────────────┘                       an operator: enable ──┘

Its events stay queued while it is off.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from newsletter.notices.queue import EventState, count_events
from newsletter.notices.schema import webhook_endpoints
from newsletter.notices.webhook import DISABLE_AFTER, Answer, Verdict, wait_after

#: Failures further apart are not one long failure: nothing was tried in between.
_STREAK_ENDS = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """The receiver of one site. *failing_since*: since when it has taken nothing; None: it is well.

    *failures*: how often in a row it did not work at all. *next_at*: when it may be tried again.
    *disabled_at*: since when it is off. *reason*: why, or the last answer of one that fails.
    """

    site: str
    failing_since: datetime | None = None
    failures: int = 0
    next_at: datetime | None = None
    disabled_at: datetime | None = None
    reason: str = ""

    def is_open(self, now: datetime) -> bool:
        """Whether it may be tried now."""
        return self.disabled_at is None and (self.next_at is None or self.next_at <= now)


@dataclass(frozen=True, kw_only=True)
class WebhookStatus:
    """How things stand with the webhook of a site: its receiver, and how many events are in which state."""

    endpoint: Endpoint
    events: dict[EventState, int]

    @property
    def waiting(self) -> int:
        """How many events it is still to be told."""
        return self.events[EventState.QUEUED] + self.events[EventState.SENDING]


def endpoint_of(connection: Connection, site: str) -> Endpoint:
    """The receiver of *site*; one that was never tried is well."""
    row = connection.execute(select(webhook_endpoints).where(webhook_endpoints.c.site == site)).first()
    return Endpoint(**row._mapping) if row else Endpoint(site=site)  # noqa: SLF001 - public there


def webhook_status(connection: Connection, site: str) -> WebhookStatus:
    """How things stand with the webhook of *site*. Changes nothing."""
    return WebhookStatus(endpoint=endpoint_of(connection, site), events=count_events(connection, site))


def enable(connection: Connection, site: str) -> bool:
    """Let the events of *site* go on, at once; False when it was not switched off.

    One that only waits is not made to wait any longer, either.
    """
    was_off = endpoint_of(connection, site).disabled_at is not None
    _write(connection, site, failing_since=None, failures=0, next_at=None, disabled_at=None, reason="")
    return was_off


def note_answer(connection: Connection, site: str, answer: Answer, *, now: datetime) -> str:
    """Keep what *answer*, to one event, says about the receiver as a whole.

    Returns:
        Why it was switched off by this answer, in words for an operator; "" when it was not.
    """
    before = endpoint_of(connection, site)
    if before.disabled_at is not None:
        return ""  # one that was on its way; only a person switches it on again
    if answer.verdict is Verdict.TAKEN:
        if before.failing_since is not None:
            _write(connection, site, failing_since=None, failures=0, next_at=None, reason="")
        return ""
    since = _failing_since(before, now)
    is_well = answer.verdict is Verdict.REFUSED
    failures = 0 if is_well else (before.failures if since == before.failing_since else 0) + 1
    wait = timedelta() if is_well else wait_after(failures, asked=answer.retry_after)
    why_off = _why_off(answer, now - since)
    _write(
        connection,
        site,
        failing_since=since,
        failures=failures,
        next_at=now + wait,
        disabled_at=now if why_off else None,
        reason=why_off or str(answer),
    )
    return why_off


def _failing_since(before: Endpoint, now: datetime) -> datetime:
    since = before.failing_since
    if since is None or (before.next_at is not None and now - before.next_at > _STREAK_ENDS):
        return now
    return since


def _why_off(answer: Answer, failing: timedelta) -> str:
    if answer.verdict is Verdict.GONE:
        return "it answered 410, which means that it is gone"
    if failing >= DISABLE_AFTER:
        return f"it has taken nothing for {failing.days} days; the last answer was: {answer}"
    return ""


def _write(connection: Connection, site: str, **values: object) -> None:
    change = update(webhook_endpoints).where(webhook_endpoints.c.site == site).values(**values)
    if connection.execute(change).rowcount:
        return
    row = {"site": site, "failures": 0, "reason": ""} | values
    try:
        with connection.begin_nested():
            connection.execute(insert(webhook_endpoints).values(row))
    except IntegrityError:  # another process was quicker
        connection.execute(change)
