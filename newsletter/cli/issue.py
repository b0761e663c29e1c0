"""Commands about one issue: preview, check, send, deliveries."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from newsletter.cli.audited import leave_line
from newsletter.cli.follow import document as watch_document
from newsletter.cli.follow import follow as follow_issue
from newsletter.cli.follow import waiting
from newsletter.cli.output import (
    DayArgument,
    JsonOption,
    NewsletterOption,
    console,
    fail,
    say_json,
    show_checks,
)
from newsletter.cli.why import show_why, slot_name
from newsletter.clock import SystemClock, local_date
from newsletter.database import Database
from newsletter.delivery.delivery import State
from newsletter.engines.collector import collecting_less
from newsletter.engines.ending import ending_by_signal
from newsletter.errors import SettingsError
from newsletter.issues.desk import offered_topics
from newsletter.issues.issue import Issue
from newsletter.issues.topic_set import MAX_SET
from newsletter.rendering.preflight import failures
from newsletter.settings import NewsletterSettings, Settings, load_settings
from newsletter.workflows import preview as preview_workflow
from newsletter.workflows.compose import compose, make_draft
from newsletter.workflows.deliver import deliver_to_the_end
from newsletter.workflows.follow import Follow
from newsletter.workflows.reach import reach_links
from newsletter.workflows.ready_to_send import ready_to_send
from newsletter.workflows.send_copy import send_copy
from newsletter.workflows.tally import tally
from newsletter.workflows.watch_letter import Previews
from newsletter.workflows.workplace import open_workplace


def preview(
    context: typer.Context,
    day: DayArgument,
    out: Annotated[
        Path | None, typer.Option(help="Folder for issue.html, .txt, .eml and .json.", show_default=False)
    ] = None,
    topics: Annotated[
        str, typer.Option(help="The edition for readers who chose these topics, by commas.")
    ] = "",
    why: Annotated[bool, typer.Option("--why", help="Explain every pick.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Serve it, and reload it when a template changes.")
    ] = False,
    host: Annotated[str, typer.Option(help="Address to serve it at, with --watch.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to serve it at, with --watch.", min=1, max=65535)] = 8100,
    newsletter: NewsletterOption = None,
    json_output: JsonOption = False,
) -> None:
    """Write the issue of DATE as it would be sent, to look at; or serve it while its templates are edited."""
    if (out is None) is not watch:
        said = "not both with --watch, which writes nothing" if watch else "name a folder, or use --watch"
        raise typer.BadParameter(said, ctx=context, param_hint="'--out'")
    settings = load_settings(context.obj)
    publication = settings.newsletter(newsletter)
    chosen = _topics(publication, topics)
    if out is None:
        previews = Previews(
            settings, context.obj, _database(settings), day, newsletter=publication.name, topics=chosen
        )
        # With it come the web server and the clock, which take longer to load than most previews to make.
        from newsletter.cli.watch import serve_previews

        serve_previews(previews, host=host, port=port, json_output=json_output)
        return
    draft, files = preview_workflow.preview(
        settings, _database(settings), publication, day, out=out, since=_today(publication), topics=chosen
    )
    if json_output:
        say_json(
            {
                "files": [str(path) for path in files],
                "issue": draft.issue.document(),
                "checks": [check.document() for check in draft.checks],
            }
        )
    else:
        if why:
            show_why(draft.issue)
        else:
            show_picks(draft.issue)
        show_checks(draft.checks, only_faults=True)
        typer.echo("\n".join(str(path) for path in files))
    if failures(draft.checks):
        raise typer.Exit(1)


def check(
    context: typer.Context,
    day: DayArgument,
    reach: Annotated[bool, typer.Option("--reach", help="Also ask every link whether it answers.")] = False,
    newsletter: NewsletterOption = None,
    json_output: JsonOption = False,
) -> None:
    """Run the preflight of the issue of DATE."""
    settings = load_settings(context.obj)
    publication = settings.newsletter(newsletter)
    today = _today(publication)
    draft = make_draft(settings, _database(settings), publication, day, since=today, today=today)
    if reach:
        draft = reach_links(draft)
    if json_output:
        say_json({"checks": [one.document() for one in draft.checks]})
    else:
        show_checks(draft.checks, only_faults=False)
    if failures(draft.checks):
        raise typer.Exit(1)


def send(
    context: typer.Context,
    day: DayArgument,
    to: Annotated[str | None, typer.Option(help="Send one test copy to this address instead.")] = None,
    newsletter: NewsletterOption = None,
    json_output: JsonOption = False,
) -> None:
    """Compose the issue of DATE if need be and send it now; run again, it resumes."""
    settings = load_settings(context.obj)
    publication = settings.newsletter(newsletter)
    with open_workplace(settings, SystemClock()) as workplace:
        about = f"{publication.name} {day}"
        if to is not None:
            leave_line(workplace, "test copy", about)
            issue, reply = send_copy(workplace, publication, day, to=to)
            if json_output:
                say_json({"issue": issue.document(), "counts": {reply.outcome.value: 1}})
            else:
                typer.echo(f"test copy {reply.outcome.value}: {reply.code} {reply.text}")
            raise typer.Exit(0 if reply.outcome.value == State.ACCEPTED.value else 1)
        ready_to_send(workplace, publication, day)
        leave_line(workplace, "send", about)
        today = _today(publication)
        draft = make_draft(settings, workplace.database, publication, day, since=today, today=today)
        before = tally(workplace.database, publication.name, day, clock=SystemClock())
        if not json_output:
            show_checks(draft.checks, only_faults=True)
        with Progress(console=console(), disable=json_output, transient=True) as bar:
            task = bar.add_task(f"sending {publication.name} {day}", total=None)
            with collecting_less(), ending_by_signal(workplace.stopping):
                counts = deliver_to_the_end(
                    workplace, publication, day, progress=lambda done: bar.update(task, completed=done)
                )
        issue = compose(workplace, publication, day).issue
        after = tally(workplace.database, publication.name, day, clock=SystemClock())
    _report(issue, counts, json_output=json_output)
    if after is not None and not json_output and (wait := waiting(after, SystemClock().now())):
        typer.echo(wait)
    if before is not None and not json_output:
        typer.echo(f"{counts[State.ACCEPTED] - before.counts[State.ACCEPTED]} of them were sent now")
    if counts[State.REJECTED] or counts[State.UNKNOWN] or counts[State.DEFERRED] or counts[State.QUEUED]:
        raise typer.Exit(1)


def deliveries(
    context: typer.Context,
    day: DayArgument,
    state: Annotated[State | None, typer.Option(help="Only this state.")] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Watch it go out until nothing is open; Ctrl-C ends only that.")
    ] = False,
    newsletter: NewsletterOption = None,
    json_output: JsonOption = False,
) -> None:
    """What became of the issue of DATE: how many deliveries are in each state."""
    settings = load_settings(context.obj)
    publication = settings.newsletter(newsletter)
    watch = Follow(_database(settings), publication.name, day, SystemClock(), publication.timezone)
    sight = follow_issue(watch, silent=json_output) if follow else watch.look()
    if sight is None:
        raise fail(f"newsletter: issue of {day}: is not composed. Run: newsletter send {day}")
    if follow and not json_output:
        return
    result = sight.tally
    counts = {key: value for key, value in result.counts.items() if state is None or key == state}
    more = {
        "reason": result.reason,
        "waits_until": result.waits_until(sight.at),
        **(watch_document(sight) if follow else {}),
    }
    _report(result.issue, counts, {"seconds": result.seconds, **more}, json_output=json_output)
    if not json_output and (wait := waiting(result, sight.at)):
        typer.echo(wait)


def show_picks(issue: Issue) -> None:
    """Print subject and picks, a line each; show_why has the reasons."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for pick in issue.picks:
        left = f"{pick.words} words" + (", shortened" if pick.cut else "")
        table.add_row(slot_name(pick), f"{pick.article_title}: {pick.heading}", left, f"{pick.score} points")
    console().print(f"\n“{issue.subject}”, {issue.issued_on}\n", markup=False)
    console().print(table)
    console().print("")


def _topics(newsletter: NewsletterSettings, given: str) -> tuple[str, ...]:
    offered = offered_topics(newsletter)
    chosen = sorted({topic.strip().casefold() for topic in given.split(",") if topic.strip()})
    for topic in chosen:
        if topic not in offered:
            known = ", ".join(offered) or "none: set topics in newsletter.toml"
            raise SettingsError(f"topic {topic!r}", "is not offered to readers", f"Offered: {known}.")
    if len(chosen) > MAX_SET:
        raise SettingsError("--topics", f"found {len(chosen)} topics", f"An edition has at most {MAX_SET}.")
    return tuple(chosen)


def _report(
    issue: Issue, counts: dict[str, int], more: dict[str, object] | None = None, *, json_output: bool
) -> None:
    more = more or {}
    if json_output:
        # How it was picked is asked of preview --why.
        shown = {name: value for name, value in issue.document().items() if name != "trace"}
        say_json({"issue": shown, "counts": counts, **more})
        return
    said = ", ".join(f"{count} {state}" for state, count in counts.items() if count) or "no deliveries"
    took = f" in {more['seconds']:.1f} s" if "seconds" in more else ""
    why = f": {more['reason']}" if more.get("reason") else ""
    typer.echo(f"{issue.newsletter} {issue.issued_on} ({issue.state.value}{why}): {said}{took}")


def _today(newsletter: NewsletterSettings) -> date:
    return local_date(SystemClock().now(), newsletter.timezone)


def _database(settings: Settings) -> Database:
    database = Database(settings.database_url.get_secret_value())
    database.upgrade()
    return database
