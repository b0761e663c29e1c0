"""Finding duplicates among the stored articles, and keeping track of which one stands for the others.

Of articles that are one page (content/duplicate.py) the first usable one is the original, in the order in
which they were first stored; the others say in ``article.duplicate_of`` whose duplicate they are. What an
article is depends on those before it only, so a change is settled by going through its likes in that order.
All of this runs inside the transaction that stores the article.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlite_utils import Database

from newsletter.content.article import Article
from newsletter.content.duplicate import Likeness, are_duplicates, likeness

#: Articles that share a band with one, or are its duplicates so far.
_LIKES = """
    select other.article_id as id from band as own join band as other on other.value = own.value
    where own.article_id = :id and other.article_id <> :id
    union select id from article where duplicate_of = :id
"""
_PLACE = """
    select status = 'usable' and reviewed_on is not null as usable, rowid as number, duplicate_of
    from article where id = ?
"""


class _Place(NamedTuple):
    """Where an article stands among its likes: usable ones first, then in the order of first storing."""

    rank: tuple[bool, int]
    original: str | None


def index_article(database: Database, article: Article, text: str, *, is_new: bool) -> None:
    """Note how *article*, just stored, reads (*text*), and settle what is a duplicate of what now.

    A withdrawn article stands for no other, and is nobody's duplicate.
    """
    affected: set[str] = set()
    if not is_new:
        affected = _likes(database, article.id)
        database.execute("delete from band where article_id = ?", [article.id])
        database.execute("delete from likeness where article_id = ?", [article.id])
    if article.status != "withdrawn":
        kept = likeness(article.title, text)
        database.execute(
            "insert into likeness (article_id, title, text, minima) values (?, ?, ?, ?)",
            [article.id, kept.title, kept.text, kept.packed()],
        )
        database.conn.executemany(
            "insert into band (value, article_id) values (?, ?)",
            [(band, article.id) for band in sorted(kept.bands())],
        )
        affected |= _likes(database, article.id)
    # Most articles are like no other, and then there is nothing to settle.
    if affected:
        _settle(database, {article.id} | affected)


def _settle(database: Database, article_ids: set[str]) -> None:
    """Find anew the originals of these articles, and of those that are affected by what comes of it."""
    waiting = {article_id: _place(database, article_id) for article_id in article_ids}
    while waiting:
        article_id = min(waiting, key=lambda one: waiting[one].rank)
        place = waiting.pop(article_id)
        original = _original(database, article_id, place)
        if original == place.original:
            continue
        database.execute("update article set duplicate_of = ? where id = ?", [original, article_id])
        for like in _likes(database, article_id):
            later = _place(database, like)
            if later.rank > place.rank:
                waiting[like] = later


def _original(database: Database, article_id: str, place: _Place) -> str | None:
    """The first article before this one that it is a duplicate of, itself nobody's."""
    before = [
        (earlier.rank, like)
        for like in _likes(database, article_id)
        if (earlier := _place(database, like)).rank < place.rank and earlier.original is None
    ]
    own = _kept(database, article_id) if before else None
    for _, like in sorted(before):
        other = _kept(database, like)
        if own and other and are_duplicates(own, other):
            return like
    return None


def _likes(database: Database, article_id: str) -> set[str]:
    return {row[0] for row in database.execute(_LIKES, {"id": article_id})}


def _place(database: Database, article_id: str) -> _Place:
    usable, number, original = database.execute(_PLACE, [article_id]).fetchone()
    return _Place((not usable, number), original)


def _kept(database: Database, article_id: str) -> Likeness | None:
    row = database.execute(
        "select title, text, minima from likeness where article_id = ?", [article_id]
    ).fetchone()
    return Likeness.unpacked(*row) if row else None
