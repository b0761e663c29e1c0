"""Lines of a saved page that tell about the page: its address, its dates, its reviewer, its topics.

A review date is taken from words of review alone, never from a date of change, and only when it can be
read in one way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_MONTH = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th)?[ .-]+(?:of )?([a-z]{3,9})\.?,?[ .-]+(\d{4})\b", re.IGNORECASE
)
_MONTH_DAY = re.compile(r"\b([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b", re.IGNORECASE)
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})(?:\b|T)")
_SLASHED = re.compile(r"\b(\d{1,2})[/.](\d{1,2})[/.](\d{4})\b")

#: Lines with data on the page: what they tell, and how they are printed. The value is the rest.
PAGE_DATA: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "url",
        (
            r"(?:saved|retrieved|captured|downloaded|copied|archived) from(?: url)?:?\s*",
            r"(?:source |page |original |canonical )?(?:url|link|address|permalink)\s*:\s*",
            r"source\s*:\s*(?=https?://)",
            r"(?=https?://\S+$)",
        ),
    ),
    (
        "next review",
        (
            r"(?:(?:page|article) )?next (?:medical )?review(?: is)?(?: due| date)?(?: on| by| in)?\s*:?\s*",
            r"(?:(?:page|article) )?(?:review due|due for review|review by)(?: on| by| in)?\s*:?\s*",
            r"date of (?:the )?next review\s*:?\s*",
        ),
    ),
    (
        "review",
        (
            (r"(?:(?:page|article|content|this (?:page|article) was) )?(?:last )?(?:medically |"
             r"clinically |expert[- ]?|peer[- ]|fact[- ]checked and )?review(?:ed)?(?: date|"
             r" last)?\b[\s:]*(?=by\b|on\b|:|\d|[a-z]{3,9}\.? \d)"),
            r"date (?:last )?reviewed\s*:?\s*",
            r"date of (?:the )?last review\s*:?\s*",
            r"reviewer\s*:\s*",
            r"medical(?:ly)? review(?:er|ed)?(?: by)?\s*:\s*",
            r"(?:page )?last medical review\s*:?\s*",
        ),
    ),
    (
        "update",
        (
            (r"(?:(?:page|article|content|this (?:page|article) was) )?(?:last )?(?:updated|"
             r"modified|edited|changed|revised)(?: on)?\s*:?\s*(?=\d|[a-z]{3,9}\.? \d)"),
            r"last (?:update|modification|edit|change)\s*:?\s*",
            r"date (?:modified|updated)\s*:?\s*",
        ),
    ),
    (
        "publication",
        (
            (r"(?:first |originally |article )?(?:published|posted|created)(?: on)?\s*:?\s*(?=\d|"
             r"[a-z]{3,9}\.? \d|by )"),
            r"(?:publication|publish) date\s*:?\s*",
            r"date(?: published)?\s*:\s*(?=.*\d{4})",
        ),
    ),
    (
        "author",
        (
            r"(?:written|authored|posted) by\s*:?\s*",
            r"authors?\s*:\s*",
            r"by (?=(?:dr\.?|prof\.?|professor) )",
            r"by (?-i:(?=[A-Z][\w.'-]+(?: [A-Z][\w.'-]+){1,3}(?:,|$)))",
            r"by (?-i:(?=[A-Z][\w.'-]+(?: [A-Z][\w.'-]+){0,3}\s*[|·•–—]\s*\d))",
        ),
    ),
    (
        "topics",
        (
            r"(?:tags|tagged(?: with)?|topics|filed under|posted in|categories)\s*:\s*",
        ),
    ),
)  # fmt: skip
#: Longer lines are text.
MAX_WORDS = 25
MAX_LENGTH = 400
#: Of a line with several data ("Next review due: … Page last reviewed: …"), the first of these counts.
_RANK = ("review", "update", "publication", "next review", "author")

_PAGE_DATA = tuple((what, re.compile("|".join(patterns), re.IGNORECASE)) for what, patterns in PAGE_DATA)
#: Labels after which a name needs no "by".
_NAMES_NEXT = re.compile(r"reviewer|medical|\bby\b", re.IGNORECASE)

_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)(?:[a-z]{2,6})?"
_ORDINAL = r"\d{1,2}(?:st|nd|rd|th)?"
#: What looks like a date, whether or not it can be read; with its weekday and its time of day.
_DATE = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?"
    r"(?:\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-][\d:]+)?)?|\d{4}/\d{1,2}/\d{1,2}|"
    rf"{_ORDINAL}[ .-]+(?:of )?{_MONTH}\.?,?[ .-]+\d{{4}}|{_MONTH}\.? {_ORDINAL},? \d{{4}}|"
    rf"\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{4}}|\d{{1,2}}/\d{{4}}|{_MONTH}\.?,? \d{{4}}|(?:19|20)\d\d)"
    r"(?:,? (?:at )?\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]\.?m\.?)?(?: (?-i:[A-Z]{2,4}))?)?(?![\w/])"
)
_GAP = r"[\s:,;|(–—-]*"
#: No page prints so many marks in a row, and the patterns below would take long to refuse them.
_LONG_GAP = re.compile(r"[\s:,;|(–—-]{7}")
_READING = r"[|·•,–—-]?\s*\d+[ -]min(?:ute)?s?"
_END = rf"[\s).]*(?:{_READING}(?: read)?)?$"
#: A date and perhaps who did it; who did it and a date; who did it. Nothing else may be there.
_VALUES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_GAP}(?:on\b|date\b)?{_GAP}(?P<date>{_DATE})(?:{_GAP}(?P<by>by)\b{_GAP}(?P<name>.+?))?{_END}",
        (
            rf"{_GAP}(?:(?P<by>by)\b)?{_GAP}(?P<name>\S.*?)(?<!\s){_GAP}(?:\b(?:on|date)\b)?"
            rf"{_GAP}(?P<date>{_DATE}){_END}"
        ),
        rf"{_GAP}(?:(?P<by>by)\b)?{_GAP}(?P<name>\S.*?)(?P<date>)(?:\s*{_READING} read)?\.?$",
    )
)
_NAME_WORD = re.compile(
    r"(?:dr|prof|mr|mrs|ms|st|jr|sr)\.?|[^\W\d_]\.?|(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,3}\.?|"
    r"[^\W\d_](?:[^\W\d_]|['’‘\u0300-\u036f\u0900-\u0dff-])*",
    re.IGNORECASE,
)
#: What may be written small in a name, a profession or the name of a board.
_SMALL = re.compile(
    r"(?:al|and|at|bin|da|de|del|della|den|der|di|dos|du|el|for|in|la|le|of|our|ten|ter|the|van|von|&|"
    r"advisory|board|clinical|committee|consultant|department|director|doctor|editor|editorial|family|"
    r"general|hospital|lecturer|medical|medicine|midwife|nurse|panel|practitioner|professor|registered|"
    r"registrar|senior|specialist|staff|surgeon|team|\w+(?:ologist|iatrist|ician|tician|acist|apist|titian))"
)
_NO_NAME = re.compile(
    r"\b(?:next|due|updated?|published|modified|written|edited|reviewed|posted|created|expires)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class PageDatum:
    """One line of data on the page: *what* it tells (a name of PAGE_DATA) and its *value*, as printed."""

    what: str
    value: str


def page_datum(line: str) -> PageDatum | None:
    """The page data that *line* gives, or None.

    A line with a date is page data only where it is nothing but label, date and perhaps a name: whatever
    else stands beside them may be what a reader must know.
    """
    text = line.strip().strip("*_").strip()
    if not text or len(text.split()) > MAX_WORDS:
        return None
    if len(text) > MAX_LENGTH and not re.search(r"https?://\S+$", text):
        return None
    datum = _datum(text)
    if datum is None and any(pattern.match(text) for what, pattern in _PAGE_DATA if what in _RANK):
        several = _data(text)
        datum = min(several, key=lambda one: _RANK.index(one.what), default=None)
    return datum


def split_review(value: str) -> tuple[str, date | None]:
    """Reviewer and date of a review line's *value*: "by Dr A. Example on 14 May 2026"."""
    said = _said(value)
    return (_tidy_name(said["name"] or ""), cut_date(said["date"])[0]) if said else ("", None)


def cut_date(text: str) -> tuple[date | None, str]:
    """The first whole date in *text* that can be read in one way only, and the text without it."""
    for pattern, order in ((_ISO, "ymd"), (_DAY_MONTH, "dmy"), (_MONTH_DAY, "mdy"), (_SLASHED, "dmy")):
        match = pattern.search(text)
        if match and (
            day := _date(dict(zip(order, match.groups(), strict=True)), sure=pattern is not _SLASHED)
        ):
            return day, text[: match.start()] + text[match.end() :]
    return None, text


def _datum(text: str) -> PageDatum | None:
    """The one datum that *text* is, or None."""
    for what, pattern in _PAGE_DATA:
        match = pattern.match(text)
        if match and (value := text[match.end() :].strip()) and _fits(what, value, label=match[0]):
            return PageDatum(what, value)
    return None


def _data(text: str) -> list[PageDatum]:
    """The data of a line that is nothing but several, one after the other; else none."""
    for gap in re.finditer(r"[.;,|•·]*\s(?:[|•·–—-]\s+|\()?\s*", text):
        first = _datum(text[: gap.start()]) if text[gap.end() :] else None
        if first is None or first.what not in _RANK:
            continue
        last = _datum(text[gap.end() :])
        rest = [last] if last else _data(text[gap.end() :])
        if rest and all(one.what in _RANK for one in rest):
            return [first, *rest]
    return []


def _fits(what: str, value: str, *, label: str) -> bool:
    """Whether *value* is what a line with such a *label* holds: no sentence is taken for page data."""
    if what == "url":
        return bool(re.match(r"(?:https?://|www\.)\S+$", value))
    if what == "topics":
        return not value.endswith(".")
    said = _said(value)
    if said is None:
        return False
    if what == "author":
        return bool(said["name"])
    by = said["by"] or _NAMES_NEXT.search(label)
    if said["date"]:
        return bool(by or not said["name"])
    return bool(what == "review" and by and re.search(r"[^\W\d_a-z]", value) and not value.endswith("."))


def _said(value: str) -> re.Match[str] | None:
    """*value* as its parts "date", "by" and "name"; None where it holds anything else."""
    if len(value) > MAX_LENGTH or _LONG_GAP.search(value):
        return None
    for pattern in _VALUES:
        match = pattern.match(value)
        if match and (not match["name"] or _is_name(match["name"])):
            return match
    return None


def _is_name(text: str) -> bool:
    """Whether *text* is names, with titles, credentials and professions: words with capitals alone."""
    words = [word.strip("()[]") for word in re.split(r"[\s,/|:]+|\s[–—-]\s", _tidy_name(text))]
    words = [word for word in words if word]
    if not words or _NO_NAME.search(text) or not re.search(r"[^\W\d]{2}", text):
        return False
    return all(
        _SMALL.fullmatch(word) or (_NAME_WORD.fullmatch(word) and not word[0].islower()) for word in words
    )


def _tidy_name(text: str) -> str:
    return text.strip(" \t:,|(–—-")


def _date(parts: dict[str, str], *, sure: bool) -> date | None:
    """The date of *parts* y, m (number or name) and d; not *sure* means that m and d may be swapped."""
    month, day = _month(parts["m"]), int(parts["d"])
    if not sure and month <= len(_MONTHS) and day <= len(_MONTHS) and day != month:
        return None  # 04/05/2026 is April in one country and May in another
    if not sure and month > len(_MONTHS):
        day, month = month, day
    try:
        return date(int(parts["y"]), month, day)
    except ValueError:
        return None


def _month(text: str) -> int:
    """The number of a month by number or English name; 0 for anything else."""
    if text.isdigit():
        return int(text)
    return _MONTHS.index(text[:3].lower()) + 1 if text[:3].lower() in _MONTHS else 0
