"""WordPress export files (WXR 1.0 to 1.2, of any size) to articles, read as a stream.

Only the fields named in _FIELDS are ever kept: comments, authors, their addresses and all metadata go by
unread. Namespaces differ by version and by plugin, so elements are known by their local name; the
namespace only tells content:encoded from excerpt:encoded, and RSS's own fields from others' of the same name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, NoReturn
from xml.etree.ElementTree import ParseError as XmlError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from newsletter.content.article import Article
from newsletter.content.cleaning import clean_title
from newsletter.content.sources.item import Refused
from newsletter.content.sources.post import Post, moment_of, read_post, title_of
from newsletter.errors import ParseError

CHUNK = 1 << 16
#: A field of this many characters or more is cut, and its item refused.
MAX_FIELD = 5_000_000
#: Elements nest this deep in a true export: rss, channel, item, postmeta, meta_key.
MAX_DEPTH = 50
TYPES = frozenset({"post", "page"})

#: The fields of an item that are read, by local name. wp:comment and wp:postmeta lie deeper and are not.
_FIELDS = frozenset(
    {
        *("title", "link", "guid", "category", "encoded", "post_id", "post_date_gmt", "post_date"),
        *("post_modified_gmt", "post_name", "status", "post_type", "post_password"),
    }
)
#: Fields that RSS has without a namespace; plugins (media:title, itunes:title) use the names too.
_PLAIN = frozenset({"title", "link", "guid", "category"})
_TAXONOMIES = frozenset({"", "category", "tag", "post_tag"})
_NEVER = "0000-00-00"


@dataclass
class _Record:
    """The fields of one item on their way."""

    values: dict[str, list[str]] = field(default_factory=dict)
    topics: list[str] = field(default_factory=list)
    too_long: bool = False

    def get(self, name: str) -> str:
        return "".join(self.values.get(name, ()))


class _Target:
    """Receives the parser's events; finished items wait in *done*."""

    def __init__(self) -> None:
        self.done: list[_Record] = []
        self.lang = "en"
        self.root = ""
        self._path: list[str] = []
        self._record: _Record | None = None
        self._name = ""
        self._text: list[str] | None = None
        self._length = 0
        self._is_topic = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        space, _, name = tag.rpartition("}")
        self._path.append(name)
        depth = len(self._path)
        if depth > MAX_DEPTH:
            raise ValueError(f"nests deeper than {MAX_DEPTH} elements")
        self.root = self.root or name
        self._text = None
        if name == "item" and depth == 3:
            self._record = _Record()
        elif self._record is not None and depth == 4:
            self._open(space.strip("{"), name, attributes)
        elif self._path == ["rss", "channel", "language"]:
            self._begin("language")

    def _open(self, space: str, name: str, attributes: dict[str, str]) -> None:
        if name not in _FIELDS or (space and name in _PLAIN):
            return
        if name == "encoded":
            if "excerpt" not in space:
                self._begin("content")
            return
        self._is_topic = name == "category"
        if self._is_topic and attributes.get("domain", "") not in _TAXONOMIES:
            return
        self._begin(name)

    def _begin(self, name: str) -> None:
        self._name, self._text, self._length = name, [], 0

    def data(self, text: str) -> None:
        if self._text is None:
            return
        self._length += len(text)
        if self._length <= MAX_FIELD:
            self._text.append(text)
        elif self._record is not None:
            self._record.too_long = True

    def end(self, tag: str) -> None:
        self._path.pop()
        text, self._text = self._text, None
        if text is not None:
            self._keep("".join(text))
        if self._record is not None and len(self._path) == 2:
            self.done.append(self._record)
            self._record = None

    def _keep(self, text: str) -> None:
        if self._record is None:
            self.lang = text
        elif self._name == "category":
            self._record.topics.append(text)
        else:
            # A second field of the same name (a plugin's, an older version's) does not count.
            self._record.values.setdefault(self._name, [text])

    def close(self) -> None:
        """Nothing is built."""


def check_wxr(stream: IO[bytes], *, name: str) -> int:
    """Read the export in *stream* to its end without making articles: how many items it has.

    Raises:
        ParseError: as read_wxr.
    """
    return sum(1 for _ in _records(stream, _Target(), name=name))


def read_wxr(stream: IO[bytes], *, name: str, source: str = "wxr") -> Iterator[Article | Refused]:
    """The published posts and pages of the export in *stream*, in order, and what was refused and why.

    Articles come before an error further down is found: check_wxr first, or store them in one transaction.

    Raises:
        ParseError: the file is not well-formed XML (the line is named), declares a document type or
            entities, or is no export.
    """
    target = _Target()
    for record in _records(stream, target, name=name):
        yield _read(record, lang=target.lang, source=source)


def _records(stream: IO[bytes], target: _Target, *, name: str) -> Iterator[_Record]:
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    while True:
        try:
            chunk = stream.read(CHUNK)
            if chunk:
                parser.feed(chunk)
            else:
                parser.close()
        except DefusedXmlException as error:
            reason = "declares a document type or entities, which an export never does"
            raise ParseError(name, reason, "Export it again; do not trust this file.") from error
        except (XmlError, ValueError, LookupError, OSError) as error:
            _fail(error, name=name)
        yield from target.done
        target.done.clear()
        if not chunk:
            break
    if target.root != "rss":
        raise ParseError(name, f"is no WordPress export: its root is {target.root!r}", "Export it again.")


def _fail(error: Exception, *, name: str) -> NoReturn:
    line = error.position[0] if isinstance(error, XmlError) else 0
    reason = f"is not well-formed XML, line {line}: {error}" if line else f"cannot be read as XML: {error}"
    raise ParseError(name, reason, "Mend that line, or export it again.") from error


def _read(record: _Record, *, lang: str, source: str) -> Article | Refused:
    title = title_of(record.get("title"))
    item = title or record.get("link").strip() or f"post {record.get('post_id').strip() or '?'}"
    if why := _why_not(record):
        return Refused(item, why)
    url = record.get("link").strip() or record.get("guid").strip()
    published = record.get("post_date_gmt")
    post = Post(
        title=record.get("title"),
        content=record.get("content"),
        identity=url or f"{record.get('post_id').strip()} {record.get('post_name').strip()}",
        url=url,
        slug=record.get("post_name").strip(),
        lang=lang,
        topics=tuple(title_of(topic) for topic in record.topics),
        published_at=None if published.startswith(_NEVER) else moment_of(published),
        modified_at=moment_of(record.get("post_modified_gmt")),
        raw=True,
    )
    try:
        return read_post(post, source=source)
    except ParseError as error:
        return Refused(item, error.reason)


def _why_not(record: _Record) -> str:
    """Why an item is no article of ours; empty when it is."""
    kind, status = clean_title(record.get("post_type")), clean_title(record.get("status"))
    if kind not in TYPES:
        return f"not a post or page but {kind!r}" if kind else "no post type is given"
    if status != "publish":
        return f"not published: its status is {status!r}" if status else "not published: no status is given"
    if record.get("post_password").strip():
        return "protected by a password"
    return f"a field is longer than {MAX_FIELD:,} characters" if record.too_long else ""
