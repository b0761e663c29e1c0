"""A web page saved as plain text, site furniture included, to an article.

The page is read in four steps: lines; what each line is (title, furniture, page data, heading, text);
runs of text under headings; blocks. Nothing is guessed from file names but a title that is nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

from newsletter.content.article import Article, Flag, Kind, LeftOut, Reference
from newsletter.content.citation import is_citation, parse_reference
from newsletter.content.cleaning import clean_title, safe_url
from newsletter.content.flag import find_flags
from newsletter.content.glue import recurring_names, split_glued_sources
from newsletter.content.heading import heading_kind, phrase_kind
from newsletter.content.language import reading
from newsletter.content.page_data import cut_date, page_datum, split_review
from newsletter.content.sectioning import (
    Draft,
    article_id,
    build_sections,
    slugify,
    title_from_name,
)
from newsletter.content.sources.apart import after_disclaimer, is_disclaimer
from newsletter.content.sources.furniture import TEXT_WORDS, find_furniture
from newsletter.content.sources.line import Line, Mark, neighbours, read_lines
from newsletter.content.sources.listing import WRAPPED_AT, build_blocks
from newsletter.content.sources.outline import find_headings, find_title
from newsletter.errors import ParseError

_DISCLAIMER = re.compile(
    r"^(?:medical |health |general |important )?disclaimer\s*(?:[:–—-]\s*|$)", re.IGNORECASE
)
_REFERENCES = re.compile(
    r"^(?:\d+[.)] )?(?:references?|sources?|bibliography|citations?|works cited|literature|further reading|"
    r"(?:references|sources) (?:and|&) .{3,30}|list of references|external links)\s*:?$",
    re.IGNORECASE,
)


# How the second line of a reference begins: an address, a year, a volume, an identifier, a small letter.
_WITHIN = re.compile(r"https?://|www\.|doi\b|PMID|PMC\d|[\d(\[]|[a-z]")
# The same below a blank line, where more is needed to tell it from the page's last lines.
_WITHIN_APART = re.compile(r"https?://|www\.|doi\b|PMID|PMC\d|\d{4}[;:]", re.IGNORECASE)
#: What must not be lost though it stands where only references are looked for.
_NEEDED = frozenset({Flag.DOSE, Flag.EMERGENCY, Flag.WARNING, Flag.RED_FLAG, Flag.CONTRAINDICATION})


@dataclass
class _Page:
    """What has been found on the page so far."""

    drafts: list[Draft] = field(default_factory=list)
    bodies: list[list[Line]] = field(default_factory=list)
    disclaimer: list[str] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    url: str = ""
    topics: tuple[str, ...] = ()
    reviewed_on: date | None = None
    reviewer: str = ""
    #: The list mark that the first of the references has, or has not.
    entry_mark: Mark | None = None
    published_at: datetime | None = None
    modified_at: datetime | None = None


def parse_capture(text: str, *, name: str, source: str = "capture") -> Article:
    """The article on a page saved as plain *text*; *name* is its file's stem, *source* what to call it.

    Raises:
        ParseError: the page is empty, or nothing on it is article text.
    """
    lines = read_lines(text)
    if not lines:
        raise ParseError(name, "the document is empty", "Save the page again, as text.")
    furniture = find_furniture(lines)
    page = _Page()
    content: list[Line] = []
    for line in lines:
        if why := furniture.get(line.number):
            page.left_out.append(LeftOut(line=line.raw, why=why, number=line.number))
        elif not _take_page_datum(page, line, in_text=bool(content) and content[0] is not line):
            content.append(line)
    content = _cut_glued_sources(page, content)
    title, content = _take_title(page, content, name=name)
    _take_body(page, content, title=title)
    for draft, body in zip(page.drafts, page.bodies, strict=True):
        draft.blocks = build_blocks(body)
    sections, empty = build_sections(page.drafts, title=title, guessed=True)
    if not sections:
        raise ParseError(name, "no line of the page is article text", "Check that the page was saved whole.")
    return Article(
        id=article_id(title, page.url or name),
        source=source,
        url=page.url,
        slug=_slug(page.url, title),
        title=title,
        published_at=page.published_at,
        modified_at=page.modified_at,
        reviewed_on=page.reviewed_on,
        reviewer=page.reviewer,
        status="usable" if page.reviewed_on else "unreviewed",
        topics=page.topics,
        sections=sections,
        disclaimer="\n\n".join(page.disclaimer),
        references=tuple(page.references),
        left_out=tuple(sorted((*page.left_out, *empty), key=lambda left: left.number)),
    )


def _take_title(page: _Page, content: list[Line], *, name: str) -> tuple[str, list[Line]]:
    """The page's title, and the content without the line (or the repetitions) that held it."""
    found = find_title(content, name=clean_title(name))
    text = "\n".join(line.text for line in content)
    title = clean_title(found.title) or title_from_name(clean_title(name), text=text) or "Untitled"
    page.left_out.extend(found.left_out)
    used = found.numbers
    return title, [line for line in content if line.number not in used]


def _take_body(page: _Page, content: Sequence[Line], *, title: str) -> None:
    """Share *content* out: sections, disclaimer and references, each until the next heading."""
    headings = find_headings(content, title=title)
    target: Literal["section", "disclaimer", "references"] = "section"
    _open(page, Draft(""))
    cited: list[Line] = []
    for index, line in enumerate(content):
        rest = _after_disclaimer(line.text)
        if rest is not None and not line.mark:
            later = len(page.drafts) > 1
            target = "disclaimer" if later or not rest else target
            _add_disclaimer(page, line, rest)
        elif not line.mark and _begins_references(line.text):
            target = "references"
        elif line.number in headings and (
            target != "references" or _ends_references(line, neighbours(content, index)[1], title=title)
        ):
            target = "section"
            _open(page, Draft(line.text, number=line.number))
        elif target == "disclaimer":
            _continue_disclaimer(page, line)
        elif target == "references":
            cited = _take_reference(page, line, cited=cited)
        else:
            page.bodies[-1].append(line)


def _after_disclaimer(line: str) -> str | None:
    """What follows the name of a disclaimer at the beginning of *line*; None where there is none."""
    inline = _DISCLAIMER.match(line)
    if inline:
        return line[inline.end() :].strip()
    return "" if is_disclaimer(line) else after_disclaimer(line)


def _begins_references(line: str) -> bool:
    return bool(_REFERENCES.match(line)) or reading.is_references(line)


def _open(page: _Page, draft: Draft) -> None:
    page.drafts.append(draft)
    page.bodies.append([])


def _cut_glued_sources(page: _Page, content: Sequence[Line]) -> list[Line]:
    """*content* without source names glued after sentences; in a reference list they are the point."""
    kept_lines: list[Line] = []
    cited = False
    recurring = recurring_names([line.text for line in content])
    for line in content:
        cited = cited or (not line.mark and _begins_references(line.text))
        kept, cut = (
            (line.text, "") if cited or line.cells else split_glued_sources(line.text, recurring=recurring)
        )
        if cut:
            why = "source names or addresses glued after the sentence"
            page.left_out.append(LeftOut(line=cut, why=why, number=line.number))
        kept_lines.append(replace(line, text=kept))
    return kept_lines


def _take_reference(page: _Page, line: Line, *, cited: list[Line]) -> list[Line]:
    """Take a line of the reference list below those of the entry *cited*; gives the lines of the last entry.

    One that cites nothing is furniture that no rule knows, unless it tells a reader what to do.
    """
    if cited and _goes_on(cited, line):
        cited = [*cited, line]
        page.references.pop()
    elif is_citation(line.text) or (line.mark and page.entry_mark in (None, line.mark)):
        cited = [line]
        page.entry_mark = line.mark if page.entry_mark is None else page.entry_mark
    elif _NEEDED.intersection(find_flags(line.text)):
        page.bodies[-1].append(line)
        return []
    else:
        why = "not a reference: no address, identifier, year, authors or known source"
        page.left_out.append(LeftOut(line=line.raw, why=why, number=line.number))
        return []
    reference = parse_reference(" ".join(one.text for one in cited))
    if reference is None:
        return []
    page.references.append(reference)
    return cited


def _goes_on(cited: Sequence[Line], line: Line) -> bool:
    """Whether *line* is the rest of the entry *cited*, which was broken: it is indented, or begins within.

    Lines may have stood between that are left out as furniture: then a blank line may have, too.
    """
    if line.mark:
        return False
    apart = line.blank_before or line.number > cited[-1].number + 1
    if line.indent > cited[0].indent and (cited[0].mark or not apart):
        return True
    if not cited[0].mark:
        return False
    if apart:
        return bool(_WITHIN_APART.match(line.text)) and not any("://" in one.text for one in cited)
    return bool(_WITHIN.match(line.text)) or (
        len(cited[-1].raw) >= WRAPPED_AT and not cited[-1].text.endswith(".")
    )


def _add_disclaimer(page: _Page, line: Line, text: str) -> None:
    if text:
        page.disclaimer.append(text)
        why = "disclaimer: kept apart from the sections, as the article's disclaimer"
        page.left_out.append(LeftOut(line=line.raw, why=why, number=line.number))


def _continue_disclaimer(page: _Page, line: Line) -> None:
    """Take a line below a disclaimer; a short one after a gap is furniture that no rule knows."""
    if page.disclaimer and line.blank_before and line.words < TEXT_WORDS:
        why = "a short line after the disclaimer"
        page.left_out.append(LeftOut(line=line.raw, why=why, number=line.number))
    else:
        _add_disclaimer(page, line, line.text)


def _ends_references(line: Line, after: Line | None, *, title: str) -> bool:
    """Whether a heading-like line within a reference list is surely a heading and not a cited title.

    "Related topics" and the like head the site's links there: they need advice below them.
    """
    if line.mark or not line.blank_before:
        return False
    if phrase_kind(line.text) not in (None, Kind.OTHER):
        return True
    if after is None or is_citation(line.text) or is_citation(after.text):
        return False
    advises = bool(_NEEDED.intersection((*find_flags(line.text), *find_flags(after.text))))
    known = heading_kind(line.text, title=title) not in (None, Kind.OTHER)
    return advises or (known and after.ends_sentence)


def _take_page_datum(page: _Page, line: Line, *, in_text: bool) -> bool:
    """Note what a line of page data tells, and leave it out of the text; False when it is none."""
    datum = None if line.mark else page_datum(line.raw)
    bare_address = datum is not None and datum.what == "url" and datum.value == line.raw
    if datum is None or (bare_address and (in_text or page.url)):
        return False
    why = f"page data: {datum.what}"
    day = cut_date(datum.value)[0]
    if datum.what == "url":
        page.url = page.url or safe_url(datum.value)
        why = "page data: address"
    elif datum.what == "review":
        reviewer, day = split_review(datum.value)
        page.reviewer = page.reviewer or reviewer
        page.reviewed_on = page.reviewed_on or day
        why += "" if day or reviewer else " (no date that can be read in one way only)"
    elif datum.what == "update":
        page.modified_at = page.modified_at or _midnight(day)
    elif datum.what == "publication":
        page.published_at = page.published_at or _midnight(day)
    elif datum.what == "topics":
        named = (clean_title(part).lower() for part in re.split(r"[,;|]", datum.value))
        page.topics = page.topics or tuple(dict.fromkeys(topic for topic in named if topic))
    page.left_out.append(LeftOut(line=line.raw, why=why, number=line.number))
    return True


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), tzinfo=ZoneInfo("UTC")) if day else None


def _slug(url: str, title: str) -> str:
    """The address's last path segment, else the title as a slug."""
    last = re.sub(r"[?#].*$", "", url).rstrip("/").rsplit("/", 1)[-1] if url.count("/") > len("//") else ""
    return slugify(last) if last else slugify(title)
