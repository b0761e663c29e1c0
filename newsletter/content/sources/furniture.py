"""Which lines of a saved page are the site's and not the article's, with the reason for each.

Single lines go by the tables of content/chrome.py. Three things need the whole page: cut copies of a
paragraph that comes later in full, the tool widget before an article, and the page's last lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsletter.content.chrome import is_other_script, is_widget, why_chrome
from newsletter.content.flag import find_flags
from newsletter.content.heading import heading_kind
from newsletter.content.page_data import page_datum
from newsletter.content.sectioning import states
from newsletter.content.sources.line import Line
from newsletter.content.sources.outline import is_title_case

#: A paragraph of this many words before the article is text, unless it comes again later.
TEXT_WORDS = 25
#: Cut copies are compared from this length on.
MIN_COPY = 40
#: Copies of the intro are looked for in this many lines at the top.
PREAMBLE = 200

_CUT = re.compile(r"\s*(?:\.\.\.|…|\[…\]|\[\.\.\.\])$")
#: Reasons of the lines that end a page: only below them, names that no rule knows are a publisher's.
_LAST = ("copyright", "site credit")
#: A copyright line of a page, not one of a picture.
_OF_PAGE = re.compile(r"\d{4}|rights reserved|powered by|designed by|(?:site|theme) by", re.IGNORECASE)
#: Longer lines are no publisher's name.
MAX_NAME_WORDS = 5
MIN_NAME = 4
#: So many furniture lines on end are a box or menu, whose words are its own.
BOX = 3
_TAKEAWAY = "generated takeaway"
_WIDGET = "tool widget before the article"


def find_furniture(lines: Sequence[Line]) -> dict[int, str]:
    """Line numbers of furniture, and why each is left out."""
    first = _first_heading(lines)
    found: dict[int, str] = {}
    latin_page = sum(is_other_script(line.text) for line in lines) < len(lines) / 2
    for index, line in enumerate(lines):
        why = why_chrome(line.text, inside=index >= first)
        # Inside the article a list item such as "Register" or "Help" is text.
        if why and (not line.mark or index < first or why == _TAKEAWAY):
            found[line.number] = why
        elif latin_page and is_other_script(line.text):
            found[line.number] = "a line in another script than the page's"
    _add_copies(lines, first, found)
    _add_widget(lines, first, found)
    _add_boxes(lines, first, found)
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
    """Names among the page's last lines: below its copyright line, or repeating whom that line names.

    The lines are read from the end up to the first one that may be the article's.
    """
    start = len(lines)
    while start and (lines[start - 1].number in found or _may_close(lines[start - 1])):
        start -= 1
    last = [line for line in lines[start:] if _ends_page(line, found)]
    owners = "".join(_letters(line.text) for line in last)
    for line in lines[start:]:
        name = _letters(line.text)
        below = bool(last) and line.number > last[0].number
        if below or (len(name) >= MIN_NAME and name in owners):
            found.setdefault(line.number, "closing line of the page: publisher, slogan or the like")


def _ends_page(line: Line, found: dict[int, str]) -> bool:
    return found.get(line.number, "").startswith(_LAST) and bool(_OF_PAGE.search(line.text))


def _may_close(line: Line) -> bool:
    """Whether a line without rule of its own can be no more than a name: nothing that a reader may need."""
    if line.mark or line.ends_sentence or line.words > MAX_NAME_WORDS or line.text.endswith((":", "?")):
        return False
    if not is_title_case(line.text) or heading_kind(line.text) is not None or page_datum(line.raw):
        return False
    return not states(line.text) and not find_flags(line.text)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())


def _add_boxes(lines: Sequence[Line], first: int, found: dict[int, str]) -> None:
    """Lines that may be headings, where they stand within a box or menu, or end the page below one."""
    edges = {
        index: why
        for index, line in enumerate(lines)
        if index >= first and line.number not in found and not line.mark and (why := why_chrome(line.text))
    }
    run: list[int] = []
    for index in range(len(lines) + 1):
        if index in edges or (index < len(lines) and lines[index].number in found):
            run.append(index)
            continue
        inner = run[1:] if index == len(lines) else run[1:-1]
        if len(run) >= BOX:
            found.update((lines[at].number, edges[at]) for at in inner if at in edges)
        run = []
