from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.article import Article
from newsletter.content.sources.item import Refused
from newsletter.content.sources.wxr import check_wxr, read_wxr
from newsletter.errors import ParseError
from tests.unit.content.page import reference

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:wp="http://wordpress.org/export/{version}/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:excerpt="http://wordpress.org/export/{version}/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/"><channel>
<language>en-GB</language><wp:author><wp:author_email>editor@clinic.example</wp:author_email></wp:author>
"""
ITEM = """<item><title>Gout &amp; &lt;em&gt;you&lt;/em&gt;</title><link>https://clinic.example/gout/</link>
<media:title>Not this</media:title><dc:creator>editorlogin</dc:creator><guid>https://clinic.example/?p=7</guid>
<content:encoded><![CDATA[<!-- wp:paragraph --><p>It hurts.</p><!-- /wp:paragraph -->
<h2>Causes</h2><p>Uric acid: a]]]]><![CDATA[>b \\ 'c'.</p>]]></content:encoded>
<excerpt:encoded><![CDATA[Short.]]></excerpt:encoded>
<wp:post_id>7</wp:post_id><wp:post_date_gmt>2026-01-02 08:00:00</wp:post_date_gmt>
<wp:post_modified_gmt>2026-02-03 09:30:00</wp:post_modified_gmt><wp:post_name>gout</wp:post_name>
<wp:status>publish</wp:status><wp:post_type>post</wp:post_type><wp:post_password></wp:post_password>
<category domain="category" nicename="joints"><![CDATA[Joints]]></category>
<category domain="post_tag" nicename="pain"><![CDATA[Pain]]></category>
<category domain="author" nicename="cap-x"><![CDATA[Jane Writer]]></category>
<wp:comment><wp:comment_author>Commenter Name</wp:comment_author>
<wp:comment_author_email>commenter@mail.example</wp:comment_author_email>
<wp:comment_content>Nice.</wp:comment_content></wp:comment></item>
"""


def export(*items: str, version: str = "1.2") -> io.BytesIO:
    return io.BytesIO((HEAD.format(version=version) + "".join(items) + "</channel></rss>").encode())


def read(*items: str) -> list[Article | Refused]:
    return list(read_wxr(export(*items), name="export"))


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_a_post_becomes_an_article_in_every_version(version: str) -> None:
    (article,) = read_wxr(export(ITEM, version=version), name="export")
    assert isinstance(article, Article)
    assert (article.title, article.slug, article.lang) == ("Gout & you", "gout", "en-GB")
    assert article.url == "https://clinic.example/gout/"
    assert article.topics == ("joints", "pain")
    assert article.published_at == datetime(2026, 1, 2, 8, tzinfo=UTC)
    assert article.modified_at == datetime(2026, 2, 3, 9, 30, tzinfo=UTC)
    assert [section.heading for section in article.sections] == ["Gout & you", "Causes"]
    assert article.sections[1].text == "Uric acid: a]]>b \\ 'c'."
    assert article.status == "unreviewed"


def test_people_are_nowhere_in_an_article() -> None:
    (article,) = read(ITEM)
    assert isinstance(article, Article)
    said = article.model_dump_json()
    for person in ("editor@clinic.example", "editorlogin", "Commenter", "commenter@", "Jane Writer", "Nice."):
        assert person not in said


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("<wp:post_type>post<", "<wp:post_type>attachment<", "not a post or page but 'attachment'"),
        ("<wp:post_type>post</wp:post_type>", "", "no post type is given"),
        ("<wp:status>publish<", "<wp:status>draft<", "not published: its status is 'draft'"),
        ("<wp:post_password><", "<wp:post_password>secret<", "protected by a password"),
        (r"<p>It hurts.*?</p>]]>", "]]>", "there is no text in it"),
        (
            "<p>It hurts",
            "<div>" * 300 + "It hurts",
            "nests deeper than 256 elements, or leaves that many open",
        ),
    ],
)
def test_what_is_no_published_post_is_refused_with_the_reason(old: str, new: str, reason: str) -> None:
    changed = re.sub(old, new, ITEM, count=1, flags=re.DOTALL)
    good = ITEM.replace("gout/", "gout-2/")
    refused, article = read(changed, good)
    assert refused == Refused("Gout & you", reason)
    assert isinstance(article, Article)


def test_an_export_can_be_checked_without_making_articles() -> None:
    assert check_wxr(export(ITEM, ITEM), name="export") == 2


def test_posts_with_the_same_slug_stay_apart() -> None:
    first, second = read(ITEM, ITEM.replace("example/gout/", "example/2019/gout/"))
    assert isinstance(first, Article)
    assert isinstance(second, Article)
    assert first.slug == second.slug
    assert first.id != second.id


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"", "line 1"),
        (HEAD.format(version="1.2").encode() + b"\n<item><title>a & b</title>", "line 7"),
        (b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss/>", "document type"),
        (b"<feed/>", "no WordPress export"),
        (b"<rss>" + b"<a>" * 100 + b"</a>" * 100 + b"</rss>", "deeper"),
        (b"<?xml version='1.0' encoding='no-such'?><rss/>", "XML"),
    ],
)
def test_what_is_no_export_is_refused_with_the_line(data: bytes, named: str) -> None:
    with pytest.raises(ParseError, match=named):
        check_wxr(io.BytesIO(data), name="export.xml")
    with pytest.raises(ParseError) as error:
        list(read_wxr(io.BytesIO(data), name="export.xml"))
    assert named in str(error.value)
    assert error.value.thing == "export.xml"


def cut(text: str) -> bytes:
    """An export that goes on with *text* and ends there."""
    return (HEAD.format(version="1.2") + text).encode("utf-8", "replace")


@given(st.binary(max_size=300) | st.text(max_size=300).map(cut))
def test_no_bytes_raise_anything_but_parse_errors(data: bytes) -> None:
    with pytest.raises(ParseError):
        list(read_wxr(io.BytesIO(data), name="export"))


def published(path: Path) -> int:
    """How many posts and pages a file publishes, counted over the whole tree."""
    root = ET.parse(path).getroot()  # noqa: S314 - reference data
    count = 0
    for item in root.iter("item"):
        said = {child.tag.rpartition("}")[2]: child.text or "" for child in reversed(list(item))}
        is_open = said.get("status") == "publish" and not said.get("post_password")
        count += is_open and said.get("post_type") in ("post", "page")
    return count


def exports() -> Iterator[Path]:
    yield from sorted(reference("wordpress/wxr").glob("*.xml"))


def test_every_reference_export_gives_as_many_articles_as_it_publishes() -> None:
    malformed = set()
    for path in exports():
        try:
            expected = published(path)
        except ET.ParseError as error:
            malformed.add(path.name)
            with path.open("rb") as stream, pytest.raises(ParseError, match=f"line {error.position[0]}"):
                list(read_wxr(stream, name=path.name))
            continue
        with path.open("rb") as stream:
            found = list(read_wxr(stream, name=path.name))
        # A post without any text is published, but is no article.
        empty = sum(isinstance(one, Refused) and one.reason == "there is no text in it" for one in found)
        assert sum(isinstance(one, Article) for one in found) + empty == expected, path.name
    assert {"importer-malformed-simple.xml", "ghost-sample.xml"} <= malformed


def test_no_person_of_a_reference_export_is_in_an_article() -> None:
    for path in exports():
        source = path.read_text("utf-8")
        people = set(
            re.findall(
                r"<wp:(?:comment_author_email|author_email|comment_author_IP)>(?:<!\[CDATA\[)?([^<\]]+)",
                source,
            )
        )
        comments = set(re.findall(r"<wp:comment_author>(?:<!\[CDATA\[)?([^<\]]{5,})", source))
        try:
            with path.open("rb") as stream:
                said = "".join(
                    one.model_dump_json(exclude={"id", "url"})
                    for one in read_wxr(stream, name=path.name)
                    if isinstance(one, Article)
                )
        except ParseError:
            continue
        content = "".join(re.findall(r"<content:encoded>.*?</content:encoded>", source, re.DOTALL))
        for person in people | {name for name in comments if name not in content}:
            assert person not in said, (path.name, person)


_MEMORY = """
import io, pathlib, re, sys
from newsletter.content.sources.wxr import check_wxr, read_wxr
from tests.unit.content.sources.test_wxr import HEAD, ITEM
class Stream(io.RawIOBase):
    def __init__(self, total):
        self.left = total
        self.head = HEAD.format(version="1.2").encode()
        words = b"<wp:comment_content>" + b"words " * 30000 + b"</wp:comment_content>"
        self.item = ITEM.encode().replace(b"</item>", b"<wp:comment>" + words + b"</wp:comment></item>")
        self.rest = self.head
    def read(self, size=-1):
        while len(self.rest) < size and self.left > 0:
            self.rest += self.item
            self.left -= len(self.item)
            if self.left <= 0:
                self.rest += b"</channel></rss>"
        part, self.rest = self.rest[:size], self.rest[size:]
        return part
def peak():
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\\s*(\\d+)", status)[1]) // 1024
before = peak()
count = sum(1 for _ in read_wxr(Stream(int(sys.argv[1])), name="big"))
print(count, peak() - before, peak())
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from Linux's /proc")
def test_memory_does_not_grow_with_the_export() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _MEMORY, "20000000"], capture_output=True, text=True, check=True, timeout=120
    )
    count, growth, _ = map(int, done.stdout.split())
    assert count > 100
    assert growth < 80
