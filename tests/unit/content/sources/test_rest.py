from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.sources.item import Refused
from newsletter.content.sources.rest import RestPost, read_gmt, read_rest
from newsletter.errors import ParseError

ROOT = Path(__file__).parents[4]


def value(**changes: Any) -> dict[str, Any]:
    return {
        "id": 12,
        "date_gmt": "2026-01-02T03:04:05",
        "modified_gmt": "2026-02-03T04:05:06",
        "slug": "gout-and-you",
        "status": "publish",
        "link": "https://site.example/gout/",
        "title": {"rendered": "Gout &#8211; <b>Q&amp;A</b><br>for all"},
        "content": {"rendered": "<p>Gout hurts.</p><h2>Symptoms</h2><p>Pain.</p>", "protected": False},
        "meta": [],
        "yoast_head_json": {"title": "Wrong"},
        "rank_math_title": "Wrong",
        **changes,
    }


def post(**changes: Any) -> RestPost:
    found = read_rest(value(**changes))
    assert isinstance(found, RestPost)
    return found


def terms(*names: str, taxonomy: str = "category") -> list[dict[str, str]]:
    return [{"name": name, "slug": name.lower(), "taxonomy": taxonomy} for name in names]


def test_a_post_says_what_it_is() -> None:
    found = post()
    assert (found.id, found.url, found.modified, found.reason) == (
        12,
        "https://site.example/gout/",
        "2026-02-03T04:05:06",
        "",
    )


def test_it_becomes_an_article() -> None:
    article = post().article()
    assert article.title == "Gout – Q&A for all"
    assert (article.url, article.slug, article.source) == (
        "https://site.example/gout/",
        "gout-and-you",
        "wordpress",
    )
    assert article.published_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert article.modified_at == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert [section.heading for section in article.sections] == ["Gout – Q&A for all", "Symptoms"]


def test_its_id_rests_on_what_never_changes() -> None:
    guid = {"guid": {"rendered": "https://site.example/?p=12"}}
    assert post(**guid).article().id == post(**guid, link="https://site.example/moved/").article().id
    assert post(**guid).article().id != post().article().id


def test_a_date_of_change_is_no_review() -> None:
    article = post().article()
    assert (article.reviewed_on, article.status) == (None, "unreviewed")


@pytest.mark.parametrize("written", [None, "", "0000-00-00T00:00:00", "0000-00-00 00:00:00", "soon", 7, []])
def test_a_time_that_is_none_is_none(written: object) -> None:
    assert read_gmt(written) is None
    assert post(date_gmt=written).post.published_at is None


def test_times_are_utc_whatever_offset_they_name() -> None:
    assert read_gmt("2026-01-02T03:04:05+02:00") == datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)
    assert read_gmt("2026-01-02T03:04:05Z") == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_topics_are_categories_and_tags_once_each() -> None:
    embedded = {
        "wp:term": [
            terms("Joints", "Bones &amp; Muscles", "Uncategorized"),
            terms("joints", "Gout\u200b", taxonomy="post_tag"),
            terms("A. Author", taxonomy="author"),
            {"code": "rest_forbidden", "message": "No", "data": {"status": 401}},
            [None, 3, {"taxonomy": "category"}],
        ]
    }
    assert post(_embedded=embedded).article().topics == ("joints", "bones & muscles", "gout")


@pytest.mark.parametrize("embedded", [None, [], {}, {"wp:term": None}, {"wp:term": {}}, "x"])
def test_a_post_without_terms_has_no_topics(embedded: object) -> None:
    assert post(_embedded=embedded).article().topics == ()


@pytest.mark.parametrize("status", ["draft", "private", "future", "trash", None, 7])
def test_only_published_posts_are_taken(status: object) -> None:
    assert "not published" in post(status=status).reason


def test_a_protected_post_is_not_taken() -> None:
    assert "password" in post(content={"rendered": "", "protected": True}).reason


@pytest.mark.parametrize("link", ["javascript:alert(1)", "//evil.example/", "/relative", None, 5])
def test_a_link_is_http_or_nothing(link: object) -> None:
    assert post(link=link).url == ""


def test_scripts_in_a_title_are_no_title() -> None:
    assert post(title={"rendered": "<script>alert(1)</script>Gout\u202e"}).article().title == "Gout"


@pytest.mark.parametrize(
    "broken",
    [None, 5, "post", [], {}, {"id": "5"}, {"id": True}, {"id": 0}, {"id": 5}, {"id": 5, "title": {}},
     {"id": 5, "title": {"rendered": "A"}, "content": {"rendered": None}}],
)  # fmt: skip
def test_what_is_no_post_is_refused_with_a_reason(broken: object) -> None:
    found = read_rest(broken)
    assert isinstance(found, Refused)
    assert found.reason


@pytest.mark.parametrize("html", ["", "   ", "<p></p>", "<script>x</script>", "<img src=x>"])
def test_a_post_without_text_is_no_article(html: str) -> None:
    with pytest.raises(ParseError):
        post(content={"rendered": html}).article()


def test_halves_of_characters_are_no_trouble() -> None:
    found = post(
        title={"rendered": "Gout\ud800"}, content={"rendered": "<p>Pain\udfff</p>"}, modified_gmt="\ud800"
    )
    assert found.modified == "?"
    assert "Pain" in found.article().sections[0].text


def test_a_title_keeps_its_signs() -> None:
    assert post(title={"rendered": "p &lt; 0.05 and a &gt; b"}).article().title == "p < 0.05 and a > b"


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*sorted(value()), "_embedded", "guid"]), _json))
def test_no_field_of_any_type_makes_it_fall_over(changes: dict[str, Any]) -> None:
    assert isinstance(read_rest({**value(), **changes}), RestPost | Refused)


# --- real answers of other systems ------------------------------------------------------------------------


def reference_files() -> list[Path]:
    root = Path(os.environ.get("NEWSLETTER_REFERENCE_DATA", ROOT.parent / "shared" / "data"))
    folder = root / "wordpress" / "rest"
    return sorted([*folder.glob("classicpress-*.json"), *folder.glob("ghost-*.json")])


def is_post(found: object) -> bool:
    """Counted without the reader: what has content that is rendered and a title."""
    return isinstance(found, dict) and "content" in found and "title" in found


def test_reference_answers_hold_as_many_posts_as_they_hold() -> None:
    files = reference_files()
    if not files:
        pytest.skip("the reference data are not here: set NEWSLETTER_REFERENCE_DATA")
    total = 0
    for file in files:
        content = json.loads(file.read_text(encoding="utf-8"))
        values = content if isinstance(content, list) else [content]
        expected = sum(map(is_post, values))
        posts = [found for found in map(read_rest, values) if isinstance(found, RestPost)]
        assert len(posts) == expected, file.name
        total += expected
        for found in posts:
            if "<p>" in found.post.content:
                assert found.article().sections, file.name
    assert total >= 9
