"""What couriers have to say to the ledger, written for many at once: one commit serves all that wait."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, null, update

from newsletter.database import Prepared
from newsletter.delivery.delivery import Event, State, following_state
from newsletter.delivery.issue_count import count_change
from newsletter.delivery.ledger import Claimed, deliveries
from newsletter.delivery.retry import retry_after

#: What a server repeats of an address does not belong in a reason, which outlives the reader's data.
_ADDRESS = re.compile(r"[^\s<>]+@[^\s<>]+")


@dataclass(frozen=True, kw_only=True)
class Finish:
    """What became of one attempt, or that none was made.

    *begun*: `sending` was committed for it; without, a refusal is told of a row that is as it was claimed.
    *wait_until*: try it then, in place of the usual time.
    """

    claimed: Claimed
    event: Event
    begun: bool
    code: int = 0
    status: str = ""
    reason: str = ""
    relay: str = ""
    wait_until: datetime | None = None


@dataclass(frozen=True)
class Begin:
    """A message whose final dot leaves once this is committed. *edition*: which topic edition, sealed."""

    claimed: Claimed
    edition: bytes | None = None


def finish(
    connection: Connection, issue_id: int, finishes: Sequence[Finish], *, owner: str, now: datetime
) -> None:
    """Write what became of *owner*'s attempts at the issue, and let go of the rows.

    Nothing, for a row that another took over meanwhile: its word counts.
    """
    if finishes:
        _run(connection, issue_id, _FINISH, [_finished(one, owner, now) for one in finishes])


def begin(
    connection: Connection, issue_id: int, begins: Sequence[Begin], *, owner: str, now: datetime
) -> set[int]:
    """Write that attempts begin; the ids of those that are not *owner*'s to send any more."""
    rows = [
        {
            "row_id": one.claimed.id,
            "row_owner": owner,
            "row_state": one.claimed.state.value,
            "state": following_state(one.claimed.state, Event.SEND).value,
            "attempts": one.claimed.attempts + 1,
            "changed_at": now,
            "edition": one.edition,
        }
        for one in begins
    ]
    begun = _run(connection, issue_id, _BEGIN, rows)
    return {one.claimed.id for one, is_begun in zip(begins, begun, strict=True) if not is_begun}


def _run(
    connection: Connection, issue_id: int, statement: Prepared, rows: Sequence[dict[str, Any]]
) -> list[bool]:
    """Move each of *rows* from its state to the next, and count those that were there to be moved."""
    changed = statement.run(connection, rows)
    change: Counter[State] = Counter()
    for row, is_changed in zip(rows, changed, strict=True):
        if is_changed:
            change[State(row["row_state"])] -= 1
            change[State(row["state"])] += 1
    if rows:
        count_change(connection, issue_id, change, owner=rows[0]["row_owner"])
    return changed


def _finished(one: Finish, owner: str, now: datetime) -> dict[str, Any]:
    claimed, attempted = one.claimed, one.event not in (Event.RETURN, Event.SKIP)
    state = State.SENDING if one.begun else claimed.state
    # A refusal before anything was committed is an attempt that began and ended in one breath.
    first = () if one.begun or not attempted else (Event.SEND,)
    same = one.event is Event.RETURN and not one.begun
    after = state if same else following_state(state, *first, one.event)
    next_at = one.wait_until
    if one.event in (Event.DEFER, Event.LOSE):
        wait = retry_after(claimed.attempts + 1, status=one.status, delivery_id=claimed.id)
        next_at = next_at or now + wait
    elif one.event is Event.RETURN:
        next_at = next_at or now
    return {
        "row_id": claimed.id,
        "row_owner": owner,
        "row_state": state.value,
        "state": after.value,
        # What never reached a relay must not make the wait after the first deferral longer.
        "attempts": claimed.attempts + attempted,
        "next_at": next_at,
        "changed_at": now,
        "code": one.code if one.code > 0 else None,
        "status": one.status or None,
        "reason": None if one.event is Event.ACCEPT else _ADDRESS.sub("(address)", one.reason) or None,
        "relay": one.relay or None,
        # A bare refusal is about the address before the message was sent, and about the message after it.
        "refused_at": ("data" if one.begun else "rcpt") if one.event is Event.REJECT else None,
    }


_ROW = (
    (deliveries.c.id == bindparam("row_id"))
    & (deliveries.c.owner == bindparam("row_owner"))
    & (deliveries.c.state == bindparam("row_state"))
)
_FINISH = Prepared(
    update(deliveries)
    .where(_ROW)
    .values(
        {
            name: bindparam(name)
            for name in (
                "state", "attempts", "next_at", "changed_at", "code", "status", "reason", "relay",
                "refused_at",
            )
        }
        | {"owner": null()}
    )
)  # fmt: skip
_BEGIN = Prepared(
    update(deliveries)
    .where(_ROW)
    .values({name: bindparam(name) for name in ("state", "attempts", "changed_at", "edition")})
)
