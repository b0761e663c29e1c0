"""Pause an issue: nothing more of it leaves until a person lets it go on."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from newsletter.errors import RefusedError
from newsletter.issues import store as issue_store
from newsletter.issues.course import Event
from newsletter.issues.decision import Act, Decision, decide
from newsletter.issues.issue import State
from newsletter.issues.store import StoredIssue
from newsletter.rendering.notice import Alert
from newsletter.settings import NewsletterSettings
from newsletter.workflows.alert import alert
from newsletter.workflows.workplace import Workplace

#: What is shown where a person gives no reason, and who noted a pause that no person decided.
BY_HAND = "by an operator"
BREAKER = "circuit breaker"


def pause_issue(
    workplace: Workplace, newsletter: NewsletterSettings, day: date, *, actor: str, reason: str = ""
) -> StoredIssue:
    """Stop the issue of *day*, also in another process: what is on its way arrives, and nothing after it.

    A run looks at the state whenever it books a message. Harmless to repeat: the first reason stays.

    Raises:
        RefusedError: there is nothing to pause.
    """
    with workplace.database.write() as connection:
        stored = issue_store.of_day(connection, newsletter.name, day)
        if stored.issue.state is State.PAUSED:
            return stored
        said = reason.strip() or BY_HAND
        if issue_store.apply_event(connection, stored.id, Event.PAUSE, reason=said) is None:
            raise RefusedError(
                f"issue of {day}", f"is {stored.issue.state.value}", _STEPS[stored.issue.state]
            )
        _note(connection, workplace, stored, reason=said, actor=actor)
        return issue_store.of_day(connection, newsletter.name, day)


def pause_for(workplace: Workplace, connection: Connection, stored: StoredIssue, reason: str) -> bool:
    """Pause an issue that is going out for *reason* (a verdict), and tell the operator, once for an issue.

    False, and nothing is told, where it is not going out any more. *reason* is English and names no reader.
    The caller's transaction must be a writing one.
    """
    if issue_store.apply_event(connection, stored.id, Event.PAUSE, reason=reason) is None:
        return False
    _note(connection, workplace, stored, reason=reason, actor=BREAKER)
    day = stored.issue.issued_on
    step = f"newsletter resume {day} --newsletter {stored.issue.newsletter}"
    alert(
        connection,
        workplace,
        Alert.PAUSED,
        reason=f"the letter of {day} is paused: {reason}. To let it go on: {step}",
        now=workplace.clock.now(),
        about=str(stored.id),
    )
    return True


_ENDED = "It has ended; nothing of it leaves any more."
_NOT_YET = "Keep it back with: newsletter hold DATE"
_STEPS = {
    **dict.fromkeys((State.SENT, State.CANCELLED, State.EXPIRED, State.SKIPPED), _ENDED),
    **dict.fromkeys((State.PLANNED, State.COMPOSED), _NOT_YET),
    State.WAITING: "Nothing of it leaves before it is approved.",
    State.HELD: "Nothing of it leaves until it is approved.",
}


def _note(
    connection: Connection, workplace: Workplace, stored: StoredIssue, *, reason: str, actor: str
) -> None:
    issue = stored.issue
    noted = Decision(act=Act.PAUSE, issued_on=issue.issued_on, text=reason)
    decide(connection, issue.newsletter, noted, actor=actor, decided_at=workplace.clock.now())
