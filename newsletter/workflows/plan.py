"""Plan: the coming issues without making them, and what an operator should see in them."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import date, timedelta

from newsletter.content.store import ContentStore
from newsletter.database import Database
from newsletter.errors import PickError
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

#: So far ahead the console's calendar looks.
DAYS = 90


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


def expected(
    settings: Settings, database: Database, newsletter: NewsletterSettings, day: date, *, today: date
) -> tuple[Issue, ...]:
    """The issues from *today* on that are to go out before that of *day* and are not made yet, oldest first.

    An issue is picked as if these had been sent, so that it is the one that the forecast shows. None where
    that of *day* is made already, or is farther ahead than DAYS.
    """
    if not 0 < (day - today).days < DAYS:
        return ()
    with database.read() as connection:
        made = issue_store.between(connection, newsletter.name, today, day)
    if day in made or not missing(newsletter, made, today, day):
        return ()
    try:
        planned = plan(settings, database, newsletter, today, (day - today).days)
    except PickError:
        return ()
    return tuple(issue for issue in planned.issues if issue.picks and issue.issued_on not in made)


def missing(newsletter: NewsletterSettings, made: Container[date], first: date, day: date) -> bool:
    """Whether a letter is due from *first* on, before *day*, that is not *made*."""
    dates = (first + timedelta(days=ahead) for ahead in range((day - first).days))
    return any(newsletter.mails_on(one) and one not in made for one in dates)
