"""The HTML part as a document: size, language, headings, tables, images (WCAG 2.2, and the EMC's report)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from newsletter.rendering.checks.check import Finding, Proof
from newsletter.rendering.css_support import unsupported_css
from newsletter.rendering.edition import MAX_HTML_BYTES

WARN_HTML_BYTES = 80_000
#: What the cells of a table that only places things hold.
_IN_LAYOUT = "table, div, p, h1, h2, h3, img"
_HEADING = re.compile(r"h[1-6]")
_TINY = re.compile(r"\s*[01](?:\.0*)?\s*(?:px)?\s*", re.IGNORECASE)
_SMALL = re.compile(r"(?:^|;)\s*(?:max-)?(?:width|height)\s*:\s*[01](?:px)?\s*(?:!\s*important\s*)?(?:;|$)")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0*)?\s*(?:;|$)")


def size(proof: Proof) -> Iterator[Finding]:
    """Whether mailboxes would cut the letter."""
    held = size_of(proof)
    if held > MAX_HTML_BYTES:
        yield Finding(f"{held:,} bytes of HTML, over {MAX_HTML_BYTES:,}", "fail")
    elif held > WARN_HTML_BYTES:
        yield Finding(f"{held:,} bytes of HTML, over {WARN_HTML_BYTES:,}")


def unsupported_properties(proof: Proof) -> Iterator[Finding]:
    """CSS that a mail program is known to leave out, and whose absence is not known to harm nobody."""
    for one in unsupported_css(proof.edition.html):
        yield Finding(str(one))


def size_of(proof: Proof) -> int:
    """Bytes of the HTML part."""
    return len(proof.edition.html.encode())


def headings(proof: Proof) -> Iterator[Finding]:
    """Whether headings make one outline."""
    found = [
        node for node in proof.mail.tree.css("h1, h2, h3, h4, h5, h6") if _HEADING.fullmatch(node.tag or "")
    ]
    levels = [int((node.tag or "h1")[1]) for node in found]
    if levels.count(1) != 1:
        yield Finding(f"{levels.count(1)} headings of the first level instead of one")
    before = 0
    for node, level in zip(found, levels, strict=True):
        words = " ".join((node.text() or "").split())
        if not words:
            yield Finding(f"a heading of level {level} without words")
        if level > before + 1:
            after = f"after level {before}" if before else "as the first heading"
            yield Finding(f"“{words[:60]}” is of level {level} {after}")
        before = level


def document(proof: Proof) -> Iterator[Finding]:
    """Whether the mail says what language it is in, which way it runs, and what it is called."""
    tree = proof.mail.tree
    top = tree.css_first("html")
    inner = tree.css("body > [lang][dir]")
    for name in ("lang", "dir"):
        if top is None or not (top.attributes.get(name) or "").strip():
            yield Finding(f"no {name} on <html>")
        if not any((node.attributes.get(name) or "").strip() for node in inner):
            yield Finding(f"no {name} on what stands in <body>, which is all that webmail keeps")
    title = tree.css_first("head > title")
    if title is None or not (title.text() or "").strip():
        yield Finding("no <title>")


def data_tables(proof: Proof) -> Iterator[Finding]:
    """Tables of data whose cells a screen reader cannot name."""
    for node in proof.mail.tree.css("table"):
        heads = [head for head in node.css("th") if _table_of(head) == node.mem_id]
        if _is_presentation(node):
            if heads:
                yield Finding(f"a table of data with role=presentation: “{_words(node)}”", "fail")
        elif _is_data(node) and not heads:
            yield Finding(f"a table without headers: “{_words(node)}”")
        for head in heads:
            if head.attributes.get("scope") not in ("col", "row", "colgroup", "rowgroup"):
                yield Finding(f"a header without scope: “{_words(head)}”", "fail")


def _table_of(cell: LexborNode) -> int | None:
    """Which table a cell is of: the innermost, for tables that place things stand around those of data."""
    above = cell.parent
    while above is not None and above.tag != "table":
        above = above.parent
    return above.mem_id if above is not None else None


def images_without_alt(proof: Proof) -> Iterator[Finding]:
    """Images that are nothing but a gap where images are off."""
    for node in proof.mail.tree.css("img, area, input[type=image]"):
        if "alt" not in node.attributes:
            yield Finding(f"no alt: {node.attributes.get('src') or node.tag}")


def foreign_images(proof: Proof) -> Iterator[Finding]:
    """Images from other sites, which learn from them who reads, and when."""
    own = urlsplit(proof.settings.base_url).hostname
    for node in proof.mail.tree.css("img"):
        source = (node.attributes.get("src") or "").strip()
        try:
            host = urlsplit(source).hostname
        except ValueError:
            host = source
        if host and host != own:
            yield Finding(f"from another site: {source}")
        elif not host and not source.startswith(("cid:", "data:")):
            yield Finding(f"no address that a mail could load: {source or '(empty)'}")


def pixels(proof: Proof) -> Iterator[Finding]:
    """Images that nobody is meant to see: they watch."""
    for node in proof.mail.tree.css("img"):
        style = (node.attributes.get("style") or "").lower()
        given = [node.attributes.get(name) or "" for name in ("width", "height")]
        is_hidden = bool(_HIDDEN.search(style)) or "hidden" in node.attributes
        if any(_TINY.fullmatch(one) for one in given) or _SMALL.search(style) or is_hidden:
            yield Finding(f"hidden: {node.attributes.get('src') or '(no address)'}")


def _is_presentation(node: LexborNode) -> bool:
    return node.attributes.get("role") in ("presentation", "none")


def _is_data(node: LexborNode) -> bool:
    """Whether a table is one of data: it has headers, or says so, or its cells hold no blocks."""
    if node.attributes.get("role") in ("table", "grid") or node.css_first("th, caption") is not None:
        return True
    # A selector also finds the node itself.
    inside = (one for one in node.css(_IN_LAYOUT) if one.mem_id != node.mem_id)
    return next(inside, None) is None and node.css_first("td") is not None


def _words(node: LexborNode) -> str:
    return " ".join((node.text(separator=" ") or "").split())[:50]
