"""Titles of other pages below a heading such as "Related Posts", where the site had links to them.

A title reads like an item of the article's last list. So the heading takes along only a run of short lines
that stand alike, up to the first that may be the article's: a heading, a sentence, a line with a flag.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from newsletter.content.article import Flag, Kind
from newsletter.content.chrome import why_chrome
from newsletter.content.flag import find_flags, is_emergency_topic
from newsletter.content.glue import split_glued_sources
from newsletter.content.heading import heading_kind, phrase_kind
from newsletter.content.page_data import page_datum
from newsletter.content.sectioning import states
from newsletter.content.sources.line import Line, neighbours
from newsletter.content.sources.outline import is_title_case

#: What a run below the heading is left out as.
WHY = "title of a related page"
#: Longer lines are text.
MAX_WORDS = 15

#: Wordings that head other pages and nothing else.
_SURELY = re.compile(
    r"(?:our |the )?(?:related|popular|recent|recommended|similar|trending|latest|most read|more|other|"
    r"suggested) (?:posts?|articles?|stories|reading|pages|content|guides|links)"
    r"(?: (?:from|on|in|about|for) .{1,40})?|"
    r"(?:you|readers|people|others) (?:may |might |will )?also (?:like|liked|enjoy|enjoyed|read|viewed)"
    r"(?: to read)?(?: these.{0,30})?|you (?:may|might) (?:also )?be interested in|"
    r"(?:recommended|suggested|picked|selected|chosen) for you|(?:editor'?s'?|our) (?:picks?|choice)|"
    r"more from (?:this|our|the) (?:category|section|site|blog|author|library)|"
    r"(?:most (?:read|popular|viewed|shared)|trending)(?: (?:now|today|this week|posts|articles))?|"
    r"(?:keep|continue) reading|(?:what to )?read next",
    re.IGNORECASE,
)
#: Wordings that may as well be a button in mid-text, or the head of a section: titles in capitals only.
_PERHAPS = re.compile(
    r"read more|see also|also read|read also|explore more|discover more|more (?:from|on|about) .{1,40}",
    re.IGNORECASE,
)
#: What says that a line tells something of its own, however short it is.
_TELLS = frozenset({Flag.DOSE, Flag.WARNING, Flag.CONTRAINDICATION, Flag.INTERACTION, Flag.RED_FLAG})
#: So many titles are a list of them.
_SEVERAL = 2


def add_related(lines: Sequence[Line], first: int, found: dict[int, str]) -> None:
    """Add to *found* the numbers of the titles of other pages among *lines*, and of what heads them.

    *first* is the index of the article's first heading; above it, a title is the page's own.
    """
    for index in range(first, len(lines)):
        line = lines[index]
        plain = re.sub("[‘’]", "'", line.text).rstrip(":.! ")
        surely = bool(_SURELY.fullmatch(plain))
        if line.mark or line.cells or not (surely or _PERHAPS.fullmatch(plain)):
            continue
        # Below a list that goes on behind it, the button is no heading: "- Rest", "Read more", "- Ice".
        strict = not surely or _list_goes_on(lines, index)
        run = _run(lines, index + 1, found)
        if strict and (len(run) < _SEVERAL or not all(is_title_case(one.text) for one in run)):
            continue
        if run:
            found.setdefault(line.number, "related posts")
            found.update((one.number, WHY) for one in run if _is_harmless(one.text))


def _list_goes_on(lines: Sequence[Line], index: int) -> bool:
    """Whether what stands above and below the line at *index* may be items of one list of no sentences."""
    above, below = neighbours(lines, index)
    if above is None or below is None or not above.mark or not below.mark:
        return False
    alike = (above.raw[0], above.indent) == (below.raw[0], below.indent)
    kept, _ = split_glued_sources(above.text)
    return alike and not replace(above, text=kept).ends_sentence


def _is_harmless(title: str) -> bool:
    """Whether no reader can miss *title*; "Stroke" may stand in a list of what to look out for."""
    return not set(find_flags(title)) - {Flag.SENSITIVE}


def _run(lines: Sequence[Line], start: int, found: dict[int, str]) -> list[Line]:
    """The lines from *start* that stand alike and may be titles."""
    run: list[Line] = []
    for index in range(start, len(lines)):
        line = lines[index]
        after = lines[index + 1] if index + 1 < len(lines) else None
        if line.number in found or not _may_be_title(line, after, first=not run):
            break
        # A mark or an indent may be lost on one of them, but not where a list begins anew.
        alike = not run or (line.mark, line.indent) == (run[0].mark, run[0].indent)
        if not alike and (line.blank_before or "number" in (line.mark, run[0].mark)):
            break
        # Unmarked titles have all a blank line between them, or none has.
        if len(run) > 1 and not line.mark and line.blank_before != run[1].blank_before:
            break
        run.append(line)
    return run


def _may_be_title(line: Line, after: Line | None, *, first: bool) -> bool:
    if not _is_plain(line) or (line.mark == "number" and first and line.ordinal != 1):
        return False
    if line.mark:
        return True
    if why_chrome(line.text) or phrase_kind(line.text) is not None:
        return False
    # "Symptoms of gout" heads what stands below it, and is a title among titles.
    heads = after is not None and (bool(after.mark) or after.ends_sentence or after.words > MAX_WORDS)
    apart = line.blank_before and line.blank_after
    known = heading_kind(line.text) not in (None, Kind.OTHER)
    return not (heads and (apart or known))


def _is_plain(line: Line) -> bool:
    """Whether *line* is short and says nothing itself: no sentence, amount, order or warning."""
    if line.cells or line.ends_sentence or line.text.endswith(":") or line.words > MAX_WORDS:
        return False
    flags = find_flags(line.text)
    if _TELLS.intersection(flags) or (Flag.EMERGENCY in flags and not is_emergency_topic(line.text)):
        return False
    return not states(line.text) and not page_datum(line.raw)
