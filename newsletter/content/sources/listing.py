"""Lines of running text and lists to paragraphs and nested lists, losing none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from newsletter.content.article import Block, Item, ListBlock, Paragraph, Table
from newsletter.content.cleaning import escape_text
from newsletter.content.language.script import QUESTION_MARKS
from newsletter.content.sectioning import split_label, text_item
from newsletter.content.sources.line import MIN_ROWS, Line

#: A list item's first line of up to this many words, without a full stop, names what the next lines say.
MAX_NAME_WORDS = 8
#: Lines this long that stop in mid-sentence were broken by the program that saved the page.
WRAPPED_AT = 60
#: How far ahead the next number of an interrupted list is looked for.
LOOK_AHEAD = 60
#: Lists nest this deep; what is indented further joins the deepest one.
MAX_NESTING = 6


@dataclass
class _Entry:
    """A list item on its way: its lines of text, the first of them below its own, and nested lists."""

    line: Line
    texts: list[str]
    below: Line | None = None
    lists: list[_List] = field(default_factory=list)


@dataclass
class _List:
    indent: int
    ordered: bool
    entries: list[_Entry] = field(default_factory=list)


def build_blocks(lines: Sequence[Line]) -> list[Block]:
    """The paragraphs, lists and tables that *lines* (a section's, in order) hold."""
    blocks: list[Block] = []
    for cells, group in groupby(lines, key=lambda line: len(line.cells)):
        rows = list(group)
        if cells and len(rows) >= MIN_ROWS:
            blocks.append(_table([line.cells for line in rows]))
        else:
            blocks += _text_blocks(rows)
    return blocks


def _table(rows: Sequence[tuple[str, ...]]) -> Table:
    """A table of *rows*; the first is its header when it alone has no number."""
    cells = [tuple(map(escape_text, row)) for row in rows]
    figures = [bool(re.search(r"\d", "".join(row))) for row in rows]
    if not figures[0] and any(figures):
        return Table(header=cells[0], rows=tuple(cells[1:]))
    return Table(rows=tuple(cells))


def _text_blocks(lines: Sequence[Line]) -> list[Block]:
    """The paragraphs and lists of *lines*."""
    blocks: list[Block] = []
    stack: list[_List] = []
    paragraph: list[str] = []
    last: Line | None = None

    def close_list() -> None:
        if stack:
            blocks.append(_freeze(stack[0]))
            stack.clear()

    def close_paragraph() -> None:
        if paragraph:
            blocks.append(Paragraph(html=escape_text(" ".join(paragraph))))
            paragraph.clear()

    for index, line in enumerate(lines):
        if line.mark:
            close_paragraph()
            if not _nest(stack, line, lines[index + 1 : index + 1 + LOOK_AHEAD]):
                close_list()
                stack.append(_List(line.indent, ordered=line.mark == "number", entries=[_entry(line)]))
        elif stack and _continues_item(
            stack[-1], line, last=last, rest=lines[index + 1 : index + 1 + LOOK_AHEAD]
        ):
            _extend(stack[-1].entries[-1], line, last=last)
        else:
            close_list()
            if not (paragraph and last and _is_wrapped(last, line)):
                close_paragraph()
            paragraph.append(line.text)
        last = line
    close_paragraph()
    close_list()
    return blocks


def _entry(line: Line) -> _Entry:
    return _Entry(line, texts=[line.text])


def _nest(stack: list[_List], line: Line, rest: Sequence[Line]) -> bool:
    """Put *line* into the list it belongs to, opening a nested one if need be; False starts a new list."""
    ordered = line.mark == "number"
    while len(stack) > 1 and line.indent < stack[-1].indent:
        stack.pop()
    if not stack:
        return False
    top = stack[-1]
    if line.indent > top.indent:
        return _open_below(stack, line)
    if top.ordered == ordered:
        counts_anew = ordered and line.ordinal == 1 and len(stack) == 1 and top.entries[-1].line.ordinal > 1
        if not counts_anew:
            top.entries.append(_entry(line))
        return not counts_anew
    if top.ordered and _numbering_goes_on(top, rest):
        return _open_below(stack, line)
    parent = stack[-2] if len(stack) > 1 else None
    goes_on = parent is not None and parent.ordered == ordered and parent.indent == line.indent
    if parent is not None and goes_on:
        stack.pop()
        parent.entries.append(_entry(line))
    return goes_on


def _open_below(stack: list[_List], line: Line) -> bool:
    if len(stack) >= MAX_NESTING:
        stack[-1].entries.append(_entry(line))
        return True
    opened = _List(line.indent, ordered=line.mark == "number", entries=[_entry(line)])
    stack[-1].entries[-1].lists.append(opened)
    stack.append(opened)
    return True


def _numbering_goes_on(top: _List, rest: Sequence[Line]) -> bool:
    """Whether the next number of the ordered list *top* comes later: what stands between is nested."""
    expected = top.entries[-1].line.ordinal + 1
    return any(line.mark == "number" and line.ordinal == expected for line in rest)


def _continues_item(within: _List, line: Line, *, last: Line | None, rest: Sequence[Line]) -> bool:
    """Whether an unmarked *line* after the last item of the list *within* is still that item's text."""
    *others, entry = within.entries
    if line.indent > entry.line.indent:
        return True
    broken = last is not None and not line.blank_before and _is_wrapped(last, line)
    if broken or len(entry.texts) > 1:
        return broken or (entry.line.mark_alone and not line.blank_before)
    named = _is_name(entry.texts[0])
    alike = bool(others) and all(_has_text_like(other, line) for other in others)
    if entry.line.mark_alone and not line.blank_before:
        return named or alike
    # "1. Central" with its text on the next line, unindented: a "2." is to come, or the others have text too.
    says = line.ends_sentence or (line.words > MAX_NAME_WORDS and not line.text.endswith(":"))
    first = not others and _counts_on(entry, rest)
    return named and entry.line.mark == "number" and says and (alike or first)


def _has_text_like(entry: _Entry, line: Line) -> bool:
    """Whether *entry* has text below it that stands as *line* does: as far in, after a blank line or not."""
    below = entry.below
    return below is not None and (below.indent, below.blank_before) == (line.indent, line.blank_before)


def _counts_on(entry: _Entry, rest: Sequence[Line]) -> bool:
    """Whether the next item beside *entry* has the next number."""
    beside = (line for line in rest if line.mark and line.indent <= entry.line.indent)
    following = next(beside, None)
    return (
        following is not None and following.mark == "number" and following.ordinal == entry.line.ordinal + 1
    )


def _extend(entry: _Entry, line: Line, *, last: Line | None) -> None:
    if last is not None and not line.blank_before and _is_wrapped(last, line):
        entry.texts[-1] += f" {line.text}"
    else:
        entry.texts.append(line.text)
        entry.below = entry.below or line


def _is_wrapped(last: Line, line: Line) -> bool:
    """Whether *line* goes on with a sentence that *last* broke off."""
    if line.blank_before or line.mark or re.search(r"[.!?:;।؟۔][\"'”’)\]]*$", last.text):
        return False
    return line.text[:1].islower() or len(last.raw) >= WRAPPED_AT


def _is_name(text: str) -> bool:
    return len(text.split()) <= MAX_NAME_WORDS and not re.search(r"[.!;,]$", text) and ": " not in text


def _freeze(source: _List) -> ListBlock:
    start = source.entries[0].line.ordinal if source.ordered else 1
    labelled = sum(bool(split_label(entry.texts[0])[0]) for entry in source.entries)
    among_labels = labelled * 2 > len(source.entries)
    items = tuple(_item(entry, among_labels=among_labels) for entry in source.entries)
    return ListBlock(ordered=source.ordered, start=start, items=items)


def _item(entry: _Entry, *, among_labels: bool) -> Item:
    first, *more = entry.texts
    nested: list[Block] = [_freeze(below) for below in entry.lists]
    if not more:
        return text_item(first, blocks=tuple(nested), among_labels=among_labels)
    paragraphs: list[Block] = [Paragraph(html=escape_text(text)) for text in more]
    if first.endswith(QUESTION_MARKS):
        return Item(html=f"<strong>{escape_text(first)}</strong>", blocks=(*paragraphs, *nested))
    if _is_name(first) and not split_label(first)[0]:
        own = escape_text(more[0])
        return Item(label=first.rstrip(": "), html=own, blocks=(*paragraphs[1:], *nested))
    return text_item(first, blocks=(*paragraphs, *nested), among_labels=among_labels)
