"""Refusing HTML that would cost a parser far more than its size: endless nests, formatting that multiplies.

HTML parsing is quadratic in depth, and an unclosed ``<b>`` is opened again in every later paragraph, so a
file of 40 kB can become millions of elements (HTML Living Standard, 13.2.4.3 "the list of active
formatting elements"). The tags are therefore counted, in one pass, before anything is parsed.
"""

from __future__ import annotations

import re
from collections import Counter

from newsletter.errors import ParseError

#: Larger pages are refused: the longest medical pages have a tenth of this.
MAX_LENGTH = 5_000_000
#: Elements may nest this deep; real pages stay under 60.
MAX_DEPTH = 256
#: How many times formatting elements may be opened again, summed over all tags.
MAX_REOPENED = 300_000

#: Elements that switch the parser to rules of their own. Renamed, they are plain unknown elements, whose
#: text is left out later, and what this module counts is what the parser sees.
_FOREIGN = re.compile(r"<(/?)(svg|math|select|frameset|template|plaintext)(?=[\s/>])", re.IGNORECASE)
_TAG = re.compile(
    r"<(?P<close>/?)(?P<name>[a-zA-Z][^\s/>]*)"
    r"(?:[\s/]++|[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|(?![\"'])[^\s>]*+))?+)*+>"
)
_MARKUP = re.compile(r"<[!?/a-zA-Z]")
_COMMENT_END = re.compile(r"--!?>")
_RAW = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})
_RAW_END = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in _RAW}
_FORMATTING = frozenset(
    {
        *("a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"),
    }
)
#: Elements without content, and those that the next one of their kind closes.
_NOT_NESTING = frozenset(
    {
        *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source"),
        *(
            "track",
            "wbr",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "p",
            "li",
            "dt",
            "dd",
            "tr",
            "td",
            "th",
            "tbody",
            "thead",
            "tfoot",
            "option",
        ),
        *("colgroup", "rt", "rp", "html", "head", "body", "path", "circle", "rect", "line", "use", "polygon"),
        *("polyline", "ellipse", "stop", "optgroup"),
    }
)


def safe_markup(html: str, *, name: str) -> str:
    """*html* ready for the parser; *name* is the document in errors.

    Raises:
        ParseError: it is too long, nests too deep, or its formatting would multiply.
    """
    if len(html) > MAX_LENGTH:
        reason = f"is larger than {MAX_LENGTH:,} characters"
        raise ParseError(name, reason, "Save the article without the rest of the site.")
    html = _FOREIGN.sub(r"<\1x-\2", html.replace("\0", ""))
    _count(html, name=name)
    return html


def _count(html: str, *, name: str) -> None:
    opened: Counter[str] = Counter()
    depth = formatting = reopened = at = 0
    while found := _MARKUP.search(html, at):
        start = found.start()
        tag = _TAG.match(html, start)
        if tag is None:
            at = _after_comment(html, start)
            continue
        at, element = tag.end(), tag["name"].lower()
        if element in _RAW and not tag["close"]:
            end = _RAW_END[element].search(html, at)
            at = end.start() if end else len(html)
            continue
        if element in _NOT_NESTING:
            reopened += formatting
        elif tag["close"]:
            if opened[element]:
                opened[element] -= 1
                depth -= 1
                formatting -= element in _FORMATTING
        else:
            opened[element] += 1
            depth += 1
            formatting += element in _FORMATTING
            reopened += formatting
        if depth > MAX_DEPTH or reopened > MAX_REOPENED:
            reason = f"nests deeper than {MAX_DEPTH} elements, or leaves that many open"
            raise ParseError(name, reason, "Save the article's text only.")


def _after_comment(html: str, start: int) -> int:
    """Where the comment, declaration or broken tag that begins at *start* ends, as a parser sees it."""
    if html.startswith("<!--", start):
        for abrupt in ("<!-->", "<!--->"):
            if html.startswith(abrupt, start):
                return start + len(abrupt)
        end = _COMMENT_END.search(html, start + len("<!--"))
        return end.end() if end else len(html)
    if html[start + 1] in "!?/":
        end_at = html.find(">", start)
        return end_at + 1 if end_at >= 0 else len(html)
    return len(html)  # a tag that never ends: a parser drops the rest
