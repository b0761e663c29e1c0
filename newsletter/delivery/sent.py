"""What may have left for some readers, and what a report of it does to the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, null, select, update

from newsletter.database import Prepared
from newsletter.delivery.delivery import Event, State, next_state
from newsletter.delivery.issue_count import count_change, moved
from newsletter.delivery.ledger import deliveries
from newsletter.issues.store import issues


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A delivery that may have left: of which issue (by number, newsletter and day) to which subscription.

    *at*: when its state last changed. *issue_began_at*: when the first message of its issue left.
    """

    id: int
    issue_id: int
    newsletter: str
    issued_on: date
    issue_began_at: datetime
    subscription_id: int
    state: State
    relay: str


#: What has never left has no report.
_NEVER_LEFT = (State.QUEUED, State.SKIPPED)


def sent_since(
    connection: Connection, subscription_ids: Collection[int], *, since: date
) -> dict[int, list[Sent]]:
    """By subscription: what may have left of issues since that day, newest first."""
    if not subscription_ids:
        return {}
    recent = connection.execute(
        select(issues.c.id, issues.c.newsletter, issues.c.issued_on, issues.c.started_at).where(
            issues.c.issued_on >= since, issues.c.started_at.is_not(None)
        )
    )
    by_id = {row.id: row for row in recent}
    rows = connection.execute(
        select(
            deliveries.c.id,
            deliveries.c.issue_id,
            deliveries.c.subscription_id,
            deliveries.c.state,
            deliveries.c.relay,
        ).where(deliveries.c.issue_id.in_(by_id), deliveries.c.subscription_id.in_(subscription_ids))
    )
    found: dict[int, list[Sent]] = {}
    for row in rows:
        issue, state = by_id[row.issue_id], State(row.state)
        if state not in _NEVER_LEFT:
            sent = Sent(
                id=row.id,
                issue_id=issue.id,
                newsletter=issue.newsletter,
                issued_on=issue.issued_on,
                issue_began_at=issue.started_at,
                subscription_id=row.subscription_id,
                state=state,
                relay=row.relay or "",
            )
            found.setdefault(row.subscription_id, []).append(sent)
    for each in found.values():
        each.sort(key=lambda sent: (sent.issued_on, sent.id), reverse=True)
    return found


def report(connection: Connection, found: Sequence[tuple[Sent, Event]], *, now: datetime) -> list[bool]:
    """Let BOUNCE or COMPLAIN happen to what was sent; whether each changed anything."""
    states: dict[int, State] = {}
    counted: dict[int, Counter[State]] = {}
    changed = []
    for sent, event in found:
        before = states.get(sent.id, sent.state)
        after = next_state(before, event)
        if after is None:
            changed.append(False)
            continue
        values = {"row_id": sent.id, "before": before.value, "after": after.value, "now": now}
        changed += _REPORT.run(connection, [values])
        states[sent.id] = after
        if changed[-1]:
            counted.setdefault(sent.issue_id, Counter()).update(moved(before, after))
    for issue_id, change in sorted(counted.items()):
        count_change(connection, issue_id, change)
    return changed


_REPORT = Prepared(
    update(deliveries)
    .where(deliveries.c.id == bindparam("row_id"), deliveries.c.state == bindparam("before"))
    .values(state=bindparam("after"), changed_at=bindparam("now"), next_at=null())
)
