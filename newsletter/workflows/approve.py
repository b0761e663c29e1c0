"""Approve: let an issue go. Where the settings ask for it, it waits for one person's word, or for two's."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from newsletter.errors import RefusedError
from newsletter.issues import approval as approval_store
from newsletter.issues import decision as decision_store
from newsletter.issues import store as issue_store
from newsletter.issues.approval import Approval, Approver
from newsletter.issues.course import Event
from newsletter.issues.decision import Act
from newsletter.issues.issue import State
from newsletter.issues.store import StoredIssue
from newsletter.issues.withdrawal import withdrawn_articles
from newsletter.operators.audit import BY_COMMAND, record_by
from newsletter.operators.role import Role
from newsletter.rendering import store as edition_store
from newsletter.rendering.notice import Alert
from newsletter.settings import NewsletterSettings
from newsletter.workflows.alert import alert
from newsletter.workflows.compose import compose
from newsletter.workflows.decide import Within
from newsletter.workflows.let_go import is_let_go, settle
from newsletter.workflows.next_step import next_step
from newsletter.workflows.workplace import Workplace

log = logging.getLogger(__name__)

_CAN_BE_APPROVED = (State.COMPOSED, State.WAITING, State.APPROVED, State.HELD)
#: An issue that waits is looked for so far back.
_LOOK_BACK = timedelta(days=30)


@dataclass(frozen=True)
class Standing:
    """Who approved an issue as it is, and whose word it still waits for (empty: nobody's)."""

    asked: approval_store.Asked
    given: tuple[Approval, ...]
    missing: tuple[str, ...]
    sha256: str = ""


def may_stand_for(roles: Collection[Role]) -> tuple[str, ...]:
    """As which somebody with *roles* approves; an admin who is no clinician stands for an editor."""
    is_editor = not {Role.EDITOR, Role.ADMIN}.isdisjoint(roles)
    named = ((approval_store.EDITOR, is_editor), (approval_store.CLINICIAN, Role.CLINICIAN in roles))
    return tuple(name for name, holds in named if holds)


def standing(connection: Connection, newsletter: NewsletterSettings, stored: StoredIssue | None) -> Standing:
    """How far the approval of an issue is; one that is not composed has none."""
    sha256 = edition_store.editions_hash(connection, stored.id) if stored is not None else ""
    given = tuple(approval_store.in_force(connection, stored.id, sha256)) if stored is not None else ()
    lacking = approval_store.missing(newsletter.approval, [one.by for one in given])
    return Standing(newsletter.approval, given, lacking, sha256)


def approve(
    workplace: Workplace,
    newsletter: NewsletterSettings,
    day: date,
    *,
    actor: str,
    by: Approver | None = None,
    seen: str = "",
    within: Within | None = None,
) -> StoredIssue:
    """Let the issue of *day* go: what held or skipped it is taken back, and one that was stopped goes on.

    Where the settings ask for approval this is the word of *by* (default: of *actor*, who has the shell), for
    the editions as they are; the issue goes once there are enough. *seen*: the hash of the general edition
    that was looked at.

    Raises:
        RefusedError: an article of it was withdrawn, so its text must not be sent; or it is paused or
            cancelled, which has another way back; or it is not what was *seen*.
    """
    with workplace.database.write() as connection:
        if within is not None:
            within(connection)
        _take_back(connection, workplace, newsletter, day, actor=actor)
        record_by(connection, actor, "approve", f"{newsletter.name} {day}", at=workplace.clock.now())
    compose(workplace, newsletter, day)
    with workplace.database.write() as connection:
        stored = issue_store.of_day(connection, newsletter.name, day)
        if stored.begun:
            if stored.issue.state is State.HELD:
                issue_store.apply_event(connection, stored.id, Event.RESUME)
        elif stored.issue.state in _CAN_BE_APPROVED and stored.issue.picks:
            by = by or Approver(actor.removesuffix(BY_COMMAND))
            _give(connection, workplace, newsletter, stored, by=by, seen=seen)
        return issue_store.of_day(connection, newsletter.name, day)


def _take_back(
    connection: Connection, workplace: Workplace, newsletter: NewsletterSettings, day: date, *, actor: str
) -> None:
    """Take back what holds or skips the issue, if it may go at all."""
    stored = issue_store.find(connection, newsletter.name, day)
    if stored is not None and stored.issue.state in (State.PAUSED, State.CANCELLED):
        raise RefusedError(f"issue of {day}", f"is {stored.issue.state.value}", next_step(stored))
    if stored is not None and stored.issue.state is State.HELD and stored.issue.picks:
        withdrawn = withdrawn_articles(connection)
        gone = sorted({pick.article_id for pick in stored.issue.picks if pick.article_id in withdrawn})
        if gone:
            raise RefusedError(f"issue of {day}", f"uses {', '.join(gone)}, which was withdrawn", "Skip it.")
    for one in decision_store.decided(connection, newsletter.name, day):
        if one.undone_at is None and one.decision.act in (Act.SKIP, Act.HOLD):
            now = workplace.clock.now()
            decision_store.undo(connection, newsletter.name, one.id, actor=actor, undone_at=now)
    if stored is not None and not stored.issue.picks:
        issue_store.remove(connection, stored.id)


def _give(
    connection: Connection,
    workplace: Workplace,
    newsletter: NewsletterSettings,
    stored: StoredIssue,
    *,
    by: Approver,
    seen: str,
) -> None:
    edition = edition_store.find(connection, stored.id)
    if seen and (edition is None or edition.hash != seen):
        step = "Look at it as it is now, and approve that."
        raise RefusedError(f"issue of {stored.issue.issued_on}", "is not what you looked at any more", step)
    if newsletter.approval != "off":
        approval_store.add(
            connection,
            issue_id=stored.id,
            newsletter=newsletter.name,
            issued_on=stored.issue.issued_on,
            by=by,
            sha256=edition_store.editions_hash(connection, stored.id),
            approved_at=workplace.clock.now(),
        )
    settle(connection, newsletter, stored)


def hold_unapproved(workplace: Workplace, newsletter: NewsletterSettings, last: date) -> None:
    """Hold every issue up to *last*, whose time has come, that still waits; the operator is told, once."""
    with workplace.database.write() as connection:
        waiting = issue_store.unfinished(
            connection, newsletter.name, since=last - _LOOK_BACK, states=(State.WAITING,)
        )
        for stored in waiting:
            if stored.issue.issued_on <= last:
                _hold(connection, workplace, newsletter, stored)


def _hold(
    connection: Connection, workplace: Workplace, newsletter: NewsletterSettings, stored: StoredIssue
) -> None:
    if is_let_go(connection, newsletter, stored):
        settle(connection, newsletter, stored)
        return
    day = stored.issue.issued_on
    lacking = " and ".join(standing(connection, newsletter, stored).missing)
    reason = f"not approved at its time ({lacking} has yet to)"
    issue_store.apply_event(connection, stored.id, Event.HOLD, reason=reason)
    step = f"newsletter approve {day} --newsletter {newsletter.name}"
    alert(
        connection,
        workplace,
        Alert.HELD,
        reason=f"the letter of {day} is held: it was {reason}. To let it go today: {step}",
        now=workplace.clock.now(),
        about=f"{newsletter.name} {day}",
    )


def tell_of_waiting(workplace: Workplace, newsletter: NewsletterSettings, stored: StoredIssue) -> None:
    """Tell the operator, once, that an issue waits for approval."""
    if stored.issue.state is not State.WAITING:
        return
    day = stored.issue.issued_on
    with workplace.database.write() as connection:
        lacking = " and ".join(standing(connection, newsletter, stored).missing)
        until = f"{newsletter.send_at:%H:%M} {newsletter.timezone}"
        alert(
            connection,
            workplace,
            Alert.WAITING,
            reason=f"the letter of {day} waits until {until} for approval ({lacking})",
            now=workplace.clock.now(),
            about=f"{newsletter.name} {day}",
            level=logging.WARNING,
        )
