"""Drafting: everything an issue of one day is made of, read once, and its editions made from it.

Stores nothing. Compose freezes what comes out of it; preview and the forecast only look.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from newsletter.content.article import Article
from newsletter.content.store import ContentStore
from newsletter.database import Database
from newsletter.errors import PickError
from newsletter.issues import store as issue_store
from newsletter.issues.assembly import Setting, assemble
from newsletter.issues.decision import Decision, in_force
from newsletter.issues.desk import Desk, desk_for, used_by
from newsletter.issues.forecast import after, same_week
from newsletter.issues.history import History, Rules, rules_for
from newsletter.issues.issue import Issue
from newsletter.issues.picker import choose
from newsletter.issues.ranking import Index, Ranking, topic_bits
from newsletter.issues.sections import Chosen
from newsletter.issues.selection import Brief, Selection
from newsletter.issues.topic_set import GENERAL, GENTLE, TopicSet, subsets, topic_set_key
from newsletter.issues.withdrawal import withdrawn_articles
from newsletter.settings import NewsletterSettings, Settings
from newsletter.workflows.pool import Pool, content_stamp, history_key
from newsletter.workflows.withdraw import SOURCE


@dataclass
class Drafting:
    """The inputs of the issue of *day*. *week*: the issues of its week so far."""

    desk: Desk
    index: Index
    history: History
    decisions: tuple[Decision, ...]
    week: tuple[Issue, ...]
    day: date
    content: ContentStore
    pool: Pool = field(default_factory=Pool)
    key: Hashable = None
    _memo: dict[tuple[object, ...], list[Chosen] | str] = field(default_factory=dict)

    @cached_property
    def ranking(self) -> Ranking:
        """The candidates' points on the day."""
        key = (self.key, history_key(self.history))
        made: Ranking = self.pool.rankings.get(
            key, lambda: self.desk.ranking(self.index, self.history, self.day)
        )
        return made

    @cached_property
    def general(self) -> Issue:
        """The general edition.

        Raises:
            PickError: none can be made.
        """
        return self._make(self.desk.brief(self.day, self.decisions), GENERAL)

    def gentle(self) -> Issue:
        """The edition without any sensitive section.

        Raises:
            PickError: none can be made.
        """
        brief = replace(self._brief, is_gentle=True, rules=self._rules([GENTLE]))
        return self._make(brief, GENTLE)

    def for_topics(self, topics: TopicSet) -> Issue:
        """The edition for readers who chose *topics*.

        Raises:
            PickError: none can be made that also goes beyond them.
        """
        within = [topic_set_key(subset) for subset in subsets(topics)]
        brief = replace(
            self._brief,
            interests=topic_bits(topics, self.desk.offered),
            rules=self._rules([*within, GENTLE]),
            memo=self._memo,
        )
        return self._make(brief, topic_set_key(topics))

    @cached_property
    def _brief(self) -> Brief:
        return self.desk.brief(self.day, self.decisions)

    def _rules(self, editions: Iterable[str]) -> Rules | None:
        """What readers of these editions may have been sent, if that is more than the general one."""
        names = {GENERAL, *editions}
        used = used_by(self.history.used, names)
        if not any(one.edition for one in used):
            return None
        return rules_for(self.day, used, by_week=self.desk.layout.by_week)

    def _chosen(self, brief: Brief) -> Selection:
        """The general edition's sections; a new subject is no reason to choose them again."""
        hand = brief.hand
        decided = (hand.lead, tuple(sorted(hand.pins.items())), hand.bans, hand.order)
        key = (self.key, history_key(self.history), decided)
        made: Selection = self.pool.selections.get(key, lambda: choose(self.ranking, brief))
        return made

    def _make(self, brief: Brief, edition: str) -> Issue:
        selection = self._chosen(brief) if edition == GENERAL else choose(self.ranking, brief)
        ids = {chosen.candidate.id for chosen in selection.chosen}
        articles: dict[str, Article] = {one: self.content.get(one) for one in ids}
        # A subject that names another lead than everybody's would tell what its readers chose.
        is_discreet = bool(edition) and selection.lead_id != self.general.lead.article_id
        setting = Setting(
            settings_hash=self.desk.hash,
            last_form=self.history.last_form(self.day),
            week=self.week,
            edition=edition,
            is_discreet=is_discreet,
            period=self.desk.period,
            wording=self.desk.wording,
        )
        return assemble(selection, articles, brief=brief, ranking=self.ranking, setting=setting)


@contextmanager
def drafting(
    settings: Settings,
    database: Database,
    newsletter: NewsletterSettings,
    day: date,
    *,
    expected: Sequence[Issue] = (),
    pool: Pool | None = None,
) -> Iterator[Drafting]:
    """Everything that the issue of *day* is made of; candidates from the *pool* where it has them.

    *expected*: issues that are to go out before it and are not made yet, oldest first (plan.expected).

    Raises:
        PickError: the content store holds nothing that may be used.
        SettingsError: the layout or the observances are wrong.
    """
    desk = desk_for(settings, newsletter)
    with database.read() as connection:
        history = after(issue_store.history(connection, newsletter.name, day), *expected)
        decisions = tuple(in_force(connection, newsletter.name, day))
        week = issue_store.week_before(connection, newsletter.name, day) if desk.layout.by_week else ()
        withdrawn = withdrawn_articles(connection)
        gone = withdrawn_articles(connection, actor=SOURCE)
    if desk.layout.by_week:
        told = [*week, *(issue for issue in expected if same_week(issue.issued_on, day))]
        week = tuple(sorted(told, key=lambda issue: issue.issued_on))
    pool = pool or Pool()
    # Taken before the store is read: what is written meanwhile is another.
    stamp = content_stamp(settings.content_path)
    key = (stamp, desk.hash, day, frozenset(withdrawn), frozenset(gone))
    with ContentStore(settings.content_path) as content:

        def index() -> Index:
            shelf = pool.shelves.get((settings.content_path, stamp), content.shelf)
            catalogue = content.catalogue(desk.wanted(day, day, withdrawn=withdrawn, gone=gone), shelf)
            if not catalogue.candidates:
                raise nothing_usable(day, content, catalogue.removed)
            return Index(catalogue)

        found: Index = pool.indexes.get(key, index)
        yield Drafting(desk, found, history, decisions, week, day, content, pool, key)


def nothing_usable(day: date, content: ContentStore, removed: Mapping[str, int]) -> PickError:
    """Why there is no candidate at all, and what to do about it."""
    if content.is_empty():
        reason, step = "the content store is empty", "Bring articles in: newsletter ingest SOURCE"
    elif set(removed) == {"no review date"}:
        reason = (
            f"none of the {removed['no review date']} articles in the content store says when it was reviewed"
        )
        step = "Say it for them: newsletter ingest SOURCE --reviewed-on DATE, or reviewed_on in [[sources]]."
    else:
        counted = ", ".join(f"{count}: {why}" for why, count in sorted(removed.items()))
        reason, step = f"no article in the content store may be used ({counted})", "Bring in more articles."
    return PickError(f"issue of {day}", reason, step)
