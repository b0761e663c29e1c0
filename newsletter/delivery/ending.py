"""What becomes of the deliveries of an issue that has ended before everybody was mailed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from newsletter.delivery import ledger
from newsletter.delivery.delivery import Event, State
from newsletter.delivery.owner import gone_owners
from newsletter.issues.issue import State as IssueState

#: What a delivery says that was skipped because its issue was cancelled.
CANCELLED = "cancelled"
#: Nothing of it has arrived; what is unknown may have, and stays so.
_NOT_MAILED = (State.QUEUED, State.DEFERRED)


def end_the_rest(
    connection: Connection, issue_id: int, state: IssueState, *, now: datetime, reason: str = ""
) -> None:
    """Close what is open of an issue that has ended in *state*; in any other state, nothing.

    Cancelled: whoever was not mailed is skipped. Sent or expired: it is too late for them. What a living
    process is sending right now keeps its outcome; a run calls this again when its last replies are written,
    for what came back to be tried again.
    """
    if state is IssueState.CANCELLED:
        _end_dead(connection, issue_id, now=now)
        ledger.end(connection, issue_id, Event.SKIP, now=now, reason=CANCELLED, states=_NOT_MAILED)
    elif state in (IssueState.SENT, IssueState.EXPIRED):
        _end_dead(connection, issue_id, now=now)
        why = reason or "the issue has ended"
        ledger.end(connection, issue_id, Event.EXPIRE, now=now, reason=why, states=_NOT_MAILED)


def _end_dead(connection: Connection, issue_id: int, *, now: datetime) -> None:
    gone = gone_owners(ledger.owners(connection, issue_id), now=now)
    ledger.take_over(connection, issue_id, gone=gone, now=now)
