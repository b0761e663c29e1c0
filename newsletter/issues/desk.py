"""What an issue is made with: a newsletter's own rules, in one place, for compose, preview and forecast."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from newsletter.content.catalogue import Wanted
from newsletter.issues.decision import Decision, hand_of
from newsletter.issues.history import History, Used, rules_for
from newsletter.issues.layout import Layout, layout_of
from newsletter.issues.observance import Observance, load_observances, season
from newsletter.issues.ranking import ALGORITHM, Index, Ranking, seed_for
from newsletter.issues.selection import Brief
from newsletter.settings import WEEKDAYS, NewsletterSettings, Settings
from newsletter.wording import Wording, wording_of


@dataclass(frozen=True)
class Desk:
    """A newsletter as the picker sees it. *limit*: how many days a review holds; *offered*: its topics.

    *wording* gives the issue its subject; no pick depends on it.
    """

    newsletter: str
    language: str
    region: str
    layout: Layout
    weekdays: frozenset[int]
    monthly: bool
    limit: int
    offered: tuple[str, ...]
    observances: tuple[Observance, ...]
    wording: Wording

    @property
    def hash(self) -> str:
        """SHA-256 over every setting that a pick depends on."""
        said = {
            "algorithm": ALGORITHM,
            "newsletter": self.newsletter,
            "language": self.language,
            "region": self.region,
            "layout": asdict(self.layout),
            "weekdays": sorted(self.weekdays),
            "monthly": self.monthly,
            "limit": self.limit,
            "offered": self.offered,
            "observances": [one.model_dump() for one in self.observances],
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=_plain).encode()).hexdigest()

    def wanted(
        self, first: date, last: date, *, withdrawn: Iterable[str] = (), gone: Iterable[str] = ()
    ) -> Wanted:
        """What the content store is asked for, for issues from *first* to *last*."""
        return Wanted(
            first=first,
            last=last,
            language=self.language,
            region=self.region,
            limit=self.limit,
            kinds=self.layout.kinds,
            withdrawn=frozenset(withdrawn),
            gone=frozenset(gone),
        )

    def ranking(self, index: Index, history: History, day: date) -> Ranking:
        """The points of every candidate on *day*, after the general editions of *history*."""
        general = [one for one in history.used if not one.edition]
        first, last = self._stands_for(day)
        return Ranking(
            index=index,
            rules=rules_for(day, general, by_week=self.layout.by_week),
            season=season(self.observances, first, region=self.region, until=last),
            limit=self.limit,
            begun_on=min(history.begun_on or day, day),
            ever_used=history.ever_used,
            offered=self.offered,
        )

    def _stands_for(self, day: date) -> tuple[date, date]:
        """The days that an issue stands for: those until the next one; in a series, its whole week."""
        if self.layout.by_week:
            monday = day - timedelta(days=day.weekday())
            return monday, monday + timedelta(days=6)
        later = (day + timedelta(days=days) for days in range(1, 40))
        after = next(
            one
            for one in later
            if one.weekday() in self.weekdays and not (self.monthly and one.month == day.month)
        )
        return day, after - timedelta(days=1)

    @property
    def period(self) -> str:
        """What a digest of this newsletter is of."""
        return "month" if self.monthly else "week"

    def brief(self, day: date, decisions: Iterable[Decision] = ()) -> Brief:
        """What the general edition of *day* is to be."""
        return Brief(
            newsletter=self.newsletter,
            day=day,
            layout=self.layout,
            seed=seed_for(self.newsletter, day),
            hand=hand_of(decisions),
            weekdays=self.weekdays,
        )


def desk_for(settings: Settings, newsletter: NewsletterSettings) -> Desk:
    """The desk of *newsletter*.

    Raises:
        SettingsError: a slot of its layout or the file of observances is wrong.
    """
    return Desk(
        newsletter=newsletter.name,
        language=newsletter.language,
        region=settings.region,
        layout=layout_of(newsletter),
        weekdays=frozenset(WEEKDAYS.index(one) for one in newsletter.weekdays),
        monthly=newsletter.cadence == "monthly",
        limit=settings.review_limit.days,
        offered=offered_topics(newsletter),
        observances=load_observances(settings.observances),
        wording=wording_of(newsletter.language, overrides=settings.templates),
    )


def offered_topics(newsletter: NewsletterSettings) -> tuple[str, ...]:
    """The topics that readers of *newsletter* may choose editions by, in alphabetical order."""
    return tuple(sorted({topic.casefold() for topic in newsletter.topics}))


def used_by(used: Sequence[Used], editions: Iterable[str]) -> list[Used]:
    """What the named *editions* have used: all that a reader of the last of them may have been sent."""
    wanted = set(editions)
    return [one for one in used if one.edition in wanted]


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset | set) else str(value)
