"""Letters that went out, put into the database quickly, for tests of what is shown of them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

from newsletter.issues import store as issue_store
from newsletter.issues.issue import Issue, State
from newsletter.issues.withdrawal import withdraw
from newsletter.rendering import store as edition_store
from newsletter.rendering.edition import Edition, render_edition
from newsletter.workflows.workplace import Workplace
from tests.unit.factory import article, issue


def publish(
    workplace: Workplace,
    day: date,
    *,
    made: Issue | None = None,
    newsletter: str = "daily",
    state: State = State.SENT,
    is_marked: bool = True,
) -> Edition:
    """Store *made* (default: gout, with eczema beside it) as the letter of *day*, and its edition.

    *is_marked*: False gives an edition as they were before their parts were marked.
    """
    made = (made or issue(article("gout"), article("eczema"), day=day)).model_copy(
        update={"newsletter": newsletter, "issued_on": day, "state": state}
    )
    settings = workplace.settings
    edition = render_edition(made, settings=settings, newsletter=settings.newsletter(newsletter))
    if not is_marked:
        html = re.sub(r" from-[0-9a-f]{12}(-outlook)?|from-[0-9a-f]{12}", "", edition.html)
        edition = Edition(edition.subject, edition.preheader, html, edition.text)
    at = datetime.combine(day, time(7, 0), UTC)
    with workplace.database.write() as connection:
        issue_id = issue_store.add(connection, made, composed_at=at)
        assert issue_id is not None
        issue_store.start(connection, issue_id, started_at=at)
        issue_store.set_state(connection, issue_id, state, finished_at=at)
        edition_store.add(connection, issue_id, edition_store.pack(edition), language="en", rendered_at=at)
    return edition


def take_back(workplace: Workplace, article_id: str, at: datetime) -> None:
    """Withdraw an article at a time."""
    with workplace.database.write() as connection:
        withdraw(connection, article_id, reason="SECRET-REASON", actor="operator", withdrawn_at=at)
