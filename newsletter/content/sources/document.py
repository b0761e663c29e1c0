"""Reading one file as an article, whatever kind it is."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from newsletter.content.article import Article
from newsletter.content.sources.capture import parse_capture
from newsletter.content.sources.markdown import has_front_matter, parse_markdown
from newsletter.errors import ContentError, ParseError

DocumentKind = Literal["auto", "capture", "markdown"]
KINDS: tuple[DocumentKind, ...] = ("auto", "capture", "markdown")

#: Larger documents are refused: the longest medical pages have a tenth of this.
MAX_BYTES = 5_000_000
MARKDOWN_SUFFIXES = frozenset({".md", ".markdown"})
SUFFIXES = MARKDOWN_SUFFIXES | {".txt"}


def read_document(path: Path, *, kind: DocumentKind = "auto") -> Article:
    """The article in the file at *path*. Its id does not depend on the folder the file is in.

    Raises:
        ParseError: the file is missing, too large, not text in UTF-8, or holds no article.
    """
    text = _read_text(path)
    if detect_kind(path, text, kind=kind) == "markdown":
        return parse_markdown(text, name=path.stem)
    return parse_capture(text, name=path.stem)


def detect_kind(path: Path, text: str, *, kind: DocumentKind = "auto") -> Literal["capture", "markdown"]:
    """*kind* itself, or for "auto" what file name and first line say.

    Raises:
        ContentError: there is no such kind.
    """
    if kind == "auto":
        return "markdown" if path.suffix.lower() in MARKDOWN_SUFFIXES or has_front_matter(text) else "capture"
    if kind not in KINDS:
        raise ContentError(f"kind {kind!r}", "is not a kind of document", f"Allowed: {', '.join(KINDS)}.")
    return kind


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ParseError(
                path.name, f"is larger than {MAX_BYTES:,} bytes", "Split it or save the text only."
            )
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ParseError(str(path), f"cannot be read: {reason}", "Check the path.") from error
    if b"\0" in content[:8192]:
        raise ParseError(path.name, "is not text but binary data", "Save the page as plain text in UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reason = f"is not UTF-8 text (byte {error.start:,} is 0x{content[error.start]:02x})"
        raise ParseError(path.name, reason, "Save it again in UTF-8.") from error
