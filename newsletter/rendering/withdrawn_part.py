"""Taking the parts of a withdrawn article out of a letter that was sent.

The letter stays what it was, byte for byte, around what is taken out. Only whole elements go, so that tags
and the conditional comments for Outlook, which stand beside them, stay balanced.
"""

from __future__ import annotations

import html as html_words
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html.parser import HTMLParser
from itertools import accumulate

from newsletter.rendering.mark import BESIDE, PREFIX, withdrawal_class

#: What may stand between two blocks that a reader sees one below the other.
_BETWEEN = re.compile(r"(?:\s|<!--.*?-->)*", re.DOTALL)
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)
_LABEL = re.compile(r'(aria-label=")[^"]*(")')
#: What mails put behind a preheader, so that no other words show beside it.
_FILLING = " \t\r\n\u00a0\u00ad\u034f\u2007\u200b\u200c\u200d\ufeff"


@dataclass(frozen=True)
class WithdrawnPart:
    """An article that a letter used *picks* times, withdrawn on a day (the newsletter's own date).

    *title* may be empty where it is not known, or must not be told.
    """

    article_id: str
    title: str
    picks: int
    is_lead: bool
    withdrawn_on: date

    @property
    def mark(self) -> str:
        """The class of its parts."""
        return withdrawal_class(self.article_id)


@dataclass(frozen=True)
class Told:
    """What a letter's head told of its content (*subject*, *preheader*), and what its *title* says instead.

    *heading*, the letter's date in words, is for what stands where the h1 stood, if that goes.
    *is_lead_gone*: what the subject named may be named nowhere in the letter any more.
    """

    subject: str
    preheader: str
    title: str
    heading: str
    is_lead_gone: bool


#: Makes the HTML of a notice: of which parts, and what its heading has to name if it needs one, or "".
Notice = Callable[[Sequence[WithdrawnPart], str], str]


def without_withdrawn(html: str, parts: Sequence[WithdrawnPart], *, told: Told, notice: Notice) -> str | None:
    """*html* with one *notice* for each run of blocks that are from withdrawn *parts* alone.

    References and small print of theirs go without a word. Title and preheader go as well, since they speak
    of what the letter held. None: some of it is not marked (letters frozen before marks were made), so that
    it cannot be cut safely.
    """
    outline = _Outline(html, told)
    gone = {part.mark: part for part in parts}
    blocks = [one for one in outline.elements if one.tag == "div" and not one.is_beside]
    if any(sum(part.mark in one.marks for one in blocks) < part.picks for part in parts):
        return None
    edits = dict(outline.edits)
    cut = _outermost([one for one in outline.elements if one.marks and one.marks <= gone.keys()])
    for run in _runs(html, cut):
        marks = dict.fromkeys(mark for one in run for mark in gone if mark in one.marks)
        has_title = any(one.start <= place < one.end for one in run for place in outline.titles)
        heading = told.heading if has_title else ""
        is_block = any(one.tag == "div" for one in run)
        for place, one in enumerate(run):
            said = notice([gone[mark] for mark in marks], heading) if is_block and not place else ""
            edits[one.start, one.end] = said
    return _edited(html, edits)


@dataclass(frozen=True)
class _Element:
    tag: str
    marks: frozenset[str]
    start: int
    end: int
    is_beside: bool = False


class _Outline(HTMLParser):
    """Where the marked elements and the h1 stand, and the edits that hide what the head told."""

    def __init__(self, html: str, told: Told) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[_Element] = []
        self.titles: list[int] = []
        self.edits: dict[tuple[int, int], str] = {}
        self._html = html
        self._told = told
        self._hidden = {told.preheader, told.subject} if told.is_lead_gone else {told.preheader}
        self._lines = [0, *accumulate(len(line) + 1 for line in html.split("\n"))]
        self._open: list[tuple[str, frozenset[str], int, bool]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start, values = self._place(), dict(attrs)
        raw = self.get_starttag_text() or ""
        label = values.get("aria-label") or ""
        if any(said and said in label for said in (self._told.subject, self._told.preheader)):
            title = html_words.escape(self._told.title)
            said = _LABEL.sub(lambda match: f"{match[1]}{title}{match[2]}", raw)
            self.edits[start, start + len(raw)] = said
        if tag == "h1":
            self.titles.append(start)
        if tag not in _VOID and not raw.endswith("/>"):
            named = (values.get("class") or "").split()
            marks = frozenset(one for one in named if one.startswith(PREFIX))
            self._open.append((tag, marks, start, BESIDE in named))

    def handle_endtag(self, tag: str) -> None:
        end = self._html.index(">", self._place()) + 1 if tag not in _VOID else 0
        if not end or all(opened[0] != tag for opened in self._open):
            return
        while self._open:
            opened, marks, start, is_beside = self._open.pop()
            if marks:
                self.elements.append(_Element(opened, marks, start, end, is_beside))
            if opened == tag:
                return

    def handle_data(self, data: str) -> None:
        words = data.strip(_FILLING)
        inside = self._open[-1][0] if self._open else ""
        if not words or inside in ("style", "script"):
            return
        start = self._place()
        end = self._html.find("<", start)
        if inside == "title":
            self.edits[start, end] = html_words.escape(self._told.title)
        elif words in self._hidden:
            self.edits[start, end] = ""

    def _place(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column


def _outermost(elements: Sequence[_Element]) -> list[_Element]:
    """Those that stand in no other one, in reading order."""
    found: list[_Element] = []
    for one in sorted(elements, key=lambda one: (one.start, -one.end)):
        if not found or one.start >= found[-1].end:
            found.append(one)
    return found


def _runs(html: str, elements: Sequence[_Element]) -> list[list[_Element]]:
    """The blocks among *elements* in runs with nothing to read between them; every other one by itself."""
    runs: list[list[_Element]] = []
    for one in elements:
        last = runs[-1][-1] if runs else None
        is_next = last is not None and last.tag == one.tag == "div"
        if last is not None and is_next and _BETWEEN.fullmatch(html, last.end, one.start):
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


def _edited(html: str, edits: Mapping[tuple[int, int], str]) -> str:
    """*html* with each span replaced; a span within another one that is replaced goes with it."""
    spans = sorted(edits, key=lambda span: (span[0], -span[1]))
    made, place = [], 0
    for start, end in spans:
        if start >= place:
            made += [html[place:start], edits[start, end]]
            place = end
    return "".join([*made, html[place:]])
