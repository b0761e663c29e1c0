"""Too much comes back from a domain, or over a relay: sending pauses there, and the operator is told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection

from newsletter.delivery import slow_domain
from newsletter.feedback.count import Place
from newsletter.feedback.reputation import WINDOWS, Rate, Scope, rates
from newsletter.issues import store as issue_store
from newsletter.issues.issue import State
from newsletter.issues.store import StoredIssue
from newsletter.rendering.notice import Alert
from newsletter.subscribers.limit import within_limit
from newsletter.workflows.alert import alert
from newsletter.workflows.pause_issue import pause_for
from newsletter.workflows.workplace import Workplace

#: A breaker that has acted does not act again within this time: an operator's word that it may go on holds.
ACTS_ONCE_IN = timedelta(days=1)
#: An issue that began before this is over.
_LOOK_BACK = timedelta(days=3)


def watch_reputation(
    connection: Connection, workplace: Workplace, places: Collection[Place], *, now: datetime
) -> list[Rate]:
    """Judge the domains and relays of *places*, where something was just counted; those that are too bad.

    A domain is held and then sent to slowly. For a relay the issues that are going out pause. The caller's
    transaction must be a writing one.
    """
    names = {
        Scope.DOMAIN: {place.domain for place in places},
        Scope.RELAY: {place.relay for place in places},
    }
    bad = []
    for scope, those in names.items() if places else ():
        for days in WINDOWS:
            found = rates(connection, scope, today=now.date(), days=days, names=sorted(those))
            bad += [rate for rate in found if rate.verdict and _stop(connection, workplace, rate, now=now)]
    return bad


def _acts(
    connection: Connection, workplace: Workplace, rate: Rate, *, now: datetime, what: str = "reputation"
) -> bool:
    return within_limit(
        connection,
        workplace.keyring,
        what=what,
        who=f"{rate.scope}\0{rate.name}",
        limit=1,
        window=ACTS_ONCE_IN,
        now=now,
    )


def _stop(connection: Connection, workplace: Workplace, rate: Rate, *, now: datetime) -> bool:
    """Stop what goes there, and tell the operator, once a day; whether this was the time.

    Where nothing is going out there is nothing to stop: then it is told alone, and an issue that begins
    later the same day can still be stopped.
    """
    going_out = [] if rate.scope is Scope.DOMAIN else _going_out(connection, workplace, now=now)
    is_idle = rate.scope is Scope.RELAY and not going_out
    if not _acts(connection, workplace, rate, now=now, what="reputation told" if is_idle else "reputation"):
        return False
    span = "the last day" if rate.days == 1 else f"the last {rate.days} days"
    where = f"{rate.scope} {rate.name or '(without a name)'}"
    reason = f"{where}, {span}: {rate.verdict}"
    if rate.scope is Scope.DOMAIN:
        slow_domain.strike(connection, rate.name, reason=reason, now=now)
    else:
        for stored in going_out:
            pause_for(workplace, connection, stored, reason)
    alert(connection, workplace, Alert.BREAKER, reason=reason, now=now, about=where)
    return True


def _going_out(connection: Connection, workplace: Workplace, *, now: datetime) -> list[StoredIssue]:
    since = (now - _LOOK_BACK).date()
    return [
        stored
        for newsletter in workplace.settings.publications
        for stored in issue_store.unfinished(
            connection, newsletter.name, since=since, states=(State.SENDING,)
        )
    ]
