"""The letters so far, through a real server: index by month, web version, feed, and what was withdrawn."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import feedparser
import httpx
import pytest

from newsletter.issues.issue import State
from newsletter.issues.withdrawal import restore
from newsletter.rendering import store
from newsletter.rendering.edition import Edition
from newsletter.workflows.topic_editions import edition_path
from tests.integration.published_letters import publish, take_back
from tests.integration.web_site import Site, running
from tests.unit.factory import article, issue

DAY = date(2026, 3, 3)
#: Late in the evening in UTC, the next day in Tokyo.
TAKEN_BACK = datetime(2026, 3, 5, 22, 0, tzinfo=UTC)
PAGE, FEED = f"/issues/daily/{DAY}", "/issues/daily/feed.atom"


def publish_days(site: Site, first: date, count: int, **more) -> None:
    made = issue(article("gout"), article("eczema"))
    for days in range(count):
        publish(site.workplace, first + timedelta(days=days), made=made, **more)


def shown(site: Site, path: str) -> str:
    answer = site.http.get(path)
    assert answer.status_code == 200, path
    return answer.text


def test_letters_that_went_out_can_be_read_on_the_web_with_no_readers_token_in_them(site: Site) -> None:
    publish(site.workplace, DAY)
    publish(site.workplace, DAY + timedelta(days=1), state=State.APPROVED)
    index = shown(site, "/issues/")
    assert f'href="{PAGE}"' in index
    assert "2026-03-04" not in index
    before = site.everything()
    for path in (f"/issues/{DAY}", PAGE):
        page = site.http.get(path)
        assert page.status_code == 200
        assert 'href="http://letter.example/unsubscribe"' in page.text
        assert 'href="http://letter.example/preferences"' in page.text
        assert "@@" not in page.text
        assert "script-src" not in page.headers["content-security-policy"]
        head = site.http.head(path)
        assert (head.status_code, head.content) == (200, b"")
    for path in (
        "/issues/2026-03-04",
        "/issues/20260303",
        "/issues/daily/20260303",
        "/issues/daily/2026-W10-2",
    ):
        assert site.http.get(path).status_code == 404, path
    assert site.everything() == before


def test_what_was_sent_is_shown_whatever_the_settings_say_now(site: Site) -> None:
    edition = publish(site.workplace, DAY)
    changed = site.workplace.settings.model_copy(update={"postal_address": "9 New Street", "region": "GB"})
    with running(replace(site.workplace, settings=changed)) as url:
        page = httpx.get(f"{url}{PAGE}").text
    sent, _ = edition.filled(
        unsubscribe_url="http://letter.example/unsubscribe",
        preferences_url="http://letter.example/preferences",
    )
    letter = re.search(r"<body[^>]*>(.*)</body>", sent, re.DOTALL)
    assert letter is not None
    assert letter[1] in page
    assert "New Street" not in page


def test_the_index_shows_the_newest_months_and_leads_to_the_older_ones(site: Site) -> None:
    publish_days(site, date(2025, 12, 30), 70)
    index = shown(site, "/issues/")
    assert [match[1] for match in re.finditer(r'<h3 class="month"[^>]*>([^<]*)<', index)] == [
        "March 2026",
        "February 2026",
    ]
    assert index.count("<time") == 9 + 28
    assert index.index("2026-03-09") < index.index("2026-03-08") < index.index("2026-02-28")
    assert "2026-01-31" not in index
    assert index.index(">2026<") < index.index(">2025<")
    january = shown(site, "/issues/?month=2026-01")
    assert "<h1>Letters of January 2026</h1>" in january
    assert january.count("<time") == 31
    assert 'aria-current="page"' in january
    assert 'href="/issues/?month=2025-12"' in january
    assert len(index.encode()) < 40_000


@pytest.mark.parametrize("month", ["2026-13", "2026-3", "20260301", "2020-01", "<b>", "2026-03-01"])
def test_a_month_without_letters_is_no_page(site: Site, month: str) -> None:
    publish(site.workplace, DAY)
    assert site.http.get("/issues/", params={"month": month}).status_code == 404


def test_every_newsletter_has_a_shelf_and_a_feed_of_its_own(site: Site) -> None:
    publish(site.workplace, DAY)
    publish(site.workplace, date(2026, 3, 1), newsletter="weekly")
    index = shown(site, "/issues/")
    assert index.index("Daily Health</h2>") < index.index("Weekly Health</h2>")
    for name, day in (("daily", DAY), ("weekly", date(2026, 3, 1))):
        assert f'href="/issues/{name}/{day}"' in index
        assert f'rel="alternate" type="application/atom+xml" title="{name.title()} Health"' in index
        read = feedparser.parse(site.http.get(f"/issues/{name}/feed.atom").content)
        assert [one.link for one in read.entries] == [f"http://letter.example/issues/{name}/{day}"]
        assert "Follow with a feed reader" in index
    assert site.http.get("/issues/hourly/feed.atom").status_code == 404


def test_the_feed_holds_the_newest_thirty_letters_and_is_not_sent_twice(site: Site) -> None:
    publish_days(site, date(2026, 1, 1), 35)
    answer = site.http.get(FEED)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    read = feedparser.parse(answer.content)
    assert not read.bozo
    assert len(read.entries) == 30
    newest = read.entries[0]
    assert newest.id == "http://letter.example/issues/daily/2026-02-04"
    assert (newest.title, newest.summary) == ("Gout", issue(article("gout"), article("eczema")).preheader)
    assert newest.published == "2026-02-04T07:00:00Z"
    for name, value in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")):
        again = site.http.get(FEED, headers={name: answer.headers[value]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == answer.headers["etag"]
    stale = {"If-None-Match": '"other"', "If-Modified-Since": answer.headers["last-modified"]}
    assert site.http.get(FEED, headers=stale).status_code == 200
    assert site.http.head(FEED).status_code == 200
    publish(site.workplace, date(2026, 2, 5))
    assert site.http.get(FEED, headers={"If-None-Match": answer.headers["etag"]}).status_code == 200


def test_a_feed_without_letters_is_a_feed(site: Site) -> None:
    read = feedparser.parse(site.http.get(FEED).content)
    assert not read.bozo
    assert (read.feed.title, read.entries) == ("Daily Health", [])


def test_a_letters_page_leads_to_the_letters_around_it_and_says_what_it_is(site: Site) -> None:
    publish_days(site, DAY - timedelta(days=1), 3)
    page = shown(site, PAGE)
    assert 'rel="prev" href="http://letter.example/issues/daily/2026-03-02"' in page
    assert 'rel="next" href="http://letter.example/issues/daily/2026-03-04"' in page
    assert f'<link rel="canonical" href="http://letter.example{PAGE}">' in page
    assert f'href="http://letter.example{FEED}"' in page
    assert "noindex" not in page
    data = data_of(page)
    assert data["datePublished"] == "2026-03-03T07:00:00Z"
    assert data["isPartOf"]["name"] == "Daily Health"
    assert data["mainEntityOfPage"]["lastReviewed"] == "2026-01-12"


def data_of(page: str) -> dict[str, Any]:
    match = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert match is not None
    found: dict[str, Any] = json.loads(match[1])
    return found


def test_caches_keep_nothing_for_longer_than_minutes(site: Site) -> None:
    publish(site.workplace, DAY)
    for path in ("/issues/", PAGE, FEED):
        assert site.http.get(path).headers["cache-control"] == "public, max-age=120", path
    page = site.http.get(PAGE)
    same = {"If-None-Match": page.headers["etag"]}
    assert site.http.get(PAGE, headers=same).status_code == 304
    take_back(site.workplace, "gout", TAKEN_BACK)
    assert site.http.get(PAGE, headers=same).status_code == 200


def test_a_reader_who_opens_an_old_letter_finds_a_dated_notice_where_its_lead_stood(site: Site) -> None:
    publish(site.workplace, DAY)
    original = shown(site, PAGE)
    assert "gout" in original.lower()
    take_back(site.workplace, "gout", TAKEN_BACK)
    page = shown(site, PAGE)
    notice = re.search(r'<div role="note">(.*?)</div>', page, re.DOTALL)
    assert notice is not None
    assert "This part, from “Gout”, was withdrawn on <strong>5 March 2026</strong>." in notice[1]
    assert "SECRET-REASON" not in page
    assert page.count('role="note"') == 1
    assert "gout" not in page.replace(notice[0], "").lower()
    assert "Eczema" in page
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", page) == ["Letter of 3\u00a0March\u00a02026"]
    assert data_of(page)["headline"] == "Daily Health, 3 March 2026"
    assert data_of(page)["dateModified"] == "2026-03-05T22:00:00Z"
    for path in ("/issues/", "/issues/?month=2026-03", FEED):
        told = shown(site, path)
        assert "Gout" not in told, path
        assert "Daily Health, 3 March 2026" in told
        assert "A part of this letter was withdrawn on 5 March 2026." in told
    read = feedparser.parse(site.http.get(FEED).content)
    assert read.entries[0].updated == "2026-03-05T22:00:00Z"
    with site.workplace.database.write() as connection:
        restore(connection, ["gout"], actor="operator")
    assert shown(site, PAGE) == original


def test_a_withdrawal_beside_the_lead_leaves_the_letter_its_name(site: Site) -> None:
    publish(site.workplace, DAY)
    take_back(site.workplace, "eczema", TAKEN_BACK)
    page = shown(site, PAGE)
    assert ">Gout</h1>" in page
    assert "<title>Daily Health: Gout</title>" in page
    assert "Also today: Eczema" not in page
    assert "Eczema" not in page.replace("from “Eczema”", "")
    assert ">Gout</a>" in shown(site, "/issues/")
    assert "Eczema" not in shown(site, "/issues/")


def test_a_withdrawal_is_dated_by_the_newsletters_own_calendar(site: Site) -> None:
    publish(site.workplace, DAY)
    take_back(site.workplace, "gout", TAKEN_BACK)
    there = site.workplace.settings.newsletter().model_copy(update={"timezone": "Asia/Tokyo"})
    settings = site.workplace.settings.model_copy(update={"newsletters": (there,)})
    with running(replace(site.workplace, settings=settings)) as url:
        assert "withdrawn on <strong>6 March 2026</strong>" in httpx.get(f"{url}{PAGE}").text


def test_of_a_letter_without_marks_nothing_is_shown_once_a_part_of_it_is_withdrawn(site: Site) -> None:
    publish(site.workplace, DAY, is_marked=False)
    original = shown(site, PAGE)
    assert "Gout" in original
    take_back(site.workplace, "eczema", TAKEN_BACK)
    page = shown(site, PAGE)
    assert "<h1>Daily Health, 3 March 2026</h1>" in page
    assert "A part of this letter was withdrawn on 5 March 2026." in page
    for word in ("Gout", "Eczema", "ld+json", "SECRET-REASON"):
        assert word not in page
    with site.workplace.database.write() as connection:
        restore(connection, ["eczema"], actor="operator")
    assert shown(site, PAGE) == original


def test_who_got_a_letter_that_a_withdrawal_stopped_finds_it_with_the_notice(site: Site) -> None:
    publish(site.workplace, DAY, state=State.HELD)
    assert site.http.get(PAGE).status_code == 404
    take_back(site.workplace, "gout", TAKEN_BACK)
    assert "was withdrawn on" in shown(site, PAGE)


def test_a_topic_edition_is_listed_nowhere_indexed_nowhere_and_names_no_topic_to_machines(site: Site) -> None:
    publish(site.workplace, DAY)
    publish(site.workplace, DAY + timedelta(days=1))
    html = publish_topic_edition(site)
    name = edition_path(site.workplace.keyring, "daily", DAY, "angina")
    page = site.http.get(f"{PAGE}/{name}")
    assert html in page.text
    assert page.headers["x-robots-tag"] == "noindex"
    assert page.headers["cache-control"] == "private, max-age=120"
    assert '<meta name="robots" content="noindex">' in page.text
    for absent in ("ld+json", "canonical", 'rel="next"'):
        assert absent not in page.text
    for path in ("/issues/", FEED, PAGE):
        assert str(name) not in shown(site, path)
        assert "angina" not in shown(site, path)


def publish_topic_edition(site: Site) -> str:
    """Freeze an edition on angina beside the general one; its own words."""
    words = '<p class="paper">All about angina.</p>'
    made = Edition("Your letter", "Today.", f"<html><head></head><body>{words}</body></html>", "")
    with site.workplace.database.write() as connection:
        store.add(connection, 1, store.pack(made), language="en", rendered_at=TAKEN_BACK, topic_set="angina")
    return words


def test_an_archive_that_is_not_to_be_indexed_says_so_everywhere(site: Site) -> None:
    publish(site.workplace, DAY)
    for path in ("/issues/", PAGE, FEED):
        assert "x-robots-tag" not in site.http.get(path).headers
    settings = site.workplace.settings.model_copy(update={"archive": "noindex"})
    with running(replace(site.workplace, settings=settings)) as url, httpx.Client(base_url=url) as http:
        for path in ("/issues/", "/issues/?month=2026-03", PAGE, f"/issues/{DAY}", FEED):
            answer = http.get(path)
            assert answer.headers["x-robots-tag"] == "noindex", path
            again = http.get(path, headers={"If-None-Match": answer.headers["etag"]})
            assert (again.status_code, again.headers["x-robots-tag"]) == (304, "noindex")
            if path != FEED:
                assert '<meta name="robots" content="noindex">' in answer.text
