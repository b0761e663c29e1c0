"""Deliver: every confirmed reader of an issue gets it once, however often this is run or killed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection, select

from newsletter.clock import Clock
from newsletter.database import Database
from newsletter.delivery import booking, ledger
from newsletter.delivery.booking import Begin, Finish
from newsletter.delivery.delivery import EXPIRES_AFTER, Event
from newsletter.delivery.ending import end_the_rest
from newsletter.delivery.ledger import Claimed
from newsletter.delivery.letter import EXAMPLE_READER, Postman, Reader
from newsletter.delivery.message import to_bytes
from newsletter.delivery.owner import gone_owners, new_owner
from newsletter.delivery.smtp import Outcome, Relay, Reply
from newsletter.errors import DeliveryError, NewsletterError
from newsletter.issues import store as issue_store
from newsletter.issues.course import Event as IssueEvent
from newsletter.issues.issue import State as IssueState
from newsletter.issues.store import StoredIssue
from newsletter.settings import NewsletterSettings
from newsletter.subscribers.address import wire_address
from newsletter.subscribers.store import why_not
from newsletter.workflows.expire_issue import TOO_LATE, expire
from newsletter.workflows.mailroom import Mailroom, open_mailroom
from newsletter.workflows.resume import resume_due
from newsletter.workflows.workplace import Workplace

log = logging.getLogger(__name__)

CHUNK = 50
PAGE = 1000
#: So many broken connections in a row say that the relay is at fault, not the messages.
MAX_LOST_IN_A_ROW = 3

_GOING_OUT = (IssueState.APPROVED, IssueState.SENDING)
_EVENTS = {
    Outcome.ACCEPTED: Event.ACCEPT,
    Outcome.DEFERRED: Event.DEFER,
    Outcome.REJECTED: Event.REJECT,
    Outcome.UNKNOWN: Event.LOSE,
    Outcome.LOST: Event.DEFER,
}

#: Told after every delivery: how many have been attempted in this run.
Progress = Callable[[int], None]


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
    if workplace.settings.smtp_url is None:
        raise DeliveryError("sending", "no relay is configured", "Set smtp_url or NEWSLETTER_SMTP_URL.")
    if stored.started_at and now > stored.started_at + EXPIRES_AFTER:
        expire(workplace, stored, TOO_LATE)
        return _counts(workplace.database, stored.id)
    stored = _start(workplace, newsletter, stored)
    if stored.issue.state not in _GOING_OUT:
        return _counts(workplace.database, stored.id)
    mailroom = open_mailroom(workplace, newsletter, stored)
    # What is wrong with every letter is found before any reader's turn comes, and costs nobody the issue.
    to_bytes(mailroom.general.letter(EXAMPLE_READER))
    _queue_audience(workplace, newsletter, stored)
    with Relay(workplace.settings.smtp_url.get_secret_value()) as relay:
        _send_what_is_due(_Run(workplace, mailroom, relay, progress), stored)
    return _close(workplace, newsletter, stored)


def _start(workplace: Workplace, newsletter: NewsletterSettings, stored: StoredIssue) -> StoredIssue:
    with workplace.database.write() as connection:
        started = issue_store.find(connection, newsletter.name, stored.issue.issued_on)
        # Another process may have finished it since this one looked.
        if started is not None and started.issue.state in _GOING_OUT:
            issue_store.start(connection, stored.id, started_at=workplace.clock.now())
            started = issue_store.find(connection, newsletter.name, stored.issue.issued_on)
    if started is None:
        raise DeliveryError(f"issue of {stored.issue.issued_on}", "is gone", "Restore the database.")
    return started


def _queue_audience(workplace: Workplace, newsletter: NewsletterSettings, stored: StoredIssue) -> None:
    """Give every active reader a delivery, a page a transaction; killed half-way, it starts over."""
    if stored.audience_at is not None:
        return
    resume_due(workplace)
    last: int | None = 0
    while last is not None:
        now = workplace.clock.now()
        with workplace.database.write() as connection:
            last = ledger.queue_page(
                connection, stored.id, newsletter.audience, after_id=last, limit=PAGE, now=now
            )
            if last is None:
                issue_store.audience_complete(connection, stored.id, audience_at=now)


@dataclass
class _Run:
    """One pass over an issue with one connection, and the result that is not yet written."""

    workplace: Workplace
    mailroom: Mailroom
    relay: Relay
    progress: Progress | None
    owner: str = field(default_factory=new_owner)
    unwritten: tuple[Claimed, Event, Reply] | None = None
    lost_in_a_row: int = 0
    attempted: int = 0
    stopped: bool = False

    @property
    def clock(self) -> Clock:
        return self.workplace.clock


def _send_what_is_due(run: _Run, stored: StoredIssue) -> None:
    database = run.workplace.database
    with database.write() as connection:
        _take_over(connection, stored, now=run.clock.now())
    with _letting_go(run):
        while True:
            with database.write() as connection:
                claimed = ledger.claim(
                    connection, stored.id, owner=run.owner, now=run.clock.now(), limit=CHUNK
                )
            if not claimed:
                return
            for one in claimed:
                _attempt(run, stored.id, one)
                if run.stopped:
                    return
            _write_result(run)


def _take_over(connection: Connection, stored: StoredIssue, *, now: datetime) -> None:
    gone = gone_owners(ledger.owners(connection, stored.id), now=now)
    ledger.take_over(connection, stored.id, gone=gone, now=now)


@contextmanager
def _letting_go(run: _Run) -> Iterator[None]:
    """Whatever ends the run, what is known is written and what was not begun is free for the next."""
    try:
        yield
    finally:
        _write_result(run)
        with run.workplace.database.write() as connection:
            held = select(ledger.deliveries.c.id).where(ledger.deliveries.c.owner == run.owner)
            ledger.release(connection, list(connection.scalars(held)), owner=run.owner)
            ledger.end_lease(connection, run.owner)


def _attempt(run: _Run, issue_id: int, claimed: Claimed) -> None:
    """One message: consent read again, the attempt written with the result before it, then sent."""
    postman = _begin(run, issue_id, claimed)
    if postman is None:
        return
    try:
        reader = Reader(wire_address(claimed.address), claimed.handle)
        envelope_from, message = postman.envelope_from(reader), to_bytes(postman.letter(reader))
    except (NewsletterError, ValueError) as error:
        # One reader's message that cannot be written must not keep the others from theirs.
        why = str(error) if isinstance(error, NewsletterError) else type(error).__name__
        log.error("a message cannot be written: %s", why)  # noqa: TRY400 - a trace would show the address
        said = f"the message cannot be written: {why}"
        run.unwritten = (claimed, Event.REJECT, Reply(Outcome.REJECTED, 0, "5.6.0", said))
        return
    try:
        reply = run.relay.send(envelope_from=envelope_from, recipient=reader.address, message=message)
    except DeliveryError:
        run.unwritten = (claimed, Event.RETURN, Reply(Outcome.LOST, 0, "", "the relay could not be used"))
        raise
    except Exception as error:
        # Nobody knows how far it came. Written, it waits for its retry, and the next run gets past it.
        said = f"unexpected {type(error).__name__} while it was sent"
        run.unwritten = (claimed, Event.LOSE, Reply(Outcome.UNKNOWN, 0, "", said))
        raise
    run.unwritten = (claimed, _EVENTS[reply.outcome], reply)
    run.attempted += 1
    if run.progress:
        run.progress(run.attempted)
    run.lost_in_a_row = run.lost_in_a_row + 1 if reply.outcome is Outcome.LOST else 0
    if run.lost_in_a_row >= MAX_LOST_IN_A_ROW:
        raise DeliveryError(
            "the relay",
            f"broke {MAX_LOST_IN_A_ROW} connections in a row ({reply.text})",
            "Check the relay; whoever was not mailed is sent later.",
        )


def _begin(run: _Run, issue_id: int, claimed: Claimed) -> Postman | None:
    """Write the result before, read consent, and write that this attempt begins; None when it must not.

    What is returned writes the edition that the reader's topics, read now, ask for.
    """
    now = run.clock.now()
    postman: Postman | None = None
    with run.workplace.database.write() as connection:
        _write(connection, run)
        # An operator may have held it, or an article of it may have been withdrawn, since the last message.
        run.stopped = issue_store.state_of(connection, issue_id) is not IssueState.SENDING
        ledger.renew_lease(connection, run.owner, now=now)
        asked = [claimed.subscription_id]
        unwanted = why_not(connection, asked, run.mailroom.newsletter.audience.frequency).get(
            claimed.subscription_id
        )
        if not unwanted and not run.stopped:
            assigned = run.mailroom.assign(connection, claimed.subscription_id, claimed.edition)
            if assigned is None:
                _skip(connection, run, claimed, "no edition without what the reader never wants to be sent")
            elif not booking.begin(connection, [Begin(claimed, assigned.sealed)], owner=run.owner, now=now):
                postman = assigned.postman
        elif unwanted:
            _skip(connection, run, claimed, unwanted)
    run.unwritten = None
    return postman


def _skip(connection: Connection, run: _Run, claimed: Claimed, reason: str) -> None:
    skipped = Finish(claimed=claimed, event=Event.SKIP, begun=False, reason=reason)
    booking.finish(connection, [skipped], owner=run.owner, now=run.clock.now())


def _write_result(run: _Run) -> None:
    if run.unwritten is not None:
        with run.workplace.database.write() as connection:
            _write(connection, run)
        run.unwritten = None


def _write(connection: Connection, run: _Run) -> None:
    """Write the result of the attempt before; it is forgotten only once that is committed."""
    if run.unwritten is not None:
        claimed, event, reply = run.unwritten
        said = Finish(
            claimed=claimed, event=event, begun=True, code=reply.code, status=reply.status, reason=reply.text
        )
        booking.finish(connection, [said], owner=run.owner, now=run.clock.now())


def _close(workplace: Workplace, newsletter: NewsletterSettings, stored: StoredIssue) -> dict[str, int]:
    """Mark the issue as sent once nothing is open, and say what became of it."""
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        current = issue_store.find(connection, newsletter.name, stored.issue.issued_on)
        if current is not None:
            # Where it ended while its last messages were under way, what came back is not tried again.
            end_the_rest(connection, stored.id, current.issue.state, now=now)
        counts = ledger.counts(connection, stored.id)
        is_open = ledger.is_open(connection, stored.id)
        if not is_open:
            issue_store.apply_event(connection, stored.id, IssueEvent.FINISH, finished_at=now)
    said = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    log.info("issue %s: %s", stored.issue.issued_on, said or "nobody to mail")
    return counts


def _counts(database: Database, issue_id: int) -> dict[str, int]:
    with database.read() as connection:
        return ledger.counts(connection, issue_id)
