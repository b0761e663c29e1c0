"""What in a Markdown document is of its site: boxes of links below a heading, and lines in the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from markdown_it.tree import SyntaxTreeNode

from newsletter.content.article import Block, Flag, Kind, LeftOut, ListBlock, Paragraph
from newsletter.content.chrome import why_chrome
from newsletter.content.cleaning import clean_title
from newsletter.content.flag import find_flags
from newsletter.content.heading import heading_kind, print_heading
from newsletter.content.sources.fragment import Fragment, furniture_of, why_box
from newsletter.content.sources.struck import line_of

MAX_LINE = 200
#: What parts the names of a menu, which are no heading together: "Home | About".
_MENU = re.compile(r"\s[|·•>»›/]\s")
_MEDICAL = frozenset(Flag) - {Flag.SENSITIVE}


def without_boxes(
    nodes: Sequence[SyntaxTreeNode], left_out: list[LeftOut], *, title: str
) -> list[SyntaxTreeNode]:
    """*nodes* less boxes ("Related posts") that hold only links and lines of the site."""
    kept: list[SyntaxTreeNode] = []
    place = 0
    while place < len(nodes):
        node = nodes[place]
        end = place + 1
        while end < len(nodes) and nodes[end].type != "heading":
            end += 1
        why = why_box(print_heading(_words(node)), title=title) if node.type == "heading" else ""
        if why and all(_is_links(below) for below in nodes[place + 1 : end]):
            for gone in nodes[place:end]:
                line = clean_title(_words(gone))[:MAX_LINE]
                left_out.extend([LeftOut(line=line, why=why, number=line_of(gone))] if line else [])
            place = end
        else:
            kept.append(node)
            place += 1
    return kept


def why_site_line(block: Block, fragment: Fragment, *, title: str) -> tuple[str, str]:
    """The words of a *block* that is a line about the page or of the site, and why; the reason may be empty.

    What a line tells about the page goes to *fragment*. Known headings stay, and whatever has a flag or an
    address: "Source: https://…" may be what the text is taken from.
    """
    text = block.plain() if isinstance(block, (Paragraph, ListBlock)) else ""
    if not text or "://" in text or _matters(text, title=title):
        return "", ""
    return furniture_of(block, take=fragment.take_page_datum)


def _matters(text: str, *, title: str) -> bool:
    known = heading_kind(text, title=title) not in (None, Kind.OTHER) and not _MENU.search(text)
    return known or bool(_MEDICAL.intersection(find_flags(text)))


def _is_links(node: SyntaxTreeNode) -> bool:
    """Whether *node* says nothing beside its links but what a site says in its boxes."""
    if node.type not in ("paragraph", "bullet_list", "ordered_list", "hr"):
        return False
    words = _words(node)
    if _MEDICAL.intersection(find_flags(words)):
        return False
    beside = clean_title(" ".join(_texts(node, lambda kind: kind == "link")))
    return not any(sign.isalnum() for sign in beside) or bool(why_chrome(words, inside=True))


def _words(node: SyntaxTreeNode) -> str:
    return " ".join("".join(_texts(node, lambda _: False)).split())


def _texts(node: SyntaxTreeNode, skipped: Callable[[str], bool]) -> Iterator[str]:
    """The text below *node*, without that of the kinds of nodes that are *skipped*."""
    if skipped(node.type):
        return
    if node.type in ("softbreak", "hardbreak"):
        yield " "
    elif node.type in ("text", "code_inline"):
        yield node.content
    for child in node.children:
        yield from _texts(child, skipped)
    if node.type == "inline":
        yield " "
