"""Making text safe: an inline HTML allow-list, well-formed XHTML out, and no invisible tricks.

The mail's template engine (mrml) refuses bare ``<``, unclosed tags, C0 control characters and unquoted
attributes, and crashes on very deep nesting; everything that leaves this module is free of them.
"""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit

import nh3

#: Inline elements that may appear in an article (see content/article.py).
INLINE_TAGS = frozenset({"a", "b", "strong", "i", "em", "sup", "sub", "code", "br"})
#: Elements of the blocks that they stand in.
BLOCK_TAGS = frozenset({"p", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"})

#: How deep inline elements may nest before the markup is given up and only the text kept.
MAX_DEPTH = 16

_DROPPED_WITH_TEXT = {"script", "style", "template", "iframe", "object", "noscript", "svg", "math"}

# C0 but for tab and newline, DEL, C1, surrogates, noncharacters of the first plane.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_LINE_LIKE = re.compile("[\x0b\x0c\x85\u2028\u2029]")
# Bidirectional marks, embeddings, overrides and isolates; zero-width space, word joiner, BOM, soft hyphen;
# the grapheme joiner; Hangul fillers, which print as nothing; tag characters, which spell unseen words.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
# Joiners, and letters without a shape that some scripts need in running text.
_JOINER = re.compile("[\u115f\u1160\u17b4\u17b5\u200c\u200d]")
#: After a virama, or between Arabic letters, a joiner gives a letter its shape: words are misspelt without.
_NEEDED_JOINER = re.compile(
    "(?<=[\u094d\u09cd])[\u200c\u200d]|(?<=\u09b0)\u200d(?=\u09cd)|"
    "(?<=[\u0620-\u06d3])\u200c(?=[\u0620-\u06d3])"
)
#: What sites and mailers add to addresses to know who came from where; it leads nowhere else.
_TRACKER = re.compile(
    r"(?:(?<=[?])|&(?:amp;)?)(?:utm_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|"
    r"mc_cid|mc_eid|_hsenc|_hsmi|mkt_tok|vero_id|oly_enc_id|oly_anon_id|_openstat)(?:=[^&#\s\"'<>]*)?(?=[&#]|$)",
    re.IGNORECASE,
)
_NO_QUERY = re.compile(r"\?(?:&(?:amp;)?)?(?=#|$)")
_FIRST_AMPERSAND = re.compile(r"\?&(?:amp;)?")
_HREF = re.compile(r'(?<=<a href=")[^"]*\?[^"]*(?=")')
_TAG = re.compile(r"</?([a-z]+)[^>]*>")
_LINK_WITHOUT_ADDRESS = re.compile(r"<a>(.*?)</a>", re.DOTALL)
_EMPTY = re.compile(r"<(b|strong|i|em|sup|sub|code|a)(?: [^>]*)?>\s*</\1>")


def clean_text(text: str) -> str:
    """*text* without control, bidirectional and zero-width characters; line feeds are the only breaks.

    Joiners stay: Bangla, Persian and Hindi are misspelt without them.
    """
    if text.isascii() and text.isprintable():
        return text  # most text is, and nothing below would change it
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _INVISIBLE.sub("", _CONTROL.sub("", _LINE_LIKE.sub(" ", text)))


def clean_title(text: str) -> str:
    r"""*text* as one line fit for a title or heading: no invisible characters, single plain spaces.

    >>> clean_title("  Sickle\u200b cell\n\u202edisease ")
    'Sickle cell disease'
    """
    text = _JOINER.sub(_joiner_or_nothing, clean_text(text))
    return " ".join(text.split())


def _joiner_or_nothing(joiner: re.Match[str]) -> str:
    return joiner[0] if _NEEDED_JOINER.match(joiner.string, joiner.start()) else ""


def escape_text(text: str) -> str:
    """Plain text as inline XHTML.

    >>> escape_text("p < 0.05 & falling")
    'p &lt; 0.05 &amp; falling'
    """
    return html.escape(clean_text(text), quote=False)


def clean_inline(markup: str) -> str:
    """Inline HTML cut down to the allow-list, as well-formed XHTML; other elements leave their text."""
    cleaned = nh3.clean(
        clean_text(markup),
        tags=set(INLINE_TAGS),
        clean_content_tags=_DROPPED_WITH_TEXT,
        attributes={"a": {"href"}},
        url_schemes={"http", "https"},
        url_relative="deny",
        link_rel=None,
        strip_comments=True,
    )
    # References such as &#8238; are resolved by nh3, so invisible characters can come back.
    cleaned = clean_text(cleaned).replace("&nbsp;", "\u00a0")
    if _depth(cleaned) > MAX_DEPTH:
        cleaned = escape_text(html.unescape(_TAG.sub("", cleaned)))
    if "?" in cleaned:
        cleaned = _HREF.sub(lambda link: untracked(link[0]), cleaned)
    cleaned = _LINK_WITHOUT_ADDRESS.sub(r"\1", cleaned).replace("<br>", "<br/>")
    while (fuller := cleaned) != (cleaned := _EMPTY.sub("", fuller)):
        pass  # what is left empty by that goes too; MAX_DEPTH bounds it
    return cleaned.strip()


def clean_blocks(markup: str) -> str:
    """Blocks of an article as HTML (block_html), cut down to what they may hold, whoever wrote the store.

    Links say nothing of where they were followed from.
    """
    return nh3.clean(
        markup,
        tags=set(INLINE_TAGS | BLOCK_TAGS),
        clean_content_tags=_DROPPED_WITH_TEXT,
        attributes={"a": {"href"}, "ol": {"start"}, "th": {"scope"}},
        url_schemes={"http", "https"},
        url_relative="deny",
        link_rel="noopener noreferrer",
    )


def safe_url(url: str) -> str:
    """*url*, untracked, when it is an absolute http(s) address without control characters, else ``""``."""
    url = clean_title(url)
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc or re.search(r"[\s\"<>\\]", url):
        return ""
    return untracked(url)


def untracked(url: str) -> str:
    """An address, perhaps escaped for HTML, without the parameters that only tell where a visitor came from.

    >>> untracked("https://a.example/?utm_source=x&id=7&fbclid=y#top")
    'https://a.example/?id=7#top'
    """
    if "?" not in url or not (bare := _TRACKER.sub("", url)) or bare == url:
        return url
    return _FIRST_AMPERSAND.sub("?", _NO_QUERY.sub("", bare, count=1), count=1)


def _depth(markup: str) -> int:
    """How deep the elements of well-formed *markup* nest."""
    depth = deepest = 0
    for tag in _TAG.finditer(markup):
        if tag[1] == "br":
            continue
        depth += -1 if tag[0].startswith("</") else 1
        deepest = max(deepest, depth)
    return deepest
