"""Issues at a glance: what lists and calendars show of them, without reading a document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, RowMapping, func, or_, select

from newsletter.issues.decision import Decision, Noted, decisions
from newsletter.issues.issue import State
from newsletter.issues.store import issues, picks
from newsletter.issues.withdrawal import withdrawals


@dataclass(frozen=True, kw_only=True)
class Glance:
    """One issue: where it stands, what it is about, and who leads it ("" where nothing could be picked)."""

    id: int
    newsletter: str
    issued_on: date
    state: State
    title: str
    lead: str
    reason: str
    started_at: datetime | None
    finished_at: datetime | None


_COLUMNS = (
    issues.c.id,
    issues.c.newsletter,
    issues.c.issued_on,
    issues.c.state,
    issues.c.title,
    issues.c.reason,
    issues.c.started_at,
    issues.c.finished_at,
    picks.c.article_id.label("lead"),
)
_IS_LEAD = (picks.c.issue_id == issues.c.id) & (picks.c.topic_set == "") & (picks.c.position == 0)
_GLANCES = select(*_COLUMNS).select_from(issues.outerjoin(picks, _IS_LEAD))


def glances(connection: Connection, newsletter: str, first: date, last: date) -> dict[date, Glance]:
    """The issues of *newsletter* from *first* to *last* that are kept, by date."""
    mine = (issues.c.newsletter == newsletter) & issues.c.issued_on.between(first, last)
    rows = connection.execute(_GLANCES.where(mine)).mappings()
    return {row["issued_on"]: _glance(row) for row in rows}


def last_begun(connection: Connection, newsletter: str, *, before: date, most: int) -> list[Glance]:
    """The *most* issues of *newsletter* before that day that readers may have got, oldest first."""
    mine = (
        (issues.c.newsletter == newsletter) & (issues.c.issued_on < before) & issues.c.started_at.is_not(None)
    )
    newest = _GLANCES.where(mine).order_by(issues.c.issued_on.desc()).limit(most)
    return [_glance(row) for row in connection.execute(newest).mappings()][::-1]


def in_force_between(
    connection: Connection, newsletter: str, first: date, last: date
) -> dict[date, tuple[Noted, ...]]:
    """The decisions about single days from *first* to *last* that hold, by date, oldest first."""
    query = select(decisions).where(
        decisions.c.newsletter == newsletter,
        decisions.c.issued_on.between(first, last),
        decisions.c.undone_at.is_(None),
    )
    found: dict[date, tuple[Noted, ...]] = {}
    for row in connection.execute(query.order_by(decisions.c.id)):
        decision = Decision.model_validate_json(row.document)
        noted = Noted(row.id, decision, row.actor, row.decided_at, None)
        found[row.issued_on] = (*found.get(row.issued_on, ()), noted)
    return found


def plan_mark(connection: Connection, newsletter: str, *, before: date | None = None) -> tuple[object, ...]:
    """Changes whenever something in this database does that coming issues of *newsletter* depend on.

    *before*: only issues before that day count.
    """
    own = decisions.c.newsletter == newsletter
    if before is not None:
        own &= or_(decisions.c.issued_on.is_(None), decisions.c.issued_on < before)
    decided = select(func.max(decisions.c.id), func.count(decisions.c.undone_at)).where(own)
    composed = select(func.count(), func.max(issues.c.id), func.max(issues.c.composed_at)).where(
        issues.c.newsletter == newsletter
    )
    withdrawn = select(func.count(), func.max(withdrawals.c.withdrawn_at))
    return tuple(
        value for query in (decided, composed, withdrawn) for value in connection.execute(query).one()
    )


def _glance(row: RowMapping) -> Glance:
    values = {**row, "state": State(row["state"]), "lead": row["lead"] or ""}
    return Glance(**values)
