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
            r"(?:page |article )?next review(?: due| date)?\s*:?\s*",
            r"(?:page |article )?review due\s*:?\s*",
        ),
    ),
    (
        "review",
        (
            (r"(?:(?:page|article|content|this (?:page|article) was) )?(?:last )?(?:medically |"
             r"clinically |expert[- ]?|peer[- ]|fact[- ]checked and )?review(?:ed)?(?: date|"
             r" last)?\b[\s:]*(?=by\b|on\b|:|\d|[a-z]{3,9}\.? \d)"),
            r"date (?:last )?reviewed\s*:?\s*",
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
#: A line of dates has few words beside the date.
MAX_DATE_WORDS = 8

_PAGE_DATA = tuple((what, re.compile("|".join(patterns), re.IGNORECASE)) for what, patterns in PAGE_DATA)


@dataclass(frozen=True)
class PageDatum:
    """One line of data on the page: *what* it tells (a name of PAGE_DATA) and its *value*, as printed."""

    what: str
    value: str


def page_datum(line: str) -> PageDatum | None:
    """The page data that *line* gives, or None."""
    text = line.strip().strip("*_").strip()
    if not text or len(text.split()) > MAX_WORDS:
        return None
    for what, pattern in _PAGE_DATA:
        match = pattern.match(text)
        if match and (value := text[match.end() :].strip()) and _fits(what, value):
            return PageDatum(what, value)
    return None


def split_review(value: str) -> tuple[str, date | None]:
    """Reviewer and date of a review line's *value*: "by Dr A. Example on 14 May 2026"."""
    day, rest = cut_date(value)
    rest = re.sub(r"\b(?:[A-Za-z]{3,9}\.? )?(?:19|20)\d\d\b", "", rest)
    name = re.sub(
        r"^[\s:,|–—-]*(?:by\b)?[\s:]*|[\s,|–—-]*(?:\bon\b|\bdate\b)?[\s:,|–—.-]*$",
        "",
        rest,
        flags=re.IGNORECASE,
    )
    return (name if re.search(r"[^\W\d]{2}", name) else ""), day


def cut_date(text: str) -> tuple[date | None, str]:
    """The first whole date in *text* that can be read in one way only, and the text without it."""
    for pattern, order in ((_ISO, "ymd"), (_DAY_MONTH, "dmy"), (_MONTH_DAY, "mdy"), (_SLASHED, "dmy")):
        match = pattern.search(text)
        if match and (
            day := _date(dict(zip(order, match.groups(), strict=True)), sure=pattern is not _SLASHED)
        ):
            return day, text[: match.start()] + text[match.end() :]
    return None, text


def _fits(what: str, value: str) -> bool:
    """Whether *value* is what such a line holds, so that a sentence is not taken for page data."""
    if what == "url":
        return bool(re.match(r"(?:https?://|www\.)\S+$", value))
    if what in ("update", "publication", "next review"):
        return bool(re.search(r"\b\d{4}\b", value)) and len(value.split()) <= MAX_DATE_WORDS
    if what == "review":
        reviewer, day = split_review(value)
        return bool(
            day or re.search(r"\b(?:19|20)\d\d\b", value) or (reviewer and not value.rstrip().endswith("."))
        )
    return not value.endswith(".") or what == "author"


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
