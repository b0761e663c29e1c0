"""Settle: what relays answered goes through the same policy, and what is held against readers is closed.

Run by the clock every few minutes, in short transactions; harmless to repeat, and to stop at any point.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from newsletter.delivery.delivery import State
from newsletter.delivery.message import message_id
from newsletter.delivery.tally import outcome_tally
from newsletter.delivery.verdict import judge_run
from newsletter.feedback import counted
from newsletter.feedback.answered import Answered, page_of_all, page_of_unsent
from newsletter.feedback.blame import TAKEN, blamed_domains, page_to_close, standing
from newsletter.feedback.count import ALL, Place, count_at, count_days, counted_at
from newsletter.feedback.counted import Issue
from newsletter.feedback.policy import load_policy
from newsletter.feedback.record import SMTP
from newsletter.issues import store as issue_store
from newsletter.workflows.follow_policy import close
from newsletter.workflows.pause_issue import pause_for
from newsletter.workflows.report_figures import report_figures
from newsletter.workflows.spare_readers import spare_readers
from newsletter.workflows.take_feedback import take
from newsletter.workflows.watch_reputation import watch_reputation
from newsletter.workflows.workplace import Workplace

#: So many deliveries are counted, and so many readers closed, in one transaction.
PAGE, CLOSED = 2_000, 100
#: How far back an issue may have begun and still be counted and closed: past what policy.verdict_after asks.
LOOK_BACK = timedelta(days=14)


@dataclass(frozen=True, kw_only=True)
class Settled:
    """How many deliveries were counted, refusals judged, readers given back, and readers closed."""

    counted: int = 0
    judged: int = 0
    spared: int = 0
    closed: int = 0


def settle_feedback(workplace: Workplace) -> Settled:
    """Count issues that have ended, judge what relays refused, spare who is not to blame, close the rest."""
    now = workplace.clock.now()
    with workplace.database.read() as connection:
        open_issues = counted.open_issues(connection, since=(now - LOOK_BACK).date())
    done: Counter[str] = Counter()
    for issue in open_issues:  # oldest first: by the one before, the next is judged
        if not issue.is_counted:
            done["judged"] += _judge(workplace, issue)
        if issue.has_ended and not issue.is_counted:
            done["counted"] += _count(workplace, issue)
        if not issue.has_ended:
            _watch(workplace, issue)
        done["spared"] += _spare(workplace, issue)
        if issue.is_counted and now - issue.began_at > load_policy().verdict_after:
            done["closed"] += _close(workplace, issue)
    report_figures(workplace)
    return Settled(**done)


def _count(workplace: Workplace, issue: Issue) -> int:
    """Count what became of an issue, from where it was left; how many deliveries."""
    number = 0
    places: set[Place] = set()
    while True:
        with workplace.database.write() as connection:
            counted.lock(connection, issue.id)
            after = counted.counted_up_to(connection, issue.id)
            page = page_of_all(connection, issue.id, after=after, limit=PAGE)
            now = workplace.clock.now()
            counted.note(
                connection,
                issue.id,
                after=page[-1].subscription_id if page else after,
                at=None if page else now,
            )
            places |= set(_count_page(connection, issue, page))
            if not page:
                # Before all is counted, what failed has nothing to be a share of.
                watch_reputation(connection, workplace, places, now=now)
                return number
        number += len(page)


def _count_page(connection: Connection, issue: Issue, page: Sequence[Answered]) -> list[Place]:
    counts: dict[Place, Counter[str]] = {}
    for one in page:
        if one.state in TAKEN:
            place = Place(issue.id, one.domain, one.relay)
            counts.setdefault(place, Counter())["accepted"] += 1
    count_at(connection, counts)
    sent = sum(numbers["accepted"] for numbers in counts.values())
    count_days(connection, issue.issued_on, {"sent": sent})
    return list(counts)


def _judge(workplace: Workplace, issue: Issue) -> int:
    """Let policy follow from what relays refused: at once, and from what was too late once it has ended."""
    states = (State.REJECTED, State.EXPIRED) if issue.has_ended else (State.REJECTED,)
    number = after = 0
    while True:
        with workplace.database.read() as connection:
            page = page_of_unsent(connection, issue.id, after=after, limit=PAGE, states=states)
        if not page:
            return number
        after = page[-1].id
        events = [event for one in page if (event := one.event(_message_id(workplace, one)))]
        taken = take(workplace, events, source=SMTP)
        number += taken.matched


def _watch(workplace: Workplace, issue: Issue) -> None:
    """Pause an issue that is going out if what came back of it, with what was refused, is too much.

    Its run watches what is refused, and knows nothing of why letters came back.
    """
    with workplace.database.read() as connection:
        tally = outcome_tally(connection, issue.id)
        came = counted_at(connection, Place(issue.id, ALL, ALL))
    reason = judge_run(
        replace(tally, blocked=max(tally.blocked, came["blocked"]), unfit=max(tally.unfit, came["unfit"]))
    )
    if reason:
        with workplace.database.write() as connection:
            stored = issue_store.of_day(connection, issue.newsletter, issue.issued_on)
            pause_for(workplace, connection, stored, reason)


def _message_id(workplace: Workplace, one: Answered) -> str:
    parts = (one.newsletter, one.issued_on.isoformat(), one.handle.hex())
    return message_id(workplace.keyring, *parts, domain="localhost")  # whose domain does not matter


def _spare(workplace: Workplace, issue: Issue) -> int:
    """Spare who is held to blame though too many failed with them: also if a process died before it did."""
    policy = load_policy()
    with workplace.database.read() as connection:
        domains = [*blamed_domains(connection, issue.id, at_least=policy.outage_readers), ALL]
        outages = [one for one in domains if standing(connection, issue.id, one).is_outage(policy)]
    return sum(spare_readers(workplace, issue.id, domain) for domain in outages)


def _close(workplace: Workplace, issue: Issue) -> int:
    """No more can come that would change who was to blame: say of the dead that they are gone."""
    number = after = 0
    while True:
        with workplace.database.write() as connection:
            page = page_to_close(connection, issue.id, after=after, limit=CLOSED)
            now: datetime = workplace.clock.now()
            number += close(connection, workplace, page, now=now)
            if not page:
                counted.close(connection, issue.id, at=now)
                return number
        after = page[-1]
