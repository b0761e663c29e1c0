"""Counters that are kept while things happen, so that no rate has to be counted from the list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from newsletter.database import upsert
from newsletter.feedback.event import Event, Kind, Reason
from newsletter.feedback.schema import feedback_days, issue_domains

#: What is counted of an issue at a domain (schema.issue_domains).
COUNTED = ("accepted", "rejected", "returned", "blocked", "unfit", "complained", "failed")


#: In place of a domain or relay: all of them. Neither has such a name.
ALL = "*"


class Place(NamedTuple):
    """Where something is counted: an issue at a domain, over a relay; ALL: at every one."""

    issue_id: int
    domain: str
    relay: str


Counts = Mapping[Place, Mapping[str, int]]


def count_at(connection: Connection, counts: Counts) -> None:
    """Add *counts*, each also to all of its relay and to the whole issue."""
    every: dict[Place, Counter[str]] = {}
    for place, numbers in counts.items():
        for one in (place, Place(place.issue_id, ALL, place.relay), Place(place.issue_id, ALL, ALL)):
            every.setdefault(one, Counter()).update(numbers)
    rows = [
        {**place._asdict(), **{name: numbers[name] for name in COUNTED}}
        for place, numbers in sorted(every.items())
    ]
    if not rows:
        return
    new = upsert(connection.dialect.name, issue_domains).values(
        {name: bindparam(name) for name in (*Place._fields, *COUNTED)}
    )
    more = {name: issue_domains.c[name] + new.excluded[name] for name in COUNTED}
    keys = [issue_domains.c[name] for name in Place._fields]
    connection.execute(new.on_conflict_do_update(index_elements=keys, set_=more), rows)


def counted_at(connection: Connection, place: Place) -> dict[str, int]:
    """What was counted at a place so far; nothing: 0."""
    columns = [issue_domains.c[name] for name in COUNTED]
    mine = [issue_domains.c[name] == value for name, value in place._asdict().items()]
    row = connection.execute(select(*columns).where(*mine)).first()
    return dict(zip(COUNTED, row or [0] * len(COUNTED), strict=True))


def count_days(connection: Connection, day: date, numbers: Mapping[str, int]) -> None:
    """Add *numbers*, by what they are of, to a UTC day."""
    rows = [{"counted_on": day, "name": name, "count": number} for name, number in numbers.items() if number]
    if not rows:
        return
    new = upsert(connection.dialect.name, feedback_days).values(
        {name: bindparam(name) for name in ("counted_on", "name", "count")}
    )
    more = {"count": feedback_days.c["count"] + new.excluded["count"]}
    keys = [feedback_days.c.counted_on, feedback_days.c.name]
    connection.execute(new.on_conflict_do_update(index_elements=keys, set_=more), rows)


#: What is counted by its reason: few reasons, so that a day has few rows.
_BY_REASON = {Kind.BOUNCE: "b:", Kind.COMPLAINT: "c:"}


def reason_word(event: Event) -> str:
    """Under which name *event* is counted of its day by its reason; "": it is not."""
    mark = _BY_REASON.get(event.kind)
    return f"{mark}{event.reason.value}" if mark else ""


def counted_by_reason(connection: Connection, kind: Kind, *, since: date) -> dict[Reason, int]:
    """How often *kind* came back for what reason on *since* or later, the most frequent first."""
    mark = _BY_REASON[kind]
    number = func.sum(feedback_days.c["count"])
    rows = connection.execute(
        select(feedback_days.c.name, number.label("number"))
        .where(feedback_days.c.counted_on >= since, feedback_days.c.name.in_([mark + one for one in Reason]))
        .group_by(feedback_days.c.name)
        .order_by(number.desc(), feedback_days.c.name)
    )
    return {Reason(row.name.removeprefix(mark)): int(row.number) for row in rows}


def counted_on(connection: Connection, day: date) -> dict[str, int]:
    """What was counted on a UTC day."""
    rows = connection.execute(select(feedback_days).where(feedback_days.c.counted_on == day))
    return {name: number for _, name, number in rows}
