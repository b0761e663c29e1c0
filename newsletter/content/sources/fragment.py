"""The HTML of an article's body to drafts of sections, with what stands apart from them.

Headings of the highest level that occurs more than once start sections, and those above it. A deeper one
(and a line that is bold as a whole) starts a section where a rule knows its kind and the kind is another
than that of the section around it; else it stays inside, in bold, with the text that belongs to it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Literal

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.content.article import Block, Kind, LeftOut, ListBlock, Paragraph, Reference, plain_text
from newsletter.content.chrome import why_chrome
from newsletter.content.citation import parse_reference
from newsletter.content.cleaning import clean_title, safe_url
from newsletter.content.heading import heading_kind
from newsletter.content.language.script import QUESTION_MARKS, STOPS
from newsletter.content.page_data import cut_date, page_datum, split_review
from newsletter.content.sectioning import Draft
from newsletter.content.sources.apart import after_disclaimer, is_disclaimer, is_references
from newsletter.content.sources.flow import BOLD, Event, FlowReader, Heading
from newsletter.content.sources.guard import safe_markup
from newsletter.content.sources.label import with_label
from newsletter.content.sources.paragraph import has_heading_shape
from newsletter.content.sources.promotion import counted, promoted, unlisted
from newsletter.content.sources.shortcode import drop_shortcodes

#: Longer paragraphs are never page furniture or page data.
MAX_FURNITURE = 300

#: Reasons of content/chrome.py for which a heading takes all that is below it along.
_BOXES = frozenset(
    {"newsletter box", "social media line", "related posts", "comments or feedback box", "cookie notice"}
)
_CONTENTS = re.compile(r"(?:table of )?contents|on this page:?|in this article:?|jump to:?", re.IGNORECASE)
#: Reasons that a whole sentence does not give.
_SHORT_ONLY = frozenset({"page navigation", "site navigation", "related posts", "logo or image placeholder"})
_SENTENCE_END = re.compile(rf"[{STOPS}][\"'”’)\]]*$")
#: A line with an address is a reference, whatever it begins with ("Source: https://…").
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_HREF = re.compile(r'<a href="([^"]+)"')


@dataclass
class Fragment:
    """What the HTML of an article's body holds. Dates of page data are midnights in UTC."""

    drafts: list[Draft] = field(default_factory=lambda: [Draft("")])
    disclaimer: list[str] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    url: str = ""
    reviewed_on: date | None = None
    reviewer: str = ""
    published_at: datetime | None = None
    modified_at: datetime | None = None
    topics: tuple[str, ...] = ()

    def take_page_datum(self, text: str) -> str:
        """Note what a line of page data tells; the reason to leave it out, empty when it is none."""
        datum = page_datum(text)
        if datum is None or (datum.what == "url" and datum.value == text):
            return ""
        why = f"page data: {datum.what}"
        day = cut_date(datum.value)[0]
        if datum.what == "url":
            self.url = self.url or safe_url(datum.value)
        elif datum.what == "review":
            reviewer, day = split_review(datum.value)
            self.reviewer = self.reviewer or reviewer
            self.reviewed_on = self.reviewed_on or day
            why += "" if day or reviewer else " (no date that can be read in one way only)"
        elif datum.what == "update":
            self.modified_at = self.modified_at or midnight(day)
        elif datum.what == "publication":
            self.published_at = self.published_at or midnight(day)
        elif datum.what == "topics":
            self.topics = self.topics or topics_of(re.split(r"[,;|]", datum.value))
        return why


def drafts_of(html: str, *, name: str = "article", title: str = "", raw: bool = False) -> Fragment:
    """The drafts, references and disclaimer in the *html* of an article's body, called *title*.

    Args:
        html: markup as a site, an export or a feed has it; nothing of it is trusted.
        name: what to call the document in errors.
        title: a first heading that repeats it is no section, and headings are read against it.
        raw: WordPress's own form of a post: without block marks, blank lines part paragraphs.

    Raises:
        ParseError: the markup is too large, or nests too deep.
    """
    markup, left_out = drop_shortcodes(html) if "[" in html else (html, [])
    tree = LexborHTMLParser(f"<body>{safe_markup(markup, name=name)}")
    fragment = Fragment()
    if tree.body is not None:
        lines_count = raw and "<!-- wp:" not in html
        fragment = read_tree(tree.body, title=title, raw=lines_count)
    fragment.left_out[:0] = left_out
    return fragment


def read_tree(root: LexborNode, *, title: str, raw: bool = False) -> Fragment:
    """The drafts, references and disclaimer below *root* (see drafts_of)."""
    reader = FlowReader(root, title=title, raw=raw)
    events = _without_title(reader.events(), title)
    events = [event for events in unlisted(events, title=title) for event in events]
    fragment = _share_out(events, title=title)
    marked = any(isinstance(event, Heading) and event.level < BOLD for event in events)
    if not marked or not any(draft.heading and draft.blocks for draft in fragment.drafts):
        # A document without headings may use bold or numbered lines for them.
        fragment = _share_out(promoted(events, title=title), title=title)
    fragment.left_out[:0] = reader.left_out
    return fragment


def midnight(day: date | None) -> datetime | None:
    """The first moment of *day* in UTC."""
    return datetime.combine(day, time(), tzinfo=UTC) if day else None


def topics_of(names: Sequence[str]) -> tuple[str, ...]:
    """*names* as topics: one line each, lower case, none twice."""
    return tuple(dict.fromkeys(topic for name in names if (topic := clean_title(name).lower())))


def _without_title(events: list[Event], title: str) -> list[Event]:
    """*events* less the headings that repeat the title before anything else is said."""
    same = clean_title(title).casefold()
    for place, event in enumerate(events):
        if not isinstance(event, Heading) or clean_title(plain_text(event.html)).casefold() != same:
            return events[place:]
    return []


def _share_out(events: Sequence[Event], *, title: str) -> Fragment:
    shares = _Shares(title, deepest=_deepest_section_level(events))
    for event in counted(events):
        if isinstance(event, Heading):
            shares.heading(event)
        else:
            shares.block(event)
    return shares.fragment


def _deepest_section_level(events: Sequence[Event]) -> int:
    """The highest level that at least two headings have; with it and above, every heading is a section's."""
    levels = Counter(event.level for event in events if isinstance(event, Heading) and event.level < BOLD)
    return next((level for level in sorted(levels) if levels[level] > 1), BOLD - 1)


class _Shares:
    """Shares headings and blocks out to sections, disclaimer, references, and what is left out."""

    def __init__(self, title: str, *, deepest: int) -> None:
        self.fragment = Fragment()
        self._title = title
        self._deepest = deepest
        self._target: Literal["section", "disclaimer", "references", "box"] = "section"
        self._why = ""
        self._level = 0
        self._kind: Kind | None = Kind.OVERVIEW
        self._inner = 0

    def heading(self, event: Heading) -> None:
        """Take a heading: it opens a section, a part apart or a box, or stays inside."""
        if event.level < BOLD or has_heading_shape(event.text):
            bare = event.text.rstrip(": ")
            if is_disclaimer(bare):
                self._turn("disclaimer", event.level)
                return
            if is_references(bare):
                self._turn("references", event.level)
                return
            if event.level < BOLD and (why := why_box(event.text, title=self._title)):
                self.fragment.left_out.append(LeftOut(line=event.text, why=why))
                self._turn("box", event.level)
                self._why = why
                return
        apart = self._target != "section"
        if self._starts_section(event) or (apart and event.level < BOLD and event.level <= self._level):
            self._turn("section", event.level)
            self._kind = heading_kind(event.text, title=self._title)
            self.fragment.drafts.append(Draft(event.text, kind=self._kind or Kind.OTHER))
            return
        if not apart and has_heading_shape(event.text):
            self._inner = self._inner if 0 < self._inner < event.level else event.level
        self.block(event.in_bold())

    def block(self, block: Block) -> None:
        """Take a paragraph, list or table."""
        if self._target != "section" or not self._is_furniture(block):
            self._add(block)

    def _starts_section(self, event: Heading) -> bool:
        if event.level <= self._deepest:
            return True
        kind = heading_kind(event.text, title=self._title)
        known = kind not in (None, Kind.OTHER, self._kind) and has_heading_shape(event.text)
        if self._target != "section":
            return known and event.level == self._level == BOLD
        if self._kind is Kind.FAQ and event.text.endswith(QUESTION_MARKS):
            return False
        within = self._inner and not event.opens and (event.level == BOLD or event.level > self._inner)
        # Whatever bold line stands before it, when to seek help is no part of it.
        return known and (not within or kind is Kind.WHEN_TO_SEEK_HELP)

    def _turn(self, target: Literal["section", "disclaimer", "references", "box"], level: int) -> None:
        self._target, self._level, self._inner = target, level, 0

    def _add(self, block: Block) -> None:
        fragment = self.fragment
        apart = self._target in ("disclaimer", "box")
        if (
            not apart
            and isinstance(block, Paragraph)
            and (named := after_disclaimer(block.plain())) is not None
        ):
            fragment.disclaimer.append(named)
        elif self._target == "references":
            left_out = fragment.left_out
            fragment.references.extend(references_of(block, left_out, take=fragment.take_page_datum))
        elif self._target == "disclaimer":
            fragment.disclaimer.append(block.plain())
        elif self._target == "box":
            line = clean_title(block.plain())[:MAX_FURNITURE]
            fragment.left_out.append(LeftOut(line=line, why=self._why))
        else:
            fragment.drafts[-1].blocks.append(block)

    def _is_furniture(self, block: Block) -> bool:
        """Whether *block* is a line about the page or of the site; it is noted with the reason."""
        line, why = furniture_of(block, take=self.fragment.take_page_datum)
        if why:
            self.fragment.left_out.append(LeftOut(line=line, why=why))
        return bool(why)


def furniture_of(block: Block, *, take: Callable[[str], str]) -> tuple[str, str]:
    """The words of a *block* that is a line about the page or of the site, and why; the reason may be empty.

    *take* notes what a line of page data tells and gives the reason, empty for any other line.
    """
    if isinstance(block, ListBlock):
        reasons = [why_chrome(item.plain()) for item in block.items if not item.blocks and not item.label]
        if len(reasons) < len(block.items) or len(reasons) < len(["one", "two"]) or not all(reasons):
            return "", ""
        return clean_title(block.plain())[:MAX_FURNITURE], reasons[0]
    line = block.plain() if isinstance(block, Paragraph) and len(block.html) <= MAX_FURNITURE * 2 else ""
    if not line or len(line) > MAX_FURNITURE:
        return "", ""
    if why := take(line):
        return line, why
    why = why_chrome(line)
    return line, "" if why in _SHORT_ONLY and _SENTENCE_END.search(line) else why


def why_box(text: str, *, title: str) -> str:
    """Why a heading and all below it is no part of the article *title*; empty when it is."""
    why = why_chrome(text)
    is_box = why in _BOXES or bool(_CONTENTS.fullmatch(text.strip()))
    return why if is_box and heading_kind(text, title=title) is None else ""


def references_of(
    block: Block, left_out: list[LeftOut], *, take: Callable[[str], str]
) -> Iterator[Reference]:
    """A reference per list item or paragraph line; its address may be a link's.

    Lines about the page that stand among them ("Tags: gout") go to *left_out*; *take* notes what they tell
    and gives the reason, empty for a reference.
    """
    for inline in _lines(block):
        line = plain_text(inline)
        if not _ADDRESS.search(inline) and (why := take(line)):
            left_out.append(LeftOut(line=clean_title(line)[:MAX_FURNITURE], why=why))
            continue
        reference = parse_reference(line)
        if reference is not None:
            href = _HREF.search(inline)
            url = reference.url or (safe_url(plain_text(href[1])) if href else "")
            yield Reference(text=reference.text, url=url)


def _lines(block: Block) -> Iterator[str]:
    if isinstance(block, ListBlock):
        for item in block.items:
            own = with_label(item)
            yield from [own] if own else []
            for below in item.blocks:
                yield from _lines(below)
    elif isinstance(block, Paragraph):
        yield from block.html.split("<br/>")
    else:
        yield from (" ".join(cell for cell in row if cell) for row in block.rows)
