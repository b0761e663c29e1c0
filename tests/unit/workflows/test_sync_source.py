from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newsletter.clock import FixedClock
from newsletter.content.article import Article
from newsletter.content.fetch import Fetcher
from newsletter.content.sources import wordpress
from newsletter.content.store import ContentStore
from newsletter.content.sync import SyncState
from newsletter.workflows.sync_source import SyncReport, sync_wordpress
from tests.integration.wordpress_double import BEGAN_AT, WordPressDouble, answer, drop
from tests.unit.factory import snapshot

LATER = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)


@dataclass
class Desk:
    """A site, a store and all that a sync takes."""

    site: WordPressDouble
    store: ContentStore
    state: SyncState
    clock: FixedClock
    withdrawn: list[tuple[str, str]] = field(default_factory=list)

    def sync(self, **options: Any) -> SyncReport:
        self.site.requests.clear()
        return sync_wordpress(
            self.site.url,
            store=self.store,
            state=self.state,
            fetcher=Fetcher(allow_loopback=True, timeout_s=10),
            clock=self.clock,
            withdraw=lambda article_id, reason: self.withdrawn.append((article_id, reason)),
            **options,
        )

    def titles(self) -> list[str]:
        return [article.title for article in self.store.articles()]

    def article(self, title: str) -> Article:
        (found,) = [article for article in self.store.articles() if article.title == title]
        return self.store.get(found.id)


@pytest.fixture
def desk(tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(wordpress, "PER_PAGE", 4)
    monkeypatch.setattr(wordpress, "PER_PAGE_WITH_TEXT", 3)
    path = tmp_path / "content.db"
    with WordPressDouble() as site, ContentStore(path) as store, SyncState(path, origin=site.url) as state:
        yield Desk(site, store, state, clock)


def counts(outcome: SyncReport) -> tuple[int, int, int, int, int]:
    report = outcome.report
    return report.new, report.changed, report.unchanged, report.withdrawn, len(report.rejected)


def test_a_site_is_read_whole_and_then_only_what_changed(desk: Desk) -> None:
    desk.site.fill(range(1, 11))
    assert counts(desk.sync()) == (10, 0, 0, 0, 0)
    assert counts(desk.sync()) == (0, 0, 10, 0, 0)
    assert not [address for address in desk.site.requests if "include" in address]
    desk.site.edit(4, "<p>Something else altogether.</p>", at=LATER)
    desk.site.add(11)
    assert counts(desk.sync()) == (1, 1, 9, 0, 0)
    assert "altogether" in desk.article("Condition 4").sections[0].text
    assert len(desk.titles()) == 11


def test_an_unchanged_sync_leaves_the_store_as_it_was(desk: Desk) -> None:
    desk.site.fill(range(1, 8))
    desk.sync()
    before = snapshot(desk.store)
    desk.sync()
    desk.sync(everything=True)
    assert snapshot(desk.store) == before


def test_the_cursor_overlaps_and_is_sent_with_its_zone(desk: Desk) -> None:
    desk.site.fill(range(1, 4))
    desk.sync()
    desk.sync()
    (changed, *_) = [address for address in desk.site.requests if "orderby=modified" in address]
    after = BEGAN_AT + timedelta(minutes=3) - timedelta(minutes=10)
    assert f"modified_after={after:%Y-%m-%dT%H:%M:%SZ}" in changed


def test_a_change_dated_back_is_found_all_the_same(desk: Desk) -> None:
    desk.site.fill(range(1, 8))
    desk.sync()
    desk.site.edit(2, "<p>Dated back.</p>", at=BEGAN_AT - timedelta(days=300))
    assert counts(desk.sync()) == (0, 1, 6, 0, 0)


def test_a_post_from_the_future_hides_nothing(desk: Desk) -> None:
    desk.site.fill(range(1, 4))
    desk.site.edit(2, "<p>From the future.</p>", at=datetime(2999, 1, 1, tzinfo=UTC))
    desk.sync()
    assert desk.state.cursor == BEGAN_AT + timedelta(minutes=3)


def test_a_site_that_knows_no_modified_after_is_read_too(desk: Desk) -> None:
    desk.site.fill(range(1, 8))
    desk.site.heeds_modified_after = False
    desk.sync()
    assert counts(desk.sync()) == (0, 0, 7, 0, 0)


def test_a_new_title_or_address_is_the_same_article(desk: Desk) -> None:
    desk.site.fill([1])
    desk.sync()
    first = desk.store.articles()[0].id
    desk.site.posts[1].title = "Another name"
    desk.site.posts[1].modified_at = LATER
    assert counts(desk.sync()) == (0, 1, 0, 0, 0)
    assert [(article.id, article.title) for article in desk.store.articles()] == [(first, "Another name")]


def test_topics_language_and_dates_come_along(desk: Desk) -> None:
    desk.site.add(1, categories=("Joints", "Uncategorized"), tags=("Knee &amp; hip",))
    desk.sync()
    article = desk.article("Condition 1")
    assert article.topics == ("joints", "knee & hip")
    assert (article.lang, article.source) == ("en-GB", "wordpress")
    assert article.modified_at == BEGAN_AT + timedelta(minutes=1)
    assert article.status == "unreviewed"


def test_a_blanket_review_date_counts_also_when_it_is_set_later(desk: Desk) -> None:
    desk.site.fill([1])
    desk.sync()
    day = date(2026, 1, 31)
    assert counts(desk.sync(reviewed_on=day)) == (0, 1, 0, 0, 0)
    assert desk.article("Condition 1").reviewed_on == day
    assert counts(desk.sync(reviewed_on=day)) == (0, 0, 1, 0, 0)


def test_rejected_posts_are_named_each_time_and_not_read_each_time(desk: Desk) -> None:
    desk.site.fill([1, 2])
    desk.site.add(3, protected=True)
    desk.site.add(4, html="<p></p>")
    for _ in range(2):
        outcome = desk.sync()
        reasons = {each.item.rsplit("/", 2)[1]: each.reason for each in outcome.report.rejected}
        assert "password" in reasons["post-3"]
        assert "no text" in reasons["post-4"]
    assert not [address for address in desk.site.requests if "include" in address]
    desk.site.edit(4, "<p>Text at last.</p>", at=LATER)
    assert counts(desk.sync()) == (1, 0, 2, 0, 1)


def test_what_the_bin_gave_back_is_there_again(desk: Desk) -> None:
    desk.site.fill(range(1, 11))
    desk.sync()
    post = desk.site.posts.pop(3)
    assert counts(desk.sync()) == (0, 0, 9, 1, 0)
    desk.site.posts[3] = post
    outcome = desk.sync()
    assert outcome.report.withdrawn == 0
    assert "3" in desk.state.items()


@pytest.mark.parametrize("status", [404, 410])
def test_a_deleted_post_is_withdrawn(desk: Desk, status: int) -> None:
    desk.site.fill(range(1, 12))
    desk.sync()
    article_id = desk.article("Condition 5").id
    desk.site.gone_status = status
    del desk.site.posts[5]
    assert counts(desk.sync()) == (0, 0, 10, 1, 0)
    assert desk.withdrawn == [(article_id, f"{desk.site.url}post-5/ is gone from the site")]
    assert counts(desk.sync()) == (0, 0, 10, 0, 0)


def test_a_post_in_the_bin_is_withdrawn(desk: Desk) -> None:
    desk.site.fill(range(1, 11))
    desk.sync()
    desk.site.posts[2].status = "trash"
    assert counts(desk.sync()) == (0, 0, 9, 1, 0)


def test_posts_that_the_listing_leaves_out_are_not_gone(desk: Desk) -> None:
    desk.site.fill(range(1, 40))
    desk.sync()
    desk.site.fault("orderby=id", answer(200, "[]", kind="application/json"), times=-1)
    assert counts(desk.sync()) == (0, 0, 39, 0, 0)
    assert desk.withdrawn == []


def test_many_deletions_wait_for_an_operator(desk: Desk) -> None:
    desk.site.fill(range(1, 31))
    desk.sync()
    for number in range(1, 5):
        del desk.site.posts[number]
    outcome = desk.sync()
    assert (outcome.held, outcome.report.withdrawn, outcome.complete) == (4, 0, True)
    assert "until an operator has looked" in outcome.report.rejected[-1].reason
    assert desk.withdrawn == []
    assert desk.sync().held == 4
    assert desk.sync(withdraw_many=True).report.withdrawn == 4
    assert desk.sync().held == 0


def test_a_fifth_of_a_small_site_waits_for_an_operator_too(desk: Desk) -> None:
    desk.site.fill(range(1, 6))
    desk.sync()
    del desk.site.posts[1]
    assert (desk.sync().held, desk.withdrawn) == (1, [])


def test_up_to_a_tenth_goes_by_itself(desk: Desk) -> None:
    desk.site.fill(range(1, 41))
    desk.sync()
    for number in range(1, 5):
        del desk.site.posts[number]
    assert desk.sync().report.withdrawn == 4


def test_trouble_while_asking_for_the_missing_withdraws_none(desk: Desk) -> None:
    desk.site.fill(range(1, 12))
    desk.sync()
    before = snapshot(desk.store)
    del desk.site.posts[3]
    del desk.site.posts[7]
    desk.site.fault("/wp/v2/posts/7", drop)
    outcome = desk.sync()
    assert not outcome.complete
    assert "broke off" in outcome.report.rejected[-1].reason
    assert (desk.withdrawn, snapshot(desk.store)) == ([], before)


def test_a_post_that_the_site_cannot_speak_of_is_not_gone_yet(desk: Desk) -> None:
    desk.site.fill(range(1, 12))
    desk.sync()
    del desk.site.posts[7]
    desk.site.fault("/wp/v2/posts/7", answer(503, "busy"))
    assert desk.sync().report.withdrawn == 0
    assert desk.sync().report.withdrawn == 1


@pytest.mark.parametrize(
    "url",
    ["", "site.example", "http://", "http://[", "file:///etc/passwd", "http://10.0.0.1/", "http://a:b@c/"],
)
def test_an_address_that_cannot_be_read_is_an_error_in_the_report(desk: Desk, url: str) -> None:
    outcome = sync_wordpress(
        url,
        store=desk.store,
        state=desk.state,
        fetcher=Fetcher(),
        clock=desk.clock,
        withdraw=lambda *_: None,
    )
    assert (outcome.complete, len(outcome.report.rejected)) == (False, 1)
    assert desk.titles() == []


def test_a_review_date_set_later_comes_over_an_unchanged_feed_too(desk: Desk) -> None:
    desk.site.fill([1])
    block(desk)
    desk.sync()
    assert counts(desk.sync(reviewed_on=date(2026, 1, 31))) == (0, 1, 0, 0, 0)
    assert desk.article("Condition 1").status == "usable"


def test_the_last_run_is_kept_with_counts_and_reasons(desk: Desk) -> None:
    desk.site.fill([1, 2])
    desk.site.add(3, protected=True)
    desk.sync()
    run = desk.state.last_run
    assert run is not None
    assert run.run_at == desk.clock.now()
    assert run.counts == {"new": 2, "changed": 0, "unchanged": 0, "withdrawn": 0, "rejected": 1}
    assert run.rejected == ((f"{desk.site.url}post-3/", "is protected by a password"),)


# --- the feed instead -------------------------------------------------------------------------------------


def block(desk: Desk) -> None:
    desk.site.fault("/wp/v2/", answer(403, "<h1>Forbidden</h1>"), times=-1)


def test_a_blocked_interface_falls_back_to_the_feed(desk: Desk) -> None:
    desk.site.fill(range(1, 26))
    block(desk)
    outcome = desk.sync()
    assert (outcome.via, outcome.complete, counts(outcome)) == ("feed", True, (25, 0, 0, 0, 0))
    assert "403" in outcome.notes[0]
    assert len([address for address in desk.site.requests if "/feed/" in address]) == 4


def test_an_unchanged_feed_is_asked_for_once_and_conditionally(desk: Desk) -> None:
    desk.site.fill(range(1, 26))
    block(desk)
    desk.sync()
    assert counts(desk.sync()) == (0, 0, 25, 0, 0)
    assert len([address for address in desk.site.requests if "/feed/" in address]) == 1
    desk.site.add(26)
    desk.site.edit(25, desk.site.posts[25].html + "<p>And more.</p>", at=LATER)
    assert counts(desk.sync()) == (1, 1, 24, 0, 0)


def test_the_feed_withdraws_nothing(desk: Desk) -> None:
    desk.site.fill(range(1, 6))
    desk.sync()
    block(desk)
    del desk.site.posts[3]
    assert counts(desk.sync()) == (0, 0, 5, 0, 0)
    assert desk.withdrawn == []


def test_what_rest_knows_is_not_doubled_by_the_feed_nor_cut_to_its_excerpt(desk: Desk) -> None:
    desk.site.fill(range(1, 6))
    desk.sync()
    before = snapshot(desk.store)
    block(desk)
    desk.sync()
    assert snapshot(desk.store) == before
    desk.site.edit(2, "<p>Only the beginning […]</p>", at=LATER)
    desk.sync()
    assert snapshot(desk.store) == before


def test_a_correction_comes_over_the_feed_too(desk: Desk) -> None:
    desk.site.fill(range(1, 6))
    desk.sync()
    topics = desk.article("Condition 2").topics
    block(desk)
    desk.site.edit(2, desk.site.posts[2].html + "<p>Correction: see a doctor.</p>", at=LATER)
    assert counts(desk.sync()) == (0, 1, 4, 0, 0)
    article = desk.article("Condition 2")
    assert "Correction" in article.sections[-1].text
    assert (article.topics, article.source) == (topics, "wordpress")


def test_when_rest_is_back_the_articles_of_the_feed_stay_the_same_ones(desk: Desk) -> None:
    desk.site.fill(range(1, 6))
    block(desk)
    desk.sync()
    known = {article.id for article in desk.store.articles()}
    desk.site.mend()
    outcome = desk.sync()
    assert (outcome.via, outcome.report.new) == ("rest", 0)
    assert {article.id for article in desk.store.articles()} == known
    assert set(desk.state.items()) == {"1", "2", "3", "4", "5"}


def test_a_feed_that_is_shut_too_is_a_clear_error(desk: Desk) -> None:
    block(desk)
    desk.site.fault("feed", answer(403, "no"), times=-1)
    outcome = desk.sync()
    assert not outcome.complete
    assert "export file" in outcome.report.rejected[-1].reason
