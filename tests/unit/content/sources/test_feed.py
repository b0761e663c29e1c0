from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.article import Article
from newsletter.content.sources.feed import read_feed
from newsletter.content.sources.item import Refused, Withdrawn
from newsletter.errors import ParseError
from tests.unit.content.page import reference
from tests.unit.content.sources.test_fragment import assert_safe

RSS = b"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Clinic</title><language>en-GB</language>
<item><title>Gout &amp;amp; you</title><link>https://clinic.example/2026/gout/?utm=1</link>
<guid>https://clinic.example/?p=7</guid>
<dc:creator>Jane Writer</dc:creator>
<pubDate>Fri, 02 Jan 2026 10:00:00 +0200</pubDate><category>Joints</category>
<description>Short.</description>
<content:encoded><![CDATA[<p>It hurts.</p><h2>Causes</h2><p>Uric acid.</p>]]></content:encoded></item>
<item><title>Asthma</title><link>https://clinic.example/asthma</link>
<description>It wheezes. [&amp;hellip;]</description></item>
<item><title>Flu</title>
<description>&lt;p&gt;a&lt;/p&gt;&lt;h2&gt;Symptoms&lt;/h2&gt;&lt;p&gt;Fever.&lt;/p&gt;</description></item>
<item><title>Empty</title></item></channel></rss>"""
ATOM = b"""<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0">
<title>Clinic</title><entry><title type="text">p &lt; 0.05</title><id>tag:clinic.example,2026:7</id>
<link rel="alternate" href="https://clinic.example/p"/><updated>2026-02-03T09:30:00Z</updated>
<category term="Statistics"/><content type="html">&lt;p&gt;Rest &lt;b onclick="x"&gt;well&lt;/b&gt;.&lt;/p&gt;
&lt;script&gt;alert(1)&lt;/script&gt;</content></entry>
<at:deleted-entry ref="tag:clinic.example,2025:1" when="2026-02-01T00:00:00Z"/></feed>"""


def test_an_rss_item_with_full_content_becomes_an_article() -> None:
    gout, asthma, flu, empty = read_feed(RSS, name="feed")
    assert isinstance(gout, Article)
    assert (gout.title, gout.slug, gout.lang) == ("Gout & you", "gout", "en-GB")
    assert gout.url == "https://clinic.example/2026/gout/?utm=1"
    assert gout.topics == ("joints",)
    assert gout.published_at == datetime(2026, 1, 2, 8, tzinfo=UTC)
    assert [section.heading for section in gout.sections] == ["Gout & you", "Causes"]
    assert "Jane" not in gout.model_dump_json()
    assert asthma == Refused("Asthma", "feed holds only a summary")
    assert isinstance(flu, Article)
    assert [section.heading for section in flu.sections] == ["Flu", "Symptoms"]
    assert empty == Refused("Empty", "no text in the feed")


def test_an_atom_entry_becomes_an_article_and_a_tombstone_is_reported() -> None:
    article, gone = read_feed(ATOM, name="feed")
    assert isinstance(article, Article)
    assert article.title == "p < 0.05"
    assert article.sections[0].html == "<p>Rest <b>well</b>.</p>"
    assert article.modified_at == datetime(2026, 2, 3, 9, 30, tzinfo=UTC)
    assert gone == Withdrawn("tag:clinic.example,2025:1", datetime(2026, 2, 1, tzinfo=UTC))


def test_the_id_does_not_change_with_the_address() -> None:
    first = next(iter(read_feed(RSS, name="feed")))
    moved = next(iter(read_feed(RSS.replace(b"2026/gout", b"moved/gout"), name="other")))
    assert isinstance(first, Article)
    assert isinstance(moved, Article)
    assert first.id == moved.id


def test_a_feed_with_a_mistake_still_gives_its_entries() -> None:
    broken = RSS.replace(b"<title>Clinic</title>", b"<title>Clinic & co</title>")
    assert sum(isinstance(one, Article) for one in read_feed(broken, name="feed")) == 2


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"", "line 1"),
        (b"<html><body>Log in</body></html>", "no RSS or Atom feed"),
        (b"<rss version='2.0'>\n<channel>\n<title>a & b</title>", "line 3"),
        (b"<rss><channel><item>\n<title>x</wrong><link>y</link></item></channel></rss>", "line 2"),
        (b"<rss><channel><item>\n<title>x</title></item></rss>", "line 2"),
        (RSS[: RSS.index(b"<item><title>Flu")], "line 12"),
        (RSS[: RSS.index(b"Uric acid")], "line 9"),
        (b"<!DOCTYPE rss [<!ENTITY a 'b'><!ENTITY c '&a;&a;'>]><rss><title>&c;</title></rss>", "entities"),
        ("<!DOCTYPE rss [<!ENTITY a 'b'>]><rss/>".encode("utf-16"), "entities"),
        (b"<rss>" + b"<a>" * 300, "deeper"),
        (b"x" * 20_000_001, "larger"),
        (b"/etc/passwd", "line 1"),
    ],
)  # fmt: skip
def test_what_is_no_feed_is_refused(data: bytes, named: str) -> None:
    with pytest.raises(ParseError) as error:
        list(read_feed(data, name="feed.xml"))
    assert named in str(error.value)
    assert error.value.thing == "feed.xml"


def test_bytes_that_are_a_path_are_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_bytes(RSS)
    with pytest.raises(ParseError):
        list(read_feed(str(path).encode(), name="feed"))


@given(st.binary(max_size=400) | st.integers(0, len(RSS)).map(lambda cut: RSS[:cut] + RSS[cut + 3 :]))
def test_no_bytes_raise_anything_but_parse_errors(data: bytes) -> None:
    try:
        list(read_feed(data, name="feed"))
    except ParseError:
        return


def entries(data: bytes) -> int | None:
    """How many entries the text of a feed opens; None when it cannot be told without a parser."""
    if b"\0" in data or re.search(rb"CDATA|encoding=['\"](?!utf-8|us-ascii|iso-8859-1)", data, re.IGNORECASE):
        return None
    plain = re.sub(rb"<!--.*?-->", b"", data, flags=re.DOTALL)
    return len(re.findall(rb"<(?:\w+:)?(?:item|entry)(?=[\s>/])", plain))


def test_every_reference_feed_gives_all_its_entries_safely() -> None:
    counted = refused = 0
    for path in sorted(reference("wordpress/feeds").rglob("*.xml")):
        data = path.read_bytes()
        try:
            found = list(read_feed(data, name=path.name))
        except ParseError:
            refused += 1
            continue
        expected = entries(data)
        items = [one for one in found if not isinstance(one, Withdrawn)]
        if expected is not None:
            counted += 1
            assert len(items) == expected, path.name
        for one in items:
            if isinstance(one, Article):
                assert_safe("".join(section.html for section in one.sections))
    assert counted > 500
    assert refused < 20
