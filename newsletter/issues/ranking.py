"""The points of articles and sections, and the order in which the picker looks at them.

Whole numbers only, so that no platform's floating point can change an order. An article's points are the
same for all its sections: quality, freshness, rest, season, news and coverage. A section adds how well it
fits its slot, whether it comes whole, and the day's draw. docs/explanation/picking.md has the table.
"""

from __future__ import annotations

import hashlib
import heapq
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from operator import itemgetter

from newsletter.content.article import Kind
from newsletter.content.candidate import Candidate, kind_bits
from newsletter.content.catalogue import Catalogue, TitleWords
from newsletter.issues.history import Rules
from newsletter.issues.observance import Observance, Season

#: Changing anything that can change a pick changes this, so that old issues stay explained.
ALGORITHM = "2"

STRUCTURE, REFERENCES, READABILITY = 120, 100, 80
FRESHNESS, REST, SEASON, NEWS, COVERAGE = 250, 200, 200, 150, 100
FIT, WHOLE, DRAW = 60, 20, 50
#: What a rest of any length gives: an article that was never told comes before one that was.
RESTED = 150
#: The most that a section adds to its article's points.
SECTION_MAX = FIT + WHOLE + DRAW
#: Taken off for each section of the same kind that the issue has already.
REPEAT = 40
#: Added for each of a reader's topics that the issue does not have yet.
INTEREST = 150

#: Kinds that make an article worth a letter: fifteen points each.
_CORE_KINDS = (
    *(Kind.OVERVIEW, Kind.CAUSES, Kind.SYMPTOMS, Kind.DIAGNOSIS),
    *(Kind.TREATMENT, Kind.SELF_CARE, Kind.PREVENTION, Kind.WHEN_TO_SEEK_HELP),
)
_CORE = kind_bits(frozenset(_CORE_KINDS))
#: The grade in tenths up to which readability has all its points (NIH: 6th to 8th grade for patients).
_EASY = 80
#: Articles published so long before the first issue are news still.
_NEWS_BEFORE = timedelta(days=30)
_TOKEN = re.compile(r"\w+")

#: Every kind, as bits.
ALL_KINDS = -1

#: What an article's points are made of, in the order in which they are shown, with the most that each gives.
PARTS: dict[str, int] = {
    "quality": STRUCTURE + REFERENCES + READABILITY,
    "freshness": FRESHNESS,
    "rest": REST,
    "season": SEASON,
    "news": NEWS,
    "coverage": COVERAGE,
}


def seed_for(newsletter: str, day: date) -> str:
    """The seed of one issue: the same on every machine, different every day."""
    return hashlib.sha256(f"{newsletter}|{day.isoformat()}|{ALGORITHM}".encode()).hexdigest()


def draw(seed: str, article_id: str, position: int) -> int:
    """A section's draw of the day, 0 to 50, from a hash that holds no secret."""
    digest = hashlib.sha256(f"{seed}|{article_id}|{position}".encode()).digest()
    return int.from_bytes(digest[:4]) % (DRAW + 1)


def quality(one: Candidate) -> int:
    """Up to 300: 15 a core kind, 20 a reference (five at most), and 80 less 10 a grade above the eighth."""
    structure = STRUCTURE // len(_CORE_KINDS) * (one.kinds & _CORE).bit_count()
    references = min(REFERENCES, 20 * one.references)
    if one.grade < 0:
        return structure + references + READABILITY // 2
    return structure + references + max(0, READABILITY - max(0, one.grade - _EASY))


def freshness(age: int, limit: int) -> int:
    """Falls evenly from 250 on the day of the review to 0 on the last day that it holds."""
    return FRESHNESS - FRESHNESS * age // limit


def rest(age: int | None, *, ever_used: bool) -> int:
    """One a day since the article was last used, up to 150; 200 if it never was.

    *age* is None where it was used so long ago that no rule looks back to it, or never.
    """
    return min(RESTED, RESTED if age is None else age) if ever_used else REST


def coverage(topics: Sequence[str], topic_age: Mapping[str, int]) -> int:
    """Five a day since an issue last had one of its topics; 100 if none had, and without a topic."""
    ages = [topic_age[topic] for topic in topics if topic in topic_age]
    return min(COVERAGE, 5 * min(ages)) if ages else COVERAGE


@dataclass(frozen=True)
class Index:
    """A catalogue with what is the same on every day, worked out once."""

    catalogue: Catalogue

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The candidates, by id."""
        return self.catalogue.candidates

    @cached_property
    def by_id(self) -> dict[str, int]:
        """The place of each candidate."""
        return {one.id: place for place, one in enumerate(self.candidates)}

    @cached_property
    def quality(self) -> list[int]:
        """The quality of each candidate."""
        return [quality(one) for one in self.candidates]

    @cached_property
    def groups(self) -> list[tuple[str, ...]]:
        """Every set of topics that a candidate has."""
        return list(dict.fromkeys(one.topics for one in self.candidates))

    @cached_property
    def group(self) -> list[int]:
        """The place in *groups* of each candidate's topics."""
        places = {topics: place for place, topics in enumerate(self.groups)}
        return [places[one.topics] for one in self.candidates]

    @cached_property
    def reviewed(self) -> list[int]:
        """The day of each candidate's review, as an ordinal."""
        return [one.reviewed for one in self.candidates]

    @cached_property
    def published(self) -> list[tuple[int, int]]:
        """(Day, place) of the candidates that say when they were published, oldest first."""
        return sorted((one.published, place) for place, one in enumerate(self.candidates) if one.published)

    @cached_property
    def _titles(self) -> TitleWords:
        return self.catalogue.titles or TitleWords.of((one.id, one.title) for one in self.candidates)

    @cached_property
    def _named(self) -> dict[str, tuple[int, ...]]:
        return {}

    def named(self, observance: Observance) -> tuple[int, ...]:
        """The places of the candidates whose title is on the subject of *observance*; remembered."""
        if observance.name not in self._named:
            near = {one for word in observance.words for one in self._near(word)}
            places = (self.by_id[one] for one in near if one in self.by_id)
            fitting = (place for place in places if observance.fits(self.candidates[place].title.lower(), ()))
            self._named[observance.name] = tuple(sorted(fitting))
        return self._named[observance.name]

    def _near(self, word: str) -> Iterator[str]:
        """Articles with the first part of *word* in their title: few enough to be looked at one by one."""
        first = _TOKEN.match(word)
        if first is None:
            return
        start = first[0]
        if word[first.end() :] == "*":
            yield from self._titles.beginning(start)
        else:
            yield from self._titles.ids.get(start, ())


@dataclass(frozen=True)
class Ranking:
    """The points of every candidate on one day, and the order that they give.

    *limit* is how many days a review holds; *begun_on* the date of the newsletter's first issue, this one if
    there is none; *ever_used* the ids of all articles it has used; *offered* the topics that its readers may
    choose.
    """

    index: Index
    rules: Rules
    season: Season
    limit: int
    begun_on: date
    ever_used: frozenset[str] = frozenset()
    offered: tuple[str, ...] = ()

    def parts(self, place: int) -> dict[str, int]:
        """The parts of a candidate's points; their sum is points[place]."""
        one, rules = self.index.candidates[place], self.rules
        return {
            "quality": quality(one),
            "freshness": freshness(rules.day.toordinal() - one.reviewed, self.limit),
            "rest": rest(rules.used_age.get(one.id), ever_used=one.id in self.ever_used),
            "season": self.season.best(one.title, one.topics)[0],
            "news": NEWS if self._is_news(one) else 0,
            "coverage": coverage(one.topics, rules.topic_age),
        }

    @cached_property
    def points(self) -> list[int]:
        """The points of each candidate; -1 where its review does not hold on the day."""
        index, day = self.index, self.rules.day.toordinal()
        fresh = [freshness(age, self.limit) for age in range(self.limit + 1)]
        by_group = [
            REST + coverage(topics, self.rules.topic_age) + self.season.topic_points(topics)
            for topics in index.groups
        ]
        points = [
            value + by_group[group] + fresh[day - reviewed] if 0 <= day - reviewed <= self.limit else -1
            for value, group, reviewed in zip(index.quality, index.group, index.reviewed, strict=True)
        ]
        # What sets single articles apart is worked out for those alone.
        for place in self._singled_out():
            if points[place] >= 0:
                points[place] = sum(self.parts(place).values())
        return points

    @cached_property
    def order(self) -> list[int]:
        """The places of the candidates that may be used on the day, most points first, then by id."""
        points = self.points
        usable = [place for place, value in enumerate(points) if value >= 0]
        return sorted(usable, key=points.__getitem__, reverse=True)

    def looked_at(
        self, interests: int = 0, kinds: int = ALL_KINDS, *, outside: int = 0
    ) -> Iterator[tuple[int, int]]:
        """(Points, place), most points first, with INTEREST for each of the *interests* that an article has.

        *interests* are topics that readers may choose, as bits in the order of *offered*. Only articles with
        a section of one of *kinds* (bits) are given, and only those without any of the topics *outside*.
        """
        points = self.points
        if not interests and not outside:
            # The end of the order is seldom reached: it is filtered on the way.
            candidates = self.index.candidates
            yield from ((points[place], place) for place in self.order if candidates[place].kinds & kinds)
            return
        runs = (
            self._raised(places, INTEREST * (mask & interests).bit_count())
            for mask, places in self._shared_out(kinds).items()
            if not mask & outside
        )
        yield from heapq.merge(*runs, key=_first)

    def interests_of(self, place: int) -> int:
        """Which of the topics offered a candidate has, as bits."""
        return self._interests[self.index.group[place]]

    def _raised(self, places: list[int], extra: int) -> Iterator[tuple[int, int]]:
        return ((self.points[place] + extra, place) for place in places)

    @cached_property
    def _interests(self) -> list[int]:
        return [topic_bits(topics, self.offered) for topics in self.index.groups]

    @cached_property
    def _kept(self) -> dict[int, list[int]]:
        return {ALL_KINDS: self.order}

    @cached_property
    def _kept_shares(self) -> dict[int, dict[int, list[int]]]:
        return {}

    def _with(self, kinds: int) -> list[int]:
        """The order of the articles that have one of *kinds*; remembered."""
        if kinds not in self._kept:
            candidates = self.index.candidates
            self._kept[kinds] = [place for place in self.order if candidates[place].kinds & kinds]
        return self._kept[kinds]

    def _shared_out(self, kinds: int) -> dict[int, list[int]]:
        """The same by the topics offered that they have; remembered."""
        if kinds not in self._kept_shares:
            found: dict[int, list[int]] = defaultdict(list)
            for place in self._with(kinds):
                found[self.interests_of(place)].append(place)
            self._kept_shares[kinds] = found
        return self._kept_shares[kinds]

    def _singled_out(self) -> set[int]:
        places = {self.index.by_id[one] for one in self.ever_used if one in self.index.by_id}
        for _, observance in self.season.active:
            places.update(self.index.named(observance))
        oldest = (self.begun_on - _NEWS_BEFORE).toordinal()
        first = bisect_left(self.index.published, oldest, key=itemgetter(0))
        places.update(place for _, place in self.index.published[first:])
        return places

    def _is_news(self, one: Candidate) -> bool:
        """Published since the newsletter began, or shortly before, and never used: news is news once."""
        oldest = (self.begun_on - _NEWS_BEFORE).toordinal()
        return oldest <= one.published <= self.rules.day.toordinal() and one.id not in self.ever_used


def topic_bits(topics: Sequence[str], offered: Sequence[str]) -> int:
    """Which of the topics *offered* are among *topics*, as bits in their order."""
    return sum(1 << place for place, topic in enumerate(offered) if topic in topics)


def _first(found: tuple[int, int]) -> tuple[int, int]:
    return -found[0], found[1]
