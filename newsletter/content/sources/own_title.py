"""A Markdown document's first heading, where it only says the title of the page in other words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from newsletter.content.article import Kind, LeftOut
from newsletter.content.heading import heading_kind
from newsletter.content.sources.apart import is_disclaimer, is_references
from newsletter.content.sources.flow import BOLD, Event, Heading


def levels_of(events: Iterable[tuple[Event, int]]) -> Counter[int]:
    """How many headings of each level there are; bold lines aside."""
    return Counter(event.level for event, _ in events if isinstance(event, Heading) and event.level < BOLD)


def without_own_title(
    events: list[tuple[Event, int]], left_out: list[LeftOut], *, title: str
) -> list[tuple[Event, int]]:
    """*events* with an only, first heading of level 1 as what it is: the page's title, in other words.

    One of a known kind ("Symptoms") is a section's after all; one that shares no word with the title stays
    in the overview, in bold.
    """
    (first, number), *others = events
    if not isinstance(first, Heading) or first.level > 1:
        return events
    kind = heading_kind(first.text, title=title)
    named = re.match(rf"{re.escape(title)}\s*[:,|–—-]", first.text, re.IGNORECASE)
    apart = is_disclaimer(first.text) or is_references(first.text)
    if apart or (kind not in (None, Kind.OTHER, Kind.OVERVIEW) and not named):
        return events
    words, known = (set(re.findall(r"\w{3,}", text.casefold())) for text in (first.text, title))
    if not words & known:
        return [(first.in_bold(), number), *others]
    left_out.append(LeftOut(line=first.text, why="the page's title, in other words", number=number))
    return others
