"""Commands of the operator's hand: whether an issue goes out, and ``decide`` with what is in it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated

import typer
from rich.table import Table

from newsletter.cli.audited import actor
from newsletter.cli.output import DayArgument, JsonOption, NewsletterOption, console, parse_day, say_json
from newsletter.clock import SystemClock
from newsletter.issues.decision import Act, Decision, decided
from newsletter.issues.store import StoredIssue
from newsletter.settings import NewsletterSettings, load_settings
from newsletter.workflows import decide as workflow
from newsletter.workflows.approve import approve as approve_issue
from newsletter.workflows.cancel_issue import cancel_issue
from newsletter.workflows.pause_issue import pause_issue
from newsletter.workflows.resume_issue import resume_issue
from newsletter.workflows.workplace import Workplace, open_workplace

decisions = typer.Typer(
    no_args_is_help=True, help="Change an issue before it goes out; every act can be undone."
)

SlotArgument = Annotated[
    str, typer.Argument(metavar="SLOT", help="A slot of the layout, such as also_today.")
]
ArticleArgument = Annotated[str, typer.Argument(metavar="ARTICLE", help="An article's id, or its beginning.")]


def approve(
    ctx: typer.Context, day: DayArgument, newsletter: NewsletterOption = None, as_json: JsonOption = False
) -> None:
    """Let the issue of DATE go: take back what holds or skips it, and give one person's approval."""
    _set(ctx, day, newsletter, approve_issue, as_json=as_json)


def hold(
    ctx: typer.Context, day: DayArgument, newsletter: NewsletterOption = None, as_json: JsonOption = False
) -> None:
    """Keep the issue of DATE from being sent until it is approved."""
    _set(ctx, day, newsletter, workflow.hold, as_json=as_json)


def skip(
    ctx: typer.Context, day: DayArgument, newsletter: NewsletterOption = None, as_json: JsonOption = False
) -> None:
    """Send nothing on DATE."""
    _set(ctx, day, newsletter, workflow.skip, as_json=as_json)


def pause(
    ctx: typer.Context,
    day: DayArgument,
    reason: Annotated[str, typer.Option(help="Why, for whoever looks.")] = "",
    newsletter: NewsletterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop the issue of DATE before its next message, in whatever process it goes out."""
    with _open(ctx) as (workplace, publication):
        stored = pause_issue(workplace, publication(newsletter), day, actor=actor(), reason=reason)
    _say(stored, as_json=as_json)
    if not as_json:
        typer.echo(f"It goes on with: newsletter resume {day}; it ends with: newsletter cancel {day}")


def resume(
    ctx: typer.Context, day: DayArgument, newsletter: NewsletterOption = None, as_json: JsonOption = False
) -> None:
    """Let the paused issue of DATE go on where it stopped."""
    with _open(ctx) as (workplace, publication):
        stored = resume_issue(workplace, publication(newsletter), day, actor=actor())
    _say(stored, as_json=as_json)
    if not as_json:
        typer.echo(f"The clock takes it up at its next look; without a clock: newsletter send {day}")


def cancel(
    ctx: typer.Context,
    day: DayArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    newsletter: NewsletterOption = None,
    as_json: JsonOption = False,
) -> None:
    """End the issue of DATE for good: whoever was not mailed will not be."""
    ask = not yes and not as_json and sys.stdin.isatty()
    if ask and not typer.confirm(f"Cancel the issue of {day}? Whoever was not mailed will not be."):
        raise typer.Exit(1)
    with _open(ctx) as (workplace, publication):
        stored = cancel_issue(workplace, publication(newsletter), day, actor=actor())
    _say(stored, as_json=as_json)


@decisions.command()
def lead(
    ctx: typer.Context,
    day: DayArgument,
    article: ArticleArgument,
    newsletter: NewsletterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let ARTICLE lead the issue of DATE."""
    _decide(ctx, newsletter, Decision(act=Act.LEAD, issued_on=day, article_id=article), as_json=as_json)


@decisions.command()
def pin(
    ctx: typer.Context,
    day: DayArgument,
    slot: SlotArgument,
    article: ArticleArgument,
    position: Annotated[int, typer.Argument(help="The section's position, as in: newsletter articles show")],
    newsletter: NewsletterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put the section at POSITION of ARTICLE into SLOT of the issue of DATE."""
    decision = Decision(act=Act.PIN, issued_on=day, slot=slot, article_id=article, position=position)
    _decide(ctx, newsletter, decision, as_json=as_json)


@decisions.command()
def swap(
    ctx: typer.Context,
    day: DayArgument,
    slot: SlotArgument,
    newsletter: NewsletterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put the runner-up into SLOT of the issue of DATE (where the lead's sections stand: let it lead)."""
    with _open(ctx) as (workplace, publication):
        number = workflow.swap(workplace, publication(newsletter), day, slot, actor=actor())
        _report(workplace, publication(newsletter), number, as_json=as_json)


@decisions.command()
def ban(
    ctx: typer.Context,
    article: ArticleArgument,
    position: Annotated[int | None, typer.Argument(help="Only this section.")] = None,
    day: Annotated[str | None, typer.Option("--on", metavar="DATE", help="Only on this date.")] = None,
    reason: Annotated[str, typer.Option(help="Why, for the trace.")] = "",
    newsletter: NewsletterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Never use ARTICLE, or one section of it, in this newsletter."""
    on = None if day is None else parse_day(day)
    decision = Decision(act=Act.BAN, issued_on=on, article_id=article, position=position, text=reason)
    _decide(ctx, newsletter, decision, as_json=as_json)


@decisions.command()
def order(
    ctx: typer.Context,
    day: DayArgument,
    slots: Annotated[list[str], typer.Argument(help="Slots in their new order; the lead stays first.")],
    newsletter: NewsletterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put the sections of the issue of DATE into another order."""
    _decide(ctx, newsletter, Decision(act=Act.ORDER, issued_on=day, text=" ".join(slots)), as_json=as_json)


@decisions.command()
def subject(
    ctx: typer.Context,
    day: DayArgument,
    text: Annotated[str, typer.Argument(help="The subject: specific, at most 50 characters.")],
    newsletter: NewsletterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rewrite the subject of the issue of DATE."""
    _decide(ctx, newsletter, Decision(act=Act.SUBJECT, issued_on=day, text=text), as_json=as_json)


@decisions.command()
def preheader(
    ctx: typer.Context,
    day: DayArgument,
    text: Annotated[str, typer.Argument(help="The line that completes the subject.")],
    newsletter: NewsletterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rewrite the preheader of the issue of DATE."""
    _decide(ctx, newsletter, Decision(act=Act.PREHEADER, issued_on=day, text=text), as_json=as_json)


@decisions.command()
def undo(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(help="The decision's number, as in: newsletter decide list")],
    newsletter: NewsletterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take decision NUMBER back."""
    with _open(ctx) as (workplace, publication):
        taken = workflow.undo(workplace, publication(newsletter), number, actor=actor())
    if as_json:
        say_json({"undone": number, "decision": taken.model_dump(mode="json")})
    else:
        typer.echo(f"taken back: {taken.said}")


@decisions.command(name="list")
def list_decisions(
    ctx: typer.Context,
    newsletter: NewsletterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Every decision, in force or taken back, with who took it and when."""
    with _open(ctx) as (workplace, publication), workplace.database.read() as connection:
        kept = decided(connection, publication(newsletter).name)
    if as_json:
        rows = [
            {"number": one.id, "said": one.decision.said, "actor": one.actor, "decided_at": one.decided_at,
             "undone_at": one.undone_at, **one.decision.model_dump(mode="json")}
            for one in kept
        ]  # fmt: skip
        say_json({"decisions": rows})
        return
    table = Table("number", "date", "decision", "by", "at", "", box=None, pad_edge=False)
    for one in kept:
        day = one.decision.issued_on
        table.add_row(
            str(one.id), day.isoformat() if day else "every", one.decision.said, one.actor,
            f"{one.decided_at:%Y-%m-%d %H:%M}", "taken back" if one.undone_at else "",
        )  # fmt: skip
    console().print(table)


@contextmanager
def _open(ctx: typer.Context) -> Iterator[tuple[Workplace, Callable[[str | None], NewsletterSettings]]]:
    settings = load_settings(ctx.obj)
    with open_workplace(settings, SystemClock()) as workplace:
        yield workplace, settings.newsletter


def _set(
    ctx: typer.Context,
    day: date,
    newsletter: str | None,
    act: Callable[..., StoredIssue],
    *,
    as_json: bool,
) -> None:
    with _open(ctx) as (workplace, publication):
        stored = act(workplace, publication(newsletter), day, actor=actor())
    _say(stored, as_json=as_json)


def _say(stored: StoredIssue, *, as_json: bool) -> None:
    if as_json:
        say_json({"issue": stored.issue.document(), "reason": stored.reason})
        return
    why = f" ({stored.reason})" if stored.reason else ""
    typer.echo(f"{stored.issue.newsletter} {stored.issue.issued_on}: {stored.issue.state.value}{why}")


def _decide(ctx: typer.Context, newsletter: str | None, decision: Decision, *, as_json: bool) -> None:
    with _open(ctx) as (workplace, publication):
        number = workflow.decide(workplace, publication(newsletter), decision, actor=actor())
        _report(workplace, publication(newsletter), number, as_json=as_json)


def _report(workplace: Workplace, newsletter: NewsletterSettings, number: int, *, as_json: bool) -> None:
    with workplace.database.read() as connection:
        kept = next(one for one in decided(connection, newsletter.name) if one.id == number)
    if as_json:
        say_json({"number": number, "decision": kept.decision.model_dump(mode="json")})
    else:
        typer.echo(f"decision {number}: {kept.decision.said}. Take it back: newsletter decide undo {number}")
