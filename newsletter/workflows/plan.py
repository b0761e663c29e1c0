"""Plan: the coming issues without making them, and what an operator should see in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from newsletter.content.store import ContentStore
from newsletter.database import Database
from newsletter.issues import store as issue_store
from newsletter.issues.decision import Decision, in_force
from newsletter.issues.desk import desk_for
from newsletter.issues.forecast import Coverage, coverage, forecast, warnings
from newsletter.issues.issue import Issue
from newsletter.issues.ranking import Index
from newsletter.issues.withdrawal import withdrawn_articles
from newsletter.settings import NewsletterSettings, Settings
from newsletter.workflows.drafting import nothing_usable
from newsletter.workflows.withdraw import SOURCE


@dataclass(frozen=True)
class Plan:
    """The issues of the days ahead, what to know about them, and how the catalogue is used."""

    issues: tuple[Issue, ...]
    warnings: tuple[str, ...]
    coverage: Coverage


def plan(
    settings: Settings, database: Database, newsletter: NewsletterSettings, first: date, days: int
) -> Plan:
    """The issues of *newsletter* on the *days* from *first* on, as if each were sent. Stores nothing.

    Raises:
        PickError: the content store holds nothing that may be used.
    """
    desk = desk_for(settings, newsletter)
    dates = [day for ahead in range(days) if newsletter.mails_on(day := first + timedelta(days=ahead))]
    last = first + timedelta(days=max(days - 1, 0))
    decisions: dict[date, list[Decision]] = {}
    with database.read() as connection:
        history = issue_store.history(connection, newsletter.name, first)
        stored = issue_store.between(connection, newsletter.name, first, last)
        before = issue_store.article_uses(connection, newsletter.name, until=first)
        week = issue_store.week_before(connection, newsletter.name, first) if desk.layout.by_week else ()
        withdrawn = withdrawn_articles(connection)
        gone = withdrawn_articles(connection, actor=SOURCE)
        for day in dates:
            decisions[day] = in_force(connection, newsletter.name, day)
    with ContentStore(settings.content_path) as content:
        catalogue = content.catalogue(desk.wanted(first, last, withdrawn=withdrawn, gone=gone))
        if not catalogue.candidates:
            raise nothing_usable(first, content, catalogue.removed)
        index = Index(catalogue)
        ahead = forecast(
            desk, index, history, dates, load=content.get, stored=stored, decisions=decisions, week=week
        )
        issues = tuple(ahead)
    told = warnings(issues, index, desk.observances, region=desk.region, before=history.used)
    return Plan(issues, tuple(told), coverage(issues, index, before))
