"""The feed of letters: Atom (RFC 4287).

A summary and a link, not the whole letter: feed readers keep what they got, and a section that is withdrawn
must not live on there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

NAMESPACE = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml"
#: The newest letters; who was away for longer finds the rest in the archive.
MAX_ENTRIES = 30
#: Of a feed without letters, which must name a time as well (section 4.2.15).
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
#: What XML 1.0 cannot hold, not even escaped (section 2.2 there).
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Entry:
    """A letter: its permanent address, which is its id as well, and what the archive says of it."""

    url: str
    title: str
    summary: str
    published_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Feed:
    """The feed of one newsletter, entries newest first, at *url*; *archive_url* is the page for people."""

    url: str
    archive_url: str
    title: str
    author: str
    language: str
    entries: Sequence[Entry]

    @property
    def updated_at(self) -> datetime:
        """When anything in it changed last."""
        return max((one.updated_at for one in self.entries), default=_NEVER)


def atom_feed(feed: Feed) -> bytes:
    """*feed* as an XML document in UTF-8: pure, the same feed gives the same bytes."""
    root = ET.Element("feed", {"xmlns": NAMESPACE, "xml:lang": feed.language})
    _add(root, "id", feed.url)
    _add(root, "title", feed.title)
    _add(root, "updated", _moment(feed.updated_at))
    _add(_add(root, "author"), "name", feed.author)
    _add(root, "link", rel="self", type=MEDIA_TYPE, href=feed.url)
    _add(root, "link", rel="alternate", type="text/html", hreflang=feed.language, href=feed.archive_url)
    for one in feed.entries:
        entry = _add(root, "entry")
        _add(entry, "id", one.url)
        _add(entry, "title", one.title)
        _add(entry, "published", _moment(one.published_at))
        _add(entry, "updated", _moment(one.updated_at))
        _add(entry, "link", rel="alternate", type="text/html", hreflang=feed.language, href=one.url)
        _add(entry, "summary", one.summary)
    ET.indent(root)
    said: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return said


def _add(parent: ET.Element, name: str, words: str | None = None, **attributes: str) -> ET.Element:
    made = ET.SubElement(parent, name, attributes)
    if words is not None:
        made.text = _NO_XML.sub("\ufffd", words)
    return made


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
