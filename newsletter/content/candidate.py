"""What the picker knows of an article: its facts in one short row, so that 100,000 of them fit in memory.

A row is made when an article is stored and can be made again from it at any time. The sections' part stays
packed until the picker looks at the article, which for most articles is never.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from newsletter.content.accompaniment import must_accompany
from newsletter.content.article import Article, Flag, Kind, Myth, Section
from newsletter.content.excerpt import cut_points, fitting
from newsletter.content.flag import find_flags, is_emergency_topic
from newsletter.content.private_topic import PRIVATE_TOPICS, private_topics
from newsletter.content.word import count_words

KINDS = tuple(Kind)
#: The position of what is no section: the article's myth, from its front matter.
MYTH_POSITION = -1
#: *companion* of a section that needs none, and of one that the standing call-out has to go with.
ALONE, CALL_OUT = -2, -1

_FLAG_BITS = {flag: 1 << place for place, flag in enumerate(Flag)}
_PRIVATE_BITS = {topic: 1 << place for place, topic in enumerate(PRIVATE_TOPICS)}


class Facts(NamedTuple):
    """One section as the picker sees it.

    *cuts* are the words kept at each place where it may end early, shortest first. *companion* is the
    position of the section that must be shown with it (content/accompaniment.py), ALONE or CALL_OUT.
    *private* names the private topics that it speaks of, as bits.
    """

    position: int
    kind: Kind
    heading: str
    words: int
    cuts: tuple[int, ...]
    flags: int
    private: int
    companion: int

    @property
    def is_sensitive(self) -> bool:
        """Whether it is about something many keep private; "when to seek help" merely names such things."""
        return bool(self.flags & _FLAG_BITS[Flag.SENSITIVE]) and self.kind is not Kind.WHEN_TO_SEEK_HELP

    @property
    def is_gentle(self) -> bool:
        """Whether it neither is about nor names anything that many keep private."""
        return not self.private and not self.flags & _FLAG_BITS[Flag.SENSITIVE]


@dataclass(frozen=True)
class Candidate:
    """An article as the picker sees it. Days are proleptic ordinals, 0 for none.

    *kinds* are the kinds of its sections as bits in the order of Kind; *references* how many it cites;
    *grade* its highest section's Flesch-Kincaid grade in tenths, -1 where none can be told; *packed* the
    facts of its sections as JSON.
    """

    id: str
    title: str
    topics: tuple[str, ...]
    reviewed: int
    published: int
    kinds: int
    references: int
    grade: int
    is_emergency: bool
    packed: str

    @cached_property
    def sections(self) -> tuple[Facts, ...]:
        """The facts of its sections, in their order, and of its myth (MYTH_POSITION), if it has one."""
        return tuple(_unpacked(row) for row in json.loads(self.packed))

    @cached_property
    def said(self) -> str:
        """What it is looked for by: its title, id and topics, without upper case."""
        return f"{self.title} {self.id} {' '.join(self.topics)}".casefold()

    def has_fitting(self, name: str, kinds: Collection[Kind], budget: int) -> bool:
        """Whether a section of one of *kinds* can be told in *budget* words.

        Remembered under *name*, which stands for both: most articles have none for some slot.
        """
        known = self._fitting.get(name)
        if known is None:
            known = self._fitting[name] = any(
                one.kind in kinds
                and one.position != MYTH_POSITION
                and fitting(one.words, one.cuts, budget) is not None
                for one in self.sections
            )
        return known

    @cached_property
    def _fitting(self) -> dict[str, bool]:
        return {}


def candidate(article: Article) -> Candidate:
    """The facts of *article*."""
    facts = [_facts(article, section) for section in article.sections]
    if article.myth is not None:
        facts.append(_myth_facts(article.title, article.myth))
    grades = [section.grade for section in article.sections if section.grade is not None]
    return Candidate(
        id=article.id,
        title=article.title,
        topics=tuple(dict.fromkeys(topic.casefold().strip() for topic in article.topics)),
        reviewed=article.reviewed_on.toordinal() if article.reviewed_on else 0,
        published=article.published_at.date().toordinal() if article.published_at else 0,
        kinds=kind_bits(frozenset(one.kind for one in article.sections if one.words)),
        references=len(article.references),
        grade=round(10 * max(grades)) if grades else -1,
        is_emergency=is_emergency_topic(article.title),
        packed=json.dumps([_packed(one) for one in facts], ensure_ascii=False, separators=(",", ":")),
    )


def to_row(one: Candidate) -> dict[str, Any]:
    """*one* as a row of the table ``candidate``."""
    return {
        "article_id": one.id,
        "title": one.title,
        "topics": json.dumps(one.topics, ensure_ascii=False),
        "reviewed": one.reviewed,
        "published": one.published,
        "kinds": one.kinds,
        "reference_count": one.references,
        "grade": one.grade,
        "is_emergency": int(one.is_emergency),
        "sections": one.packed,
    }


def kind_bits(kinds: frozenset[Kind]) -> int:
    """*kinds* as bits in the order of Kind."""
    return sum(1 << KINDS.index(kind) for kind in kinds)


def private_bits(topics: frozenset[str]) -> int:
    """Private *topics* by name as bits.

    Raises:
        KeyError: there is no such private topic.
    """
    return sum(_PRIVATE_BITS[topic] for topic in topics)


def private_names(bits: int) -> tuple[str, ...]:
    """The private topics that *bits* stand for."""
    return tuple(topic for topic, bit in _PRIVATE_BITS.items() if bits & bit)


def section_key(article_id: str, *, position: int, kind: Kind, heading: str) -> str:
    """One name for a section of an article, whatever its position or version, for the gap rules."""
    if position == MYTH_POSITION:
        return f"{article_id}/myth"
    return f"{article_id}/{kind.value}/{heading.casefold().strip()}"


def _facts(article: Article, section: Section) -> Facts:
    said = f"{article.title}\n{section.heading}\n{section.text}"
    return Facts(
        position=section.position,
        kind=section.kind,
        heading=section.heading,
        words=section.words,
        cuts=tuple(words for _, words in cut_points(section, continues=bool(article.url))),
        flags=_flag_bits(section.flags),
        private=private_bits(frozenset(private_topics(said, section.flags))),
        companion=_companion(article, section),
    )


def _myth_facts(title: str, myth: Myth) -> Facts:
    said = f"{myth.claim}\n{myth.fact}"
    flags = find_flags(said, title=title)
    return Facts(
        position=MYTH_POSITION,
        kind=Kind.OTHER,
        heading=myth.claim,
        words=count_words(said),
        cuts=(),
        flags=_flag_bits(flags),
        private=private_bits(frozenset(private_topics(f"{title}\n{said}", flags))),
        companion=ALONE,
    )


def _companion(article: Article, section: Section) -> int:
    needed = must_accompany(article, section)
    if needed.seek_help_position is not None:
        return needed.seek_help_position
    return CALL_OUT if needed.standing_call_out else ALONE


def _flag_bits(flags: tuple[Flag, ...]) -> int:
    return sum(_FLAG_BITS[flag] for flag in flags)


def _packed(one: Facts) -> list[Any]:
    return [*one._replace(kind=KINDS.index(one.kind))]  # type: ignore[arg-type] # packed as a number


def _unpacked(row: list[Any]) -> Facts:
    position, kind, heading, words, cuts, flags, private, companion = row
    return Facts(position, KINDS[kind], heading, words, tuple(cuts), flags, private, companion)
