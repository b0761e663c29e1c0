"""Pins: a text that was withdrawn, or changed since it was picked, is found before it goes out."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from newsletter.content.article import Article, Paragraph
from newsletter.content.store import ContentStore
from newsletter.errors import RefusedError
from newsletter.issues import store as issue_store
from newsletter.issues.issue import Issue
from newsletter.rendering.checks.check import Check
from newsletter.workflows.compare_pins import compare_pins
from newsletter.workflows.compose import clear_to_send, compose, make_draft
from newsletter.workflows.withdraw import withdraw
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import fill

DAY = date(2026, 3, 3)


@pytest.fixture
def stocked(workplace: Workplace) -> Workplace:
    fill(workplace.settings.content_path)
    return workplace


def composed(workplace: Workplace) -> Issue:
    return compose(workplace, workplace.settings.newsletter(), DAY).issue


def compared(workplace: Workplace, made: Issue) -> dict[str, str]:
    return compare_pins(workplace.settings, workplace.database, made)


def pins(workplace: Workplace) -> Check:
    draft = make_draft(
        workplace.settings, workplace.database, workplace.settings.newsletter(), DAY, since=DAY
    )
    return next(one for one in draft.checks if one.name == "pins")


def rewrite(workplace: Workplace, article_id: str, **changes: object) -> None:
    with ContentStore(workplace.settings.content_path) as store:
        article = store.get(article_id).model_copy(update=changes)
        store.save(Article.model_validate(article.model_dump()), seen_at=datetime(2026, 2, 1, tzinfo=UTC))


def say_otherwise(workplace: Workplace, article_id: str) -> None:
    with ContentStore(workplace.settings.content_path) as store:
        sections = store.get(article_id).sections
    said = tuple(one.model_copy(update={"blocks": (Paragraph(html="Ask again."),)}) for one in sections)
    rewrite(workplace, article_id, sections=said)


def test_a_pick_is_pinned_to_the_section_that_it_was_made_of(stocked):
    made = composed(stocked)
    with ContentStore(stocked.settings.content_path) as store:
        for pick in made.picks:
            section = store.get(pick.article_id).sections[pick.section_position]
            assert (pick.heading, pick.sha256) == (section.heading, section.hash)
    assert compared(stocked, made) == {}
    assert pins(stocked).level == "ok"


def test_a_section_that_says_something_else_by_now_holds_an_issue_that_is_not_yet_sent(stocked):
    lead = composed(stocked).lead
    say_otherwise(stocked, lead.article_id)
    found = pins(stocked)
    assert found.level == "fail"
    assert found.detail == f"{lead.article_title} ({lead.article_id}): changed since it was picked"
    with pytest.raises(RefusedError, match=r"preflight failed: pins: .* changed since it was picked"):
        clear_to_send(stocked, stocked.settings.newsletter(), DAY)


def test_once_letters_are_out_a_change_is_told_and_holds_nobody_up(stocked):
    newsletter = stocked.settings.newsletter()
    stored = compose(stocked, newsletter, DAY)
    with stocked.database.write() as connection:
        issue_store.start(connection, stored.id, started_at=stocked.clock.now())
    say_otherwise(stocked, stored.issue.lead.article_id)
    assert pins(stocked).level == "warn"
    clear_to_send(stocked, newsletter, DAY)


def test_other_news_of_an_article_changes_nothing(stocked):
    made = composed(stocked)
    rewrite(stocked, made.lead.article_id, title="Another title", reviewer="Dr A")
    assert compared(stocked, made) == {}


def test_a_section_that_only_moved_is_the_same(stocked):
    made = composed(stocked)
    with ContentStore(stocked.settings.content_path) as store:
        sections = store.get(made.lead.article_id).sections
    moved = tuple(
        one.model_copy(update={"position": place}) for place, one in enumerate((sections[-1], *sections[:-1]))
    )
    rewrite(stocked, made.lead.article_id, sections=moved)
    assert compared(stocked, made) == {}


def test_a_withdrawn_article_is_told_as_that_even_when_it_is_gone_or_was_never_pinned(stocked):
    made = composed(stocked)
    lead = made.lead.article_id
    withdraw(stocked.database, lead, reason="retracted", actor="operator", clock=stocked.clock)
    stocked.settings.content_path.unlink()
    assert compared(stocked, made)[lead] == "withdrawn"
    old = made.model_copy(
        update={"picks": tuple(one.model_copy(update={"sha256": ""}) for one in made.picks)}
    )
    assert compared(stocked, old) == {lead: "withdrawn"}


def test_an_article_that_its_source_marks_as_withdrawn_is_told_as_that(stocked):
    made = composed(stocked)
    rewrite(stocked, made.lead.article_id, status="withdrawn")
    assert compared(stocked, made) == {made.lead.article_id: "withdrawn"}


def test_an_article_that_is_gone_only_warns_for_the_issue_carries_its_text(stocked):
    made = composed(stocked)
    stocked.settings.content_path.unlink()
    fill(stocked.settings.content_path, names=("lupus",))
    assert set(compared(stocked, made).values()) == {"gone from the content store"}
    assert pins(stocked).level == "warn"


def test_without_a_content_store_every_article_is_gone_and_none_is_made(stocked):
    made = composed(stocked)
    stocked.settings.content_path.unlink()
    assert set(compared(stocked, made).values()) == {"gone from the content store"}
    assert not stocked.settings.content_path.exists()


def test_issues_stored_before_there_were_pins_can_still_be_read(stocked):
    document = composed(stocked).model_dump(mode="json")
    for pick in document["picks"]:
        del pick["sha256"]
    old = Issue.model_validate(document)
    assert {pick.sha256 for pick in old.picks} == {""}
    assert compared(stocked, old) == {}


def test_a_fresh_issue_is_asked_only_what_was_withdrawn_meanwhile(stocked):
    made = composed(stocked)
    say_otherwise(stocked, made.lead.article_id)
    assert compare_pins(stocked.settings, stocked.database, made, is_fresh=True) == {}
    withdraw(stocked.database, made.lead.article_id, reason="x", actor="operator", clock=stocked.clock)
    fresh = compare_pins(stocked.settings, stocked.database, made, is_fresh=True)
    assert fresh == {made.lead.article_id: "withdrawn"}
