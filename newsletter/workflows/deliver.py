"""Deliver: every confirmed reader of an issue gets it once, however often this is run or killed."""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, datetime

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from newsletter.database import Database
from newsletter.delivery import ledger
from newsletter.delivery.delivery import EXPIRES_AFTER, OPEN, State
from newsletter.delivery.ending import end_the_rest
from newsletter.delivery.ledger import LEASE
from newsletter.delivery.letter import EXAMPLE_READER
from newsletter.delivery.owner import gone_owners, new_owner
from newsletter.delivery.pool import Pool
from newsletter.errors import DeliveryError
from newsletter.issues import store as issue_store
from newsletter.issues.course import Event as IssueEvent
from newsletter.issues.issue import State as IssueState
from newsletter.issues.store import StoredIssue
from newsletter.settings import NewsletterSettings, Settings
from newsletter.workflows.dispatch import Dispatch, Progress
from newsletter.workflows.expire_issue import TOO_LATE, expire, expire_before
from newsletter.workflows.judge_issue import canary_left, pass_canary, watch
from newsletter.workflows.let_go import settle
from newsletter.workflows.mailroom import Mailroom, open_mailroom
from newsletter.workflows.resume import resume_due
from newsletter.workflows.workplace import Workplace

log = logging.getLogger(__name__)

#: So many readers are queued in one transaction, while sending goes on.
PAGE = 1000
#: How often a run looks whether another that holds deliveries has let go of them.
_LOOK_AGAIN_S = 0.2

_GOING_OUT = (IssueState.APPROVED, IssueState.SENDING)


def deliver(
    workplace: Workplace, newsletter: NewsletterSettings, day: date, *, progress: Progress | None = None
) -> dict[str, int]:
    """Send the composed issue of *day* to whoever is due, and return the counts by delivery state.

    Ends when every delivery has an outcome or a retry time. Harmless to run again, or twice at once.

    Raises:
        DeliveryError: the issue was not composed, no relay is configured, or the relay cannot be used;
            whoever was not mailed stays queued.
    """
    now = workplace.clock.now()
    with workplace.database.read() as connection:
        stored = issue_store.find(connection, newsletter.name, day)
    if stored is None:
        raise DeliveryError(f"issue of {day}", "is not composed", f"Run: newsletter send {day}")
    if stored.issue.state not in _GOING_OUT:
        return _counts(workplace.database, stored.id)
    if not workplace.settings.every_relay:
        raise DeliveryError("sending", "no relay is configured", "Set smtp_url or NEWSLETTER_SMTP_URL.")
    if stored.started_at and now > stored.started_at + EXPIRES_AFTER:
        expire(workplace, stored, TOO_LATE)
        return _counts(workplace.database, stored.id)
    # What is wrong with every letter is found before the issue begins, and costs nobody the issue: neither
    # its 36 hours nor the end of the one before it run from a try that could reach nobody.
    open_mailroom(workplace, newsletter, stored).general.message(EXAMPLE_READER)
    expire_before(workplace, newsletter, day)
    stored = _start(workplace, newsletter, stored)
    if stored.issue.state not in _GOING_OUT:
        return _counts(workplace.database, stored.id)
    mailroom = open_mailroom(workplace, newsletter, stored)
    if stored.audience_at is None:
        resume_due(workplace)
    try:
        _send(workplace, mailroom, progress)
    except DeliveryError as error:
        # Whoever pressed the button looks at a page, and not into the log of the process that sends.
        with suppress(DatabaseError), workplace.database.write() as connection:
            issue_store.note_fault(connection, stored.id, str(error))
        raise
    return _close(workplace, newsletter, stored)


def deliver_to_the_end(
    workplace: Workplace, newsletter: NewsletterSettings, day: date, *, progress: Progress | None = None
) -> dict[str, int]:
    """``deliver``, and stay until what another process holds has an outcome or a retry time, too.

    If the other one dies, what it held is sent from here.

    Raises:
        DeliveryError: as ``deliver``.
    """
    counts = deliver(workplace, newsletter, day, progress=progress)
    while _is_held(workplace, newsletter, day) and not workplace.stopping.is_set():
        # Not an Event.wait: a signal's handler sets that event in this very thread, and would wait for it.
        time.sleep(_LOOK_AGAIN_S)
        counts = deliver(workplace, newsletter, day, progress=progress)
    return counts


def _is_held(workplace: Workplace, newsletter: NewsletterSettings, day: date) -> bool:
    with workplace.database.read() as connection:
        stored = issue_store.find(connection, newsletter.name, day)
        is_going_out = stored is not None and stored.issue.state in _GOING_OUT
        return stored is not None and is_going_out and bool(ledger.owners(connection, stored.id))


def _start(workplace: Workplace, newsletter: NewsletterSettings, stored: StoredIssue) -> StoredIssue:
    with workplace.database.write() as connection:
        started = issue_store.find(connection, newsletter.name, stored.issue.issued_on)
        # Another process may have finished it since this one looked.
        if started is not None and started.issue.state in _GOING_OUT:
            # The last gate: what readers get is, byte for byte, what was approved, or it does not begin.
            settle(connection, newsletter, started)
            started = issue_store.of_day(connection, newsletter.name, stored.issue.issued_on)
        if started is not None and started.issue.state in _GOING_OUT:
            issue_store.start(connection, stored.id, started_at=workplace.clock.now())
            started = issue_store.find(connection, newsletter.name, stored.issue.issued_on)
    if started is None:
        raise DeliveryError(f"issue of {stored.issue.issued_on}", "is gone", "Restore the database.")
    return started


def _send(workplace: Workplace, mailroom: Mailroom, progress: Progress | None) -> None:
    """Send to whoever is due, over as many connections as are set, while the audience is still queued."""
    settings, stored = workplace.settings, mailroom.stored
    with workplace.database.write() as connection:
        take_over(connection, stored, now=workplace.clock.now())
    desk = Dispatch(
        workplace=workplace,
        mailroom=mailroom,
        owner=new_owner(),
        states=open_states(settings),
        progress=progress,
        is_complete=stored.audience_at is not None,
    )
    pool = Pool(
        settings.every_relay,
        connections=settings.connections,
        share=settings.messages_per_connection,
        is_over=lambda: desk.stopped or workplace.stopping.is_set(),
    )
    try:
        # A thread of its own, so that it does not matter what loop runs in the caller's.
        with ThreadPoolExecutor(1, thread_name_prefix="couriers") as couriers:
            couriers.submit(asyncio.run, _run(desk, pool)).result()
    finally:
        desk.close()
        desk.write_unwritten()


async def _run(desk: Dispatch, pool: Pool) -> None:
    queueing = asyncio.create_task(_queue_audience(desk))
    others = [asyncio.create_task(_renew(desk)), asyncio.create_task(watch(desk))]
    try:
        desk.limit = canary_left(desk)
        if desk.limit:
            await _carry(desk, pool)
            if not desk.stopped:
                pass_canary(desk)
        desk.limit = None
        await _carry(desk, pool)
        await queueing
    finally:
        for task in (*others, queueing):
            task.cancel()
        await asyncio.gather(*others, queueing, return_exceptions=True)


async def _carry(desk: Dispatch, pool: Pool) -> None:
    """Until nothing is due: what was given back is asked for again; a relay that keeps breaking raises."""
    while await desk.has_due():
        await pool.run(desk)


async def _renew(desk: Dispatch) -> None:
    """Say again and again that this run is alive, however long its relay takes."""
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 3)
        with suppress(DatabaseError):  # whoever books next is told
            desk.renew_lease()


async def _queue_audience(desk: Dispatch) -> None:
    """Give every active reader a delivery, a page a transaction; killed half-way, it starts over."""
    last: int | None = 0
    try:
        while last is not None and not (desk.is_complete or desk.stopped):
            last = _queue_page(desk, last)
            await asyncio.sleep(0)  # couriers that have something to book come between
    except BaseException:
        desk.stopped = True  # nobody is to wait for readers who do not come
        raise
    desk.is_complete = desk.is_complete or last is None


def _queue_page(desk: Dispatch, after_id: int) -> int | None:
    now, stored = desk.workplace.clock.now(), desk.mailroom.stored
    with desk.workplace.database.write() as connection:
        last = ledger.queue_page(
            connection, stored.id, desk.mailroom.newsletter.audience, after_id=after_id, limit=PAGE, now=now
        )
        if last is None:
            issue_store.audience_complete(connection, stored.id, audience_at=now)
    return last


def take_over(connection: Connection, stored: StoredIssue, *, now: datetime) -> None:
    """Free what senders held that will not be heard of again."""
    gone = gone_owners(ledger.owners(connection, stored.id), now=now)
    ledger.take_over(connection, stored.id, gone=gone, now=now)


def open_states(settings: Settings) -> tuple[State, ...]:
    """In which states a delivery may still go out: of unknown outcome only where that is wanted."""
    return tuple(one for one in OPEN if one is not State.UNKNOWN or settings.unknown_outcome == "resend")


def _close(workplace: Workplace, newsletter: NewsletterSettings, stored: StoredIssue) -> dict[str, int]:
    """Mark the issue as sent once nothing is open, and say what became of it."""
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        current = issue_store.find(connection, newsletter.name, stored.issue.issued_on)
        if current is not None:
            # Where it ended while its last messages were under way, what came back is not tried again.
            end_the_rest(connection, stored.id, current.issue.state, now=now)
        counts = ledger.counts(connection, stored.id)
        is_open = ledger.is_open(connection, stored.id, states=open_states(workplace.settings))
        if is_open and current is not None and current.reason:
            issue_store.note_fault(connection, stored.id, "")
        if not is_open:
            issue_store.apply_event(connection, stored.id, IssueEvent.FINISH, finished_at=now)
    said = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    log.info("issue %s: %s", stored.issue.issued_on, said or "nobody to mail")
    return counts


def _counts(database: Database, issue_id: int) -> dict[str, int]:
    with database.read() as connection:
        return ledger.counts(connection, issue_id)
