"""A saved or fetched article page, HTML around the article and all, to an article."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.content.article import Article, LeftOut
from newsletter.content.cleaning import clean_title
from newsletter.content.sectioning import article_id, slugify, title_from_name
from newsletter.content.sources.boilerplate import Judge, why_boilerplate
from newsletter.content.sources.fragment import Fragment, read_tree
from newsletter.content.sources.guard import MAX_LENGTH, safe_markup
from newsletter.content.sources.metadata import Metadata, bare_title, read_metadata
from newsletter.content.sources.node import is_link_to_itself
from newsletter.content.sources.post import assemble
from newsletter.content.sources.shortcode import drop_shortcodes
from newsletter.errors import ParseError

#: Where pages keep the article, the surest mark first.
MAIN = (
    '[itemprop~="articleBody"]',
    (
        ".entry-content,.post-content,.article-content,.article-body,.post-body,.td-post-content,"
        ".wp-block-post-content,#mw-content-text"
    ),
    "main article,[role=main] article,article",
    "main,[role=main]",
    "#main-content,#content,#main,.main-content,.content",
)
#: A main part must hold this share of the page's text, or this many characters.
MIN_SHARE, MIN_TEXT = 0.25, 600
#: Of a page without such marks, the deepest block with this share of the text in paragraphs is taken.
DENSE = 0.8
MAX_LINE = 200
#: A line with the date of review is short.
MAX_REVIEW = 200

_META_CHARSET = re.compile(rb"<meta[^>]{1,200}?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.-]{2,40})", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"^\s*<\?xml[^>]{1,100}?encoding\s*=\s*[\"']([a-zA-Z0-9_.-]{2,40})", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
#: What the label means on the web (WHATWG Encoding Standard).
_WEB_CHARSETS = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}
_HEAD = 4096
_OUTSIDE = "outside of the article"
_TAG_WHY = {"header": "site header", "footer": "site footer", **dict.fromkeys(("h1", "h2"), _OUTSIDE)}
_NOT_REVIEWED_HERE = frozenset({"aside", "nav", "script", "style", "title", "noscript", "x-template"})


def parse_html(page: str | bytes, *, name: str, url: str = "", source: str = "html") -> Article:
    """The article on the *page*; *name* is its file's stem, *url* where it was fetched, if it was.

    Raises:
        ParseError: the page is empty or too large, nests too deep, or nothing on it is article text.
    """
    text = page if isinstance(page, str) else decode(page, name=name)
    if not text.strip():
        raise ParseError(name, "the document is empty", "Save the page again.")
    text, shortcodes = drop_shortcodes(text) if "[" in text else (text, [])
    tree = LexborHTMLParser(safe_markup(text, name=name))
    body = tree.body
    if body is None:
        raise ParseError(name, "the document has no body", "Save the page again, as HTML.")
    about = read_metadata(tree, url=url)
    main = _main(body)
    title = _title(body, main, about) or title_from_name(clean_title(name)) or "Untitled"
    outside = list(_outside(body, main))
    fragment = read_tree(main, title=title)
    if "review" in text.lower():
        _take_reviews(body, fragment)
    fragment.left_out[:0] = [*shortcodes, *outside]
    return assemble(fragment, _article(about, name=name, source=source, title=title))


def decode(page: bytes, *, name: str) -> str:
    """*page* as text: by its byte order mark, its own word (meta, XML declaration), or as UTF-8.

    Bytes that are no text in that character set become U+FFFD; a page that is not UTF-8 and does not say
    what it is counts as Windows-1252, as browsers read it.

    Raises:
        ParseError: it is too large, or not text.
    """
    if len(page) > MAX_LENGTH * 4:
        raise ParseError(name, f"is larger than {MAX_LENGTH * 4:,} bytes", "Save the article only.")
    for mark, charset in _BOMS:
        if page.startswith(mark):
            return page[len(mark) :].decode(charset, "replace")
    if b"\0" in page[:_HEAD]:
        raise ParseError(name, "is not text but binary data", "Save the page as HTML.")
    declared = _XML_CHARSET.search(page[:_HEAD]) or _META_CHARSET.search(page[:_HEAD])
    label = _charset(declared[1].decode("ascii")) if declared else ""
    if label:
        return page.decode(label, "replace")
    try:
        return page.decode("utf-8")
    except UnicodeDecodeError:
        return page.decode("cp1252", "replace")


def _charset(label: str) -> str:
    """Python's name of a text encoding that a page declares; empty for an unknown one."""
    try:
        info = codecs.lookup(label)
        "".encode(info.name)
    except (LookupError, UnicodeError):
        return ""
    if info.name.startswith(("utf-16", "utf-32", "utf-7")):
        return ""  # the declaration could be read, so it is not true
    return _WEB_CHARSETS.get(info.name, info.name)


def _article(about: Metadata, *, name: str, source: str, title: str) -> Article:
    last = (
        re.sub(r"[?#].*$", "", about.url).rstrip("/").rsplit("/", 1)[-1] if about.url.count("/") > 2 else ""
    )
    return Article(
        id=article_id(title, about.url or name),
        source=source,
        url=about.url,
        slug=slugify(re.sub(r"\.\w{2,5}$", "", last) or title),
        title=title,
        lang=about.lang,
        published_at=about.published_at,
        modified_at=about.modified_at,
        reviewed_on=about.reviewed_on,
        reviewer=about.reviewer,
        topics=about.topics,
        sections=(),
    )


def _main(body: LexborNode) -> LexborNode:
    """The element that holds the article: the surest mark with enough text, else the densest block."""
    judge = Judge(body)
    enough = min(MIN_TEXT, MIN_SHARE * len(body.text(deep=True)))
    for selector in MAIN:
        found = [node for node in body.css(selector) if judge.why_box(node) is None]
        best = max(found, key=lambda node: len(node.text(deep=True)), default=None)
        if best is not None and (length := len(best.text(deep=True).strip())) and length >= enough:
            return best
    return _densest(body)


def _densest(body: LexborNode) -> LexborNode:
    """The deepest element that still holds most of the text of the body's paragraphs and lists."""
    dense = body
    while True:
        children = [child for child in dense.iter() if child.tag in ("div", "section", "center", "form")]
        weights = [(_weight(child), place) for place, child in enumerate(children)]
        if not weights:
            return dense
        weight, place = max(weights)
        if weight < DENSE * _weight(dense) or not weight:
            return dense
        dense = children[place]


def _weight(node: LexborNode) -> int:
    return sum(len(found.text(deep=True)) for found in node.css("p,li,td,blockquote,h2,h3,pre"))


def _title(body: LexborNode, main: LexborNode, about: Metadata) -> str:
    """The article's title: its own h1, else what the head says, else the page's h1."""
    for node in main.css("h1"):
        if title := _heading_text(node):
            return bare_title(title, site=about.site, url=about.url)
    heads = [text for node in body.css("h1") if (text := _heading_text(node))]
    same = next((text for text in heads if text.casefold() in about.title.casefold()), "")
    return same or about.title or next((text for text in heads if text != about.site), "")


def _heading_text(node: LexborNode) -> str:
    if why_boilerplate(node) is not None:
        return ""
    signs = {clean_title(link.text(deep=True)) for link in node.css("a") if is_link_to_itself(link)}
    text = clean_title(node.text(deep=True))
    return text.strip("".join(signs)).strip() if signs else text


def _outside(body: LexborNode, main: LexborNode) -> Iterator[LeftOut]:
    """What stands around the article, an element a line, in order."""
    before: list[LeftOut] = []
    after: list[LeftOut] = []
    node = main
    while node.mem_id != body.mem_id and node.parent is not None:
        level: list[LeftOut] = []
        for sibling in node.parent.iter(include_text=True):
            if sibling.mem_id == node.mem_id:
                before[:0], level = level, []
            elif left := _left_out(sibling):
                level.append(left)
        after.extend(level)
        node = node.parent
    yield from before
    yield from after


def _left_out(node: LexborNode) -> LeftOut | None:
    if node.is_text_node:
        line, why = node.text_content or "", _OUTSIDE
    elif node.is_element_node:
        said = why_boilerplate(node)
        why = _TAG_WHY.get(node.tag or "", _OUTSIDE) if said is None else said
        line = node.text(deep=True, separator=" ") if why else ""
    else:
        return None
    line = clean_title(line[: MAX_LINE * 4])[:MAX_LINE]
    return LeftOut(line=line, why=why) if line else None


def _take_reviews(body: LexborNode, fragment: Fragment) -> None:
    """Take the dates of review that stand anywhere on the page but beside the article."""
    for node in body.css("p,div,span,li,time,small,em,td,dd,section,footer,header"):
        text = clean_title(node.text(deep=True, separator=" "))
        if len(text) > MAX_REVIEW or "review" not in text.lower() or _is_beside(node):
            continue
        fragment.take_page_datum(text)


def _is_beside(node: LexborNode) -> bool:
    above: LexborNode | None = node
    while above is not None:
        why = why_boilerplate(above)
        if above.tag in _NOT_REVIEWED_HERE or why in ("related posts", "comments or feedback box"):
            return True
        above = above.parent
    return False
