"""Lines and items of lists that are a document's headings, though nothing marks them as such.

The same rules for HTML and Markdown, on the events of content/sources/flow.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from newsletter.content.article import Block, Item, Kind, ListBlock, Paragraph
from newsletter.content.flag import find_flags
from newsletter.content.heading import heading_kind
from newsletter.content.language.script import QUESTION_MARKS
from newsletter.content.sectioning import states
from newsletter.content.sources.flow import BOLD, Event, Heading, words_of
from newsletter.content.sources.label import label_items
from newsletter.content.sources.paragraph import has_heading_shape, heading_and_rest

#: What a section of each kind is made of: a list of these below its heading is a list of its parts.
PARTS: dict[Kind, frozenset[Kind]] = {
    Kind.TREATMENT: frozenset({Kind.TREATMENT, Kind.MEDICATIONS, Kind.SELF_CARE, Kind.COMPLICATIONS}),
    Kind.MEDICATIONS: frozenset({Kind.MEDICATIONS, Kind.TREATMENT}),
    Kind.PREVENTION: frozenset({Kind.PREVENTION, Kind.SELF_CARE, Kind.DIAGNOSIS, Kind.MEDICATIONS}),
    Kind.SELF_CARE: frozenset({Kind.SELF_CARE, Kind.PREVENTION, Kind.TREATMENT, Kind.MEDICATIONS}),
    Kind.CAUSES: frozenset({Kind.CAUSES, Kind.RISK_FACTORS}),
    Kind.RISK_FACTORS: frozenset({Kind.RISK_FACTORS, Kind.CAUSES}),
}
_NUMBERED = re.compile(r"^(\d{1,2})[.)]\s+(?=\S)")


@dataclass(frozen=True)
class _Part:
    """An item that is a heading with text below it."""

    html: str
    kind: Kind | None
    below: tuple[Block, ...]


def unlisted(events: Sequence[Event], *, title: str) -> list[list[Event]]:
    """What each of *events* is: a list whose items are headings with their text is those.

    A list below a heading that is of what the heading is about (see PARTS), or below an unknown heading,
    stays a list.
    """
    out: list[list[Event]] = []
    around: Kind | None = None
    for event in events:
        found = (_headings_of(event, around, title=title) if isinstance(event, ListBlock) else []) or [event]
        for one in found:
            if isinstance(one, Heading) and one.level > 1:
                kind = heading_kind(one.text, title=title)
                around = kind or (Kind.OTHER if one.level < BOLD else around)
        out.append(found)
    return out


def promoted(events: Sequence[Event], *, title: str) -> list[Event]:
    """*events* of a document without headings: bold and numbered lines are its headings, if they seem so."""
    numbered = _numbered_headings(events, title=title)
    bold = _bold_headings(events, title=title)
    out: list[Event] = []
    for place, event in enumerate(events):
        number = _number(event) if place in numbered else None
        if number is not None:
            out.append(Heading(1, number[1], number[2]))
        elif place in bold and isinstance(event, Heading):
            out.append(replace(event, level=1))
        else:
            out.append(event)
    return out


def counted(events: Sequence[Event]) -> Iterator[Event]:
    """*events* with paragraphs that count up one after the other ("1. One", "2. Two") as a list."""
    run: list[Paragraph] = []
    for event in events:
        number = _number(event) if isinstance(event, Paragraph) else None
        if run and (number is None or number[0] != _first(run) + len(run)):
            yield from _run(run)
            run = []
        if number is not None and isinstance(event, Paragraph):
            run.append(event)
        else:
            yield event
    yield from _run(run)


def _headings_of(block: ListBlock, around: Kind | None, *, title: str) -> list[Event]:
    """The headings and blocks that a list is; none where it is an ordinary list."""
    if len(block.items) == 1 and not block.items[0].blocks:
        item = block.items[0]
        heading, rest = ("", "") if item.label else heading_and_rest(item.html)
        if heading and not rest and heading_kind(words_of(heading), title=title):
            return [Heading(BOLD, heading, words_of(heading))]
        if not rest:
            return []
    parts = [part for item in block.items if (part := _part(item, ordered=block.ordered, title=title))]
    kinds = {part.kind for part in parts} - {None, Kind.OTHER}
    known = sum(part.kind in kinds for part in parts)
    if len(parts) < len(block.items) or not known or known * 2 < len(parts):
        return []
    if around is Kind.OTHER or (around and kinds <= PARTS.get(around, frozenset({around}))):
        return []
    bold = all(part.html != item.html for part, item in zip(parts, block.items, strict=True))
    if not bold and (known < len(parts) or len(kinds) < len(["one", "two"])):
        return []
    return [event for part in parts for event in (_heading(part), *_below(part, around, title=title))]


def _below(part: _Part, around: Kind | None, *, title: str) -> Iterator[Event]:
    """What stands below a heading in a list, as it would be read outside of it."""
    for block in part.below:
        if isinstance(block, ListBlock):
            yield from _headings_of(block, part.kind or around, title=title) or [block]
        elif isinstance(block, Paragraph):
            html, rest = heading_and_rest(block.html, title=title)
            yield from [Heading(BOLD, html, words_of(html))] if html else []
            yield from [Paragraph(html=rest)] if rest else []
        else:
            yield block


def _part(item: Item, *, ordered: bool, title: str) -> _Part | None:
    """*item* as a heading with text below it; a numbered one need not be bold where its words are known."""
    if item.label:
        return None
    html, rest = heading_and_rest(item.html, title=title)
    below = (Paragraph(html=rest), *item.blocks) if html and rest else item.blocks
    if not html and ordered and has_heading_shape(words_of(item.html)):
        html = item.html
    if not html or not below:
        return None
    return _Part(html, heading_kind(words_of(html), title=title), below)


def _heading(part: _Part) -> Heading:
    return Heading(BOLD, part.html, words_of(part.html), opens=True)


def _bold_headings(events: Sequence[Event], *, title: str) -> frozenset[int]:
    """The places of bold lines that are headings: of known kinds, and with them all where most are."""
    places = [place for place, one in enumerate(events) if isinstance(one, Heading) and one.level == BOLD]
    found: set[int] = set()
    unknown: set[int] = set()
    asked = False
    for place in places:
        text = getattr(events[place], "text", "")
        kind = heading_kind(text, title=title)
        if kind is not None and not (asked and text.endswith(QUESTION_MARKS)):
            found.add(place)
            asked = kind is Kind.FAQ
        elif kind is None and _may_head(events, place, text):
            unknown.add(place)
    if len(found) > 1 and len(found) * 2 >= len(places):
        return frozenset(found | unknown)
    return frozenset(found)


def _may_head(events: Sequence[Event], place: int, text: str) -> bool:
    """Whether a bold line of unknown words could be a heading: it says nothing itself, and has text below."""
    below = place + 1 < len(events) and not isinstance(events[place + 1], Heading)
    return below and has_heading_shape(text) and not states(text) and not find_flags(text)


def _numbered_headings(events: Sequence[Event], *, title: str) -> frozenset[int]:
    """The places of "2. Causes" lines where a document numbers its headings, each with text below."""
    found: list[tuple[int, int]] = []
    known = 0
    for place, (event, after) in enumerate(pairwise(events)):
        number = _number(event)
        if number is None or isinstance(after, Heading) or _number(after) is not None:
            continue
        if has_heading_shape(number[2]) and ": " not in number[2]:
            found.append((number[0], place))
            known += heading_kind(number[2], title=title) not in (None, Kind.OTHER)
    counts_up = all(before[0] < after[0] for before, after in pairwise(found))
    surely = len(found) > 1 and known * 2 >= len(found) and counts_up
    return frozenset(place for _, place in found) if surely else frozenset()


def _number(event: Event) -> tuple[int, str, str] | None:
    """The number, inline XHTML and words of a numbered line: a paragraph, or a list of one plain item."""
    if isinstance(event, Paragraph) and (match := _NUMBERED.match(event.html)):
        return int(match[1]), event.html, _NUMBERED.sub("", event.plain())
    if isinstance(event, ListBlock) and event.ordered and len(event.items) == 1:
        (item,) = event.items
        return None if item.blocks or item.label else (event.start, item.html, item.plain())
    return None


def _first(run: Sequence[Paragraph]) -> int:
    number = _number(run[0])
    return number[0] if number else 0


def _run(run: Sequence[Paragraph]) -> Iterator[Event]:
    if len(run) < len(["one", "two"]):
        yield from run
        return
    items = [Item(html=_NUMBERED.sub("", paragraph.html)) for paragraph in run]
    yield ListBlock(ordered=True, start=_first(run), items=label_items(items))
