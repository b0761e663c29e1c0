"""Finding sections by their words, as fast as they are typed: FTS5 over titles, headings and texts."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from newsletter.content.article import Kind

#: Of more matching sections than this, those with the words in title or heading come first.
RANKED = 1_000
#: Words of fewer letters are not looked up as the beginnings of others, nor are these.
UNFINISHED = 3
#: Where nothing is found, those of so many letters are, after all.
BEGUN = 2
FINISHED = frozenset(
    {"and", "are", "can", "does", "for", "from", "how", "the", "what", "when", "who", "with"}
)

#: Articles that are another's duplicate, in the order in which the store takes them for a withdrawn one.
_COPIES = "select id, duplicate_of from article where duplicate_of > '' order by rowid"
#: The best of the first so many sections that match; ranking all that hold "the" would take too long.
_RANKED = """
    select rowid as id, bm25(section_fts, 8.0, 4.0, 1.0) as score from section_fts
    where section_fts match ? and rowid not in (
        select id from section where article_id in (select value from json_each(?))
    ) limit ?
"""
#: The plus keeps SQLite from looking each section up anew, which is slow for a word's beginning.
_HITS = """
    select section.id as number, section.article_id as id, section.title, section.position, section.heading,
           section.kind, snippet(section_fts, 2, char(2), char(3), '…', 16) as snippet
    from section_fts join section on section.id = section_fts.rowid
    where section_fts match ? and +section_fts.rowid in (select value from json_each(?))
"""


@dataclass(frozen=True)
class Hit:
    """A section found by its words. *snippet*: some of its text, in pieces; True: what was looked for."""

    id: str
    title: str
    position: int
    heading: str
    kind: Kind
    snippet: tuple[tuple[str, bool], ...]


def find_sections(
    database: Database, words: str, *, limit: int, withdrawn: Collection[str] = ()
) -> list[Hit]:
    """Sections with all *words* (the last may be unfinished), best first; titles count most.

    A last word of one or two letters, or one like "the", is taken to be finished; where that finds nothing,
    it is taken for a beginning after all (not one letter alone). Of words that more than
    1,000 sections hold, sections with them in the title come first, then those with them in title and
    heading, and of each only the first 1,000 are ranked. An article that is another's duplicate is left out,
    unless that one is *withdrawn* (the ids of all that are).
    """
    quoted = database.quote_fts(words.replace("\0", " "))
    if not quoted.strip():
        return []
    # "ewing's" is two words to FTS5, of which "s" is the last.
    last = ["", *re.findall(r"[^\W_]+", words.lower())][-1]
    # Every word that begins with "s" or with "the" would have to be read, and few are meant.
    finished = len(last) < UNFINISHED or last in FINISHED
    query = quoted if finished else quoted + "*"
    copies = json.dumps(_copies(database, withdrawn))
    best = _rank(database, query, limit, copies)
    if not best and finished and len(last) >= BEGUN:
        query = quoted + "*"
        best = _rank(database, query, limit, copies)
    rows = list(database.query(_HITS, [query, json.dumps(list(best))]))
    rows.sort(key=lambda row: (best[row["number"]], row["id"], row["position"]))
    return [_hit(row) for row in rows]


def _copies(database: Database, withdrawn: Collection[str]) -> list[str]:
    """The ids of the articles that another one is used for."""
    copies: list[str] = []
    replaced: set[str] = set()
    for row in database.query(_COPIES):
        original = row["duplicate_of"]
        if original in withdrawn and original not in replaced and row["id"] not in withdrawn:
            replaced.add(original)
        else:
            copies.append(row["id"])
    return copies


def _rank(database: Database, query: str, limit: int, copies: str) -> dict[int, tuple[int, float]]:
    """The ids of the best *limit* sections that match but for *copies*, and what to sort each by."""
    every = _scores(database, query, RANKED + 1, copies)
    ranked: dict[int, tuple[int, float]] = {}
    if len(every) > RANKED:
        for tier, columns in enumerate(("title", "title heading")):
            for number, score in _scores(database, f"{{{columns}}}: ({query})", RANKED, copies):
                ranked.setdefault(number, (tier, score))
            if len(ranked) >= limit:
                break
    if len(ranked) < limit:
        for number, score in every:
            ranked.setdefault(number, (2, score))
    return dict(sorted(ranked.items(), key=lambda one: (one[1], one[0]))[:limit])


def _scores(database: Database, query: str, limit: int, copies: str) -> list[tuple[int, float]]:
    return [(row["id"], row["score"]) for row in database.query(_RANKED, [query, copies, limit])]


def _hit(row: dict[str, Any]) -> Hit:
    return Hit(
        id=row["id"],
        title=row["title"],
        position=row["position"],
        heading=row["heading"],
        kind=Kind(row["kind"]),
        snippet=tuple(_pieces(row["snippet"])),
    )


def _pieces(marked: str) -> Iterator[tuple[str, bool]]:
    """Texts and whether each was looked for: what stands between the two control characters of _HITS."""
    before, *found = marked.split("\2")
    yield before, False
    for one in found:
        word, _, after = one.partition("\3")
        yield word, True
        yield after, False
