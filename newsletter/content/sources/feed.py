"""RSS and Atom feeds to articles, through feedparser, which is only ever given bytes.

feedparser opens what it is given as an address or a path if it can, bytes too, so it gets a stream here.
XML is read through defusedxml first; what is no XML may still be a feed, and feedparser's loose parser
expands no entities of the file's own. But a feed whose elements do not close where they should, or that
breaks off, is refused: which words belong to which article would be a guess.
"""

from __future__ import annotations

import calendar
import io
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import ParseError as XmlError
from xml.parsers.expat import errors

import feedparser
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from newsletter.content.article import Article
from newsletter.content.cleaning import clean_title, escape_text
from newsletter.content.sources.item import Item, Refused, Withdrawn
from newsletter.content.sources.post import Post, moment_of, read_post, title_of
from newsletter.errors import ParseError

#: Larger feeds are refused: a feed holds the last few articles.
MAX_BYTES = 20_000_000
MAX_DEPTH = 200
#: Deleted entries (RFC 6721, "The Atom deleted-entry Element").
_TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
_ENTITY = re.compile(rb"<!\0*E\0*N\0*T\0*I\0*T\0*Y", re.IGNORECASE)
_SLUG = re.compile(r"^https?://[^/]+/(?:[^?#]*/)?([^/?#]+)/?(?:[?#].*)?$")
#: Mistakes in how elements stand in each other; a stray "&" or an unknown entity is none.
_BROKEN = frozenset(
    errors.codes[message]
    for message in (
        errors.XML_ERROR_TAG_MISMATCH,
        errors.XML_ERROR_NO_ELEMENTS,
        errors.XML_ERROR_UNCLOSED_TOKEN,
        errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)
_SUMMARY = "feed holds only a summary"


class _Tombstones:
    """Receives the parser's events; collects deleted entries and refuses endless nests."""

    def __init__(self) -> None:
        self.found: list[Withdrawn] = []
        self._depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise OverflowError
        ref = clean_title(attributes.get("ref", ""))
        if tag == _TOMBSTONE and ref:
            self.found.append(Withdrawn(ref, moment_of(attributes.get("when", ""))))

    def end(self, _tag: str) -> None:
        self._depth -= 1

    def close(self) -> None:
        """Nothing is built."""


def read_feed(data: bytes, *, name: str, source: str = "feed") -> Iterator[Item]:
    """The entries of the feed in *data* as articles, what was refused and why, and deleted entries.

    An entry without full content is refused, unless its summary has headed sections.

    Raises:
        ParseError: the feed is too large, declares entities, is broken off or wrongly nested, or holds
            nothing that is a feed; the line is named where XML has one.
    """
    if len(data) > MAX_BYTES:
        raise ParseError(name, f"is larger than {MAX_BYTES:,} bytes", "Fetch fewer entries.")
    withdrawn, problem = _check(data, name=name)
    feed = _parse(data, name=name)
    if not feed.entries and not feed.get("version") and not withdrawn:
        raise ParseError(name, problem or "is no RSS or Atom feed", "Check the address of the feed.")
    if not feed.entries and problem and not withdrawn:
        raise ParseError(name, problem, "Check the feed with its site.")
    lang = str(feed.feed.get("language") or "en")
    for number, entry in enumerate(feed.entries, 1):
        yield _read(entry, number=number, lang=lang, name=name, source=source)
    yield from withdrawn


def _check(data: bytes, *, name: str) -> tuple[list[Withdrawn], str]:
    """The feed's tombstones, and what is wrong with it as XML (empty when it is well-formed)."""
    if _ENTITY.search(data):
        raise ParseError(name, "declares entities, which a feed never needs", "Do not trust this feed.")
    target = _Tombstones()
    parser = DefusedXMLParser(target=target)
    try:
        parser.feed(data)
        parser.close()
    except DefusedXmlException as error:
        reason = "declares entities or refers to other files"
        raise ParseError(name, reason, "Do not trust this feed.") from error
    except OverflowError as error:
        reason = f"nests deeper than {MAX_DEPTH} elements"
        raise ParseError(name, reason, "Do not trust this feed.") from error
    except XmlError as error:
        problem = f"is not well-formed XML, line {error.position[0]}: {error}"
        if error.code in _BROKEN:
            raise ParseError(name, problem, "Check the feed with its site.") from error
        return target.found, problem
    except (ValueError, LookupError):
        return target.found, ""  # a character set that expat does not know, and feedparser may
    return target.found, ""


def _parse(data: bytes, *, name: str) -> Any:
    """What feedparser makes of *data*; the HTML in it is cleaned later, by our own rules."""
    try:
        return feedparser.parse(io.BytesIO(data), sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:  # feedparser raises whatever its parsers do
        reason = f"cannot be read: {type(error).__name__}"
        raise ParseError(name, reason, "Check the feed with its site.") from error


def _read(entry: Any, *, number: int, lang: str, name: str, source: str) -> Article | Refused:
    title, url = _title(entry), str(entry.get("link") or "")
    item = title_of(title) or clean_title(url) or f"entry {number}"
    content, is_full = _content(entry)
    if not content.strip():
        return Refused(item, "no text in the feed")
    slug = _SLUG.match(url)
    post = Post(
        title=title,
        content=content,
        identity=str(entry.get("id") or url or f"{name} {item}"),
        url=url,
        slug=slug[1] if slug else "",
        lang=lang,
        topics=tuple(title_of(str(tag.get("term") or "")) for tag in entry.get("tags") or ()),
        published_at=_moment(entry.get("published_parsed")),
        # Asked for when it is not there, feedparser warns and gives the time of publication.
        modified_at=_moment(entry.get("updated_parsed") if "updated_parsed" in entry else None),
    )
    try:
        article = read_post(post, source=source)
    except ParseError as error:
        return Refused(item, error.reason)
    has_sections = len(article.sections) > 1 or article.sections[0].heading != article.title
    return article if is_full or has_sections else Refused(item, _SUMMARY)


def _title(entry: Any) -> str:
    detail = entry.get("title_detail") or {}
    title = str(entry.get("title") or "")
    return escape_text(title) if detail.get("type") == "text/plain" else title


def _content(entry: Any) -> tuple[str, bool]:
    """The entry's HTML, and whether it is the full content rather than a summary."""
    longest = max(entry.get("content") or (), key=lambda one: len(one.get("value") or ""), default=None)
    if longest is not None and (longest.get("value") or "").strip():
        return _html(longest), True
    return _html(entry.get("summary_detail") or {}), False


def _html(detail: Any) -> str:
    value = str(detail.get("value") or "")
    return escape_text(value) if detail.get("type") == "text/plain" else value


def _moment(parsed: Any) -> datetime | None:
    """A time of feedparser's, which is in UTC."""
    if not isinstance(parsed, time.struct_time):
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
