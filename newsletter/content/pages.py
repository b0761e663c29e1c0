"""How a list of articles is turned over, a page at a time: along an index, without counting what is before.

Each query takes *:size* rows; the article that the page before ended with is *:id*, with *:title* and
*:reviewed_on*; *:oldest* is the last day on which a review that holds *:on* that day may have been.
"""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.content.article import ReviewState

_HOLDS = {"reviewed": "reviewed_on between :oldest and :on", "overdue": "reviewed_on < :oldest"}


@dataclass(frozen=True, slots=True)
class Anchor:
    """The article that the page before ended with, as it stands in the index."""

    id: str
    title: str
    reviewed_on: str | None


def page_queries(state: ReviewState | None, anchor: Anchor | None) -> list[str]:
    """What gives the page behind *anchor* (None: the first), one query after the other until it is full.

    All articles go by title; those in one *state* of review by the day of it, the oldest first.
    """
    if state is None:
        behind = "where title collate nocase >= :title and (title collate nocase > :title or id > :id) "
        return [f"{behind if anchor else ''}order by title collate nocase, id limit :size"]
    if state != "missing":
        return [_by_day(_HOLDS[state], is_behind=anchor is not None)]
    never = f"where reviewed_on is null{' and id > :id' if anchor else ''} order by id limit :size"
    if anchor is None or anchor.reviewed_on is None:
        return [never, _by_day("reviewed_on > :on", is_behind=False)]
    return [_by_day("reviewed_on > :on", is_behind=True)]


def _by_day(bounds: str, *, is_behind: bool) -> str:
    behind = " and reviewed_on >= :reviewed_on and (reviewed_on > :reviewed_on or id > :id)"
    return f"where {bounds}{behind if is_behind else ''} order by reviewed_on, id limit :size"
