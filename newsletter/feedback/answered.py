"""What relays answered at send time, read from the ledger, as events like those that come back by mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, select

from newsletter.delivery.delivery import State
from newsletter.delivery.ledger import deliveries
from newsletter.feedback.event import Event, Kind, Permanence, Reason
from newsletter.feedback.failure import Failure, failure_of
from newsletter.issues.store import issues
from newsletter.subscribers.address import mail_domain
from newsletter.subscribers.schema import subscribers, subscriptions

#: RFC 5321 4.2.3: the mailbox is not available, not local, or its name is not allowed.
_ABOUT_MAILBOXES = (550, 551, 553)


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A delivery of which a relay said its last word: *code* and *status* as it gave them, or 0 and ""."""

    id: int
    subscription_id: int
    newsletter: str
    issued_on: date
    handle: bytes
    address: str
    state: State
    code: int
    status: str
    reason: str
    relay: str
    refused_at: str

    @property
    def domain(self) -> str:
        """Where the mailbox is."""
        return mail_domain(self.address)

    def event(self, message_id: str) -> Event | None:
        """What it says about the reader; None: nothing, or not yet.

        A refusal for good counts, and what was put off until the letter was too old to be sent.
        """
        is_late = self.state is State.EXPIRED and 400 <= self.code < 500
        if not (self.state is State.REJECTED or is_late) or not self.code:
            return None
        said = f"{self.code} {self.reason}"
        found = failure_of(said, status=self.status)
        return Event(
            kind=Kind.BOUNCE,
            recipient=self.address,
            status=found.status,
            permanence=Permanence.TEMPORARY if is_late else Permanence.PERMANENT,
            reason=self._reason(found),
            diagnostic=said,
            message_ids=(message_id,),
            remote_id=f"delivery {self.id}",
        )

    def _reason(self, found: Failure) -> Reason:
        """Why, also where nothing but the code was said: then it says by when it came (RFC 5321 4.3.2).

        What is said of an address once the letter itself was sent may be said of any address in it.
        """
        is_of_address = found.reason in (Reason.NO_ADDRESS, Reason.NO_DOMAIN)
        is_sure = self.status.startswith("5.1.") or self.status == "5.2.1"
        if is_of_address and self.refused_at == "data" and not is_sure:
            return Reason.OTHER
        if found.reason is not Reason.OTHER or self.state is not State.REJECTED:
            return found.reason
        if self.refused_at == "rcpt" and self.code in _ABOUT_MAILBOXES:
            return Reason.NO_ADDRESS
        return Reason.CONTENT if self.refused_at == "data" else Reason.OTHER


def page_of_all(connection: Connection, issue_id: int, *, after: int = 0, limit: int) -> list[Answered]:
    """Up to *limit* deliveries of an issue, whatever their state, by subscription above *after*."""
    mine = (deliveries.c.issue_id == issue_id) & (deliveries.c.subscription_id > after)
    return _page(connection, mine, by=deliveries.c.subscription_id, limit=limit)


def page_of_unsent(
    connection: Connection, issue_id: int, *, after: int = 0, limit: int, states: Sequence[State]
) -> list[Answered]:
    """Up to *limit* deliveries of an issue in one of *states*, of few, by their number above *after*."""
    # The index by state finds these few; asked for in order, a million others would be passed over.
    few = select(deliveries.c.id).where(deliveries.c.issue_id == issue_id, deliveries.c.state.in_(states))
    mine = deliveries.c.id.in_(few) & (deliveries.c.id > after)
    return _page(connection, mine, by=deliveries.c.id, limit=limit)


def _page(
    connection: Connection, which: ColumnElement[bool], *, by: ColumnElement[int], limit: int
) -> list[Answered]:
    rows = connection.execute(
        select(
            deliveries.c.id,
            deliveries.c.subscription_id,
            issues.c.newsletter,
            issues.c.issued_on,
            subscriptions.c.handle,
            subscribers.c.address,
            deliveries.c.state,
            deliveries.c.code,
            deliveries.c.status,
            deliveries.c.reason,
            deliveries.c.relay,
            deliveries.c.refused_at,
        )
        .join_from(deliveries, issues, issues.c.id == deliveries.c.issue_id)
        .join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(which)
        .order_by(by)
        .limit(limit)
    )
    return [
        Answered(
            id=row.id,
            subscription_id=row.subscription_id,
            newsletter=row.newsletter,
            issued_on=row.issued_on,
            handle=row.handle,
            address=row.address,
            state=State(row.state),
            code=row.code or 0,
            status=row.status or "",
            reason=row.reason or "",
            relay=row.relay or "",
            refused_at=row.refused_at or "",
        )
        for row in rows
    ]
