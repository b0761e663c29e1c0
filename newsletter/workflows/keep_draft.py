"""Keep drafts: the issue of a day with its edition and checks, made once and kept until anything changes.

For the console, which looks again and again. Nothing is sent because of what is kept: compose makes it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from datetime import date

from newsletter.clock import local_date
from newsletter.errors import RefusedError
from newsletter.issues import decision as decision_store
from newsletter.issues import store as issue_store
from newsletter.issues.forecast import after
from newsletter.issues.issue import Issue
from newsletter.issues.store import StoredIssue
from newsletter.issues.withdrawal import withdrawn_articles
from newsletter.overrides import stamp
from newsletter.rendering import store as edition_store
from newsletter.settings import NewsletterSettings
from newsletter.workflows.compare_pins import compare_pins
from newsletter.workflows.draft_editions import Bench, Draft, Order
from newsletter.workflows.drafting import Drafting, drafting
from newsletter.workflows.look_ahead import expected_before, forecast_of, is_outdated
from newsletter.workflows.pool import content_stamp, history_key
from newsletter.workflows.workplace import Workplace


def kept_draft(workplace: Workplace, newsletter: NewsletterSettings, day: date) -> Draft:
    """The issue of *day* with its edition and checks, as make_draft gives it.

    Raises:
        PickError: no issue can be made.
    """
    settings, today = workplace.settings, local_date(workplace.clock.now(), newsletter.timezone)
    with workplace.database.read() as connection:
        stored = issue_store.find(connection, newsletter.name, day)
        sha256 = edition_store.editions_hash(connection, stored.id) if stored else ""
        withdrawn = frozenset(withdrawn_articles(connection))
    files = settings.templates.rglob("*") if settings.templates else ()
    read = [*sorted(files), *([settings.observances] if settings.observances else [])]
    common = (
        newsletter.name, day, today, id(settings), withdrawn, content_stamp(settings.content_path),
        stamp(read),
    )  # fmt: skip
    key: Hashable
    if stored is not None and sha256:
        key, make = (stored.id, sha256), _frozen(workplace, newsletter, stored)
    else:
        key, make = _planned(workplace, newsletter, day)
    draft: Draft = workplace.pool.drafts.get((*common, key), make)
    return draft


def drafting_of(
    workplace: Workplace, newsletter: NewsletterSettings, day: date
) -> AbstractContextManager[Drafting]:
    """Everything that the issue of *day* is made of, as drafting gives it, from what is kept."""
    expected = _expected(workplace, newsletter, day)
    return drafting(
        workplace.settings, workplace.database, newsletter, day, expected=expected, pool=workplace.pool
    )


def is_provisional(workplace: Workplace, newsletter: NewsletterSettings, day: date) -> bool:
    """Whether the issue of *day*, not made yet, may change: what goes before it is being worked out anew."""
    return is_outdated(workplace, newsletter) and bool(_expected(workplace, newsletter, day))


def _frozen(workplace: Workplace, newsletter: NewsletterSettings, stored: StoredIssue) -> Callable[[], Draft]:
    settings, database = workplace.settings, workplace.database

    def make() -> Draft:
        today = local_date(workplace.clock.now(), newsletter.timezone)
        with database.read() as connection:
            edition = edition_store.find(connection, stored.id)
        if edition is None:
            raise RefusedError(f"issue of {stored.issue.issued_on}", "was just made anew", "Load it again.")
        changed = compare_pins(settings, database, stored.issue)
        return Bench(settings, newsletter, today, changed).checked(stored.issue, edition)

    return make


def _planned(
    workplace: Workplace, newsletter: NewsletterSettings, day: date
) -> tuple[Hashable, Callable[[], Draft]]:
    """What it is made of, and how: the forecast's issue where that is of now, else picked."""
    today = local_date(workplace.clock.now(), newsletter.timezone)
    bench = Bench(workplace.settings, newsletter, today, {})
    forecast = forecast_of(workplace, newsletter, day)
    if forecast is not None:
        issue, mark = forecast
        return mark, lambda: bench.draft(Order(issue))
    with workplace.database.read() as connection:
        decisions = decision_store.in_force(connection, newsletter.name, day)
        history = issue_store.history(connection, newsletter.name, day)
    before = after(history, *_expected(workplace, newsletter, day))

    def make() -> Draft:
        with drafting_of(workplace, newsletter, day) as desk:
            picked = desk.general
        return bench.draft(Order(picked))

    return (tuple(one.model_dump_json() for one in decisions), history_key(before)), make


def _expected(workplace: Workplace, newsletter: NewsletterSettings, day: date) -> tuple[Issue, ...]:
    today = local_date(workplace.clock.now(), newsletter.timezone)
    with workplace.database.read() as connection:
        made = issue_store.between(connection, newsletter.name, today, day)
    return () if day in made else expected_before(workplace, newsletter, day, made=made)
