"""Refusing HTML that would cost a parser far more than its size: endless nests, formatting that multiplies.

HTML parsing is quadratic in depth, and an unclosed ``<b>`` is opened again in every later paragraph, so a
file of 40 kB can become millions of elements (HTML Living Standard, 13.2.4.3 "the list of active
formatting elements"). The tags are therefore counted, in one pass, before anything is parsed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from newsletter.errors import ParseError

#: Larger pages are refused: the longest medical pages have a tenth of this.
MAX_LENGTH = 5_000_000
#: Elements may nest this deep; real pages stay under 60.
MAX_DEPTH = 256
#: So many unknown names are looked for in the rest; the end of a document may be a tag cut off so long.
MAX_NAMES = 50
MAX_CUT = 300
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


#: The elements of HTML, past and present, of SVG and of MathML. "<" before another name is text.
_KNOWN = frozenset(
    re.findall(
        r"\w+",
        """
        a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big
        blink blockquote body br button canvas caption center cite code col colgroup command
        content data datalist dd del details dfn dialog dir div dl dt element em embed fencedframe
        fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header
        hgroup hr html i iframe image img input ins isindex kbd keygen label legend li link
        listing main map mark marquee menu menuitem meta meter multicol nav nextid nobr noembed
        noframes noscript object ol optgroup option output p param picture plaintext portal pre
        progress q rb rbc rp rt rtc ruby s samp script search section select selectedcontent
        shadow slot small source spacer span strike strong style sub summary sup svg table tbody
        td template textarea tfoot th thead time title tr track tt u ul var video wbr xmp animate
        animatemotion animatetransform circle clippath cursor defs desc discard ellipse feblend
        fecolormatrix fecomponenttransfer fecomposite feconvolvematrix fediffuselighting
        fedisplacementmap fedistantlight fedropshadow feflood fefunca fefuncb fefuncg fefuncr
        fegaussianblur feimage femerge femergenode femorphology feoffset fepointlight
        fespecularlighting fespotlight fetile feturbulence filter foreignobject g glyph glyphref
        hatch hatchpath line lineargradient marker mask mesh metadata mpath path pattern polygon
        polyline radialgradient rect set solidcolor stop switch symbol text textpath tref tspan
        use view vkern hkern math maction maligngroup malignmark menclose merror mfenced mfrac
        mglyph mi mlabeledtr mlongdiv mmultiscripts mn mo mover mpadded mphantom mprescripts mroot
        mrow ms mscarries msgroup msline mspace msqrt msrow mstack mstyle msub msubsup msup mtable
        mtd mtext mtr munder munderover none semantics annotation
        """,
    )
)
#: A name of a plugin ("font-awesome") or of another vocabulary ("o:p"); a tag that holds an attribute first.
_FOREIGN_NAME = re.compile(r"[a-z][\w.]*(?:-[\w.-]*|:[a-z][\w.-]*)")
_WITH_ATTRIBUTE = re.compile(r"<[^\s/>]+\s+[\w:@.-]+\s*=\s*[\"'\w]")
#: A known name in running text: "if a <b and pressure <90", "x <p and q> y".
_IN_TEXT = re.compile(r"<[a-zA-Z][^\s/>]*\s[^=<>\"']*<|<[abipqsuABIPQSU]\s+\w+\s+\w+[^=<>\"']*>")
#: So many tags that never end are looked at one by one; what is after the last is text.
MAX_UNENDED = 20
#: So many characters of what is no tag are read more than once.
MAX_SPENT = 2_000_000


def safe_markup(html: str, *, name: str) -> str:
    """*html* ready for the parser; *name* is the document in errors.

    Raises:
        ParseError: it is too long, nests too deep, or its formatting would multiply.

    >>> safe_markup("if x<y, rest", name="a")
    'if x&lt;y, rest'
    """
    if len(html) > MAX_LENGTH:
        reason = f"is larger than {MAX_LENGTH:,} characters"
        raise ParseError(name, reason, "Save the article without the rest of the site.")
    html = _FOREIGN.sub(r"<\1x-\2", html.replace("\0", ""))
    return _with_text(html, _count(html, name=name))


def _with_text(html: str, places: list[int]) -> str:
    """*html* with each "<" at *places* as text."""
    if not places:
        return html
    ends = [*places[1:], len(html)]
    kept = (f"&lt;{html[place + 1 : end]}" for place, end in zip(places, ends, strict=True))
    return "".join((html[: places[0]], *kept))


def _is_text(html: str, tag: re.Match[str], paired: dict[str, bool]) -> bool:
    """Whether what looks like a tag is text with "<" in it; *paired* caches which names are closed."""
    if tag["close"]:
        return False
    element = tag["name"].lower()
    if element in _KNOWN:
        return bool(_IN_TEXT.match(html, tag.start(), tag.end()))
    if _FOREIGN_NAME.fullmatch(element) or _WITH_ATTRIBUTE.match(html, tag.start(), tag.end()):
        return False
    if element not in paired:
        # Not worth a search of the whole for each of many names.
        closed = re.compile(rf"</{re.escape(element)}\s*>", re.IGNORECASE)
        paired[element] = len(paired) < MAX_NAMES and closed.search(html, tag.end()) is not None
    return not paired[element]


def _unended(html: str, start: int) -> bool:
    """Whether the tag at *start*, which never ends, is text: all but the cut-off end of a real one."""
    rest = html[start : start + MAX_CUT]
    return len(html) - start >= MAX_CUT or "<" in rest[1:] or not _WITH_ATTRIBUTE.match(rest)


def _tags(html: str, places: list[int]) -> Iterator[re.Match[str]]:
    """The tags of *html*; *places* gets those of each "<" that only looks like the begin of one."""
    paired: dict[str, bool] = {}
    unended = spent = at = 0
    while found := _MARKUP.search(html, at):
        start = found.start()
        tag = _TAG.match(html, start)
        if tag is None and html[start + 1] in "!?/":
            at = _after_comment(html, start)
        elif tag is None and unended >= MAX_UNENDED:
            places.extend(start + each.start() for each in re.finditer("<", html[start:]))
            return
        elif tag is None and not _unended(html, start):
            return
        elif tag is None or _is_text(html, tag, paired):
            unended += tag is None
            spent += tag.end() - start if tag else 0
            # Within reason, a tag may begin in what was no tag.
            at = start + 1 if tag is None or spent < MAX_SPENT else tag.end()
            places.extend(start + each.start() for each in re.finditer("<", html[start:at]))
        else:
            yield tag
            at, element = tag.end(), tag["name"].lower()
            if element in _RAW and not tag["close"]:
                end = _RAW_END[element].search(html, at)
                at = end.start() if end else len(html)


def _count(html: str, *, name: str) -> list[int]:
    """Count the tags of *html*; the places of "<" that only look like tags."""
    places: list[int] = []
    opened: Counter[str] = Counter()
    depth = formatting = reopened = 0
    for tag in _tags(html, places):
        element = tag["name"].lower()
        if element in _RAW and not tag["close"]:
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
    return places


def _after_comment(html: str, start: int) -> int:
    """Where the comment, declaration or broken tag that begins at *start* ends, as a parser sees it."""
    if html.startswith("<!--", start):
        for abrupt in ("<!-->", "<!--->"):
            if html.startswith(abrupt, start):
                return start + len(abrupt)
        end = _COMMENT_END.search(html, start + len("<!--"))
        return end.end() if end else len(html)
    end_at = html.find(">", start)
    return end_at + 1 if end_at >= 0 else len(html)
