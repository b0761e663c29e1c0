"""The block elements of an HTML tree to headings and blocks, in reading order.

Whether a heading starts a section is not decided here (see content/sources/fragment.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from selectolax.lexbor import LexborNode

from newsletter.content.article import Block, Item, LeftOut, ListBlock, Paragraph, plain_text
from newsletter.content.cleaning import clean_text, clean_title
from newsletter.content.heading import heading_kind, print_heading
from newsletter.content.sources.boilerplate import Judge
from newsletter.content.sources.grid import Grid, is_layout
from newsletter.content.sources.inline import BLOCKS, InlineWriter, Piece, join
from newsletter.content.sources.label import label_items, with_label
from newsletter.content.sources.node import (
    HEADINGS,
    block_holders,
    entries_of,
    first_heading,
    number_attribute,
    says,
    table_of,
    why_picture,
)
from newsletter.content.sources.paragraph import (
    heading_and_rest,
    labelled_lines,
    paragraph_blocks,
    parts_of,
    unbulleted,
)

#: Blocks that nest deeper are kept as one paragraph of text.
MAX_DEPTH = 120
#: Lists nest this deep; what is below joins the deepest one.
MAX_NESTING = 6
#: A paragraph that is bold as a whole counts as a heading below all others.
BOLD = 7
MAX_LINE = 200
#: Longer headings are paragraphs.
MAX_LENGTH = 300
#: "2. 1. Causes" loses this many numbers.
MAX_NUMBERINGS = 5
#: An element left out for its class name that holds more of the text than this is the article after all.
MOST = 0.5

_LISTS = frozenset({"ul", "ol", "dir"})


@dataclass(frozen=True)
class Heading:
    """A heading of *level* 1 to 6, or BOLD; its words as inline XHTML and as text."""

    level: int
    html: str
    text: str
    #: Whether it opens what folds out below it: a summary, the heading of an item.
    opens: bool = False

    def in_bold(self) -> Paragraph:
        """The heading as a bold paragraph of the section that it stays in."""
        whole = self.html.startswith("<strong>") and self.html.endswith("</strong>")
        return Paragraph(html=self.html if whole else f"<strong>{self.html}</strong>")


Event = Heading | Block


class FlowReader:
    """Reads one tree. *left_out* collects what is not part of the article, with the reason."""

    def __init__(self, root: LexborNode, *, title: str = "", raw: bool = False) -> None:
        """*raw*: blank lines part paragraphs, as in WordPress's classic editor."""
        self.left_out: list[LeftOut] = []
        self._root = root
        self._title = title
        self._inline = InlineWriter(self.leave_out, raw=raw)
        self._judge = Judge(root, title=title)
        self._holders = block_holders(root)
        self._length = -1
        # Lists of one item, made of a "• …" paragraph (by id: the events are kept).
        self._typed: set[int] = set()
        # Headings that items of a list begin with (by mem_id).
        self._opening: set[int] = set()

    def events(self) -> list[Event]:
        """The headings and blocks below the root, in order."""
        out: list[Event] = []
        self._walk(self._root, out, depth=0, nesting=0)
        return [each for same, run in groupby(out, key=self._is_typed) for each in _merged(run, same=same)]

    def leave_out(self, node: LexborNode) -> bool:
        """Whether *node* is no part of the article; its text is noted with the reason."""
        why = self._judge.why(node)
        if why is None:
            return False
        if why:
            tag = node.tag
            if tag == "img":
                self._note_picture(node)
                return True
            text = node.text(deep=True, separator=" ")
            if tag not in ("aside", "nav") and self._is_most(text):
                return False
            if why.startswith("a picture"):
                for picture in node.css("img"):
                    self._note_picture(picture)
            self.note(text, why)
        return True

    def note(self, text: str, why: str) -> None:
        """Note that *text* (if there is any) was left out."""
        line = clean_title(text[: MAX_LINE * 4])[:MAX_LINE]
        if line:
            self.left_out.append(LeftOut(line=line, why=why))

    def _note_picture(self, node: LexborNode) -> None:
        said = node.attributes.get("alt") or ""
        self.note(said, why_picture(said))

    def _is_most(self, text: str) -> bool:
        if len(text) < MAX_LINE:
            return False
        if self._length < 0:
            self._length = len(self._root.text(deep=True))
        return len(text) > self._length * MOST

    def _walk(self, node: LexborNode, out: list[Event], *, depth: int, nesting: int) -> None:
        run: list[Piece] = []
        in_item = nesting > 0
        for child in node.iter(include_text=True):
            if child.is_text_node:
                run.extend(self._inline.text(child.text_content or ""))
                continue
            tag = child.tag
            if not child.is_element_node or tag is None:
                continue
            if tag not in BLOCKS and child.mem_id not in self._holders:
                self._inline.element(child, run)
                continue
            if self.leave_out(child):
                continue
            self._flush(run, out, in_item=in_item)
            if label := self._judge.label_of(child):
                out.append(Heading(BOLD, escape(label, quote=False), label, opens=True))
            if depth >= MAX_DEPTH:
                self._flush(list(self._inline.text(child.text(deep=True, separator=" "))), out)
            else:
                self._block(child, tag, out, depth=depth + 1, nesting=nesting)
        self._flush(run, out, in_item=in_item)

    def _flush(self, run: list[Piece], out: list[Event], *, in_item: bool = False) -> None:
        """Close the paragraphs that the inline pieces of *run* make."""
        part: list[str] = []
        for piece in [*run, None]:
            if piece is not None:
                part.append(piece)
            elif part:
                self._paragraph(join(part), out, in_item=in_item)
                part = []
        run.clear()

    def _paragraph(self, inline: str, out: list[Event], *, in_item: bool) -> None:
        if not inline:
            return
        if in_item:
            lines = (line for part in parts_of(inline) for line in labelled_lines(part))
            out.extend(Paragraph(html=html) for line in lines if (html := unbulleted(line)))
            return
        for html in parts_of(inline):
            heading, rest = heading_and_rest(html, title=self._title)
            if heading:
                out.append(Heading(BOLD, heading, words_of(heading)))
            if not rest:
                continue
            for block, merges in paragraph_blocks(rest):
                out.append(block)
                if merges:
                    self._typed.add(id(block))

    def _is_typed(self, event: Event) -> bool:
        return id(event) in self._typed

    def _block(self, node: LexborNode, tag: str, out: list[Event], *, depth: int, nesting: int) -> None:
        if level := HEADINGS.get(tag):
            self._heading(node, level, out)
        elif tag in _LISTS:
            self._list(node, out, depth=depth, nesting=nesting)
        elif tag == "dl":
            self._definitions(node, out, depth=depth, nesting=nesting)
        elif tag == "table":
            self._table(node, out, depth=depth, nesting=nesting)
        elif tag == "summary":
            self._heading(node, BOLD, out, opens=True)
        elif tag in ("pre", "listing"):
            self._code(node, out)
        elif tag == "figure":
            self._figure(node, out, depth=depth, nesting=nesting)
        elif tag == "hr":
            pass
        else:
            self._walk(node, out, depth=depth, nesting=nesting)

    def _heading(self, node: LexborNode, level: int, out: list[Event], *, opens: bool = False) -> None:
        inline = _plain_heading(self._inline.content(node))
        if not inline:
            return
        text = words_of(inline)
        if text:
            out.append(Heading(level, inline, text, opens=opens or node.mem_id in self._opening))
        else:
            out.append(Paragraph(html=f"<strong>{inline}</strong>"))

    def _code(self, node: LexborNode, out: list[Event]) -> None:
        """Preformatted text, a paragraph a line, blank lines dropped."""
        lines = filter(str.strip, clean_text(node.text(deep=True)).split("\n"))
        texts = (join(piece or "" for piece in self._inline.text(line)) for line in lines)
        out.extend(Paragraph(html=f"<code>{text}</code>") for text in texts if text)

    def _figure(self, node: LexborNode, out: list[Event], *, depth: int, nesting: int) -> None:
        """A figure's table or quotation stays; a picture goes, and its caption with it."""
        if node.css_first("table,blockquote,ul,ol,pre") is not None:
            self._walk(node, out, depth=depth, nesting=nesting)
            return
        picture = node.css_first("img")
        if picture is not None:
            self._note_picture(picture)
        self.note(node.text(deep=True, separator=" "), "a picture's caption: mails carry no pictures")

    def _table(self, node: LexborNode, out: list[Event], *, depth: int, nesting: int) -> None:
        if is_layout(node):
            for cell in node.css("caption,td,th"):
                if table_of(cell) == node.mem_id:
                    self._walk(cell, out, depth=depth, nesting=nesting)
            return
        grid = Grid(self._inline, node)
        if grid.caption:
            self._paragraph(grid.caption, out, in_item=nesting > 0)
        if table := grid.table():
            out.append(table)

    def _list(self, node: LexborNode, out: list[Event], *, depth: int, nesting: int) -> None:
        children = [child for child in node.iter(include_text=True) if child.is_element_node or says(child)]
        items = [child for child in children if child.tag == "li"]
        if not nesting and self._heads_sections(items):
            for child in children:
                self._walk(child, out, depth=depth, nesting=0)
            return
        gathered: list[tuple[int, Item]] = []
        number = number_attribute(node, "start", 1)
        step = 1
        if node.tag == "ol" and "reversed" in node.attributes:
            number, step = number_attribute(node, "start", len(items)), -1
        for child in children:
            if child.is_element_node and self.leave_out(child):
                number += step if child.tag == "li" else 0
                continue
            if child.tag == "li":
                number = number_attribute(child, "value", number)
            entries = list(self._item(child, depth=depth, nesting=nesting + 1))
            if child.tag in _LISTS and gathered and len(entries) == 1 and not entries[0].html:
                # A list that stands between two items belongs to the one before.
                place, above = gathered[-1]
                gathered[-1] = place, above.model_copy(update={"blocks": (*above.blocks, *entries[0].blocks)})
                continue
            gathered.extend((number + step * place, entry) for place, entry in enumerate(entries))
            number += step * len(entries)
        out.extend(_lists(gathered, ordered=node.tag == "ol"))

    def _heads_sections(self, items: Sequence[LexborNode]) -> bool:
        """Whether a list is only a page's way of numbering its headings."""
        heads = [first_heading(item) for item in items]
        if not heads or any(head is None for head in heads):
            return False
        words = [words_of(_plain_heading(self._inline.content(head))) for head in heads if head is not None]
        known = sum(heading_kind(text, title=self._title) is not None for text in words if text)
        if known * 2 < len(heads):
            return False
        self._opening.update(head.mem_id for head in heads if head is not None)
        return True

    def _item(self, node: LexborNode, *, depth: int, nesting: int) -> Iterator[Item]:
        """The item that *node* is; below MAX_NESTING, the items of its lists after it."""
        inner: list[Event] = []
        if node.is_text_node:
            self._flush(list(self._inline.text(node.text_content or "")), inner, in_item=True)
        elif node.tag == "li":
            self._walk(node, inner, depth=depth + 1, nesting=nesting)
        elif node.tag in BLOCKS or node.mem_id in self._holders:
            self._block(node, node.tag or "", inner, depth=depth + 1, nesting=nesting)
        else:
            run: list[Piece] = []
            self._inline.element(node, run)
            self._flush(run, inner, in_item=True)
        yield from fold_item(inner, nesting=nesting)

    def _definitions(self, node: LexborNode, out: list[Event], *, depth: int, nesting: int) -> None:
        """A dl as a list: each term a label, what is said of it the item."""
        items: list[Item] = []
        term = ""
        for child in entries_of(node):
            if self.leave_out(child):
                continue
            if child.tag == "dt":
                if term:
                    items.append(Item(html=f"<strong>{term}</strong>"))
                term = _plain_heading(self._inline.content(child))
                continue
            inner: list[Event] = []
            self._walk(child, inner, depth=depth + 1, nesting=nesting + 1)
            entries = list(fold_item(inner, nesting=nesting + 1))
            if term and entries:
                first, *rest = entries
                blocks = (Paragraph(html=first.html), *first.blocks) if first.html else first.blocks
                joined = bool(first.html) and "<" not in term
                html = f"<strong>{term}:</strong> {first.html}" if joined else f"<strong>{term}</strong>"
                entries = [Item(html=html, blocks=first.blocks if joined else blocks), *rest]
                term = ""
            items.extend(entries)
        if term:
            items.append(Item(html=f"<strong>{term}</strong>"))
        if items:
            out.append(ListBlock(ordered=False, items=label_items(items)))


def fold_item(inner: Sequence[Event], *, nesting: int) -> Iterator[Item]:
    """The events of a list item as an item: its first paragraph is its own line, the rest below it."""
    blocks = [
        Paragraph(html=f"<strong>{event.html}</strong>") if isinstance(event, Heading) else event
        for event in inner
    ]
    own = ""
    if blocks and isinstance(blocks[0], Paragraph):
        own = blocks.pop(0).html  # type: ignore[union-attr]
    below: list[Item] = []
    if nesting >= MAX_NESTING:
        below = [
            Item(html=with_label(item), blocks=item.blocks)
            for block in blocks
            if isinstance(block, ListBlock)
            for item in block.items
        ]
        blocks = [block for block in blocks if not isinstance(block, ListBlock)]
    if own or blocks:
        yield Item(html=own, blocks=tuple(blocks))
    yield from below


def _lists(numbered: Sequence[tuple[int, Item]], *, ordered: bool) -> Iterator[ListBlock]:
    """Items with their numbers as lists; where the numbering jumps, a new one starts."""
    if not ordered:
        if numbered:
            yield ListBlock(ordered=False, items=label_items([item for _, item in numbered]))
        return
    start = 0
    run: list[Item] = []
    for number, item in numbered:
        if run and number != start + len(run):
            yield ListBlock(ordered=True, start=start, items=label_items(run))
            run = []
        start = start if run else number
        run.append(item)
    if run:
        yield ListBlock(ordered=True, start=start, items=label_items(run))


def _merged(events: Iterable[Event], *, same: bool) -> Iterator[Event]:
    """*events*, or with *same* the one list that they make: "• …" paragraphs that follow each other."""
    if not same:
        yield from events
        return
    items = [item for event in events if isinstance(event, ListBlock) for item in event.items]
    yield ListBlock(ordered=False, items=label_items(items))


def _plain_heading(inline: str) -> str:
    """A heading's inline XHTML, less bold marks and line breaks."""
    return re.sub(" {2,}", " ", re.sub(r"</?(?:strong|b)>", "", inline.replace("<br/>", " "))).strip()


def words_of(inline: str) -> str:
    """A heading's words as printed, less its numbering; empty for what is too long to be one."""
    text = plain_text(inline)
    for _ in range(MAX_NUMBERINGS):
        text, before = print_heading(text), text
        if text == before:
            break
    return text if len(text) <= MAX_LENGTH else ""
