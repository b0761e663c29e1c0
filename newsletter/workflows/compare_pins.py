"""Compare pins: which articles of an issue no longer say what was picked from them."""

from __future__ import annotations

from newsletter.content.store import ContentStore
from newsletter.database import Database
from newsletter.issues.issue import Issue
from newsletter.issues.withdrawal import withdrawn_articles
from newsletter.rendering.checks.source import CHANGED, GONE, WITHDRAWN
from newsletter.settings import Settings


def compare_pins(
    settings: Settings, database: Database, issue: Issue, *, is_fresh: bool = False
) -> dict[str, str]:
    """Article id → why the text of *issue* that is from it holds no more, for those of which that is so.

    *is_fresh*: it was made of the content store just now, so that only a withdrawal can have come between; an
    issue of a thousand editions would read every article as often. An issue stored before there were pins is
    compared by withdrawals alone. A content store that is not there holds no article: it can be made again,
    and the issue carries its own text.
    """
    with database.read() as connection:
        withdrawn = withdrawn_articles(connection)
    pins: dict[str, set[str]] = {}
    for pick in issue.picks:
        pins.setdefault(pick.article_id, set()).update(filter(None, [pick.sha256]))
    found = {one: WITHDRAWN for one in pins if one in withdrawn}
    left = {one: hashes for one, hashes in pins.items() if one not in withdrawn and hashes}
    if is_fresh:
        return found
    if not settings.content_path.is_file():
        return {**found, **dict.fromkeys(left, GONE)}
    with ContentStore(settings.content_path) as content:
        said = {article_id: _compared(content, article_id, pins) for article_id, pins in left.items()}
    return {**found, **{article_id: why for article_id, why in said.items() if why}}


def _compared(content: ContentStore, article_id: str, pins: set[str]) -> str:
    if not content.holds(article_id):
        return GONE
    article = content.get(article_id)
    if article.status == "withdrawn":
        return WITHDRAWN
    return "" if all(article.holds(pin) for pin in pins) else CHANGED
