from __future__ import annotations

import gzip
import html
import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content.article import Article, Kind, Reference
from newsletter.content.sources.html import decode, parse_html
from newsletter.content.sources.metadata import bare_title
from newsletter.errors import ParseError
from tests.unit.content.page import reference
from tests.unit.content.sources.test_fragment import PIECES, assert_safe

PAGE = """\
<!doctype html><html lang="en_GB"><head><meta charset="utf-8">
<title>Tennis elbow: causes and care - Harbour Health</title>
<meta property="og:site_name" content="Harbour Health">
<meta property="article:published_time" content="2026-01-02T10:00:00+02:00">
<meta property="article:tag" content="Joints"><meta name="description" content="x">
<link rel="canonical" href="https://harbour.example/elbow/tennis-elbow.html?utm=1">
<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [
 {"@type": "MedicalWebPage", "lastReviewed": "2026-05-14", "dateModified": "2026-06-02",
  "reviewedBy": [{"@type": "Person", "name": "Dr A. Example"}], "keywords": "Pain, joints"}]}</script>
<style>p { color: red }</style></head>
<body class="single"><div id="cookie-bar">We use cookies <button>Accept</button></div>
<header class="site-header"><a href="/">Harbour Health</a></header>
<nav><ul><li>Home</li><li>Joints</li></ul></nav>
<div class="breadcrumbs">Home &gt; Joints</div>
<main><article class="post tag-share category-related">
 <header><h1>Tennis elbow</h1><p>By Dr B. Writer</p><p>Reviewed by Dr C. Other on 1 May 2020</p></header>
 <div id="toc_container" class="toc_white"><p>Contents</p><ul><li><a href="#c">Causes</a></li></ul></div>
 <div class="entry-content">
  <p>Tennis elbow is pain on the outside of the elbow. It follows overuse of the forearm muscles, and most
  people who have it never held a racket.</p>
  <img src="data:image/gif;base64,AAAA" data-src="https://cdn.example/elbow.jpg" alt="An elbow">
  <noscript><img src="https://cdn.example/elbow.jpg"></noscript>
  <h2 id="comments">Causes</h2><p>Repeated gripping, such as painting or typing for 3&ndash;4 hours a day.</p>
  <div class="ad-slot">Buy now</div>
  <h2>Treatment</h2><ul><li><strong>Ice:</strong> ten minutes</li>
  <li>Ibuprofen: 400&nbsp;mg with food</li></ul>
  <div class="share-buttons">Share on X</div>
  <h2>References</h2><ol><li>Example A. Elbow pain. 2020. <a href="https://doi.example/10.1/x">Link</a></li></ol>
  <p>Disclaimer: This page is for education only.</p>
 </div>
 <section class="related-posts"><h3>Related</h3><ul><li>Golfer's elbow</li></ul></section>
</article></main>
<aside>Popular this week</aside><div id="comments"><h2>Comments</h2><p>I had this too.</p></div>
<div class="newsletter-box">Subscribe to our newsletter</div><footer>© Harbour</footer>
</body></html>
"""


@pytest.fixture(scope="module")
def article() -> Article:
    return parse_html(PAGE, name="saved")


def page_of(article: Article) -> str:
    """*article* as the plainest page that holds it."""
    parts = [f"<html lang={article.lang}><body><article><h1>{html.escape(article.title)}</h1>"]
    for section in article.sections:
        if section.position or section.heading != article.title:
            parts.append(f"<h2>{html.escape(section.heading)}</h2>")
        parts.append(section.html)
    return "".join([*parts, "</article></body></html>"])


def test_the_head_says_what_the_article_is(article: Article) -> None:
    assert (article.title, article.slug, article.lang) == ("Tennis elbow", "tennis-elbow", "en-GB")
    assert article.url == "https://harbour.example/elbow/tennis-elbow.html?utm=1"
    assert (article.reviewed_on, article.reviewer) == (date(2026, 5, 14), "Dr A. Example")
    assert article.status == "usable"
    assert article.published_at == datetime(2026, 1, 2, 8, tzinfo=UTC)
    assert article.modified_at == datetime(2026, 6, 2, tzinfo=UTC)
    assert article.topics == ("joints", "pain")


def test_only_the_article_is_in_the_sections(article: Article) -> None:
    assert [(section.heading, section.kind) for section in article.sections] == [
        ("Tennis elbow", Kind.OVERVIEW),
        ("Causes", Kind.CAUSES),
        ("Treatment", Kind.TREATMENT),
    ]
    assert article.sections[1].text == "Repeated gripping, such as painting or typing for 3–4 hours a day."
    assert article.sections[2].text == "- Ice: ten minutes\n- Ibuprofen: 400\u00a0mg with food"
    assert article.references == (
        Reference(text="Example A. Elbow pain. 2020. Link", url="https://doi.example/10.1/x"),
    )
    assert article.disclaimer == "This page is for education only."


def test_everything_else_is_left_out_with_a_reason(article: Article) -> None:
    reasons = {left.line: left.why for left in article.left_out}
    expected = {
        "We use cookies Accept": "cookie notice",
        "Harbour Health": "site navigation",
        "Home Joints": "site navigation",
        "Home > Joints": "breadcrumbs",
        "Contents Causes": "table of contents",
        "Buy now": "advertisement",
        "Share on X": "social media line",
        "Related Golfer's elbow": "related posts",
        "Popular this week": "beside the article",
        "Comments I had this too.": "comments or feedback box",
        "Subscribe to our newsletter": "newsletter box",
        "© Harbour": "site footer",
        "An elbow": "a picture: mails carry none",
    }
    assert {line: reasons.get(line) for line in expected} == expected


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        (
            "",
            "<p>Medically reviewed by Dr C. Example on 14 May 2026</p>",
            (date(2026, 5, 14), "Dr C. Example"),
        ),
        ("", "<footer>Page last reviewed: <b>14 May 2026</b></footer>", (date(2026, 5, 14), "")),
        ("<meta name=last-reviewed content=2026-05-14>", "", (date(2026, 5, 14), "")),
        (
            '<meta property="article:modified_time" content="2026-05-14">',
            "<p>Updated: 14 May 2026</p>",
            (None, ""),
        ),
        ("", "<aside>Last reviewed: 14 May 2026</aside>", (None, "")),
        ("", "<p>Last reviewed: 04/05/2026</p>", (None, "")),
        ('<script type="application/ld+json">{"lastReviewed": ["x"], </script>', "", (None, "")),
    ],
)
def test_a_review_date_is_never_guessed(head: str, body: str, expected: tuple[date | None, str]) -> None:
    main = "<main><h1>Gout</h1><p>It hurts in the toe.</p></main>"
    page = f"<html><head>{head}</head><body>{main}{body}</body></html>"
    article = parse_html(page, name="gout")
    assert (article.reviewed_on, article.reviewer) == expected
    assert article.status == ("usable" if expected[0] else "unreviewed")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<div class=entry-content><p>Main text.</p></div><div><p>Other</p></div>", "Main text."),
        ("<div role=main><h1>T</h1><p>Main text.</p></div><p>Other</p>", "Main text."),
        ("<div itemprop='articleBody'><p>Main text.</p></div><p>Other</p>", "Main text."),
        ("<article><p>Main text.</p></article><article><p>x</p></article>", "Main text."),
        (
            "<div><div><p>Main text here, and more of it.</p></div><div>x</div></div>",
            "Main text here, and more of it.",
        ),
        ("Main text.", "Main text."),
    ],
)
def test_the_article_is_found_by_its_mark_or_its_weight(body: str, text: str) -> None:
    article = parse_html(f"<html><body>{body}</body></html>", name="gout")
    assert [section.text for section in article.sections] == [text]
    assert article.title in ("Gout", "T")


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>Naïve café</p>".encode(), "Naïve café"),
        (b"\xef\xbb\xbf<p>caf\xc3\xa9</p>", "café"),
        ("<p>café</p>".encode("utf-16"), "café"),
        (b'<meta charset="iso-8859-1"><p>caf\xe9 \x93q\x94</p>', "café “q”"),
        (b"<meta http-equiv=content-type content='text/html; charset=windows-1251'><p>\xc4\xe0</p>", "Да"),
        (b'<?xml version="1.0" encoding="shift_jis"?><p>\x82\xa0\x82\xa2</p>', "あい"),
        (b'<meta charset="no-such"><p>caf\xe9</p>', "café"),
        (b'<meta charset="utf-16"><p>caf\xc3\xa9</p>', "café"),
        (b'<meta charset="hex"><p>caf\xc3\xa9</p>', "café"),
    ],
)
def test_character_sets_are_told_apart(page: bytes, text: str) -> None:
    assert text in decode(page, name="x")


@pytest.mark.parametrize(
    ("title", "site", "url", "bare"),
    [
        ("Gout | Harbour", "", "", "Gout"),
        ("Gout - Harbour Health", "", "https://www.harbour-health.example/gout", "Gout"),
        ("Type 2 diabetes - Symptoms", "", "", "Type 2 diabetes - Symptoms"),
        ("Follow-up care", "", "", "Follow-up care"),
    ],
)
def test_the_site_is_no_part_of_the_title(title: str, site: str, url: str, bare: str) -> None:
    assert bare_title(title, site=site, url=url) == bare


@pytest.mark.parametrize(
    ("page", "named"),
    [
        ("", "empty"),
        (b"\0\0\0", "binary"),
        ("<html><head><title>x</title></head><body></body></html>", "no text"),
        ("<div>" * 100_000, "deeper"),
        (b"x" * 21_000_000, "larger"),
    ],
)
def test_what_holds_no_article_is_refused(page: str | bytes, named: str) -> None:
    with pytest.raises(ParseError) as error:
        parse_html(page, name="page.html")
    assert named in str(error.value)


def test_addresses_are_http_only_and_may_be_relative_to_where_the_page_was_fetched() -> None:
    def url(href: str, fetched: str = "") -> str:
        return parse_html(f"<link rel=canonical href='{href}'><p>Some text.</p>", name="a", url=fetched).url

    assert url("javascript:alert(1)") == ""
    assert url("/gout", "https://a.example/x?y") == "https://a.example/gout"
    assert url("data:text/html,x", "https://a.example/x") == "https://a.example/x"


def test_hostile_payloads_as_an_article_leave_only_the_allow_list() -> None:
    with gzip.open(reference("hostile-html/dev.jsonl.gz"), "rt", encoding="utf-8") as lines:
        payloads = [json.loads(line)["payload"] for line in lines]
    for payload in payloads:
        page = (
            f"<html><body><article><h1>Gout</h1><p>Before it.</p>{payload}<p>After it.</p></article></body>"
        )
        article = parse_html(page, name="gout")
        assert_safe("".join(section.html for section in article.sections))


def test_reading_our_own_pages_again_changes_nothing(article: Article) -> None:
    again = parse_html(page_of(article), name="saved")
    assert again.sections == article.sections


def test_articles_of_the_reference_data_read_back_as_they_were() -> None:
    with gzip.open(reference("medquad/dev.jsonl.gz"), "rt", encoding="utf-8") as lines:
        documents = [json.loads(line) for line, _ in zip(lines, range(60), strict=False)]
    for document in documents:
        body = "".join(
            f"<h2>{html.escape(one['question'])}</h2><p>{html.escape(one['text'] or '')}</p>"
            for one in document["sections"]
        )
        try:
            first = parse_html(f"<main><h1>{html.escape(document['title'])}</h1>{body}</main>", name="a")
        except ParseError:
            continue
        assert parse_html(page_of(first), name="a").sections == first.sections


@given(st.text() | st.binary() | st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
@settings(max_examples=200)
def test_no_input_makes_the_parser_raise_anything_but_parse_errors(page: str | bytes) -> None:
    try:
        article = parse_html(page, name="page")
    except ParseError:
        return
    assert_safe("".join(section.html for section in article.sections))
    if article.sections[0].heading == article.title:
        assert [one.html for one in parse_html(page_of(article), name="page").sections] == [
            one.html for one in article.sections
        ]
