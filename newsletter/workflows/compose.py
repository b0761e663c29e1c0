"""Compose: from the content store to one frozen issue per newsletter and local date."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from newsletter.content.store import ContentStore
from newsletter.database import Database
from newsletter.errors import PickError, RefusedError
from newsletter.issues import store as issue_store
from newsletter.issues.issue import Issue, State
from newsletter.issues.picker import pick, seed_for
from newsletter.issues.withdrawal import withdrawn_articles
from newsletter.rendering import store as edition_store
from newsletter.rendering.edition import Edition, render_edition
from newsletter.rendering.preflight import Check, failures, preflight
from newsletter.settings import NewsletterSettings, Settings
from newsletter.workflows.withdraw import SOURCE
from newsletter.workflows.workplace import Workplace

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Draft:
    """An issue with its rendered edition and what preflight says of it."""

    issue: Issue
    edition: Edition
    checks: list[Check]


def compose(workplace: Workplace, newsletter: NewsletterSettings, day: date) -> issue_store.StoredIssue:
    """The issue of *day*: the one that is there, or a new one, picked, rendered, frozen and approved.

    Running it again, or in two processes at once, gives the same issue.

    Raises:
        PickError: the content store cannot fill an issue.
        RenderError: the mail would lose content.
        RefusedError: a check failed; nothing is stored, so that it can be mended and composed again.
    """
    with workplace.database.read() as connection:
        stored = issue_store.find(connection, newsletter.name, day)
    if stored is not None:
        return stored
    draft = make_draft(workplace.settings, workplace.database, newsletter, day)
    failed = failures(draft.checks)
    if failed:
        reasons = "; ".join(f"{check.name}: {check.detail}" for check in failed)
        raise RefusedError(f"issue of {day}", f"preflight failed: {reasons}", "Mend it and compose again.")
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        _refuse_withdrawn(connection, draft.issue)
        # Approval is off: a composed issue is an approved one.
        approved = draft.issue.model_copy(update={"state": State.APPROVED})
        issue_id = issue_store.add(connection, approved, composed_at=now)
        if issue_id is not None:
            edition_store.add(
                connection, issue_id, draft.edition, language=newsletter.language, rendered_at=now
            )
        stored = issue_store.find(connection, newsletter.name, day)
    if stored is None:
        raise PickError(f"issue of {day}", "vanished while it was composed", "Run it again.")
    log.info("composed %s %s: %d sections", newsletter.name, day, len(stored.issue.picks))
    return stored


def make_draft(settings: Settings, database: Database, newsletter: NewsletterSettings, day: date) -> Draft:
    """What *day*'s issue is, or would be: the frozen one if it was composed, else a fresh pick.

    Stores nothing.
    """
    with database.read() as connection:
        stored = issue_store.find(connection, newsletter.name, day)
        edition = edition_store.find(connection, stored.id) if stored else None
        history = issue_store.history(connection, newsletter.name, day)
        withdrawn = withdrawn_articles(connection)
        gone = withdrawn_articles(connection, actor=SOURCE)
    if stored is not None and edition is not None:
        issue = stored.issue
    else:
        with ContentStore(settings.content_path) as content:
            # Where a source has let one of two equal pages go, the other steps in. What an operator withdrew
            # is wrong wherever it stands, so its equals stay out as well.
            articles, snapshot = content.usable_articles(withdrawn=set(gone)), content.snapshot()
            if not articles:
                raise _nothing_usable(day, stored=len(content.articles()))
        articles = [article for article in articles if article.id not in withdrawn]
        issue = pick(
            articles,
            history,
            newsletter=newsletter.name,
            day=day,
            seed=seed_for(newsletter.name, day),
            snapshot=snapshot,
            language=newsletter.language,
            review_limit=settings.review_limit,
        )
        edition = render_edition(issue, settings=settings, newsletter=newsletter)
    return Draft(issue, edition, preflight(issue, edition, settings=settings, newsletter=newsletter))


def _nothing_usable(day: date, *, stored: int) -> PickError:
    if stored:
        reason = f"none of the {stored} articles in the content store says when it was reviewed"
        step = "Say it for them: newsletter ingest SOURCE --reviewed-on DATE, or reviewed_on in [[sources]]."
    else:
        reason, step = "the content store is empty", "Bring articles in: newsletter ingest SOURCE"
    return PickError(f"issue of {day}", reason, step)


def _refuse_withdrawn(connection: Connection, issue: Issue) -> None:
    """An article may have been withdrawn since it was picked, in another process."""
    withdrawn = withdrawn_articles(connection)
    for one in issue.picks:
        if one.article_id in withdrawn:
            raise PickError(f"article {one.article_id}", "was withdrawn while it was picked", "Run it again.")


def send_time(newsletter: NewsletterSettings, day: date) -> datetime:
    """When the issue of *day* is to leave, in the newsletter's own time zone."""
    return datetime.combine(day, newsletter.send_at, tzinfo=newsletter.zone)
