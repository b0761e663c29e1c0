"""Inline HTML nodes to the article's inline XHTML: the tree is written out by an allow-list of its own.

What is written holds only elements of content/cleaning.py; with markup in it, it passes nh3 as well.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator

from selectolax.lexbor import LexborNode

from newsletter.content.article import plain_text
from newsletter.content.cleaning import MAX_DEPTH, clean_inline, clean_text, safe_url

#: Written as the element on the right.
KEPT = {
    "b": "b",
    "strong": "strong",
    "i": "i",
    "em": "em",
    "cite": "em",
    "dfn": "em",
    "var": "i",
    "sup": "sup",
    "sub": "sub",
    "code": "code",
    "kbd": "code",
    "samp": "code",
    "tt": "code",
}
#: Elements that stand on lines of their own; in running text they become line breaks.
BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "dir"),
        *("div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4"),
        *("h5", "h6", "header", "hgroup", "hr", "legend", "li", "main", "menu", "nav", "ol", "optgroup"),
        *("option", "p", "pre", "search", "section", "summary", "table", "caption", "tbody", "td", "tfoot"),
        *("th", "thead", "tr", "ul", "listing", "xmp", "marquee"),
    }
)
#: Deeper inline content is kept as text only.
MAX_INLINE_DEPTH = 60
MAX_ADDRESS = 2000

#: MathML: what is not seen, how operands are written, and what parts cells and rows.
_UNSEEN = frozenset({"annotation", "annotation-xml", "mphantom", "mspace", "maligngroup", "malignmark"})
_SHAPES = {
    ("mfrac", 2): "{}/{}",
    ("msup", 2): "{}^{}",
    ("msub", 2): "{}_{}",
    ("msubsup", 3): "{}_{}^{}",
    ("mroot", 2): "{}^(1/{})",
}
_ROWS = {"mtr": " ", "mlabeledtr": " ", "mtable": "; "}
_TOKEN = re.compile(r"[+\-−–]?[\w.,%°]+|")

#: A piece of inline XHTML, or None where a blank line parts two paragraphs.
Piece = str | None

_SPACE = re.compile(r"[ \t\n\r\f]+")
_BLANK_LINE = re.compile(r"[ \t\r]*\n[ \t\r]*\n[ \t\r\n]*")
_BR = "<br/>"
_FIRST_BREAKS = re.compile(r"^(?:\s|<br/>)++")
#: The same at the end of a text, which is turned round for it: a search from the end takes linear time.
_LAST_BREAKS = re.compile(r"^(?:\s|>/rb<)++")
_RAISED = re.compile(r"vertical-align\s*:\s*(super|sub|text-top)\b", re.IGNORECASE)
_EMOJI = re.compile(r"\b(?:emoji|wp-smiley)\b")


#: Elements that stand in the middle of a word.
_IN_WORDS = BLOCKS | {"sub", "sup", "br", "wbr", "img", "x-math"}
#: So much of two elements that touch is looked at.
MAX_SEEN = 400
#: The begin of a sentence or line, and the end of one: a sentence's, or that of a line of several words.
_BEGINS = re.compile(r"[A-Z](?:[a-z]|\s+[a-z])")
_ENDS = re.compile(r"[a-z0-9)][.!?:;…]$")
_LAST_WORD = re.compile(r"\w\s+(?:[a-z]{2,}|[A-Z][a-z]{2,}|\d+|[A-Z]&[A-Z])$")


class InlineWriter:
    """Writes inline nodes. *leave_out* says whether a node is left out (and notes it)."""

    def __init__(self, leave_out: Callable[[LexborNode], bool], *, raw: bool = False) -> None:
        """With *raw*, line ends and blank lines count, as in WordPress's classic editor (wpautop)."""
        self._leave_out = leave_out
        self._raw = raw
        self._in_link = False

    def text(self, text: str) -> Iterable[Piece]:
        """The pieces of a text node."""
        if not self._raw or "\n" not in text:
            text = _SPACE.sub(" ", text)
            plain = text.isascii() and text.isprintable()
            return (html.escape(text if plain else _SPACE.sub(" ", clean_text(text)), quote=False),)
        text = clean_text(text)
        pieces: list[Piece] = []
        for number, paragraph in enumerate(_BLANK_LINE.split(text)):
            if number:
                pieces.append(None)
            lines = (html.escape(_SPACE.sub(" ", line), quote=False) for line in paragraph.split("\n"))
            pieces.append(_BR.join(lines))
        return pieces

    def element(self, node: LexborNode, out: list[Piece], *, depth: int = 0, marks: int = 0) -> None:
        """Write the element *node* to *out*, which nests *depth* deep, in *marks* written elements."""
        tag = node.tag or ""
        if tag == "br":
            out.append(_BR)
            return
        if tag == "img":
            self._picture(node, out)
            return
        if tag == "wbr" or self._leave_out(node):
            return
        if tag == "x-math":
            self._formula(node, out)
            return
        if depth > MAX_INLINE_DEPTH:
            out.extend(self.text(node.text(deep=True)))
            return
        out.extend([" "] * _is_apart(node, tag))
        opening, closing = self._marks(node, tag)
        if marks >= MAX_DEPTH and tag != "q":
            opening = closing = ""
        opens_link = opening.startswith("<a")
        if opens_link and self._in_link:
            opening = closing = ""
        inner: list[Piece] = []
        self._in_link |= opens_link
        self.children(node, inner, depth=depth + 1, marks=marks + opening.count("<"))
        self._in_link &= not (opens_link and opening)
        if tag in BLOCKS:
            out.extend((_BR, *inner, _BR))
        elif opening and _says(inner):
            # A paragraph cannot end inside an element: there, a blank line is a line break.
            out.append(opening)
            out.extend(_BR if piece is None else piece for piece in inner)
            out.append(closing)
        else:
            out.extend(inner)

    def children(self, node: LexborNode, out: list[Piece], *, depth: int = 0, marks: int = 0) -> None:
        """Write everything inside *node* to *out*."""
        for child in node.iter(include_text=True):
            if child.is_text_node:
                out.extend(self.text(child.text_content or ""))
            elif child.is_element_node:
                self.element(child, out, depth=depth, marks=marks)

    def content(self, node: LexborNode) -> str:
        """Everything inside *node* as one inline XHTML text, blocks in it apart by a line break."""
        out: list[Piece] = []
        self.children(node, out)
        return join(_BR if piece is None else piece for piece in out)

    def _formula(self, node: LexborNode, out: list[Piece]) -> None:
        """MathML as plain text, apart from figures right before and after it."""
        said = " ".join(_formula(node, self._leave_out, depth=0).split())
        before = next((piece for piece in reversed(out) if piece), "")
        after = (node.next.text_content or "") if node.next is not None and node.next.is_text_node else ""
        head = " " if said[:1].isalnum() and before[-1:].isalnum() else ""
        tail = " " if said[-1:].isalnum() and after[:1].isalnum() else ""
        out.extend(self.text(f"{head}{said}{tail}"))

    def _picture(self, node: LexborNode, out: list[Piece]) -> None:
        attributes = node.attributes
        if _EMOJI.search(attributes.get("class") or ""):
            out.extend(self.text(attributes.get("alt") or ""))
        else:
            self._leave_out(node)

    @staticmethod
    def _marks(node: LexborNode, tag: str) -> tuple[str, str]:
        kept = KEPT.get(tag, "")
        style = node.attributes.get("style") if tag not in ("sup", "sub") and tag not in BLOCKS else ""
        if style and (raised := _RAISED.search(style)):
            # "10<span style='vertical-align:super'>6</span>" is no 106.
            mark = "sub" if raised[1].lower() == "sub" else "sup"
            if not kept:
                kept, mark = mark, ""
            if mark:
                return f"<{kept}><{mark}>", f"</{mark}></{kept}>"
        if kept:
            return f"<{kept}>", f"</{kept}>"
        if tag == "a":
            href = node.attributes.get("href") or ""
            url = safe_url(href) if 0 < len(href) <= MAX_ADDRESS else ""
            return (f'<a href="{html.escape(url)}">', "</a>") if url else ("", "")
        return ("“", "”") if tag == "q" else ("", "")


def _is_apart(node: LexborNode, tag: str) -> bool:
    """Whether *node* begins anew after an element that it touches: style sheets show both as blocks.

    "Call 999" and "Say where you are" are two lines on such a page, "Na" and "Cl" one word on any.
    """
    before = node.prev
    while before is not None and not (before.is_element_node or before.is_text_node):
        before = before.prev  # a comment
    if before is None or not before.is_element_node or tag in _IN_WORDS or before.tag in _IN_WORDS:
        return False
    ends, begins = before.text(deep=True)[-MAX_SEEN:], node.text(deep=True)[:MAX_SEEN]
    if not _BEGINS.match(begins):
        return False
    return bool(_ENDS.search(ends) or (_LAST_WORD.search(ends) and " " in begins.strip()))


def join(pieces: Iterable[str]) -> str:
    """Pieces as clean inline XHTML: plain spaces, no line breaks at its ends, nothing invisible."""
    joined = _tidy("".join(pieces))
    if "<" in joined:
        joined = _tidy(clean_inline(joined))
        joined = _LAST_BREAKS.sub("", _FIRST_BREAKS.sub("", joined)[::-1])[::-1]
    else:
        joined = joined.strip()
    return joined if plain_text(joined) else ""


def _tidy(markup: str) -> str:
    markup = _SPACE.sub(" ", markup)
    return _BR.join(line.strip() for line in markup.split(_BR)) if _BR in markup else markup


def _says(pieces: Iterable[Piece]) -> bool:
    """Whether *pieces* hold more than white space and line breaks."""
    return bool("".join(piece for piece in pieces if piece).replace(_BR, "").strip())


def _formula(node: LexborNode, leave_out: Callable[[LexborNode], bool], *, depth: int) -> str:
    """The text of a MathML element: fractions as a/b, powers as a^b, indices as a_b."""
    if depth > MAX_INLINE_DEPTH:
        return node.text(deep=True)
    tag = node.tag or ""
    if tag in _UNSEEN:
        return ""
    parts = list(_operands(node, leave_out, depth=depth))
    if (tag, len(parts)) in _SHAPES:
        return _SHAPES[tag, len(parts)].format(*(_grouped(part) for part in parts))
    joined = ""
    for part in parts:
        # "1" and "3/4" are no "13/4".
        apart = tag in _ROWS or (joined[-1:].isdigit() and part[:1].isdigit())
        joined += f"{_ROWS.get(tag, ' ')}{part}" if joined and apart else part
    return f"√{_grouped(joined)}" if tag == "msqrt" else joined


def _grouped(part: str) -> str:
    part = part.strip()
    return part if _TOKEN.fullmatch(part) else f"({part})"


def _operands(node: LexborNode, leave_out: Callable[[LexborNode], bool], *, depth: int) -> Iterator[str]:
    for child in node.iter(include_text=True):
        if child.is_element_node and not leave_out(child):
            yield _formula(child, leave_out, depth=depth + 1)
        elif child.is_text_node and (said := _SPACE.sub(" ", child.text_content or "")).strip():
            yield said
