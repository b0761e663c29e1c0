"""Both parts of a mail as checks read them: the tree, links and words of the HTML; the words of the text.

Words are those that readers see: no styles, no comments (what only classic Outlook reads), no attributes, and
sup and sub in characters, as content/article.py has them for both parts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.content.article import plain_text

_UNSEEN = re.compile(r"<!--.*?-->|<(script|style|title|template)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
#: A tag as selectolax writes it: attributes in double quotes, which may hold a ">".
_TAG = re.compile(r'<(/?[a-zA-Z][^\s/>"]*)(?:[\s/][^>"]*(?:"[^"]*"[^>"]*)*)?>')
_BLOCK = re.compile(
    r"</?(?:address|article|aside|blockquote|body|caption|center|dd|div|dl|dt|figcaption|figure|footer|form|"
    r"h[1-6]|head|header|hr|html|li|main|nav|ol|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul)>",
    re.IGNORECASE,
)
#: Soft hyphens, joiners and marks of direction: they show as nothing, and break no word.
_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")


@dataclass(frozen=True)
class Link:
    """A link of the HTML part: where it leads, and the words or the image's alt that say so."""

    href: str
    words: str


class Mail:
    """The parts of a mail, each read once."""

    def __init__(self, html: str, text: str) -> None:
        self.html = html
        self.text = text

    @cached_property
    def tree(self) -> LexborHTMLParser:
        """The HTML part."""
        return LexborHTMLParser(self.html)

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """Every link of the HTML part, in order, with its whole visible name."""
        return tuple(
            Link((node.attributes.get("href") or "").strip(), _name(node))
            for node in self.tree.css("a[href], area[href]")
        )

    @cached_property
    def blocks(self) -> tuple[str, ...]:
        """The words of the HTML part, a paragraph, heading, item or cell each, whitespace as one space."""
        body = self.tree.body
        return visible_blocks(body.html or "") if body is not None else ()

    @cached_property
    def words(self) -> str:
        """All words of the HTML part, whitespace as one space."""
        return " ".join(self.blocks)

    @cached_property
    def text_words(self) -> str:
        """All words of the text part, whitespace as one space."""
        return " ".join(visible_words(self.text))


def visible_words(text: str) -> list[str]:
    """*text* cut at whitespace of any kind, also that which does not break a line."""
    return _INVISIBLE.sub("", text).split()


def visible_blocks(markup: str) -> tuple[str, ...]:
    """The words of *markup*, as selectolax writes it, block by block."""
    bare = _TAG.sub(r"<\1>", _UNSEEN.sub("", markup))
    said = (" ".join(visible_words(plain_text(part))) for part in _BLOCK.split(bare))
    return tuple(words for words in said if words)


def _name(node: LexborNode) -> str:
    words = " ".join(visible_blocks(node.html or ""))
    alts = [image.attributes.get("alt") or "" for image in node.css("img")]
    return " ".join(filter(None, (words, *alts))).strip()
