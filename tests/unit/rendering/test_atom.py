"""The feed of letters, as a feed reader and an XML parser see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import feedparser
from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering.atom import Entry, Feed, atom_feed

AT = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
NS = {"a": "http://www.w3.org/2005/Atom"}


def entry(**changes) -> Entry:
    values = {
        "url": "https://letter.example/issues/daily/2026-03-03",
        "title": "Gout",
        "summary": "What it is.",
        "published_at": AT,
        "updated_at": AT,
    }
    return Entry(**{**values, **changes})


def feed(*entries: Entry, **changes) -> Feed:
    values = {
        "url": "https://letter.example/issues/daily/feed.atom",
        "archive_url": "https://letter.example/issues/",
        "title": "Daily Health",
        "author": "The Clinic",
        "language": "en",
        "entries": entries,
    }
    return Feed(**{**values, **changes})


def test_a_feed_reader_reads_letters_with_their_words_times_and_addresses():
    later = AT + timedelta(days=1)
    read = feedparser.parse(atom_feed(feed(entry(updated_at=later))))
    assert not read.bozo
    assert read.version == "atom10"
    assert read.feed.title == "Daily Health"
    assert read.feed.author == "The Clinic"
    assert read.feed.updated == "2026-03-04T07:00:00Z"
    links = {(link.rel, link.type): link.href for link in read.feed.links}
    assert links["self", "application/atom+xml"] == read.feed.id == feed().url
    assert links["alternate", "text/html"] == "https://letter.example/issues/"
    one = read.entries[0]
    assert (one.id, one.link, one.title, one.summary) == (entry().url, entry().url, "Gout", "What it is.")
    assert (one.published, one.updated) == ("2026-03-03T07:00:00Z", "2026-03-04T07:00:00Z")


def test_every_element_that_the_standard_requires_is_there_once():
    for made in (feed(), feed(entry(), entry(url="https://letter.example/2"))):
        root = ElementTree.fromstring(atom_feed(made))
        for node in (root, *root.findall("a:entry", NS)):
            for name in ("id", "title", "updated"):
                assert len(node.findall(f"a:{name}", NS)) == 1
        assert root.find("a:author/a:name", NS) is not None
        assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"


def test_a_time_of_another_zone_is_told_in_utc():
    there = AT.astimezone(timezone(timedelta(hours=9)))
    assert b"<published>2026-03-03T07:00:00Z</published>" in atom_feed(feed(entry(published_at=there)))


@given(st.text(), st.text())
def test_no_title_breaks_the_feed_or_is_read_as_markup(title, summary):
    root = ElementTree.fromstring(atom_feed(feed(entry(title=title, summary=summary), title=title)))
    assert len(root.findall("a:entry", NS)) == 1
    kept = "".join(one if one in "\t\n\r" or one >= " " else "\ufffd" for one in title)
    kept = kept.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
    said = root.findtext("a:entry/a:title", namespaces=NS) or ""
    assert said.replace("\r\n", "\n").replace("\r", "\n") == kept.replace("\r\n", "\n").replace("\r", "\n")


def test_a_title_that_looks_like_markup_stays_words():
    root = ElementTree.fromstring(atom_feed(feed(entry(title='</title><script>x</script>&amp;"'))))
    assert root.findtext("a:entry/a:title", namespaces=NS) == '</title><script>x</script>&amp;"'
