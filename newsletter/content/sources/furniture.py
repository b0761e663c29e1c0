"""Which lines of a saved page are the site's and not the article's, with the reason for each.

Single lines go by the tables of content/chrome.py. Three things need the whole page: cut copies of a
paragraph that comes later in full, the tool widget before an article, and the page's last lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsletter.content.chrome import is_other_script, is_widget, why_chrome
from newsletter.content.heading import heading_kind
from newsletter.content.page_data import page_datum
from newsletter.content.sources.line import Line

#: A paragraph of this many words before the article is text, unless it comes again later.
TEXT_WORDS = 25
#: Cut copies are compared from this length on.
MIN_COPY = 40
#: Copies of the intro are looked for in this many lines at the top.
PREAMBLE = 200

_CUT = re.compile(r"\s*(?:\.\.\.|…|\[…\]|\[\.\.\.\])$")
#: Reasons that mark the end of a page when no heading follows.
_CLOSING = (
    "newsletter box",
    "app download",
    "social media",
    "copyright",
    "site credit",
    "comments",
    "related posts",
)
_TAKEAWAY = "generated takeaway"
_WIDGET = "tool widget before the article"


def find_furniture(lines: Sequence[Line]) -> dict[int, str]:
    """Line numbers of furniture, and why each is left out."""
    first = _first_heading(lines)
    found: dict[int, str] = {}
    latin_page = sum(is_other_script(line.text) for line in lines) < len(lines) / 2
    for index, line in enumerate(lines):
        why = why_chrome(line.text)
        # Inside the article a list item such as "Register" or "Help" is text.
        if why and (not line.mark or index < first or why == _TAKEAWAY):
            found[line.number] = why
        elif latin_page and is_other_script(line.text):
            found[line.number] = "a line in another script than the page's"
    _add_copies(lines, first, found)
    _add_widget(lines, first, found)
    _add_closing_lines(lines, found)
    return found


def _first_heading(lines: Sequence[Line]) -> int:
    """The index of the first line that is surely a section heading (the number of lines if none)."""
    for index, line in enumerate(lines):
        if line.mark or index == 0 or line.ends_sentence or line.words > TEXT_WORDS or is_widget(line.text):
            continue
        if not why_chrome(line.text) and heading_kind(line.text) is not None:
            return index
    return len(lines)


def _add_copies(lines: Sequence[Line], first: int, found: dict[int, str]) -> None:
    """Lines before the first heading that come again, in full, further down."""
    first = min(first, PREAMBLE)
    for index, line in enumerate(lines[:first]):
        begin = _CUT.sub("", line.text)
        if len(begin) < MIN_COPY or line.number in found:
            continue
        for later in lines[index + 1 : first]:
            if later.number not in found and later.text.startswith(begin):
                kind = "a copy" if begin == line.text else "a cut copy"
                found[line.number] = f"{kind} of line {later.number}"
                break


def _add_widget(lines: Sequence[Line], first: int, found: dict[int, str]) -> None:
    """Everything from the first widget heading to the last furniture before the article, long text aside."""
    start = next((index for index, line in enumerate(lines[:first]) if is_widget(line.text)), None)
    if start is None:
        return
    end = max(
        index for index, line in enumerate(lines[:first]) if line.number in found or is_widget(line.text)
    )
    for line in lines[start : end + 1]:
        if line.words < TEXT_WORDS:
            found.setdefault(line.number, _WIDGET)


def _add_closing_lines(lines: Sequence[Line], found: dict[int, str]) -> None:
    """Short lines among the page's closing furniture: publisher names, slogans."""
    start = len(lines)
    for index in range(len(lines) - 1, -1, -1):
        line = lines[index]
        if found.get(line.number, "").startswith(_CLOSING):
            start = index
        elif line.number not in found and not _may_close(line):
            break
    for line in lines[start:]:
        if not page_datum(line.raw):
            found.setdefault(line.number, "closing line of the page: publisher, slogan or the like")


def _may_close(line: Line) -> bool:
    """Whether a line without rule of its own may stand among a page's closing lines."""
    return (
        line.words < TEXT_WORDS
        and not line.mark
        and (line.words <= len(["a", "b", "c"]) or heading_kind(line.text) is None)
    )
