"""What the Markdown of a document holds that no mail shows as it is: pictures, what is struck out, code."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from newsletter.content.article import Block, LeftOut, Paragraph
from newsletter.content.cleaning import clean_title, escape_text
from newsletter.content.sources.inline import BLOCKS

_BLOCK_TAG = re.compile(rf"</?(?:{'|'.join(sorted(BLOCKS))})\b", re.IGNORECASE)
_STRUCK = re.compile(r"<(/?)(s|strike|del)(?:\s[^>]*)?>", re.IGNORECASE)


def line_of(node: SyntaxTreeNode) -> int:
    """The line of the body that *node* begins on, counted from 1."""
    return node.map[0] + 1 if node.map else 0


def dropped(node: SyntaxTreeNode) -> Iterator[LeftOut]:
    """What a document's *node* holds that no mail shows: pictures, and what is struck out."""
    number = line_of(node)
    for child in node.walk():
        if child.type == "inline" and child.token is not None:
            number = child.map[0] + 1 if child.map else number
            kept, struck = kept_tokens(child.token.children or [])
            for token in kept:
                if token.type == "image":
                    yield LeftOut(line=token.content, why="a picture: mails carry none", number=number)
            for line in struck:
                yield LeftOut(line=line, why="struck out", number=number)


def kept_tokens(tokens: Sequence[Token]) -> tuple[list[Token], list[str]]:
    """*tokens* without what is struck out, and that as text; a mark that is not closed strikes nothing."""
    opened: defaultdict[str, list[int]] = defaultdict(list)
    ends: dict[int, int] = {}
    for place, token in enumerate(tokens):
        mark = _STRUCK.fullmatch(token.content) if token.type == "html_inline" else None
        name = mark[2].lower() if mark else "~~"
        if token.type == "s_open" or (mark and not mark[1]):
            opened[name].append(place)
        elif (token.type == "s_close" or mark) and opened[name]:
            ends[opened[name].pop()] = place
    kept: list[Token] = []
    struck: list[str] = []
    place = 0
    while place < len(tokens):
        if end := ends.get(place):
            inside = (one.content or " " for one in tokens[place:end] if one.type != "html_inline")
            struck.extend([line] if (line := clean_title("".join(inside))) else [])
            place = end
        else:
            kept.append(tokens[place])
        place += 1
    return kept, struck


def apart(token: Token) -> Token:
    """*token*, or a space for the tag of a block: its words are not those beside it."""
    if token.type == "html_inline" and _BLOCK_TAG.match(token.content):
        return Token("text", "", 0, content=" ")
    return token


def code_block(node: SyntaxTreeNode) -> Iterator[Block]:
    """A block of code as a paragraph with its lines."""
    if node.content.strip():
        lines = (" ".join(line.split()) for line in node.content.strip().split("\n"))
        code = escape_text("\n".join(lines)).replace("\n", "<br/>")
        yield Paragraph(html=f"<code>{code}</code>")
