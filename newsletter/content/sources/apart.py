"""Headings of what stands apart from an article's sections: its disclaimer and its references."""

from __future__ import annotations

import re

from newsletter.content.language import reading

_DISCLAIMER = re.compile(r"(?:medical |health |general |important )*disclaimer", re.IGNORECASE)
_REFERENCES = re.compile(
    r"(?:references?|sources?|bibliography|citations?|works cited|literature|further reading|footnotes|"
    r"(?:references|sources) (?:and|&) .{3,30}|list of references|external links|article sources)",
    re.IGNORECASE,
)
_DISCLAIMER_LINE = re.compile(
    r"^(?:medical |health |general |important )*disclaimer\s*[:–—-]\s*", re.IGNORECASE
)
#: A line's name before a colon or dash.
_NAMED_LINE = re.compile(r"^([^:–—-]{2,60}?)\s*[:–—-]\s+")


def is_disclaimer(heading: str) -> bool:
    """Whether *heading* stands above a disclaimer.

    >>> is_disclaimer("Medical disclaimer"), is_disclaimer("দাবিত্যাগ"), is_disclaimer("Treatment")
    (True, True, False)
    """
    return bool(_DISCLAIMER.fullmatch(heading)) or reading.is_disclaimer(heading)


def is_references(heading: str) -> bool:
    """Whether *heading* stands above references.

    >>> is_references("Sources"), is_references("المراجع"), is_references("Treatment")
    (True, True, False)
    """
    return bool(_REFERENCES.fullmatch(heading)) or reading.is_references(heading)


def after_disclaimer(line: str) -> str | None:
    """The text of a *line* that begins with a disclaimer's name and a colon or dash; None for any other.

    >>> after_disclaimer("Disclaimer: no advice"), after_disclaimer("No advice")
    ('no advice', None)
    """
    named = _NAMED_LINE.match(line)
    begin = _DISCLAIMER_LINE.match(line) or (named if named and reading.is_disclaimer(named[1]) else None)
    return line[begin.end() :] if begin else None
