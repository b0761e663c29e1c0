"""Composing: one frozen issue per newsletter and date, and none at all when something is wrong."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from newsletter.content.store import ContentStore
from newsletter.database import Database
from newsletter.errors import PickError, RefusedError
from newsletter.issues import store as issue_store
from newsletter.issues.history import LEAD_GAP
from newsletter.issues.issue import State
from newsletter.issues.store import issues, picks
from newsletter.rendering import store as edition_store
from newsletter.rendering.store import editions
from newsletter.settings import NewsletterSettings
from newsletter.workflows.compose import compose, make_draft, send_time
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import NAMES, fill, told

DAY = date(2026, 3, 3)


@pytest.fixture
def stocked(workplace: Workplace) -> Workplace:
    fill(workplace.settings.content_path)
    return workplace


def rows(workplace: Workplace) -> tuple[int, int, int]:
    """How many issues, editions and picks are stored."""
    with workplace.database.read() as connection:
        counted = [
            connection.scalar(select(func.count()).select_from(table)) for table in (issues, editions, picks)
        ]
    return counted[0] or 0, counted[1] or 0, counted[2] or 0


def test_a_composed_issue_is_picked_rendered_frozen_and_approved(stocked):
    stored = compose(stocked, stocked.settings.newsletter(), DAY)
    assert stored.issue.state is State.APPROVED
    assert stored.started_at is None
    with stocked.database.read() as connection:
        edition = edition_store.find(connection, stored.id)
    assert edition is not None
    assert edition.subject == stored.issue.subject
    assert stored.issue.lead.article_title in edition.text
    assert rows(stocked) == (1, 1, len(stored.issue.picks))


def test_composing_again_gives_the_issue_that_is_there(stocked):
    newsletter = stocked.settings.newsletter()
    assert compose(stocked, newsletter, DAY) == compose(stocked, newsletter, DAY)
    assert rows(stocked)[:2] == (1, 1)


def test_a_composed_issue_stays_as_it_is_when_the_articles_change(stocked):
    newsletter = stocked.settings.newsletter()
    before = make_draft(stocked.settings, stocked.database, newsletter, DAY, since=DAY)
    compose(stocked, newsletter, DAY)
    fill(stocked.settings.content_path, names=("lupus", "angina", "acne"))
    after = make_draft(stocked.settings, stocked.database, newsletter, DAY, since=DAY)
    assert after.edition == before.edition
    assert after.issue.picks == before.issue.picks


def test_each_newsletter_has_its_own_issue_of_a_date(stocked):
    daily, weekly = stocked.settings.newsletters
    assert compose(stocked, daily, DAY).id != compose(stocked, weekly, DAY).id
    assert rows(stocked)[:2] == (2, 2)


def test_two_processes_at_once_compose_one_issue(stocked):
    start = threading.Barrier(2)
    made: list[int] = []

    def go() -> None:
        database = Database(stocked.settings.database_url.get_secret_value())
        start.wait(10)
        made.append(compose(replace(stocked, database=database), stocked.settings.newsletter(), DAY).id)
        database.close()

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(made) == 2
    assert made[0] == made[1]
    assert rows(stocked)[:2] == (1, 1)


def test_no_article_leads_again_within_its_gap_and_no_section_comes_again(stocked):
    made = [
        compose(stocked, stocked.settings.newsletter(), DAY + timedelta(days=number)).issue
        for number in range(len(NAMES) // 2)
    ]
    leads = [one.lead.article_id for one in made]
    assert len(made) < LEAD_GAP.days
    assert len(set(leads)) == len(leads)
    keys = [each.section_key for one in made for each in one.picks]
    assert len(set(keys)) == len(keys)


def test_a_draft_stores_nothing(stocked):
    draft = make_draft(stocked.settings, stocked.database, stocked.settings.newsletter(), DAY, since=DAY)
    assert draft.issue.state is State.PLANNED
    assert rows(stocked) == (0, 0, 0)


def test_without_articles_there_is_no_issue_and_a_sentence_that_says_why(workplace):
    with pytest.raises(PickError, match="the content store is empty"):
        compose(workplace, workplace.settings.newsletter(), DAY)
    # The date is held, for people to see, and made as soon as there is something to make it of.
    with workplace.database.read() as connection:
        held = issue_store.find(connection, "daily", DAY)
    assert held is not None
    assert (held.issue.state, held.issue.picks) == (State.HELD, ())
    assert held.issue.trace is not None
    assert "the content store is empty" in held.issue.trace.notes[0]
    fill(workplace.settings.content_path)
    assert compose(workplace, workplace.settings.newsletter(), DAY).issue.state is State.APPROVED
    assert rows(workplace)[:2] == (1, 1)


def test_a_failed_check_stores_nothing_so_that_it_can_be_mended_and_composed_again(stocked):
    remote = stocked.settings.model_copy(update={"smtp_url": SecretStr("smtp://relay.example.net")})
    with pytest.raises(RefusedError, match=r"preflight failed: base_url: http://letter\.example") as refused:
        compose(replace(stocked, settings=remote), remote.newsletter(), DAY)
    assert refused.value.exit_status == 3
    assert rows(stocked) == (0, 0, 0)
    assert compose(stocked, stocked.settings.newsletter(), DAY).issue.state is State.APPROVED


def test_an_edition_that_would_be_cut_by_mailboxes_is_not_composed(stocked):
    wordy = stocked.settings.model_copy(update={"disclaimer": "General information. " * 6000})
    with pytest.raises(RefusedError, match="over 95000"):
        compose(replace(stocked, settings=wordy), wordy.newsletter(), DAY)
    assert rows(stocked) == (0, 0, 0)


def test_an_issue_whose_edition_was_dropped_by_retention_is_still_there(stocked):
    stored = compose(stocked, stocked.settings.newsletter(), DAY)
    with stocked.database.write() as connection:
        connection.execute(editions.delete())
        issue_store.set_state(connection, stored.id, State.SENT)
    assert compose(stocked, stocked.settings.newsletter(), DAY).id == stored.id


def test_the_time_to_send_is_in_the_newsletters_own_zone():
    cairo = NewsletterSettings(timezone="Africa/Cairo", send_at=time(7))
    assert send_time(cairo, DAY).astimezone(UTC) == datetime(2026, 3, 3, 5, tzinfo=UTC)
    assert send_time(cairo, date(2026, 6, 3)).astimezone(UTC) == datetime(2026, 6, 3, 4, tzinfo=UTC)


def test_articles_without_a_review_date_are_named_as_the_reason(workplace):
    with ContentStore(workplace.settings.content_path) as store:
        bare = told("asthma").model_copy(update={"reviewed_on": None, "status": "unreviewed"})
        store.save(bare, seen_at=workplace.clock.now())
    with pytest.raises(PickError, match=r"none of the 1 articles .* --reviewed-on"):
        compose(workplace, workplace.settings.newsletter(), DAY)
