"""Which lines of a saved page are the site's and not the article's, with the reason for each.

Single lines go by the tables of content/chrome.py. Four things need the whole page: cut copies of a
paragraph that comes later in full, the tool widget before an article, titles of related pages, and the
page's last lines.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import groupby, pairwise

from newsletter.content.article import Flag, Kind
from newsletter.content.chrome import is_other_script, is_widget, why_chrome
from newsletter.content.flag import find_flags
from newsletter.content.heading import heading_kind
from newsletter.content.language.script import QUESTION_MARKS
from newsletter.content.page_data import page_datum
from newsletter.content.sectioning import find_words, states
from newsletter.content.sources.line import Line
from newsletter.content.sources.outline import is_title_case
from newsletter.content.sources.related import add_related

#: A paragraph of this many words before the article is text, unless it comes again later.
TEXT_WORDS = 25
#: Cut copies are compared from this length on.
MIN_COPY = 40
#: Copies of the intro are looked for in this many lines at the top.
PREAMBLE = 200

_CUT = ("[...]", "[…]", "...", "…")
#: Reasons of the lines that end a page: only below them, names that no rule knows are a publisher's.
_LAST = ("copyright", "site credit")
#: A copyright line of a page, not one of a picture.
_OF_PAGE = re.compile(r"\d{4}|rights reserved|powered by|designed by|(?:site|theme) by", re.IGNORECASE)
#: Longer lines are no publisher's name.
MAX_NAME_WORDS = 5
MIN_NAME = 4
#: So many furniture lines on end are a box or menu, whose words are its own.
BOX = 3
_BUTTONS = ("social media line", "newsletter box")
#: Kinds of headings that widgets have as labels, too: "Summary", "About".
_LABEL_KINDS = (Kind.OVERVIEW, Kind.CONCLUSION, Kind.OTHER)
_TAKEAWAY = "generated takeaway"
_WIDGET = "tool widget before the article"


def find_furniture(lines: Sequence[Line]) -> dict[int, str]:
    """Line numbers of furniture, and why each is left out."""
    known = _known_headings(lines)
    takeaways = _takeaways(lines[:PREAMBLE], list(known))
    copies = _copies(lines, known, takeaways)
    begin = max(copies.values(), default=0)
    first = _first_heading(lines, begin)
    found: dict[int, str] = {}
    latin_page = sum(is_other_script(line.text) for line in lines) < len(lines) / 2
    for index, line in enumerate(lines):
        why = "" if line.cells else why_chrome(line.text, inside=index >= first)
        # Inside the article a list item such as "Register" or "Help" is text.
        if why and (not line.mark or index < first or why == _TAKEAWAY):
            found[line.number] = why
        elif latin_page and is_other_script(line.text):
            found[line.number] = "a line in another script than the page's"
    for index, later in copies.items():
        kind = "a cut copy" if lines[index].text.endswith(_CUT) else "a copy"
        found[lines[index].number] = f"{kind} of line {lines[later].number}"
    _add_widget(lines, first, found)
    if copies:
        _add_between_copies(lines, copies, takeaways, found)
    add_related(lines, first, found)
    _add_boxes(lines, first, found)
    _add_closing_lines(lines, found)
    return found


def _first_heading(lines: Sequence[Line], begin: int) -> int:
    """The index of the first line from *begin* that surely is a section heading (len(lines) if none)."""
    for index, line in enumerate(lines[max(begin, 1) :], max(begin, 1)):
        if line.mark or line.cells or line.ends_sentence or line.words > TEXT_WORDS or is_widget(line.text):
            continue
        if not why_chrome(line.text) and heading_kind(line.text) is not None:
            return index
    return len(lines)


def _copies(lines: Sequence[Line], known: dict[str, Kind], takeaways: Collection[int]) -> dict[int, int]:
    """Indexes of lines before the article that come again, in full, further down: where the next one is.

    What looks like the article itself must not stand between: a section of its own, or a list.
    """
    copies: dict[int, int] = {}
    top = lines[:PREAMBLE]
    begins = [
        line.number not in takeaways
        if line.mark
        else known.get(line.text.casefold().rstrip(":"), Kind.OTHER) not in _LABEL_KINDS
        for line in top
    ]
    for index, line in enumerate(top):
        begin = _without_cut(line.text)
        # A title with which the text begins is no copy of it.
        whole = begin == line.text and not line.ends_sentence and line.words < TEXT_WORDS
        if len(begin) < MIN_COPY or whole or line.mark:
            continue
        for place in range(index + 1, len(top)):
            if begins[place]:
                break
            if top[place].text.startswith(begin):
                copies[index] = place
                break
    return copies


def _without_cut(text: str) -> str:
    """*text* without the dots of a text that was cut short."""
    dots = next((dots for dots in _CUT if text.endswith(dots)), "")
    return text.removesuffix(dots).rstrip() if dots else text


def _known_headings(lines: Sequence[Line]) -> dict[str, Kind]:
    """The lines, in small letters, that are headings of the tables, in order, and their kinds."""
    known: dict[str, Kind] = {}
    for line in lines:
        if line.mark or line.cells or line.ends_sentence or line.words > TEXT_WORDS or is_widget(line.text):
            continue
        kind = heading_kind(line.text)
        if kind is not None and not why_chrome(line.text):
            known.setdefault(line.text.casefold().rstrip(":"), kind)
    return known


def _takeaways(lines: Sequence[Line], names: Sequence[str]) -> frozenset[int]:
    """Numbers of the items of lists made of the page's headings (*names*), in order, in the same words.

    "Read about causes of gout here. Read about treatments for gout here."
    """
    found: set[int] = set()
    for marked, group in groupby(lines, key=lambda line: bool(line.mark)):
        items = list(group) if marked else []
        places = [_place(line.text.casefold(), names) for line in items]
        in_order = len(items) > 1 and min(places) >= 0 and all(one < two for one, two in pairwise(places))
        around = {
            tuple(re.findall(r"\w+", line.text.casefold().replace(names[place], "")))
            for line, place in zip(items, places, strict=True)
            if in_order
        }
        made = in_order and len(around) == 1
        found.update(line.number for line in items if made or why_chrome(line.text) == _TAKEAWAY)
    return frozenset(found)


def _place(text: str, names: Sequence[str]) -> int:
    """Which of *names* the text holds, the longest of them; -1 for none."""
    held = [place for place, name in enumerate(names) if name in text]
    return max(held, key=lambda place: len(names[place]), default=-1)


def _add_between_copies(
    lines: Sequence[Line], copies: dict[int, int], takeaways: Collection[int], found: dict[int, str]
) -> None:
    """The lines of a tool widget, whatever it calls them: above and between the copies of the intro.

    Sentences are a widget's only above the first copy that is whole, and below one that is cut. The title
    stays, and so does what a reader may need: an amount, whom to call.
    """
    start, end = min(copies), max(copies.values())
    cut = {index for index in copies if lines[index].text.endswith(_CUT)}
    whole = min({*copies, end} - cut) if cut else 0
    above = [line for line in lines[:start] if line.number not in found and not page_datum(line.raw)]
    named = (line for line in above if len(line.text) >= MIN_NAME and find_words(line.text, lines[end].text))
    kept = {line.number for line in lines[:end] if page_datum(line.raw)}
    kept.update(line.number for line in (next(named, None), *above[:1]) if line is not None)
    for index, line in enumerate(lines[:end]):
        if (
            line.number in kept
            or line.words >= TEXT_WORDS
            or (line.ends_sentence and not line.mark and index >= whole)
        ):
            continue
        made = not line.mark or line.number in takeaways
        if made and not {Flag.DOSE, Flag.EMERGENCY}.intersection(find_flags(line.text)):
            found.setdefault(line.number, _WIDGET)


def _add_widget(lines: Sequence[Line], first: int, found: dict[int, str]) -> None:
    """Everything from the first widget heading to the last furniture before the article, long text aside."""
    start = next((index for index, line in enumerate(lines[:first]) if is_widget(line.text)), None)
    if start is None:
        return
    end = max(
        index for index, line in enumerate(lines[:first]) if line.number in found or is_widget(line.text)
    )
    for line in lines[start : end + 1]:
        if line.words < TEXT_WORDS and not page_datum(line.raw):
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
    if (
        line.mark
        or line.cells
        or line.ends_sentence
        or line.words > MAX_NAME_WORDS
        or line.text.endswith((":", *QUESTION_MARKS))
    ):
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
        if index >= first
        and line.number not in found
        and not line.mark
        and not line.cells
        and (why := why_chrome(line.text))
    }
    run: list[int] = []
    for index in range(len(lines) + 1):
        if index in edges or (index < len(lines) and lines[index].number in found):
            run.append(index)
            continue
        inner = run[1:] if index == len(lines) or _is_button(lines, run, edges) else run[1:-1]
        if len(run) >= BOX:
            found.update((lines[at].number, edges[at]) for at in inner if at in edges)
        run = []


def _is_button(lines: Sequence[Line], run: Sequence[int], edges: dict[int, str]) -> bool:
    """Whether the last line of a *run* is one of its buttons, "Email" right below "Share" and "Pin"."""
    if len(run) < BOX or run[-1] not in edges:
        return False
    close = all(not lines[at].blank_before and lines[at].words == 1 for at in run[-BOX + 1 :])
    return close and edges[run[-1]] in _BUTTONS
