"""All that an issue may be made of: the candidates that the rules on content leave, and why others went.

Rules on content are SQL, on the article's own row. What depends on what was sent before is the picker's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlite_utils import Database

from newsletter.content.article import REVIEW_LIMIT
from newsletter.content.candidate import Candidate

#: Why an article may not be used, by its own row; the first that holds. :first and :last are the days of
#: the first and the last issue that is to be made, :oldest the earliest review that still holds on :first.
_REASON = """
    case
        when article.status = 'withdrawn' then 'withdrawn'
        when article.status <> 'usable' or article.reviewed_on is null then 'no review date'
        when lower(substr(article.lang, 1, length(:language))) <> :language
            or substr(replace(article.lang, '_', '-'), length(:language) + 1, 1) not in ('', '-')
            then 'another language'
        when article.regions <> '' and instr(' ' || article.regions || ' ', ' ' || :region || ' ') = 0
            then 'another region'
        when article.reviewed_on < :oldest then 'review overdue'
        when article.reviewed_on > :last then 'reviewed after that day'
        when candidate.kinds & :kinds = 0 then 'no section of a kind that the layout takes'
        else ''
    end
"""
_FROM = "from article join candidate on candidate.article_id = article.id"
_COLUMNS = """
    article.id, candidate.title, candidate.topics, reviewed, published, kinds, reference_count, grade,
    is_emergency, sections, duplicate_of
"""
_ALL_KINDS = -1


@dataclass(frozen=True)
class Catalogue:
    """Candidates by id, each id once. *removed* counts the articles that rules on content took out.

    *snapshot* is SHA-256 over every article of the store: the same for the same content on any machine.
    """

    candidates: tuple[Candidate, ...]
    removed: Mapping[str, int] = field(default_factory=dict)
    snapshot: str = ""


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


def read_catalogue(database: Database, wanted: Wanted) -> Catalogue:
    """What *database* (a content store) holds of what is *wanted*."""
    values = {
        "language": wanted.language.lower(),
        "region": wanted.region,
        "oldest": (wanted.first - timedelta(days=wanted.limit)).isoformat(),
        "last": wanted.last.isoformat(),
        "kinds": wanted.kinds,
    }
    counted = database.execute(f"select {_REASON} as reason, count(*) {_FROM} group by reason", values)
    removed = {reason: count for reason, count in counted.fetchall() if reason}
    rows = database.execute(
        f"select {_COLUMNS} {_FROM} where ({_REASON}) = '' order by article.rowid", values
    )
    kept = {row[0]: row for row in _standing(rows.fetchall(), wanted, removed)}
    topics: dict[str, tuple[str, ...]] = {}
    candidates = tuple(_candidate(kept[article_id], topics) for article_id in sorted(kept))
    return Catalogue(candidates, removed, _snapshot(database))


def _standing(
    rows: list[tuple[Any, ...]], wanted: Wanted, removed: dict[str, int]
) -> Iterator[tuple[Any, ...]]:
    """*rows* without withdrawn articles and duplicates.

    Of the duplicates of an article that its source let go, the first takes its place. What an operator
    withdrew is wrong wherever it stands, so its duplicates stay out as well.
    """
    replaced: set[str] = set()
    for row in rows:
        article_id, original = row[0], row[-1]
        if article_id in wanted.withdrawn:
            removed["withdrawn"] = removed.get("withdrawn", 0) + 1
        elif original and (original not in wanted.gone or original in replaced):
            removed["the same page as another"] = removed.get("the same page as another", 0) + 1
        else:
            if original:
                replaced.add(original)
            yield row


def _candidate(row: tuple[Any, ...], known: dict[str, tuple[str, ...]]) -> Candidate:
    article_id, title, topics, reviewed, published, kinds, references, grade, is_emergency, packed, _ = row
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
