"""Finding the title and the headings of a page saved as plain text, by rules on single lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

from newsletter.content.article import Kind, LeftOut
from newsletter.content.flag import find_flags
from newsletter.content.heading import heading_kind, phrase_kind, print_heading
from newsletter.content.language.script import QUESTION_MARKS
from newsletter.content.sectioning import find_words, names_part, slugify, states, title_from_name
from newsletter.content.sources.line import Line, neighbours

MAX_TITLE_WORDS = 18
MAX_HEADING_WORDS = 14
#: A heading that no rule knows must be short.
MAX_UNKNOWN_WORDS = 8
MAX_HEADING = 160
#: A file name with fewer letters and digits names nothing.
MIN_NAME = 5
#: So many lines at most stand above the text: site name, path, title, what it is also called.
MAX_LEADING = 8
#: File names this long may have been cut within a word.
CUT_NAME = 40

_SUBJECT = re.compile(
    r"^(?:An? |The )?(?P<name>[^.:;]{3,80}?)(?:\s*\([^)]*\)|, (?:also|or|sometimes) [^,.]{2,60},)*,?\s+"
    r"(?:is|are|refers? to|means|was|occurs?|describes?|happens?|develops?)\s"
)
_NO_SUBJECT = re.compile(
    r"^(?:this|these|it|there|they|you|we|here|in|if|when|what|most|some|many|people)\b", re.IGNORECASE
)
_OF = re.compile(r"^(?:.{2,40}?) (?:of|for|in|with) (?:the )?(?P<name>.{3,100})$", re.IGNORECASE)
_INHERITED = re.compile(
    r"^(?:is|are|how common (?:is|are)|what (?:is|are|causes)) (?P<name>.{3,100}?)(?: inherited)?$",
    re.IGNORECASE,
)
# "The risk factors include:" goes with the list below it.
_LEADS_IN = re.compile(
    r"\b(?:include[sd]?|including|following|are|is|was|were|may|can|such as|these|who|that)\b"
)
# "Conditions > Joints > Gout": where on its site the page is.
_PATH = re.compile(r"[^\W\d_]\s*[>»›→]\s*[^\W\d_]")
_QUESTION = re.compile(r"Q(?:uestion)?\s?\d{0,2}\s?[.:)]\s.*\?$", re.IGNORECASE)
_ASKS = re.compile(r"^(?:what|when|why|how|who|which|where|is|are|can|do|does|should)\b", re.IGNORECASE)
_SMALL = frozenset(
    [
        "a",
        "an",
        "and",
        "as",
        "at",
        "but",
        "by",
        "for",
        "from",
        "in",
        "into",
        "nor",
        "of",
        "on",
        "or",
        "the",
        "to",
        "vs",
        "with",
        "your",
        "is",
        "are",
    ]
)


@dataclass(frozen=True)
class FoundTitle:
    """A page's title (may be empty), the numbers of the lines that held it, and what was left out for it."""

    title: str
    numbers: frozenset[int] = frozenset()
    left_out: tuple[LeftOut, ...] = ()


def find_title(content: Sequence[Line], *, name: str) -> FoundTitle:
    """The title line at the top of *content*; without one, what the text says the page is about.

    That is the subject of most headings, else the words of the file's stem *name* as the text prints
    them, else the subject of the opening sentence.
    """
    if not content:
        return FoundTitle("")
    text = "\n".join(line.text for line in content)
    wanted = title_from_name(name, text=text)
    at = _title_at(content, wanted=wanted)
    if at is not None:
        return _titled(content, at)
    enough = len(re.sub(r"[\W_]", "", wanted)) >= MIN_NAME
    printed = find_words(wanted, text, cut=len(wanted) >= CUT_NAME) if enough else ""
    printed = printed[:1].upper() + printed[1:]
    title = _subject_of_headings(content) or printed or _subject_of_opening(content[0])
    # The file's name may say of which type the page is: "neurofibromatosis-type-1".
    closer = title and wanted[-1:].isdigit() and wanted.casefold().startswith(f"{title.casefold()} ")
    return FoundTitle(wanted if closer else title)


def _titled(content: Sequence[Line], at: int) -> FoundTitle:
    """The title in the line at index *at*, and what goes with it: a site's name, the same again."""
    line = content[at]
    title = re.split(r"\s+(?=[|»]\s)", line.text)[0]
    site = line.text[len(title) :].strip()
    before = [other for other in content[:at] if not find_flags(other.text)]
    again = [other for other in content[at + 1 : at + 4] if _same(other.text, line.text)]
    left_out = [
        *((other, other.raw, "before the title: site name or the like") for other in before),
        *([(line, site, "site name after the title")] if site else []),
        *((other, other.raw, "the title again") for other in again),
    ]
    return FoundTitle(
        print_heading(title),
        numbers=frozenset(other.number for other in (*before, line, *again)),
        left_out=tuple(LeftOut(line=text, why=why, number=other.number) for other, text, why in left_out),
    )


def _title_at(content: Sequence[Line], *, wanted: str) -> int | None:
    """Where among the lines above the text the title is; None for a page without one.

    It is the first of them, unless that has no word in common with a later one that is the file's name
    (*wanted*) or that the text begins to speak of: then it is the site's name or a slogan.
    """
    leading = list(takewhile(_is_above_text, content[:MAX_LEADING]))
    paths = [index for index, line in enumerate(leading) if _PATH.search(line.text)]
    first = next((index for index in range(len(leading)) if index not in paths), None)
    if first is None or not _is_title(leading[first], wanted=wanted):
        return None
    opening = content[len(leading)].text if len(leading) < len(content) else ""
    words = _long_words(leading[first].text)
    for index in range(first + 1, len(leading)):
        line = leading[index]
        if index in paths or not _is_title(line, wanted=wanted) or words & _long_words(line.text):
            continue
        name = re.sub(r"\s*\([^()]*\)", "", print_heading(line.text))
        if slugify(wanted) in (slugify(line.text), slugify(name)) or find_words(name, opening):
            return index
    return first


def _is_above_text(line: Line) -> bool:
    return not line.mark and not line.cells and not line.ends_sentence and line.words <= MAX_TITLE_WORDS


def _long_words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.casefold()) if len(word) > len("for")}


def _is_title(line: Line, *, wanted: str) -> bool:
    if line.mark or line.words > MAX_TITLE_WORDS or len(line.text) > MAX_HEADING:
        return False
    if re.search(r"[.!;,:…]$", line.text) and not re.search(r"\b[A-Z]\.$", line.text):
        return False
    if slugify(line.text) == slugify(wanted):
        return True
    # "Overview" and "Types of asthma" are headings of a page without title; "Asthma: causes and care" is one.
    head = re.split(r"\s(?:of|for)\s", line.text)[0]
    return phrase_kind(line.text) is None and (head == line.text or phrase_kind(head) is None)


def _same(one: str, other: str) -> bool:
    return one.casefold().strip(" :") == other.casefold().strip(" :")


def _subject_of_headings(content: Sequence[Line]) -> str:
    """What most headings of the page are about: "Causes of asthma:", "Is asthma inherited?"."""
    names: Counter[str] = Counter()
    for line in content:
        if line.mark or line.ends_sentence or line.words > MAX_TITLE_WORDS or heading_kind(line.text) is None:
            continue
        heading = print_heading(line.text).rstrip("?: ")
        match = _INHERITED.match(heading) or _OF.match(heading)
        if match:
            names[re.sub(r"^(?:an?|the) ", "", match["name"], flags=re.IGNORECASE)] += 1
    if not names:
        return ""
    name, count = max(names.items(), key=lambda pair: (pair[1], len(pair[0]), pair[0]))
    return name[:1].upper() + name[1:] if count > 1 else ""


def _subject_of_opening(line: Line) -> str:
    """The grammatical subject of the opening sentence, when it is a plain name."""
    match = _SUBJECT.match(line.text)
    if not match or _NO_SUBJECT.match(match["name"]) or len(match["name"].split()) > MAX_UNKNOWN_WORDS:
        return ""
    name = match["name"].split(" (")[0].strip(" ,")
    return name[:1].upper() + name[1:]


def find_headings(content: Sequence[Line], *, title: str) -> frozenset[int]:
    """The numbers of the lines of *content* that head a section."""
    numbered = _numbered_headings(content, title=title)
    found: set[int] = set()
    before_kind: Kind | None = None
    headed = False
    asked: bool | None = None
    for index, line in enumerate(content):
        before, after = neighbours(content, index)
        directly_after = before is not None and before.number in found
        heads = line.number in numbered or _heads(
            line, after, title=title, directly_after=directly_after, within=before_kind, headed=headed
        )
        if _QUESTION.match(line.text) and not line.mark:
            # "Q1." and "Q2." are the same thing: headings, or questions below one.
            heads = asked = heads if asked is None else asked
        elif heads:
            asked = None
        if heads:
            found.add(line.number)
            before_kind = heading_kind(line.text, title=title)
            headed = True
    return frozenset(found)


def _heads(
    line: Line, after: Line | None, *, title: str, directly_after: bool, within: Kind | None, headed: bool
) -> bool:
    """Whether *line* is a heading, *within* a section of that kind."""
    if (
        line.mark
        or line.cells
        or not _has_heading_shape(line, title=title)
        or _is_statement(line, after, title=title)
    ):
        return False
    if line.text.endswith(":") and _LEADS_IN.search(line.text) and not _ASKS.match(line.text):
        return False
    asks = line.text.endswith(QUESTION_MARKS)
    if asks and (directly_after or within is Kind.FAQ):
        return False
    kind = heading_kind(line.text, title=title)
    # "Children" below "Treatment" says whom it is for; "Structure" below "Anatomy" is a part of it.
    part = within in (None, Kind.OTHER, Kind.OVERVIEW) and names_part(line.text)
    if kind is not None and not (directly_after and kind is Kind.OTHER and not part):
        stands_out = (
            line.blank_before or line.text.endswith((":", *QUESTION_MARKS)) or line.words <= MAX_UNKNOWN_WORDS
        )
        return stands_out and not (line.words > MAX_UNKNOWN_WORDS and not _is_short_without(line, title))
    if (
        directly_after
        or after is None
        or (not headed and not line.text.endswith((":", *QUESTION_MARKS)) and not line.blank_before)
    ):
        return False
    return _is_unknown_heading(line, after)


def _has_heading_shape(line: Line, *, title: str) -> bool:
    if line.ends_sentence or len(line.text) > MAX_HEADING or not re.search(r"[^\W\d_]{2}", line.text):
        return False
    words = line.words - (len(title.split()) if title and title.casefold() in line.text.casefold() else 0)
    return words <= MAX_HEADING_WORDS and not re.sub(r"^\([a-z]+\) ", "", line.text)[:1].islower()


def _is_statement(line: Line, after: Line | None, *, title: str) -> bool:
    """Whether *line* says something itself ("Children: 2 mg"), though short and without full stop."""
    if line.text.endswith((":", *QUESTION_MARKS)) or not states(line.text):
        return False
    label, _, value = print_heading(line.text).partition(": ")
    if not value or re.search(r"\d", value):
        return True
    if title and label.casefold().strip() == title.casefold():
        return False
    apart = line.blank_before and line.blank_after and after is not None and _reads_as_text(after)
    return not (apart and is_title_case(line.text))


def _reads_as_text(line: Line) -> bool:
    """Whether *line* may be what stands below a heading: a sentence, a list item, or a long line."""
    says = line.ends_sentence or line.text.endswith(":") or line.words > MAX_UNKNOWN_WORDS
    return bool(line.mark or line.cells) or says or bool(_QUESTION.match(line.text))


def _is_short_without(line: Line, title: str) -> bool:
    """Whether a long heading is short once the condition's name is taken away."""
    bare = line.text.casefold().replace(title.casefold(), "") if title else line.text
    return len(bare.split()) <= MAX_UNKNOWN_WORDS or line.text.endswith(QUESTION_MARKS)


def _is_unknown_heading(line: Line, after: Line) -> bool:
    """A short line on its own that reads like a heading, though no rule knows it."""
    if line.words > MAX_UNKNOWN_WORDS or re.search(r"[a-z]: \S", line.text):
        return False
    if re.match(r"[^\w\s]?\d", line.text) and not is_title_case(line.text):
        return False
    if line.text.endswith(QUESTION_MARKS):
        return line.blank_before and line.blank_after
    if line.text.endswith(":"):
        return is_title_case(line.text) and line.blank_before
    apart = line.blank_before and line.blank_after
    goes_on = after.text[:1].islower() and not after.mark
    return apart and not goes_on and _reads_as_text(after)


def is_title_case(text: str) -> bool:
    """Whether every word but the small ones begins with a capital."""
    words = [word for word in re.findall(r"[^\W\d_][\w'’-]*", text) if word.lower() not in _SMALL]
    return bool(words) and all(word[0].isupper() for word in words)


def _numbered_headings(content: Sequence[Line], *, title: str) -> frozenset[int]:
    """Numbers of "2. Causes" lines where a page numbers its headings: unindented, each with text below."""
    candidates: list[Line] = []
    known = 0
    for index, line in enumerate(content):
        after = neighbours(content, index)[1]
        if (
            line.mark != "number"
            or line.indent
            or line.mark_alone
            or not _has_heading_shape(line, title=title)
        ):
            continue
        if after is None or (after.mark == "number" and after.indent == 0) or ": " in line.text:
            continue
        if _is_statement(line, after, title=title):
            continue
        candidates.append(line)
        known += heading_kind(line.text, title=title) not in (None, Kind.OTHER)
    surely = len(candidates) > 1 and known * 2 >= len(candidates) and _counts_up(candidates)
    return frozenset(line.number for line in candidates) if surely else frozenset()


def _counts_up(lines: Sequence[Line]) -> bool:
    return all(later.ordinal > earlier.ordinal for earlier, later in pairwise(lines))
