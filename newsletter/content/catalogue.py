"""All that an issue may be made of: the candidates that the rules on content leave, and why others went.

Rules on content are SQL, on the article's own row. What depends on what was sent before is the picker's.
"""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple

from sqlite_utils import Database

from newsletter.content.article import REVIEW_LIMIT
from newsletter.content.candidate import Candidate

#: Why an article may never be used, by its own row; the first that holds. What depends on the day is later.
_REASON = """
    case
        when article.status = 'withdrawn' then 'withdrawn'
        when article.status <> 'usable' or article.reviewed_on is null then 'no review date'
        when lower(substr(article.lang, 1, length(:language))) <> :language
            or substr(replace(article.lang, '_', '-'), length(:language) + 1, 1) not in ('', '-')
            then 'another language'
        when article.regions <> '' and instr(' ' || article.regions || ' ', ' ' || :region || ' ') = 0
            then 'another region'
        else ''
    end
"""
_EVERY = """
    select
        article_id, title, topics, reviewed, published, kinds, reference_count, grade, is_emergency, sections
    from candidate
"""
_JUDGED = f"""
    select id, coalesce(duplicate_of, ''), {_REASON}, coalesce(reviewed_on, '') from article
    order by coalesce(duplicate_of, '') <> '', case when duplicate_of <> '' then '' else id end, rowid
"""  # noqa: S608 - our own words
_ALL_KINDS = -1
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class TitleWords:
    """By word, in lower case: the ids of the articles that have it in their title."""

    ids: Mapping[str, Sequence[str]]
    in_order: Sequence[str]

    @classmethod
    def of(cls, titles: Iterable[tuple[str, str]]) -> TitleWords:
        """Of articles, each an id and a title."""
        found: dict[str, list[str]] = defaultdict(list)
        for article_id, title in titles:
            for word in set(_WORD.findall(title.lower())):
                found[word].append(article_id)
        return cls(found, sorted(found))

    def beginning(self, start: str) -> Iterator[str]:
        """The ids of articles with a word that begins so; again for each such word."""
        for known in self.in_order[bisect_left(self.in_order, start) :]:
            if not known.startswith(start):
                return
            yield from self.ids[known]


@dataclass(frozen=True)
class Catalogue:
    """Candidates by id, each id once. *removed* counts the articles that rules on content took out.

    *snapshot* is SHA-256 over every article of the store: the same for the same content on any machine.
    *titles*: the words of titles, of these and of other articles; None where nobody has collected them.
    """

    candidates: tuple[Candidate, ...]
    removed: Mapping[str, int] = field(default_factory=dict)
    snapshot: str = ""
    titles: TitleWords | None = field(default=None, compare=False, repr=False)


class _Judged(NamedTuple):
    """An article, why it may never be used ("": it may), and of which one it is a duplicate ("": of none)."""

    candidate: Candidate
    original: str
    why: str
    reviewed_on: str


@dataclass
class Shelf:
    """All that a store held at one moment, whatever may be used of it: the same for every day and newsletter.

    *snapshot* as in a Catalogue; *judged* by language and region, duplicates last.
    """

    snapshot: str
    judged: dict[tuple[str, str], list[_Judged]] = field(default_factory=dict, init=False)
    _rows: Mapping[str, tuple[Any, ...]]
    _made: dict[str, Candidate] = field(default_factory=dict)
    _topics: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def candidate(self, article_id: str) -> Candidate | None:
        """The article of that id, made of its row when it is first asked for; None: there was none."""
        made = self._made.get(article_id)
        if made is None and (row := self._rows.get(article_id)) is not None:
            made = self._made[article_id] = _candidate(row, self._topics)
        return made

    @cached_property
    def titles(self) -> TitleWords:
        """The words of every title."""
        return TitleWords.of((article_id, row[1]) for article_id, row in self._rows.items())


@dataclass(frozen=True)
class Wanted:
    """What a newsletter asks of an article on the days *first* to *last*.

    *limit*: how many days a review holds; *kinds*: bits of the kinds that its layout takes; *withdrawn*: ids
    of articles that were withdrawn, by whomever; *gone*: those of them that only a source let go, whose
    duplicates may step in.
    """

    first: date
    last: date
    language: str = "en"
    region: str = "international"
    limit: int = REVIEW_LIMIT.days
    kinds: int = _ALL_KINDS
    withdrawn: Collection[str] = ()
    gone: Collection[str] = ()


def read_shelf(database: Database) -> Shelf:
    """All that *database* (a content store) holds."""
    rows = database.execute(_EVERY).fetchall()
    return Shelf(_snapshot(database), {row[0]: row for row in rows})


def read_catalogue(database: Database, wanted: Wanted, shelf: Shelf | None = None) -> Catalogue:
    """What *database* (a content store) holds of what is *wanted*.

    *shelf*: what was read of it before, and has not changed since.
    """
    shelf = shelf or read_shelf(database)
    oldest, last = (wanted.first - timedelta(days=wanted.limit)).isoformat(), wanted.last.isoformat()
    kinds, withdrawn = wanted.kinds, wanted.withdrawn
    removed: Counter[str] = Counter()
    kept: list[Candidate] = []
    replaced: set[str] = set()
    for one, original, why, reviewed_on in _judged(database, wanted, shelf):
        if why:
            removed[why] += 1
        elif reviewed_on < oldest:
            removed["review overdue"] += 1
        elif reviewed_on > last:
            removed["reviewed after that day"] += 1
        elif not one.kinds & kinds:
            removed["no section of a kind that the layout takes"] += 1
        elif one.id in withdrawn:
            removed["withdrawn"] += 1
        elif original and not _steps_in(original, wanted, replaced):
            removed["the same page as another"] += 1
        else:
            kept.append(one)
    kept.sort(key=attrgetter("id"))  # but for the duplicates they are in order
    return Catalogue(tuple(kept), removed, shelf.snapshot, shelf.titles)


def _judged(database: Database, wanted: Wanted, shelf: Shelf) -> list[_Judged]:
    values = {"language": wanted.language.lower(), "region": wanted.region}
    key = values["language"], values["region"]
    if key not in shelf.judged:
        rows = database.execute(_JUDGED, values).fetchall()
        found = ((shelf.candidate(article_id), *rest) for article_id, *rest in rows)
        # What somebody stored since the shelf was read is for the next look.
        shelf.judged[key] = [_Judged(one, *rest) for one, *rest in found if one is not None]
    return shelf.judged[key]


def _steps_in(original: str, wanted: Wanted, replaced: set[str]) -> bool:
    """Whether a duplicate of *original* takes its place: the first one, where its source let that go.

    What an operator withdrew is wrong wherever it stands, so its duplicates stay out as well.
    """
    if original not in wanted.gone or original in replaced:
        return False
    replaced.add(original)
    return True


def _candidate(row: tuple[Any, ...], known: dict[str, tuple[str, ...]]) -> Candidate:
    article_id, title, topics, reviewed, published, kinds, references, grade, is_emergency, packed = row
    names = known.get(topics)
    if names is None:
        names = known[topics] = tuple(json.loads(topics))
    return Candidate(
        article_id, title, names, reviewed, published, kinds, references, grade, bool(is_emergency), packed
    )


def _snapshot(database: Database) -> str:
    digest = hashlib.sha256()
    for article_id, content_hash in database.execute("select id, hash from article order by id"):
        digest.update(f"{article_id} {content_hash}\n".encode())
    return digest.hexdigest()
