"""Mails that pages and commands cause (confirmations and the like), queued with the act that asks for them.

    queued ──claim──▶ sending ──reply──▶ accepted | rejected
      ▲                  │
      └── 4xx, no relay ─┘ (later, ever later)        queued ──too old or no longer wanted──▶ expired

A row is ``sending`` before anything leaves. When the process dies there, the row is taken again after
ABANDONED_AFTER, under the same Message-ID, so that a mailbox that got it twice shows it once.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Row,
    Table,
    Text,
    bindparam,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from newsletter.database import UTCDateTime, metadata
from newsletter.delivery.enclosure import drop_enclosure, enclosures
from newsletter.subscribers.link import LinkKind
from newsletter.subscribers.schema import mailed_links, subscriptions

#: A mail that has been "sending" for longer than this has lost its sender.
ABANDONED_AFTER = timedelta(minutes=1)

#: RFC 5321 4.5.4.1 asks for at least 30 minutes between tries; a person waits for this mail, and a
#: greylisting relay takes it on the second one, so the first few come sooner.
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240))

#: RFC 5321 4.5.4.1: "the give-up time generally needs to be at least 4-5 days".
GIVE_UP_AFTER = timedelta(days=5)


class MailKind(StrEnum):
    """What a system mail is about."""

    CONFIRMATION = "confirmation"
    RENEWAL = "renewal"
    PREFERENCES = "preferences"
    DATA = "data"
    ADDRESS = "address"
    ALERT = "alert"  # to the operator, and without a link
    FORWARD = "forward"  # a person's letter, to the operator
    ANSWER = "answer"  # to whoever wrote it


class MailState(StrEnum):
    """Where a system mail stands."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"


system_mails = Table(
    "system_mails",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("newsletter", Text, nullable=False),
    Column("handle", LargeBinary(12), nullable=False),
    Column("message_id", Text, nullable=False, unique=True),
    Column("created_at", UTCDateTime, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UTCDateTime, nullable=False),
    Column("last_reply", Text, nullable=False),
    Column("language", Text, nullable=False, server_default=text("''")),
    # Of a mail to the operator: which alert, and why. Empty otherwise.
    Column("alert", Text, nullable=False, server_default=text("''")),
    Column("reason", Text, nullable=False, server_default=text("''")),
    Index("ix_system_mails_due", "state", "next_at"),
)


@dataclass(frozen=True, kw_only=True)
class SystemMail:
    """One queued mail. *handle* is what its link's token carries; *next_at* is when to (re)try.

    *language*: the reader's own choice, or "" for the newsletter's. The handle is gone once the mail is.
    *alert* and *reason*: what an operator is told, and why; "" in other mails, which have a link instead.
    """

    id: int
    kind: MailKind
    recipient: str
    newsletter: str
    handle: bytes
    message_id: str
    created_at: datetime
    state: MailState
    attempts: int
    next_at: datetime
    last_reply: str
    language: str
    alert: str
    reason: str


def enqueue(
    connection: Connection,
    *,
    kind: MailKind,
    recipient: str,
    newsletter: str,
    handle: bytes,
    message_id: str,
    now: datetime,
    language: str = "",
    alert: str = "",
    reason: str = "",
) -> None:
    """Queue a mail in the transaction of the act that asks for it; it leaves at *now*, or after."""
    connection.execute(
        insert(system_mails),
        {
            "kind": kind,
            "recipient": recipient,
            "newsletter": newsletter,
            "handle": handle,
            "message_id": message_id,
            "created_at": now,
            "state": MailState.QUEUED,
            "attempts": 0,
            "next_at": now,
            "last_reply": "",
            "language": language,
            "alert": alert,
            "reason": reason,
        },
    )


def next_due(connection: Connection, *, now: datetime) -> SystemMail | None:
    """The mail that has waited longest for its turn, or None. Changes nothing."""
    # A claim moves next_at to the moment at which its owner counts as dead. State by state, so that the index
    # gives the first one and a long queue is not sorted.
    firsts = [
        row
        for state in (MailState.QUEUED, MailState.SENDING)
        if (row := connection.execute(_FIRST_DUE, {"in_state": state, "now": now}).first())
    ]
    return _mail(min(firsts, key=lambda row: (row.next_at, row.id))) if firsts else None


_FIRST_DUE = (
    select(system_mails)
    .where(system_mails.c.state == bindparam("in_state"), system_mails.c.next_at <= bindparam("now"))
    .order_by(system_mails.c.next_at, system_mails.c.id)
    .limit(1)
)


def claim(connection: Connection, mail: SystemMail, *, now: datetime) -> bool:
    """Make *mail* this process's to send; False when another one was quicker."""
    return (
        connection.execute(
            update(system_mails)
            .where(
                system_mails.c.id == mail.id,
                system_mails.c.state == mail.state,
                system_mails.c.attempts == mail.attempts,
            )
            .values(state=MailState.SENDING, attempts=mail.attempts + 1, next_at=now + ABANDONED_AFTER)
        ).rowcount
        == 1
    )


def finish(connection: Connection, mail: SystemMail, state: MailState, *, reply: str) -> None:
    """Record how it ended, with the relay's words (or ours) as they were; its link and enclosure go."""
    connection.execute(
        update(system_mails)
        .where(system_mails.c.id == mail.id, _open())
        .values(state=state, last_reply=reply, handle=b"")
    )
    drop_enclosure(connection, mail.id)


def put_back(connection: Connection, mail: SystemMail, *, reply: str, now: datetime) -> MailState:
    """Queue *mail* (as it was before the claim) for a later try, or give up when it has grown too old."""
    next_at = now + RETRY_AFTER[min(mail.attempts, len(RETRY_AFTER) - 1)]
    state = MailState.QUEUED if next_at <= mail.created_at + GIVE_UP_AFTER else MailState.EXPIRED
    wiped = {"handle": b""} if state is MailState.EXPIRED else {}
    connection.execute(
        update(system_mails)
        # Not when another process has taken it over meanwhile.
        .where(system_mails.c.id == mail.id, system_mails.c.attempts == mail.attempts + 1, _open())
        .values(state=state, next_at=next_at, last_reply=reply, **wiped)
    )
    if state is MailState.EXPIRED:
        drop_enclosure(connection, mail.id)
    return state


def postpone(connection: Connection, mail: SystemMail, *, until: datetime, why: str) -> None:
    """Queue *mail* (as it was before the claim) again, as if it had not been claimed."""
    connection.execute(
        update(system_mails)
        .where(system_mails.c.id == mail.id, system_mails.c.attempts == mail.attempts + 1, _open())
        .values(state=MailState.QUEUED, attempts=mail.attempts, next_at=until, last_reply=why)
    )


def let_go(connection: Connection, *, why: str, now: datetime) -> int:
    """Make due what was postponed for this reason; how many mails."""
    held = (system_mails.c.state == MailState.QUEUED) & (system_mails.c.last_reply == why)
    return connection.execute(update(system_mails).where(held).values(next_at=now)).rowcount


def answered(connection: Connection, *, since: datetime, until: datetime) -> tuple[int, int]:
    """How many confirmations that sites' forms asked for the relay took in that time, and were confirmed.

    A link that is closed because its reader left, or was taken off by somebody, was not confirmed.
    """
    said_yes = case((subscriptions.c.confirmed_at >= mailed_links.c.requested_at, 1))
    row = connection.execute(
        select(func.count(), func.count(said_yes))
        .select_from(mailed_links)
        .join(system_mails, system_mails.c.message_id == mailed_links.c.message_id)
        .join(subscriptions, subscriptions.c.id == mailed_links.c.subscription_id)
        .where(
            mailed_links.c.kind == LinkKind.CONFIRM,
            mailed_links.c.site != "",
            system_mails.c.state == MailState.ACCEPTED,
            # When it left: a mail may have waited for long. The claim wrote it, with its own lease.
            system_mails.c.next_at >= since + ABANDONED_AFTER,
            system_mails.c.next_at <= until + ABANDONED_AFTER,
        )
    ).one()
    return row[0], row[1]


def mail_called(connection: Connection, message_id: str) -> SystemMail | None:
    """The mail with that Message-ID, as long as it is kept."""
    row = connection.execute(select(system_mails).where(system_mails.c.message_id == message_id)).first()
    return _mail(row) if row else None


def mails_to(connection: Connection, recipient: str) -> list[SystemMail]:
    """Every system mail for the address as it was given, oldest first."""
    rows = connection.execute(
        select(system_mails).where(system_mails.c.recipient == recipient).order_by(system_mails.c.id)
    )
    return [_mail(row) for row in rows]


def _open() -> ColumnElement[bool]:
    return system_mails.c.state.in_((MailState.QUEUED, MailState.SENDING))


def _mail(row: Row[Any]) -> SystemMail:
    words = {"state": MailState(row.state), "kind": MailKind(row.kind)}
    return SystemMail(**{**row._mapping, **words})  # noqa: SLF001 - public there


def forget_mails(connection: Connection, *, before: datetime) -> int:
    """Delete the mails from before that moment that are done with; how many there were."""
    done = delete(system_mails).where(system_mails.c.created_at < before, ~_open())
    return connection.execute(done).rowcount


def forget_mails_to(
    connection: Connection, recipients: Collection[str], *, message_ids: Collection[str] = ()
) -> None:
    """Delete every mail to one of these addresses (as they were given), and these mails, sent or not."""
    theirs = or_(system_mails.c.recipient.in_(recipients), system_mails.c.message_id.in_(message_ids))
    connection.execute(
        delete(enclosures).where(enclosures.c.mail_id.in_(select(system_mails.c.id).where(theirs)))
    )
    connection.execute(delete(system_mails).where(theirs))
