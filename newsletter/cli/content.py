"""Commands on content: ``ingest``, ``parse`` and ``articles list|show|search``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.output import JsonOption, console, say_json

if TYPE_CHECKING:
    from newsletter.content.article import Article, Block, Item
    from newsletter.content.store import ContentStore

articles = typer.Typer(no_args_is_help=True, help="Look into the content store.")


class KindChoice(StrEnum):
    """Kinds of documents that can be read."""

    AUTO = "auto"
    CAPTURE = "capture"
    MARKDOWN = "markdown"


Kind = Annotated[KindChoice, typer.Option("--kind", help="What the document is; auto looks at it.")]


def ingest(
    ctx: typer.Context,
    sources: Annotated[
        list[Path] | None, typer.Argument(help="Files or folders; without any, the configured sources.")
    ] = None,
    kind: Kind = KindChoice.AUTO,
    reviewed_on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Review date of documents that do not give one."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Bring articles into the content store."""
    from newsletter.clock import SystemClock
    from newsletter.content.store import ContentStore
    from newsletter.errors import ContentError
    from newsletter.settings import SourceSettings, load_settings
    from newsletter.workflows.ingest import ingest_sources

    settings = load_settings(ctx.obj)
    day = reviewed_on.date() if reviewed_on else None
    wanted: Sequence[SourceSettings] = [
        SourceSettings(path=path, kind=kind.value, reviewed_on=day) for path in sources or []
    ]
    if not wanted:
        wanted = settings.sources
    if not wanted:
        step = "Name a file or folder, or add [[sources]] to newsletter.toml."
        raise ContentError("newsletter ingest", "there is nothing to read", step)
    with ContentStore(settings.content_path) as store:
        reports = ingest_sources(wanted, store=store, clock=SystemClock())
    if as_json:
        say_json({"sources": [asdict(report) for report in reports]})
    else:
        columns = ("source", "kind", "new", "changed", "unchanged", "withdrawn", "rejected")
        rows = (
            [*(str(getattr(report, name)) for name in columns[:-1]), str(len(report.rejected))]
            for report in reports
        )
        _print_table(columns, rows)
        for report in reports:
            for rejected in report.rejected:
                typer.echo(f"rejected {rejected.item}: {rejected.reason}", err=True)
    if any(report.rejected for report in reports):
        raise typer.Exit(1)


def parse(
    file: Annotated[Path, typer.Argument(help="The document to read.")],
    kind: Kind = KindChoice.AUTO,
    as_json: JsonOption = False,
) -> None:
    """Read one document and show what was understood; store nothing."""
    from newsletter.content.sources.document import read_document

    article = read_document(file, kind=kind.value)
    if as_json:
        say_json(article_json(article))
    else:
        _print_article(article)


@articles.command("list")
def list_articles(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List every article in the store."""
    withdrawn = _withdrawn(ctx)
    with _store(ctx) as store:
        found = [replace(one, status="withdrawn") if one.id in withdrawn else one for one in store.articles()]
    if as_json:
        say_json([{**asdict(summary), "reviewed_on": _day(summary.reviewed_on)} for summary in found])
        return
    columns = ("id", "title", "reviewed")
    rows = (
        (one.id, one.title, one.status if one.status == "withdrawn" else _day(one.reviewed_on) or one.status)
        for one in found
    )
    _print_table(columns, rows)


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
    """Find sections by their words."""
    with _store(ctx) as store:
        hits = store.search(" ".join(words))
    if as_json:
        say_json([asdict(hit) for hit in hits])
    else:
        rows = ((hit.id, hit.title, hit.heading, " ".join(hit.snippet.split())) for hit in hits)
        _print_table(("id", "title", "section", "words"), rows)


@articles.command("withdraw")
def withdraw_article(
    ctx: typer.Context,
    article_id: Annotated[str, typer.Argument(metavar="ID", help="The article's id, or its beginning.")],
    reason: Annotated[str, typer.Option(help="Why it may not be said any more.")],
    as_json: JsonOption = False,
) -> None:
    """Make an article unusable at once, also in issues that are composed or going out."""
    from newsletter.clock import SystemClock
    from newsletter.database import Database
    from newsletter.settings import load_settings
    from newsletter.workflows.withdraw import withdraw

    with _store(ctx) as store:
        whole_id = store.get(article_id).id
    database = Database(load_settings(ctx.obj).database_url.get_secret_value())
    database.upgrade()
    done = withdraw(database, whole_id, reason=reason, actor="operator", clock=SystemClock())
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


def _print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE)
    for number, name in enumerate(columns):
        # The first column is what a person copies, and the beginning of an id is enough.
        first = number == 0
        table.add_column(
            name, no_wrap=first, overflow="ellipsis" if first else "fold", max_width=32 if first else None
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console().print(table)


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
            Text(f"{section.heading}", style="bold"), Text(f"[{section.kind}] {grade} {marks}", style="dim")
        )
        out.print(Text(section.text))
    if article.disclaimer:
        out.print(Text(f"\nDisclaimer: {article.disclaimer}"))
    for number, reference in enumerate(article.references, 1):
        out.print(Text(f"{number}. {reference.text} {reference.url}".rstrip()))
    if article.left_out:
        out.print()
        lines = ((str(left.number), left.line, left.why) for left in article.left_out)
        _print_table(("line", "left out", "why"), lines)


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
