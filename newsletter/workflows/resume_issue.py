"""Resume an issue: a paused one goes on where it stopped."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from newsletter.errors import RefusedError
from newsletter.issues import decision as decision_store
from newsletter.issues import store as issue_store
from newsletter.issues.course import goes_on
from newsletter.issues.decision import Act
from newsletter.issues.issue import State
from newsletter.issues.store import StoredIssue
from newsletter.operators.audit import record_by
from newsletter.settings import NewsletterSettings
from newsletter.workflows.workplace import Workplace


def resume_issue(
    workplace: Workplace, newsletter: NewsletterSettings, day: date, *, actor: str
) -> StoredIssue:
    """Let the paused issue of *day* go on: the clock's next look, or `newsletter send`, takes it up.

    The decisions that paused it are taken back, by *actor*. One that is going out already is left alone.

    Raises:
        RefusedError: it is not paused.
    """
    with workplace.database.write() as connection:
        stored = issue_store.of_day(connection, newsletter.name, day)
        if stored.issue.state not in (State.SENDING, State.APPROVED):
            let_go_on(connection, workplace, stored, actor=actor)
        return issue_store.of_day(connection, newsletter.name, day)


def let_go_on(connection: Connection, workplace: Workplace, stored: StoredIssue, *, actor: str) -> None:
    """As resume_issue, in the caller's writing transaction."""
    issue = stored.issue
    if issue.state is not State.PAUSED:
        raise RefusedError(
            f"issue of {issue.issued_on}", f"is {issue.state.value}, and not paused", _step(stored)
        )
    issue_store.apply_event(connection, stored.id, goes_on(begun=stored.begun))
    now = workplace.clock.now()
    record_by(connection, actor, "resume", f"{issue.newsletter} {issue.issued_on}", at=now)
    for one in decision_store.decided(connection, issue.newsletter, issue.issued_on):
        if one.undone_at is None and one.decision.act is Act.PAUSE:
            decision_store.undo(connection, issue.newsletter, one.id, actor=actor, undone_at=now)


def _step(stored: StoredIssue) -> str:
    if stored.issue.state in (State.HELD, State.SKIPPED):
        return f"Let it go with: newsletter approve {stored.issue.issued_on}"
    return "It has ended; the next issue comes at its time."
