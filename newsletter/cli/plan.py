"""``newsletter plan``: the issues ahead, without making them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from newsletter.cli.output import JsonOption, NewsletterOption, console, parse_day, say_json
from newsletter.clock import SystemClock
from newsletter.database import Database
from newsletter.issues.issue import Issue
from newsletter.issues.trace import Trace
from newsletter.settings import load_settings
from newsletter.workflows.plan import plan as make_plan

MAX_DAYS = 366
_SHOWN = 10


def plan(
    ctx: typer.Context,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="The first day (default: today).")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=MAX_DAYS, help="How many days.")] = 14,
    newsletter: NewsletterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forecast the coming issues as if each were sent, and what runs out on the way."""
    settings = load_settings(ctx.obj)
    publication = settings.newsletter(newsletter)
    day = parse_day(first) if first else SystemClock().now().astimezone(publication.zone).date()
    database = Database(settings.database_url.get_secret_value())
    database.upgrade()
    made = make_plan(settings, database, publication, day, days)
    if as_json:
        issues = [{**issue.document(), "trace": _short(issue.trace)} for issue in made.issues]
        say_json({"issues": issues, "warnings": made.warnings, "coverage": asdict(made.coverage)})
        return
    table = Table("date", "subject", "lead", "also", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for issue in made.issues:
        table.add_row(f"{issue.issued_on:%a %Y-%m-%d}", *_row(issue))
    console().print(table)
    for sentence in made.warnings:
        console().print(f"! {sentence}", markup=False, style="yellow")
    _show_coverage(made.coverage.articles, made.coverage.never, made.coverage.most)


def _short(trace: Trace | None) -> dict[str, object] | None:
    """A trace without its slots, which the preview of the day has: ninety of them are long."""
    return trace.model_dump(mode="json", exclude={"slots", "removed"}) if trace else None


def _row(issue: Issue) -> tuple[str, str, str]:
    if not issue.picks:
        return f"({issue.state.value})", "", issue.trace.notes[0] if issue.trace and issue.trace.notes else ""
    others = [pick.article_title for pick in issue.picks if pick.article_id != issue.lead.article_id]
    return issue.subject, issue.lead.article_title, ", ".join(dict.fromkeys(others))


def _show_coverage(articles: int, never: tuple[str, ...], most: tuple[tuple[str, int], ...]) -> None:
    told = articles - len(never)
    console().print(f"\n{told} of {articles} articles have been sent, or are in the issues above.")
    if most:
        console().print("Most: " + ", ".join(f"{name} ({count})" for name, count in most), markup=False)
    if never:
        more = f" and {len(never) - _SHOWN} more" if len(never) > _SHOWN else ""
        console().print(f"Never: {', '.join(never[:_SHOWN])}{more}", markup=False)
