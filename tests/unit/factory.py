"""Makes articles, sections, issues and editions for tests; every part can be overridden by name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from newsletter.content.article import (
    Article,
    Block,
    Flag,
    Item,
    Kind,
    ListBlock,
    Paragraph,
    Reference,
    Section,
    Table,
)
from newsletter.content.candidate import candidate
from newsletter.content.catalogue import Catalogue, Wanted
from newsletter.content.store import ContentStore
from newsletter.issues.assembly import Setting, assemble
from newsletter.issues.decision import Decision
from newsletter.issues.desk import Desk, desk_for
from newsletter.issues.history import History, Used
from newsletter.issues.issue import Issue, Pick
from newsletter.issues.picker import choose
from newsletter.issues.ranking import Index
from newsletter.rendering.edition import Edition, render_edition
from newsletter.settings import NewsletterSettings, Settings

DAY = date(2026, 3, 3)
REVIEWED = date(2026, 1, 12)
_WORD = "calm"

#: What an article needs to lead, and a kind that another one can fill "also today" with.
LEAD_KINDS = (Kind.OVERVIEW, Kind.SYMPTOMS, Kind.TREATMENT, Kind.WHEN_TO_SEEK_HELP, Kind.PREVENTION)


def paragraph(words: int | str = 20) -> Paragraph:
    """A paragraph of that many words, or of that XHTML."""
    return Paragraph(html=words if isinstance(words, str) else " ".join([_WORD] * words) + ".")


def bullets(*texts: str, ordered: bool = False, start: int = 1) -> ListBlock:
    """A list of those items."""
    return ListBlock(ordered=ordered, start=start, items=tuple(Item(html=text) for text in texts))


def table(header: tuple[str, ...], *rows: tuple[str, ...]) -> Table:
    """A table with that header and those rows."""
    return Table(header=header, rows=rows)


def section(
    kind: Kind = Kind.OVERVIEW,
    *blocks: Block,
    position: int = 0,
    flags: tuple[Flag, ...] = (),
    heading: str = "",
) -> Section:
    """A section of *kind*; without blocks it is a paragraph of twenty words."""
    return Section(
        position=position,
        heading=heading or kind.value.replace("_", " ").capitalize(),
        kind=kind,
        blocks=blocks or (paragraph(),),
        flags=flags,
    )


def article(name: str = "gout", *, sections: tuple[Section, ...] = (), **overrides: Any) -> Article:
    """A usable article that can lead; *name* gives id, address, title and topic."""
    made = sections or tuple(section(kind) for kind in LEAD_KINDS)
    values: dict[str, Any] = {
        "id": name,
        "source": f"{name}.md",
        "url": f"https://clinic.example/{name}",
        "slug": name,
        "title": name.replace("-", " ").capitalize(),
        "reviewed_on": REVIEWED,
        "topics": (name,),
        "sections": tuple(one.model_copy(update={"position": place}) for place, one in enumerate(made)),
        "references": (Reference(text=f"Guide to {name}", url=f"https://guide.example/{name}"),),
    }
    return Article(**{**values, **overrides})


def desk(settings: Settings | None = None, **newsletter: Any) -> Desk:
    """The desk of a newsletter; *newsletter* overrides its settings."""
    return desk_for(settings or Settings(), NewsletterSettings(**newsletter))


def index(articles: Sequence[Article], at: Desk) -> Index:
    """*articles* as the content store would hand them to the picker: those that rules on content leave."""
    usable = [
        one
        for one in articles
        if one.status == "usable"
        and one.reviewed_on
        and one.lang.replace("_", "-").split("-")[0].lower() == at.language
        and (not one.regions or at.region in one.regions)
    ]
    made = (candidate(one) for one in sorted(usable, key=lambda one: one.id))
    return Index(Catalogue(tuple(made), snapshot="snapshot"))


def picked(
    articles: Sequence[Article],
    used: Sequence[Used] = (),
    *,
    day: date = DAY,
    at: Desk | None = None,
    decisions: Sequence[Decision] = (),
    week: Sequence[Issue] = (),
    last_form: str = "",
    **brief: Any,
) -> Issue:
    """The issue that the picker makes of *articles* after *used*; *brief* changes what is wanted."""
    at = at or desk()
    history = History(tuple(used), ever_used=frozenset(one.article_id for one in used))
    ranking = at.ranking(index(articles, at), history, day)
    wanted = replace(at.brief(day, decisions), **brief)
    return assemble(
        choose(ranking, wanted),
        {one.id: one for one in articles},
        brief=wanted,
        ranking=ranking,
        setting=Setting(settings_hash=at.hash, week=tuple(week), last_form=last_form, wording=at.wording),
    )


def issue(*articles: Article, day: date = DAY, newsletter: str = "daily") -> Issue:
    """The issue that the picker makes of *articles* (default: gout and eczema, just in review) on *day*."""
    reviewed_on = day - timedelta(days=50)
    made = articles or (article("gout", reviewed_on=reviewed_on), article("eczema", reviewed_on=reviewed_on))
    return picked(made, day=day, at=desk(name=newsletter))


def issue_with(base: Issue | None = None, *, slot: str = "overview", **changes: Any) -> Issue:
    """*base* (default: the example issue) with its pick in *slot* changed."""
    base = base or issue()
    picks = tuple(one.model_copy(update=changes) if one.slot == slot else one for one in base.picks)
    return base.model_copy(update={"picks": picks})


def pick_in(made: Issue, slot: str) -> Pick:
    """The pick that fills *slot*."""
    return next(one for one in made.picks if one.slot == slot)


def edition(made: Issue | None = None, *, settings: Settings | None = None, **newsletter: Any) -> Edition:
    """*made* (default: the example issue) rendered; *newsletter* overrides its settings."""
    return render_edition(
        made or issue(), settings=settings or Settings(), newsletter=NewsletterSettings(**newsletter)
    )


#: Asks for everything that may be used on any day.
_ALWAYS = Wanted(first=date(2100, 1, 1), last=date(2100, 1, 1), limit=200 * 365)


def usable_articles(store: ContentStore, *, withdrawn: Collection[str] = ()) -> list[Article]:
    """The articles of *store* that an issue may be made of; *withdrawn*: those that a source let go."""
    wanted = replace(_ALWAYS, withdrawn=withdrawn, gone=withdrawn)
    return [store.get(one.id) for one in store.catalogue(wanted).candidates]


def snapshot(store: ContentStore) -> str:
    """What the store's content hashes to."""
    return store.catalogue(_ALWAYS).snapshot
