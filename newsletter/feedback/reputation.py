"""How receivers see us: what became of the letters of some days at each domain and over each relay.

Read from counters alone (count.py). The limits are those by which an issue is judged (verdict.py).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, func, select

from newsletter.delivery.verdict import OutcomeTally, judge_run
from newsletter.feedback.count import ALL, COUNTED
from newsletter.feedback.schema import counted_issues, issue_domains
from newsletter.issues.store import issues

#: The windows, in days, over which rates are watched: a bad day, and a bad week of small days.
WINDOWS = (1, 7)


class Scope(StrEnum):
    """Of what a rate is."""

    DOMAIN = "domain"
    RELAY = "relay"


@dataclass(frozen=True, kw_only=True)
class Rate:
    """What became of letters in a window. *name*: the domain or relay; ALL for all of them."""

    scope: Scope
    name: str
    days: int
    accepted: int
    rejected: int
    returned: int
    blocked: int
    unfit: int
    complained: int

    @property
    def tally(self) -> OutcomeTally:
        """The same as an issue's."""
        return OutcomeTally(
            accepted=max(self.accepted - self.returned - self.complained, 0),
            rejected=self.rejected,
            blocked=self.blocked,
            unfit=self.unfit,
            bounced=self.returned,
            complained=self.complained,
        )

    @property
    def verdict(self) -> str:
        """Why it is too much; empty: it is not."""
        return judge_run(self.tally)

    def share(self, events: int) -> float:
        """*events* as a share of all letters that were answered for good."""
        return events / max(self.accepted + self.rejected, 1)


def rates(
    connection: Connection,
    scope: Scope,
    *,
    today: date,
    days: int,
    names: Collection[str] | None = None,
    limit: int | None = None,
) -> list[Rate]:
    """The rates of the issues of the last *days* up to *today*, those with most letters first.

    Only issues whose letters have been counted: what came back of others has nothing to be a share of yet.
    *names*: of these domains or relays only; None: of all that there are, up to *limit*.
    """
    column, wanted = _scoped(scope)
    if names is not None:
        wanted &= column.in_(list(names))
    sums = {name: func.sum(issue_domains.c[name]) for name in COUNTED if name != "failed"}
    rows = connection.execute(
        select(column.label("name"), *(each.label(name) for name, each in sums.items()))
        .where(wanted, issue_domains.c.issue_id.in_(_counted(connection, today=today, days=days)))
        .group_by(column)
        .order_by((sums["accepted"] + sums["rejected"]).desc(), column)
        .limit(limit)
    )
    return [Rate(scope=scope, days=days, **row._mapping) for row in rows]  # noqa: SLF001 - public name


def foremost_domains(connection: Connection, *, today: date, days: int, most: int) -> set[str]:
    """Domains that stand out in any issue of the last *days*: with most letters, or most that came back.

    Up to three times *most* of each issue, found by an index: it takes as long with any number of domains.
    What is judged too bad is among them, as a rule: that takes many letters, and many of them sent back.
    """
    found: set[str] = set()
    for issue_id in _counted(connection, today=today, days=days):
        for name in ("accepted", "rejected", "returned"):
            number = issue_domains.c[name]
            greatest = (
                select(issue_domains.c.domain)
                .where(issue_domains.c.issue_id == issue_id, issue_domains.c.domain != ALL, number > 0)
                .order_by(number.desc())
                .limit(most)
            )
            found.update(connection.scalars(greatest))
    return found


def _scoped(scope: Scope) -> tuple[ColumnElement[str], ColumnElement[bool]]:
    """The column that names what is in *scope*, and which rows are of it."""
    if scope is Scope.DOMAIN:
        return issue_domains.c.domain, issue_domains.c.domain != ALL
    return issue_domains.c.relay, issue_domains.c.domain == ALL


def _counted(connection: Connection, *, today: date, days: int) -> list[int]:
    """The issues of the last *days* whose letters have been counted; those sent before their day, too."""
    query = (
        select(issues.c.id)
        .join(counted_issues, counted_issues.c.issue_id == issues.c.id)
        .where(
            counted_issues.c.counted_at.is_not(None),
            issues.c.issued_on > today - timedelta(days=days),
        )
    )
    return list(connection.scalars(query))
