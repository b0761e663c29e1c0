"""Reading a text in these languages: the kind of a heading, flags, emergencies and private topics.

All of it is read by the letters and words of the text, not by what its article says its language is: an
article whose language nobody gave must not lose its warnings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from newsletter.content.article import Flag, Kind
from newsletter.content.language.arabic import ARABIC
from newsletter.content.language.bengali import BENGALI
from newsletter.content.language.hindi import HINDI
from newsletter.content.language.script import (
    EDGE_AFTER,
    EDGE_BEFORE,
    QUESTION_MARKS,
    expressions,
    folded,
    languages_of,
    pattern_of,
)
from newsletter.content.language.spanish import SPANISH
from newsletter.content.language.wording import Wording

#: The tables by language tag.
WORDINGS: Mapping[str, Wording] = {"es": SPANISH, "bn": BENGALI, "ar": ARABIC, "hi": HINDI}

#: Longer texts are no headings.
_MAX_HEADING = 300
MAX_HEADING_WORDS = 14
#: A noun heading may have so many words, the condition's name among them.
_MAX_NOUN_WORDS = 9
#: A line that names an emergency and says little more.
_MAX_NAME_WORDS = 5
#: What decides where a heading has words of two kinds: "treatment at home" is self-care.
_ORDER = (
    *(Kind.WHEN_TO_SEEK_HELP, Kind.FAQ, Kind.RISK_FACTORS, Kind.MEDICATIONS, Kind.SELF_CARE, Kind.PREVENTION),
    *(Kind.COMPLICATIONS, Kind.PROGNOSIS, Kind.DIAGNOSIS, Kind.TREATMENT, Kind.TYPES, Kind.SYMPTOMS),
    *(Kind.CAUSES, Kind.CONCLUSION, Kind.OTHER, Kind.OVERVIEW),
)
#: "Types of treatment" are about treatment.
_WITHIN_TYPES = (Kind.MEDICATIONS, Kind.TREATMENT)
#: Private topics that a passing word does not make a section sensitive for; a title or heading does.
_IN_PASSING = frozenset({"mental health", "fertility", "sexual health"})
_PUNCTUATION = re.compile(r"[\s:;.,!?؟،؛।۔¿¡\"'“”«»*_#–—-]+$|^[\s¿¡\"'“”«»*_#–—-]+")
_ASIDE = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
_SIGNS = re.compile(r"\s*[:;,،؛/|–—&]\s*|\s+-\s+")
_NUMBER = r"\d+(?:[.,٫]\d+)*(?:\s*(?:-|–|a|থেকে|से|الى)\s*\d+(?:[.,]\d+)*)?"

#: "mg/dL" and the like are laboratory values, no doses.
_NO_RATIO = r"(?!\s*/\s*(?:d?l|ডেসি|দেসি|ডিএল|لتر|ديسي|دل|डेसी|डीएल|100|2))"


@dataclass(frozen=True)
class _Language:
    """The tables of one language, compiled."""

    whole: Mapping[Kind, re.Pattern[str]]
    edge: Mapping[Kind, re.Pattern[str]]
    asked: Mapping[Kind, re.Pattern[str]]
    seek_help: re.Pattern[str]
    asks: re.Pattern[str]
    joints: re.Pattern[str]
    fillers: re.Pattern[str]
    clause: re.Pattern[str]
    references: re.Pattern[str]
    disclaimer: re.Pattern[str]
    flags: Mapping[Flag, re.Pattern[str]]
    emergency_topic: re.Pattern[str]
    emergency_sign: re.Pattern[str]
    private: Mapping[str, re.Pattern[str]]


def heading_kind(heading: str, *, title: str = "") -> Kind | None:
    """The kind that *heading* announces in one of the four languages; None when no table knows it.

    >>> heading_kind("Síntomas del asma"), heading_kind("হাঁপানির লক্ষণ"), heading_kind("أعراض الربو")
    (<Kind.SYMPTOMS: 'symptoms'>, <Kind.SYMPTOMS: 'symptoms'>, <Kind.SYMPTOMS: 'symptoms'>)
    """
    if len(heading.split()) > MAX_HEADING_WORDS:
        return None
    found = (_kind_in(_language(tag), heading, title) for tag in languages_of(heading))
    return next((kind for kind in found if kind), None)


def phrase_kind(heading: str) -> Kind | None:
    """The kind of a heading that is, whole, a phrase of a table; None for anything longer."""
    plain = _plain(heading)
    for tag in languages_of(heading):
        language = _language(tag)
        bare = language.fillers.sub("", plain)
        for kind in _ORDER:
            if language.whole[kind].fullmatch(bare):
                return kind
    return None


def is_references(heading: str) -> bool:
    """Whether *heading* stands above an article's references."""
    plain = _plain(heading)
    return any(_language(tag).references.fullmatch(plain) for tag in languages_of(heading))


def is_disclaimer(heading: str) -> bool:
    """Whether *heading* stands above an article's disclaimer."""
    plain = _plain(heading)
    return any(_language(tag).disclaimer.fullmatch(plain) for tag in languages_of(heading))


def is_clause(label: str) -> bool:
    """Whether the words before a colon are the beginning of a sentence, and no label."""
    plain = folded(label)
    return any(_language(tag).clause.search(plain) for tag in languages_of(label))


def is_emergency_topic(title: str) -> bool:
    """Whether an article or section called *title* is, as a whole, about an emergency."""
    plain = folded(title)
    return any(_language(tag).emergency_topic.search(plain) for tag in languages_of(title))


def find_flags(text: str, *, heading: str = "", title: str = "") -> set[Flag]:
    """The flags of a *text* under *heading* in the article called *title*, by the tables of its languages."""
    found: set[Flag] = set()
    plain = ""
    for tag in languages_of(text):
        language = _language(tag)
        plain = plain or folded(text)
        found.update(flag for flag, wordings in language.flags.items() if wordings.search(plain))
        if language.emergency_sign.search(plain):
            found |= {Flag.EMERGENCY, Flag.RED_FLAG}
        elif any(_names_emergency(language, line) for line in plain.splitlines()):
            found.add(Flag.EMERGENCY)
        spoken = (topic for topic, words in language.private.items() if topic not in _IN_PASSING)
        if any(language.private[topic].search(plain) for topic in spoken):
            found.add(Flag.SENSITIVE)
    return found | _topic_flags(f"{title}\n{heading}", heading=heading)


def private_topics(text: str) -> set[str]:
    """The private topics that *text* speaks of, by name (content/private_topic.py)."""
    tables = [_language(tag).private for tag in languages_of(text)]
    plain = folded(text) if tables else ""
    return {topic for table in tables for topic, words in table.items() if words.search(plain)}


def _topic_flags(topic: str, *, heading: str) -> set[Flag]:
    """What title and heading say of all that stands below them."""
    found: set[Flag] = set()
    if is_emergency_topic(topic):
        found.add(Flag.EMERGENCY)
    if private_topics(topic):
        found.add(Flag.SENSITIVE)
    if heading and heading_kind(heading) is Kind.WHEN_TO_SEEK_HELP:
        found.add(Flag.RED_FLAG)
    return found


def _names_emergency(language: _Language, line: str) -> bool:
    return len(line.split()) <= _MAX_NAME_WORDS and bool(language.emergency_topic.search(line))


def _kind_in(language: _Language, heading: str, title: str) -> Kind | None:
    plain = _plain(heading)
    if not plain or language.references.fullmatch(plain) or language.disclaimer.fullmatch(plain):
        return None
    if language.seek_help.search(plain):
        return Kind.WHEN_TO_SEEK_HELP
    name = _plain(title)
    if name and name != plain and not any(one.fullmatch(name) for one in language.whole.values()):
        plain = " ".join(plain.replace(name, " x").split())
    if heading.rstrip().endswith(QUESTION_MARKS) or language.asks.match(plain):
        for kind in language.asked:
            if language.asked[kind].search(plain):
                return kind
    return _noun_kind(language, plain)


def _noun_kind(language: _Language, plain: str) -> Kind | None:
    """The kind of the first part of a noun heading that has one."""
    for sign_part in _SIGNS.split(plain):
        for part in language.joints.split(sign_part):
            bare = language.fillers.sub("", part.strip())
            if not bare or len(bare.split()) > _MAX_NOUN_WORDS:
                continue
            kind = next((kind for kind in _ORDER if language.whole[kind].fullmatch(bare)), None)
            kind = kind or next((kind for kind in _ORDER if language.edge[kind].search(bare)), None)
            if kind is Kind.TYPES:
                asked = (within for within in _WITHIN_TYPES if language.asked[within].search(bare))
                kind = next(asked, kind)
            if kind:
                return kind
    return None


def _plain(heading: str) -> str:
    if len(heading) > _MAX_HEADING:
        return ""
    text = _ASIDE.sub("", folded(heading))
    return " ".join(_PUNCTUATION.sub("", _PUNCTUATION.sub("", text)).split())


@cache
def _language(tag: str) -> _Language:
    table = WORDINGS[tag]
    whole = {kind: pattern_of(table.headings.get(kind, "")) for kind in Kind}
    where = "(?:{})$" if table.noun_last else "^(?:{})" + EDGE_AFTER
    edge = {
        kind: re.compile(EDGE_BEFORE + where.format("|".join(expressions(table.headings.get(kind, "")))))
        if table.headings.get(kind)
        else re.compile(r"(?!)")
        for kind in Kind
    }
    units = "|".join(expressions(table.units))
    dose = rf"{EDGE_BEFORE}{_NUMBER}[\s\u00a0\u202f-]*(?:টি\s*|টা\s*)?(?:{units}){EDGE_AFTER}{_NO_RATIO}"
    flags = {flag: pattern_of(wordings) for flag, wordings in table.flags.items()}
    flags[Flag.DOSE] = re.compile(f"{dose}|{flags[Flag.DOSE].pattern}")
    fillers = "|".join(expressions(table.fillers))
    return _Language(
        whole=whole,
        edge=edge,
        asked={kind: pattern_of(wordings) for kind, wordings in table.questions.items()},
        seek_help=pattern_of(table.seek_help),
        asks=_asks(table),
        joints=re.compile(rf"\s+(?:{'|'.join(expressions(table.joints))})\s+|\s+و(?=ال)"),
        fillers=re.compile(rf"^(?:(?:{fillers})\s+)+"),
        clause=pattern_of(table.clause),
        references=pattern_of(table.references),
        disclaimer=pattern_of(table.disclaimer),
        flags=flags,
        emergency_topic=pattern_of(table.emergency_topics),
        emergency_sign=pattern_of(table.emergency_signs),
        private={topic: pattern_of(wordings) for topic, wordings in table.private.items()},
    )


def _asks(table: Wording) -> re.Pattern[str]:
    """Finds a question's word: at the beginning, or anywhere where it stands before the verb."""
    words = "|".join(expressions(table.asks))
    where = r"(?:.*\s)?" if table.noun_last else ""
    return re.compile(rf"{where}{EDGE_BEFORE}(?:{words}){EDGE_AFTER}")
