from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from newsletter.content.sources.post import Post, day_of, lang_of, moment_of, read_post, title_of
from newsletter.errors import ParseError
from tests.unit.content.page import reference
from tests.unit.content.sources.test_fragment import assert_safe


def test_a_post_takes_page_data_from_its_text_where_its_fields_have_none() -> None:
    content = "<p>Last reviewed: 14 May 2026</p><p>It hurts.</p>"
    article = read_post(Post("Gout", content, "7", url="javascript:x", slug="caf%C3%A9"), source="site")
    assert (article.source, article.url, article.slug) == ("site", "", "cafe")
    assert (article.reviewed_on, article.status) == (date(2026, 5, 14), "usable")


def test_a_post_without_title_is_named_by_its_slug() -> None:
    assert read_post(Post("", "<p>a b</p>", "7", slug="tennis-elbow-2"), source="x").title == "Tennis elbow"


def test_a_post_without_text_is_refused() -> None:
    with pytest.raises(ParseError, match="no text"):
        read_post(Post("Gout", "<img src=x>", "7"), source="x")


def test_fields_are_read_in_the_shapes_that_sites_write() -> None:
    assert title_of("A &amp;lt; <b>b</b>\u202e\n c") == "A &lt; b c"
    assert [lang_of(tag) for tag in ("en_US", "BN", "x", "", "en-<b>")] == ["en-US", "bn", "en", "en", "en"]
    assert moment_of("2026-01-02 10:00:00") == datetime(2026, 1, 2, 10, tzinfo=UTC)
    assert moment_of("2026-01-02T10:00:00+02:00") == datetime(2026, 1, 2, 8, tzinfo=UTC)
    assert moment_of("0001-01-01T00:00:00Z") is None
    assert moment_of("yesterday") is None
    assert day_of("2026-05-14T23:00:00-08:00") == date(2026, 5, 14)
    assert day_of("14 May 2026") is None


#: Two of the reference posts hold a heading and pictures, and so no text.
EMPTY = {"ghost-single-post-with-linked-images.json", "ghost-single-post-with-smaller-images.json"}


def test_every_reference_rest_post_is_an_article_of_its_own() -> None:
    for path in sorted(reference("wordpress/rest").glob("*.json")):
        value = json.loads(path.read_text("utf-8"))
        found = value if isinstance(value, list) else [value]
        posts = [
            Post(one["title"]["rendered"], one["content"]["rendered"], str(one["id"]), url=one["link"])
            for one in found
            if "title" in one and "content" in one
        ]
        if path.name in EMPTY:
            with pytest.raises(ParseError, match="no text"):
                read_post(posts[0], source="rest")
            continue
        articles = [read_post(post, source="rest") for post in posts]
        assert len({article.id for article in articles}) == len(posts), path.name
        for article in articles:
            assert_safe("".join(section.html for section in article.sections))
