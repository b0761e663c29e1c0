"""Reading one file, whatever kind it is: most hold one article, exports and feeds hold many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal

from newsletter.content.article import Article
from newsletter.content.sources.capture import parse_capture
from newsletter.content.sources.feed import read_feed
from newsletter.content.sources.html import parse_html
from newsletter.content.sources.item import Item
from newsletter.content.sources.markdown import has_front_matter, parse_markdown
from newsletter.content.sources.wxr import check_wxr, read_wxr
from newsletter.errors import ContentError, ParseError

FileKind = Literal["capture", "markdown", "html", "wxr", "feed"]
DocumentKind = Literal["auto", "capture", "markdown", "html", "wxr", "feed"]
KINDS: tuple[DocumentKind, ...] = ("auto", "capture", "markdown", "html", "wxr", "feed")

#: Larger documents are refused: the longest medical pages have a tenth of this. Exports are streamed.
MAX_BYTES = 5_000_000
MARKDOWN_SUFFIXES = frozenset({".md", ".markdown"})
HTML_SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
XML_SUFFIXES = frozenset({".xml", ".wxr", ".rss", ".atom"})
SUFFIXES = MARKDOWN_SUFFIXES | HTML_SUFFIXES | XML_SUFFIXES | {".txt"}
_SNIFFED_BYTES = 4096


def read_document(path: Path, *, kind: DocumentKind = "auto") -> Article:
    """The one article in the file at *path*. Its id does not depend on the folder the file is in.

    Raises:
        ParseError: the file is missing, too large, not text in UTF-8, or does not hold one article.
    """
    found = [item for item in read_items(path, kind=kind) if isinstance(item, Article)]
    if len(found) != 1:
        raise ParseError(
            path.name, f"holds {len(found)} articles, not one", "Bring them in with: newsletter ingest"
        )
    return found[0]


def read_items(path: Path, *, kind: DocumentKind = "auto") -> Iterator[Item]:
    """Everything in the file at *path*: one article, or those of an export or feed and what was refused.

    A broken export is found before its first article is given.

    Raises:
        ParseError: the file cannot be read, or is not what *kind* says; the line is named where it can be.
    """
    actual = detect_kind(path, kind=kind)
    if actual == "wxr":
        with _opened(path) as stream:
            check_wxr(stream, name=path.name)
            stream.seek(0)
            yield from read_wxr(stream, name=path.name)
    elif actual == "feed":
        yield from read_feed(_read_bytes(path), name=path.name)
    elif actual == "html":
        yield parse_html(_read_bytes(path), name=path.stem)
    elif actual == "markdown":
        yield parse_markdown(_read_text(path), name=path.stem)
    else:
        yield parse_capture(_read_text(path), name=path.stem)


def detect_kind(path: Path, *, kind: DocumentKind = "auto") -> FileKind:
    """*kind* itself, or for "auto" what the file's name and beginning say.

    Raises:
        ContentError: there is no such kind, or the file cannot be read.
    """
    if kind not in KINDS:
        raise ContentError(f"kind {kind!r}", "is not a kind of document", f"Allowed: {', '.join(KINDS)}.")
    if kind != "auto":
        return kind
    suffix = path.suffix.lower()
    if suffix in MARKDOWN_SUFFIXES:
        return "markdown"
    with _opened(path) as stream:
        beginning = stream.read(_SNIFFED_BYTES).decode("utf-8-sig", "replace").lstrip().lower()
    if suffix in XML_SUFFIXES:
        return _kind_of_xml(beginning)
    if suffix in HTML_SUFFIXES or beginning.startswith(("<!doctype html", "<html")):
        return "html"
    return "markdown" if has_front_matter(beginning) else "capture"


def _kind_of_xml(beginning: str) -> FileKind:
    if "wordpress.org/export/" in beginning or "wxr_version" in beginning:
        return "wxr"
    if "<!doctype html" in beginning or "<html" in beginning:
        return "html"
    return "feed"


def _opened(path: Path) -> IO[bytes]:
    if path.exists() and not path.is_file():
        raise ParseError(str(path), "is not a file", "Name a file.")
    try:
        return path.open("rb")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ParseError(str(path), f"cannot be read: {reason}", "Check the path.") from error


def _read_bytes(path: Path) -> bytes:
    with _opened(path) as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ParseError(path.name, f"is larger than {MAX_BYTES:,} bytes", "Split it or save the text only.")
    return content


def _read_text(path: Path) -> str:
    content = _read_bytes(path)
    if b"\0" in content[:8192]:
        raise ParseError(path.name, "is not text but binary data", "Save the page as plain text in UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reason = f"is not UTF-8 text (byte {error.start:,} is 0x{content[error.start]:02x})"
        raise ParseError(path.name, reason, "Save it again in UTF-8.") from error
