"""Sites are told what waits for them. Any process may do it; each event has one sender at a time."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from newsletter.database import owe_clean_up
from newsletter.notices.endpoint import endpoint_of, note_answer
from newsletter.notices.queue import EventState, WebhookEvent, claim, finish, next_due, put_back, refuse
from newsletter.notices.receiver import TIMEOUT_S, Receiver
from newsletter.notices.webhook import Answer, Verdict, sign
from newsletter.rendering.notice import Alert
from newsletter.settings.site import SiteSettings
from newsletter.subscribers.store import get_subscriber
from newsletter.workflows.alert import alert
from newsletter.workflows.workplace import Workplace

log = logging.getLogger(__name__)

#: So many sites are called at the same time; each waits for its own answers only.
AT_ONCE = 32
#: What is due after so long waits for the next round: one receiver that is slow must not make others wait.
ROUND_S = 15.0


@dataclass(kw_only=True)
class CallReport:
    """What one round did with the events that were due. *disabled*: sites that were switched off."""

    taken: int = 0
    put_back: int = 0
    failed: int = 0
    disabled: list[str] = field(default_factory=list)

    def add(self, other: CallReport) -> None:
        """Take in what was done for another site."""
        self.taken += other.taken
        self.put_back += other.put_back
        self.failed += other.failed
        self.disabled += other.disabled


def call_webhooks(workplace: Workplace, *, limit: int = 100, timeout_s: float = TIMEOUT_S) -> CallReport:
    """Send each site up to *limit* due events, one after the other; what is not taken stays queued.

    *timeout_s*: for each of them, from the name's look-up to the end of the answer.

    An error with one site is logged and does not stop another.
    """
    report = CallReport()
    due = [site for site in workplace.settings.sites if site.webhook and _due(workplace, site.key)]
    if due:
        with ThreadPoolExecutor(min(AT_ONCE, len(due)), thread_name_prefix="webhook") as pool:
            for each in pool.map(lambda site: _call(workplace, site, limit=limit, timeout_s=timeout_s), due):
                report.add(each)
    return report


def _call(workplace: Workplace, site: SiteSettings, *, limit: int, timeout_s: float) -> CallReport:
    report = CallReport()
    try:
        receiver = Receiver(site.webhook.url if site.webhook else "", timeout_s=timeout_s)
        _tell(workplace, site.key, receiver, limit=limit, report=report)
    except Exception:
        # A full disk, a fault of ours: what was claimed is taken up again, and other sites are still told.
        log.exception("the webhook of %s was not called", site.key)
    return report


def _tell(workplace: Workplace, site: str, receiver: Receiver, *, limit: int, report: CallReport) -> None:
    """Tell one site, until nothing is due, it does not work, or the round is over."""
    ends_at = time.monotonic() + ROUND_S
    for _ in range(limit):
        event = _due(workplace, site)
        if event is None or time.monotonic() >= ends_at:
            return
        now = workplace.clock.now()
        with workplace.database.write() as connection:
            if not claim(connection, event, now=now):
                continue
        headers = sign(workplace.keyring, site=site, event_id=event.event_id, body=event.body, now=now)
        answer = receiver.post(event.body, headers, now=now)
        _write_down(workplace, event, answer, report=report)


def _due(workplace: Workplace, site: str) -> WebhookEvent | None:
    now = workplace.clock.now()
    with workplace.database.read() as connection:
        if not endpoint_of(connection, site).is_open(now):
            return None
        return next_due(connection, site, now=now)


def _write_down(workplace: Workplace, event: WebhookEvent, answer: Answer, *, report: CallReport) -> None:
    """Keep what the receiver said, of the event and of the receiver as a whole, in one transaction."""
    now, site = workplace.clock.now(), event.site
    with workplace.database.write() as connection:
        state = _settle(connection, event, answer, now=now)
        why_off = note_answer(connection, site, answer, now=now)
        if why_off:
            reason = f"the webhook of {site} is switched off: {why_off}"
            alert(connection, workplace, Alert.WEBHOOK, reason=reason, now=now, about=site)
            report.disabled.append(site)
    if state is EventState.DONE:
        report.taken += 1
    elif state is EventState.FAILED:
        report.failed += 1
        log.error("the webhook of %s refused an event for days, which is given up: %s", site, answer)
    else:
        report.put_back += 1
        log.warning("the webhook of %s did not take an event: %s", site, answer)


def _settle(connection: Connection, event: WebhookEvent, answer: Answer, *, now: datetime) -> EventState:
    if answer.verdict is Verdict.REFUSED:
        state = refuse(connection, event, reply=str(answer), now=now)
    elif answer.verdict is Verdict.TAKEN:
        finish(connection, event, reply=str(answer))
        state = EventState.DONE
    else:
        put_back(connection, event, reply=str(answer), next_at=now)
        return EventState.QUEUED
    if state is not EventState.QUEUED and not get_subscriber(connection, event.subscriber_id).address:
        owe_clean_up(connection)  # the last word about a reader who was erased: the only trace of them
    return state
