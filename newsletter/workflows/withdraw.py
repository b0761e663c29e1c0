"""Withdraw an article: unusable at once, also in issues that are composed or going out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from newsletter.clock import Clock
from newsletter.database import Database
from newsletter.issues import store as issue_store
from newsletter.issues import withdrawal
from newsletter.issues.course import Event
from newsletter.issues.decision import Act, Decision, decide
from newsletter.issues.issue import State
from newsletter.issues.withdrawal import Use
from newsletter.operators.audit import record_by
from newsletter.rendering import store as edition_store

log = logging.getLogger(__name__)

#: Who withdraws: a person, or a source that no longer has the article.
OPERATOR = "operator"
SOURCE = "source"

#: Made, and nobody has got it.
_FROZEN = (State.COMPOSED, State.WAITING, State.APPROVED)


class Consequence(StrEnum):
    """What a withdrawal means for an issue that uses the article."""

    DISCARDED = "discarded"  # composed, not begun: composed anew without the article
    HELD = "held"  # going out, or paused: stopped; who has it has it
    NONE = "none"  # ended: listed only


@dataclass(frozen=True)
class Withdrawal:
    """What a withdrawal did. *was_new* is False when the article was withdrawn before."""

    article_id: str
    was_new: bool
    issues: tuple[tuple[Use, Consequence], ...]


def withdraw(database: Database, article_id: str, *, reason: str, actor: str, clock: Clock) -> Withdrawal:
    """Make the article with this whole id unusable, and deal with every issue that uses it.

    In one transaction: an issue that has not begun is discarded, so that the next compose makes it anew
    without the article; one that is going out is held before its next message. Harmless to repeat.
    """
    now = clock.now()
    with database.write() as connection:
        was_new = withdrawal.withdraw(connection, article_id, reason=reason, actor=actor, withdrawn_at=now)
        if was_new and actor != SOURCE:
            record_by(connection, actor, "withdraw", f"article {article_id}", at=now)
        affected = []
        for use in withdrawal.uses(connection, article_id):
            consequence = Consequence.NONE
            if use.state in _FROZEN or (use.state is State.HELD and not use.begun):
                edition_store.remove(connection, use.issue_id)
                issue_store.remove(connection, use.issue_id)
                # The issue that is composed in its place says so.
                said = Decision(
                    act=Act.WITHDRAWN, issued_on=use.issued_on, article_id=article_id, text=reason
                )
                decide(connection, use.newsletter, said, actor=actor, decided_at=now)
                consequence = Consequence.DISCARDED
            elif issue_store.apply_event(connection, use.issue_id, Event.STOP):
                consequence = Consequence.HELD
            affected.append((use, consequence))
    for use, consequence in affected:
        if consequence is not Consequence.NONE:
            log.warning(
                "%s issue %s: %s uses the withdrawn article %s",
                consequence.value, use.issued_on, use.newsletter, article_id,
            )  # fmt: skip
    return Withdrawal(article_id, was_new, tuple(affected))


def restore(database: Database, article_ids: Sequence[str], *, actor: str) -> list[str]:
    """Make these articles usable again where *actor* withdrew them; which they were.

    What a source has let go and shows again may come back by itself; what an operator withdrew may not.
    """
    with database.read() as connection:
        if not set(article_ids) & set(withdrawal.withdrawn_articles(connection, actor=actor)):
            return []
    with database.write() as connection:
        restored = withdrawal.restore(connection, article_ids, actor=actor)
    log.warning("restored %d articles withdrawn by %s", len(restored), actor)
    return restored


def withdrawn_in(url: str) -> dict[str, str]:
    """The withdrawn articles by id, with the reason; nothing where the database was never made."""
    database = Database(url)
    if database.url.get_backend_name() == "sqlite" and not Path(database.url.database or "").is_file():
        return {}
    database.upgrade()
    try:
        with database.read() as connection:
            return withdrawal.withdrawn_articles(connection)
    finally:
        database.close()
