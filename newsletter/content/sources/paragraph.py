"""What one paragraph of inline XHTML really is: text, a bold heading, or a list typed with "•" or "1."."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.content.article import Block, Item, ListBlock, Paragraph, plain_text
from newsletter.content.heading import heading_kind
from newsletter.content.sources.label import label_items

#: Longer bold lines are emphasis.
MAX_HEADING = 160
MAX_HEADING_WORDS = 14

_BULLET = re.compile(r"^(?:[•◦▪▫■□●○‣⁃∙·➢➤►✓✔](?:\s|<br/>)*)+")
_DASH = re.compile(r"^(?:[•◦▪▫■□●○‣⁃∙·➢➤►✓✔]\s*|[-–—*]\s+)")
_NUMBER = re.compile(r"^\(?(\d{1,3})(?:[.)।]|(?<=[٠-٩])\s?[-–])\s+(?=\S)")
_TAG = re.compile(r"<(/?)([a-z]+)[^>]*>")
_BOLD_LINE = re.compile(
    r"^<(strong|b)>(?P<heading>(?:(?!</?(?:strong|b)>|<br/>).)+)</\1>(?P<colon>\s?:)?$", re.DOTALL
)
#: "<strong>Children:</strong> 2.5 mg" after a line break is a line of its own.
_LABELLED = re.compile(
    r"<(strong|b)>(?:(?!</?(?:strong|b)>|<br/>).){1,120}(?::\s*</\1>|</\1>\s*:)\s*\S", re.DOTALL
)
_SENTENCE_END = re.compile(r"[.!;,…।॥۔،؛][\"'”’)\]]*$")


def has_heading_shape(text: str) -> bool:
    """Whether the plain *text* is short, holds a word, and does not end as a sentence does."""
    return (
        0 < len(text) <= MAX_HEADING
        and len(text.split()) <= MAX_HEADING_WORDS
        and not _SENTENCE_END.search(text)
        and bool(re.search(r"[^\W\d_]{2}", text))
    )


def heading_and_rest(inline: str, *, title: str = "") -> tuple[str, str]:
    """The heading (inline XHTML without bold marks) that a bold paragraph is or begins with, and the rest.

    A bold first line counts only when its words are those of a known heading.
    """
    if not inline.startswith("<"):
        return "", inline
    first, _, rest = inline.partition("<br/>")
    bold = _BOLD_LINE.match(first)
    if not bold:
        return "", inline
    heading = bold["heading"].strip() + (":" if bold["colon"] else "")
    text = plain_text(heading)
    if not has_heading_shape(text) or (rest and heading_kind(text, title=title) is None):
        return "", inline
    return heading, rest


def paragraph_blocks(inline: str) -> Iterator[tuple[Block, bool]]:
    """The blocks of a paragraph, and of each whether it is a list that goes on in the next paragraph."""
    lines = inline.split("<br/>")
    if len(lines) == 1:
        if _BULLET.match(inline) and (bare := _BULLET.sub("", inline)) and plain_text(bare):
            yield ListBlock(ordered=False, items=label_items([Item(html=bare)])), True
        else:
            yield Paragraph(html=inline), False
        return
    if not all(is_balanced(line) for line in lines):
        yield Paragraph(html=inline), False
        return
    text: list[str] = []
    at = 0
    while at < len(lines):
        block, used = _list_at(lines, at)
        if block is None:
            if text and _LABELLED.match(lines[at]):
                yield Paragraph(html="<br/>".join(text)), False
                text = []
            text.append(lines[at])
            at += 1
            continue
        if text:
            yield Paragraph(html="<br/>".join(text)), False
            text = []
        yield block, False
        at += used
    if text:
        yield Paragraph(html="<br/>".join(text)), False


def parts_of(inline: str) -> list[str]:
    """A paragraph's inline XHTML cut where two line breaks stand together outside of all elements."""
    if "<br/><br/>" not in inline:
        return [inline]
    parts = [part for part in re.split(r"(?:<br/>){2,}", inline) if plain_text(part)]
    if all(is_balanced(part) for part in parts):
        return parts
    return [re.sub(r"(?:<br/>){2,}", "<br/>", inline)]


def labelled_lines(inline: str) -> list[str]:
    """A paragraph's inline XHTML cut at the line breaks before bold labels, outside of all elements."""
    lines = inline.split("<br/>")
    if len(lines) == 1 or not all(is_balanced(line) for line in lines):
        return [inline]
    parts = lines[:1]
    for line in lines[1:]:
        if _LABELLED.match(line):
            parts.append(line)
        else:
            parts[-1] += f"<br/>{line}"
    return parts


def unbulleted(inline: str) -> str:
    """A list item's text without the bullet that was typed before it as well."""
    return _BULLET.sub("", inline)


def is_balanced(markup: str) -> bool:
    """Whether every element that opens in *markup* closes in it."""
    if "<" not in markup:
        return True
    opened: list[str] = []
    for close, name in _TAG.findall(markup):
        if name == "br":
            continue
        if not close:
            opened.append(name)
        elif not opened or opened.pop() != name:
            return False
    return not opened


def _list_at(lines: list[str], at: int) -> tuple[ListBlock | None, int]:
    """The list of at least two lines that begins at line *at*, and how many lines it takes."""
    items: list[Item] = []
    first = _NUMBER.match(lines[at])
    for place in range(at, len(lines)):
        line = lines[place]
        match = _NUMBER.match(line) if first else _DASH.match(line)
        if not match or (first and int(match[1]) != int(first[1]) + len(items)):
            break
        if not plain_text(line[match.end() :]):
            break
        items.append(Item(html=line[match.end() :].strip()))
    if len(items) < len(["one", "two"]):
        return None, 0
    start = int(first[1]) if first else 1
    return ListBlock(ordered=bool(first), start=start, items=label_items(items)), len(items)
