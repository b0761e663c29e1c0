"""Readers whose address failed, by issue and domain: who is to blame, them or us?"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Connection, func, select, update

from newsletter.database import upsert
from newsletter.delivery.delivery import State
from newsletter.delivery.ledger import deliveries
from newsletter.feedback.count import ALL
from newsletter.feedback.policy import Policy
from newsletter.feedback.schema import counted_issues, issue_domains, reader_failures
from newsletter.issues.store import issues

#: As many issues back a letter that was taken shows that an address was reached.
_ISSUES_BACK = 14
#: What was taken once, whatever became of it.
TAKEN = (State.ACCEPTED, State.BOUNCED, State.COMPLAINED)


class Blame(StrEnum):
    """What is held against a reader whose letter failed in one issue, least first."""

    OURS = "ours"  # nothing: it was our fault
    SOFT = "soft"  # a day on which the mailbox could not take the letter
    DEAD = "dead"  # the address failed for good
    SPARED = "spared"  # nothing, whatever comes: too many of the domain failed with it


#: What counts against a reader.
AGAINST = (Blame.SOFT, Blame.DEAD)
_LESS = {Blame.OURS: (), Blame.SOFT: (Blame.OURS,), Blame.DEAD: (Blame.OURS, Blame.SOFT)}


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A reader, by number, whose address failed in an issue."""

    issue_id: int
    subscriber_id: int
    subscription_id: int
    domain: str
    relay: str
    blame: Blame


def note(connection: Connection, failures: Iterable[Failure]) -> list[Failure]:
    """Keep *failures*, of a reader in an issue the worst; those that are the first of their reader in it."""
    new = []
    insert = upsert(connection.dialect.name, reader_failures).on_conflict_do_nothing()
    for one in failures:
        row = {
            "issue_id": one.issue_id,
            "subscriber_id": one.subscriber_id,
            "domain": one.domain,
            "blame": one.blame.value,
        }
        if connection.execute(insert, row).rowcount > 0:
            new.append(one)
        elif one.blame is not Blame.OURS:
            mine = (reader_failures.c.issue_id == one.issue_id) & (
                reader_failures.c.subscriber_id == one.subscriber_id
            )
            worse = update(reader_failures).where(mine, reader_failures.c.blame.in_(_LESS[one.blame]))
            connection.execute(worse.values(blame=one.blame))
    return new


@dataclass(frozen=True)
class Held:
    """What is held against a reader in one issue: of which day, and since when it went out.

    *newsletter* and *number*: which issue of which newsletter it was, counted from its first.
    """

    blame: Blame
    day: date
    began_at: datetime
    newsletter: str = ""
    number: int = 0


def held_against(connection: Connection, subscriber_ids: Collection[int]) -> dict[int, list[Held]]:
    """What is held against each of these readers, but for what they were spared."""
    found: dict[int, list[Held]] = {}
    of_newsletter = func.row_number().over(partition_by=issues.c.newsletter, order_by=issues.c.issued_on)
    numbered = (
        select(
            issues.c.id,
            issues.c.newsletter,
            issues.c.issued_on,
            issues.c.started_at,
            of_newsletter.label("number"),
        )
        .where(issues.c.started_at.is_not(None))
        .subquery()
    )
    rows = connection.execute(
        select(
            reader_failures.c.subscriber_id,
            reader_failures.c.blame,
            numbered.c.issued_on,
            numbered.c.started_at,
            numbered.c.newsletter,
            numbered.c.number,
        )
        .join(numbered, numbered.c.id == reader_failures.c.issue_id)
        .where(reader_failures.c.subscriber_id.in_(subscriber_ids), reader_failures.c.blame.in_(AGAINST))
    )
    for row in rows:
        held = Held(Blame(row.blame), row.issued_on, row.started_at, row.newsletter, row.number)
        found.setdefault(row.subscriber_id, []).append(held)
    return found


def is_dead(held: Iterable[Held], policy: Policy, *, since: datetime | None) -> bool:
    """Whether what is *held* against a reader (of letters *since* an opt-in) makes their address dead."""
    fresh = [one for one in held if since is None or one.began_at >= since]
    soft = [one for one in fresh if one.blame is Blame.SOFT]
    return (
        any(one.blame is Blame.DEAD for one in fresh)
        or policy.is_worn_out({one.day for one in soft})
        or any(
            policy.is_run({one.number for one in soft if one.newsletter == newsletter})
            for newsletter in {one.newsletter for one in soft}
        )
    )


def reached_before(connection: Connection, failures: Collection[Failure]) -> set[int]:
    """Those of the subscriptions that failed which an earlier issue of the same newsletter reached."""
    found: set[int] = set()
    for issue_id in {one.issue_id for one in failures}:
        theirs = {one.subscription_id for one in failures if one.issue_id == issue_id}
        taken = select(deliveries.c.subscription_id).where(
            deliveries.c.issue_id.in_(issues_before(connection, issue_id, limit=_ISSUES_BACK)),
            deliveries.c.subscription_id.in_(theirs),
            deliveries.c.state.in_(TAKEN),
        )
        found |= set(connection.scalars(taken))
    return found


def issues_before(connection: Connection, issue_id: int, *, limit: int) -> list[int]:
    """Up to *limit* issues of the same newsletter that went out before this one, newest first."""
    own = connection.execute(
        select(issues.c.newsletter, issues.c.issued_on).where(issues.c.id == issue_id)
    ).first()
    if own is None:
        return []
    before = (
        select(issues.c.id)
        .where(
            issues.c.newsletter == own.newsletter,
            issues.c.issued_on < own.issued_on,
            issues.c.started_at.is_not(None),
        )
        .order_by(issues.c.issued_on.desc())
        .limit(limit)
    )
    return list(connection.scalars(before))


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a domain stands in an issue: of *reached* readers of the issue before, *failed*.

    *reached* is None where that issue has not been counted yet.
    """

    failed: int
    reached: int | None

    def is_outage(self, policy: Policy) -> bool:
        """Whether so many failed that it cannot be the readers."""
        return policy.is_outage(self.failed, reached=self.reached or 0)

    def may_become_one(self, policy: Policy) -> bool:
        """Whether more failures could make it an outage."""
        return self.reached is None or policy.is_outage(self.reached, reached=self.reached)


def standing(connection: Connection, issue_id: int, domain: str) -> Standing:
    """How *domain* (or ALL) stands in an issue."""
    before = issues_before(connection, issue_id, limit=1)
    mine = issue_domains.c.domain == domain
    if domain == ALL:
        mine &= issue_domains.c.relay == ALL
    failed = select(func.sum(issue_domains.c.failed)).where(issue_domains.c.issue_id == issue_id, mine)
    reached = select(func.sum(issue_domains.c.accepted)).where(issue_domains.c.issue_id.in_(before), mine)
    counted = select(counted_issues.c.issue_id).where(
        counted_issues.c.issue_id.in_(before), counted_issues.c.counted_at.is_not(None)
    )
    is_known = not before or connection.execute(counted).first() is not None
    return Standing(
        failed=connection.scalar(failed) or 0,
        reached=(connection.scalar(reached) or 0) if is_known else None,
    )


def page_of_blamed(connection: Connection, issue_id: int, domain: str, *, limit: int) -> list[int]:
    """Up to *limit* readers of a domain (or ALL) against whom something is held in an issue."""
    theirs = [] if domain == ALL else [reader_failures.c.domain == domain]
    blamed = (
        select(reader_failures.c.subscriber_id)
        .where(reader_failures.c.issue_id == issue_id, reader_failures.c.blame.in_(AGAINST), *theirs)
        .order_by(reader_failures.c.subscriber_id)
        .limit(limit)
    )
    return list(connection.scalars(blamed))


def spare(connection: Connection, issue_id: int, subscriber_ids: Collection[int]) -> None:
    """Hold nothing of an issue against these readers."""
    mine = (reader_failures.c.issue_id == issue_id) & reader_failures.c.subscriber_id.in_(subscriber_ids)
    connection.execute(update(reader_failures).where(mine).values(blame=Blame.SPARED))


def blamed_domains(connection: Connection, issue_id: int, *, at_least: int) -> list[str]:
    """The domains at which *at_least* so many readers that were reached before failed in an issue."""
    failed = (
        select(issue_domains.c.domain)
        .where(issue_domains.c.issue_id == issue_id, issue_domains.c.domain != ALL)
        .group_by(issue_domains.c.domain)
        .having(func.sum(issue_domains.c.failed) >= at_least)
    )
    return list(connection.scalars(failed))


def page_to_close(connection: Connection, issue_id: int, *, after: int, limit: int) -> list[int]:
    """Up to *limit* readers, by number above *after*, against whom something is held in an issue."""
    return list(
        connection.scalars(
            select(reader_failures.c.subscriber_id)
            .where(
                reader_failures.c.issue_id == issue_id,
                reader_failures.c.subscriber_id > after,
                reader_failures.c.blame.in_(AGAINST),
            )
            .order_by(reader_failures.c.subscriber_id)
            .limit(limit)
        )
    )
