"""What a person does next about an issue that cannot be changed or sent as it stands."""

from __future__ import annotations

from newsletter.issues.issue import State
from newsletter.issues.store import StoredIssue


def next_step(stored: StoredIssue) -> str:
    """The way on, with its command."""
    day = stored.issue.issued_on
    if stored.issue.state is State.PAUSED:
        return f"Let it go on with: newsletter resume {day}; or end it with: newsletter cancel {day}"
    if stored.issue.state is State.CANCELLED and not stored.begun:
        return "Take that back with: newsletter decide undo NUMBER (newsletter decide list has the number)"
    if stored.issue.state is State.WAITING:
        return f"Approve it with: newsletter approve {day}"
    if stored.issue.state in (State.HELD, State.SKIPPED):
        return f"Let it go with: newsletter approve {day}"
    return "What readers have got cannot be changed."
