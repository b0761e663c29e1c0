"""Count what came through the forms of the sites, and how many people then said yes."""

from __future__ import annotations

from datetime import date

from newsletter.subscribers.site import SiteCount, counts_of
from newsletter.workflows.workplace import Workplace


def count_sites(workplace: Workplace, *, since: date) -> dict[str, SiteCount]:
    """By site key, what came in on *since* or later: every configured site, and those that were."""
    with workplace.database.read() as connection:
        found = counts_of(connection, since=since)
    keys = [site.key for site in workplace.settings.every_site]
    return {key: found.get(key, SiteCount()) for key in (*keys, *(key for key in found if key not in keys))}


def count_site(workplace: Workplace, key: str, *, since: date) -> SiteCount:
    """What came in through one site's forms on *since* or later."""
    return count_sites(workplace, since=since).get(key, SiteCount())
