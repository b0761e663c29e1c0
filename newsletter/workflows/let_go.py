"""Let go: whether an issue is approved by whom the settings ask for, exactly as it is."""

from __future__ import annotations

from sqlalchemy import Connection

from newsletter.issues import approval as approval_store
from newsletter.issues import store as issue_store
from newsletter.issues.course import Event
from newsletter.issues.issue import State
from newsletter.issues.store import StoredIssue
from newsletter.rendering import store as edition_store
from newsletter.settings import NewsletterSettings


def is_let_go(connection: Connection, newsletter: NewsletterSettings, stored: StoredIssue) -> bool:
    """Whether the issue's editions, byte for byte, are approved by enough people."""
    if newsletter.approval == "off":
        return True
    sha256 = edition_store.editions_hash(connection, stored.id)
    given = approval_store.in_force(connection, stored.id, sha256)
    return approval_store.is_enough(newsletter.approval, [one.by for one in given])


def settle(connection: Connection, newsletter: NewsletterSettings, stored: StoredIssue) -> State | None:
    """Move an issue that nobody has got to where its approvals put it; the state that it moved to, if any."""
    if stored.begun:
        return None
    event = Event.APPROVE if is_let_go(connection, newsletter, stored) else Event.WAIT
    return issue_store.apply_event(connection, stored.id, event)
