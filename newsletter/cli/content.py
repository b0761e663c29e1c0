"""Commands on content: ``ingest``, ``parse`` and ``articles list|show|search``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.output import JsonOption, console, fail, say_json
from newsletter.cli.table import print_table, short_ids

if TYPE_CHECKING:
    from newsletter.content.article import Article, Block, Item
    from newsletter.content.search import Hit
    from newsletter.content.store import ArticleSummary, ContentStore
    from newsletter.settings import SourceSettings
    from newsletter.workflows.ingest import SourceReport

articles = typer.Typer(no_args_is_help=True, help="Look into the content store.")


class KindChoice(StrEnum):
    """Kinds of sources that can be read."""

    AUTO = "auto"
    CAPTURE = "capture"
    MARKDOWN = "markdown"
    HTML = "html"
    FEED = "feed"
    WORDPRESS = "wordpress"
    WXR = "wxr"


#: How many names of files that were passed over are printed; the JSON has them all, with the reasons.
_SHOWN = 5

Kind = Annotated[KindChoice, typer.Option("--kind", help="What the source is; auto looks at it.")]


def ingest(
    ctx: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(help="Files, folders or addresses; without any, the configured sources."),
    ] = None,
    kind: Kind = KindChoice.AUTO,
    reviewed_on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Review date of documents that do not give one."),
    ] = None,
    release: Annotated[
        bool, typer.Option("--release", help="Let go what a sync held back because it was so much.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring articles into the content store."""
    from rich.progress import Progress

    from newsletter.clock import SystemClock
    from newsletter.database import Database
    from newsletter.errors import ContentError
    from newsletter.settings import load_settings
    from newsletter.workflows.sync_sources import open_desk, sync_sources

    settings = load_settings(ctx.obj)
    day = reviewed_on.date() if reviewed_on else None
    wanted = [_source(place, kind, day) for place in sources or []] or list(settings.sources)
    if not wanted:
        step = "Name a file, folder or address, or add [[sources]] to newsletter.toml."
        raise ContentError("newsletter ingest", "there is nothing to read", step)
    database = Database(settings.database_url.get_secret_value())
    database.upgrade()
    with (
        open_desk(settings, database, SystemClock(), release=release) as desk,
        Progress(console=console(), disable=as_json, transient=True) as bar,
    ):
        task = bar.add_task("reading", total=None)
        reports = sync_sources(
            wanted, desk, progress=lambda done, of: bar.update(task, completed=done, total=of)
        )
    database.close()
    if as_json:
        say_json({"sources": [asdict(report) for report in reports]})
    else:
        _print_reports(reports)
    if any(report.rejected for report in reports):
        raise typer.Exit(1)


def _source(place: str, kind: KindChoice, reviewed_on: date | None) -> SourceSettings:
    """A place as it was typed: an address when it says http, else a path."""
    from pydantic import ValidationError

    from newsletter.errors import SettingsError
    from newsletter.settings import SourceSettings

    where: dict[str, Any] = {"url": place} if "://" in place else {"path": Path(place)}
    try:
        return SourceSettings(**where, kind=kind.value, reviewed_on=reviewed_on)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise SettingsError(f"source {place}", reason) from None


def _print_reports(reports: Sequence[SourceReport]) -> None:
    for report in reports:
        counts = (f"{getattr(report, name)} {name}" for name in ("new", "changed", "unchanged", "withdrawn"))
        said = [count for count in counts if not count.startswith("0 ")] or ["nothing taken in"]
        if report.rejected:
            said.append(f"{len(report.rejected)} rejected")
        if report.passed_over:
            names = ", ".join(one.item for one in report.passed_over[:_SHOWN])
            more = ", …" if len(report.passed_over) > _SHOWN else ""
            said.append(f"{len(report.passed_over)} passed over ({names}{more})")
        typer.echo(f"{report.source}: {', '.join(said)}")
    for report in reports:
        for rejected in report.rejected:
            typer.echo(f"rejected {rejected.item}: {rejected.reason}", err=True)


def parse(
    file: Annotated[Path, typer.Argument(help="The document to read.")],
    kind: Kind = KindChoice.AUTO,
    as_json: JsonOption = False,
) -> None:
    """Read one document and show what was understood; store nothing."""
    from newsletter.content.sources.document import KINDS, read_document

    wanted = next((one for one in KINDS if one == kind.value), None)
    if wanted is None:
        raise fail(f"newsletter parse: {kind.value} is not a file. Use: newsletter ingest ADDRESS", 2)
    article = read_document(file, kind=wanted)
    if as_json:
        say_json(article_json(article))
    else:
        _print_article(article)


class ReviewChoice(StrEnum):
    """Whether an article's review holds today."""

    REVIEWED = "reviewed"
    OVERDUE = "overdue"
    MISSING = "missing"


@articles.command("list")
def list_articles(
    ctx: typer.Context,
    review: Annotated[ReviewChoice | None, typer.Option(help="Only those in this state of review.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List every article in the store, and what keeps it from being used."""
    from newsletter.clock import SystemClock, local_date
    from newsletter.content.article import review_state
    from newsletter.settings import load_settings

    today = local_date(SystemClock().now(), "UTC")
    limit = load_settings(ctx.obj).review_limit
    withdrawn = _withdrawn(ctx)
    with _store(ctx) as store:
        every = store.articles()
    found = [
        replace(one, status="withdrawn") if one.id in withdrawn else one
        for one in every
        if review is None or review_state(one, today, limit=limit) == review.value
    ]
    if as_json:
        say_json(
            [
                {
                    **asdict(one),
                    "reviewed_on": _day(one.reviewed_on),
                    "review": review_state(one, today, limit=limit),
                }
                for one in found
            ]
        )
        return
    if not found:
        typer.echo("no articles")
        return
    short = short_ids([one.id for one in every])
    rows = (
        (one.title, _standing(one, review_state(one, today, limit=limit), short), short[one.id])
        for one in found
    )
    print_table(("title", "reviewed", "id"), rows, whole=-1)


def _standing(one: ArticleSummary, review: str, short: Mapping[str, str]) -> str:
    """What a person wants to know of an article at a glance; *short* has the ids cut for people."""
    if one.status == "withdrawn":
        return "withdrawn"
    if one.duplicate_of:
        return f"same page as {short.get(one.duplicate_of, one.duplicate_of)}"
    if review == "reviewed":
        return _day(one.reviewed_on) or ""
    return review if one.reviewed_on is None else f"{review} ({one.reviewed_on})"


@articles.command("show")
def show_article(
    ctx: typer.Context,
    article_id: Annotated[str, typer.Argument(metavar="ID", help="The article's id, or its beginning.")],
    version: Annotated[int | None, typer.Option(help="An older version.", min=1)] = None,
    as_json: JsonOption = False,
) -> None:
    """Show one article."""
    with _store(ctx) as store:
        article = store.get(article_id, version=version)
    if article.id in _withdrawn(ctx):
        article = article.model_copy(update={"status": "withdrawn"})
    if as_json:
        say_json(article_json(article))
    else:
        _print_article(article)


@articles.command("search")
def search_articles(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(help="Words that a section must hold.")],
    as_json: JsonOption = False,
) -> None:
    """Find sections by their words; of pages that stand twice, only those of the one that is used."""
    withdrawn = _withdrawn(ctx)
    with _store(ctx) as store:
        hits = store.search(" ".join(words), withdrawn=withdrawn)
        short = {} if as_json or not hits else short_ids([one.id for one in store.articles()])
    if as_json:
        found = [(hit, {"snippet": _in_brackets(hit), "withdrawn": hit.id in withdrawn}) for hit in hits]
        say_json([asdict(hit) | more for hit, more in found])
        return
    if not hits:
        typer.echo("nothing found")
        return
    rows = (
        (
            f"{hit.title} (withdrawn)" if hit.id in withdrawn else hit.title,
            hit.heading,
            " ".join(_in_brackets(hit).split()),
            short.get(hit.id, hit.id),
        )
        for hit in hits
    )
    print_table(("title", "section", "words", "id"), rows, whole=-1)


def _in_brackets(hit: Hit) -> str:
    return "".join(f"[{text}]" if is_found else text for text, is_found in hit.snippet)


@articles.command("withdraw")
def withdraw_article(
    ctx: typer.Context,
    article_id: Annotated[str, typer.Argument(metavar="ID", help="The article's whole id.")],
    reason: Annotated[str, typer.Option(help="Why it may not be said any more.")],
    as_json: JsonOption = False,
) -> None:
    """Make an article unusable at once, also in issues that are composed or going out."""
    from newsletter.cli.audited import actor
    from newsletter.clock import SystemClock
    from newsletter.database import Database
    from newsletter.settings import load_settings
    from newsletter.workflows.withdraw import withdraw

    with _store(ctx) as store:
        whole_id = store.get(article_id).id
    if whole_id != article_id:
        raise fail(f"newsletter: {article_id} is not a whole id. Did you mean {whole_id}?", 2)
    if not reason.strip():
        raise fail("newsletter: a withdrawal needs a reason. Say it with --reason.", 2)
    database = Database(load_settings(ctx.obj).database_url.get_secret_value())
    database.upgrade()
    done = withdraw(database, whole_id, reason=reason, actor=actor(), clock=SystemClock())
    database.close()
    if as_json:
        used = [
            {
                "newsletter": use.newsletter,
                "date": use.issued_on.isoformat(),
                "state": use.state.value,
                "consequence": consequence.value,
            }
            for use, consequence in done.issues
        ]
        say_json({"id": whole_id, "withdrawn": done.was_new, "issues": used})
        return
    typer.echo(f"{whole_id}: {'withdrawn' if done.was_new else 'was withdrawn before'}")
    for use, consequence in done.issues:
        said = "" if consequence.value == "none" else f", now {consequence.value}"
        typer.echo(f"  used in {use.newsletter} {use.issued_on} ({use.state.value}{said})")


def article_json(article: Article) -> dict[str, Any]:
    """The article as the interface promises it (house interfaces: "An article").

    Each section has, beside the promised keys, its ``hash`` and ``items``: every list item, nested ones
    after the one they belong to, as ``{label, text, depth}``.
    """
    data = article.model_dump(mode="json", exclude={"sections", "left_out"})
    data["sections"] = [
        {
            "position": section.position,
            "heading": section.heading,
            "kind": section.kind.value,
            "text": section.text,
            "html": section.html,
            "words": section.words,
            "grade": section.grade,
            "smog": section.smog,
            "flags": [flag.value for flag in section.flags],
            "items": list(_items(section.blocks)),
            "hash": section.hash,
        }
        for section in article.sections
    ]
    data["left_out"] = [left.model_dump() for left in article.left_out]
    return data


def _items(blocks: Iterable[Block], depth: int = 0) -> Iterator[dict[str, Any]]:
    from newsletter.content.article import ListBlock

    for block in blocks:
        if isinstance(block, ListBlock):
            for item in block.items:
                yield _item(item, depth)
                yield from _items(item.blocks, depth + 1)


def _item(item: Item, depth: int) -> dict[str, Any]:
    from newsletter.content.article import plain_text

    return {"label": item.label, "text": plain_text(item.html), "depth": depth}


def _store(ctx: typer.Context) -> ContentStore:
    from newsletter.content.store import ContentStore
    from newsletter.settings import load_settings

    return ContentStore(load_settings(ctx.obj).content_path, must_exist=True)


def _withdrawn(ctx: typer.Context) -> dict[str, str]:
    from newsletter.settings import load_settings
    from newsletter.workflows.withdraw import withdrawn_in

    return withdrawn_in(load_settings(ctx.obj).database_url.get_secret_value())


def _print_article(article: Article) -> None:
    from rich.text import Text

    out = console()
    out.print(Text(article.title, style="bold"))
    reviewed = _day(article.reviewed_on) or "never reviewed"
    out.print(Text(f"{article.id}  {article.source}  {article.status}  reviewed: {reviewed}  {article.url}"))
    for section in article.sections:
        marks = " ".join(flag.value for flag in section.flags)
        grade = f"grade {section.grade}" if section.grade is not None else "grade –"
        out.print()
        out.print(
            Text(f"{section.position}  {section.heading}", style="bold"),
            Text(f"[{section.kind}] {grade} {marks}", style="dim"),
        )
        out.print(Text(section.text))
    if article.disclaimer:
        out.print(Text(f"\nDisclaimer: {article.disclaimer}"))
    if article.references:
        out.print("\nReferences", style="bold")
    for number, reference in enumerate(article.references, 1):
        out.print(Text(f"{number}. {reference.text} {reference.url}".rstrip()))
    if article.left_out:
        out.print()
        lines = ((str(left.number), left.line, left.why) for left in article.left_out)
        print_table(("line", "left out", "why"), lines)


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
