"""`newsletter subscribers import` and `export`: lists that come in, and the list that goes out."""

from __future__ import annotations

import csv
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.audited import leave_line
from newsletter.cli.output import JsonOption, NewsletterOption, console, fail, say_json
from newsletter.clock import SystemClock
from newsletter.settings import load_settings
from newsletter.subscribers.count import differences, recount
from newsletter.subscribers.transfer.progress import progress_key
from newsletter.subscribers.transfer.recognise import Format, RecognisedList, recognise
from newsletter.subscribers.transfer.table import read_table
from newsletter.workflows.drain import drain
from newsletter.workflows.export_subscribers import ExportFormat, export_subscribers
from newsletter.workflows.import_subscribers import ImportReport, Manner, import_subscribers
from newsletter.workflows.take_batch import Outcome
from newsletter.workflows.workplace import open_workplace

AUTO = "auto"

_SHOWN_REJECTS = 20
_DIGITS = " 0123456789"
_PROGRESS_EVERY_S = 2.0
_COUNTS = {
    "read": "rows read",
    "imported": "imported",
    "asked": "  of these asked by mail",
    "updated": "asked before, active now",
    "unchanged": "unchanged",
    "suppressed": "never mailed",
    "new_suppressions": "  of these new",
    "left_out": "on other lists",
    "rejected_count": "rejected",
}


ListFile = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="CSV or TSV, exported elsewhere or here.")
]
FormatOption = Annotated[
    str, typer.Option("--format", help=f"Where it comes from: {AUTO}, or one of {', '.join(Format)}.")
]
ListOption = Annotated[
    list[str] | None,
    typer.Option("--list", metavar="NAME", help="Only this list of a MailPoet export; may be repeated."),
]
BasisOption = Annotated[
    str, typer.Option(help="How and when these readers consented elsewhere, kept as evidence.")
]
RefuseOption = Annotated[
    bool, typer.Option("--refuse-unproved", help="Reject rows without proof; do not ask them by mail.")
]
HourOption = Annotated[int, typer.Option(min=1, help="The most confirmation mails that leave in an hour.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask whether the format is right.")]
RejectsOption = Annotated[
    Path | None, typer.Option(help="Write the rejected rows here: number and reason, as CSV.")
]


def import_list(
    context: typer.Context,
    file: ListFile,
    *,
    written_as: FormatOption = AUTO,
    only: ListOption = None,
    basis: BasisOption = "",
    refuse_unproved: RefuseOption = False,
    per_hour: HourOption = 500,
    dry_run: DryOption = False,
    yes: YesOption = False,
    rejects: RejectsOption = None,
    newsletter: NewsletterOption = None,
    json_output: JsonOption = False,
) -> None:
    """Bring a list in. Proved consent makes readers active; the others are asked by mail.

    Proof is --basis, or a time of confirmation in the file. Whoever left, bounced or complained there is
    never mailed from here, and nobody who left here comes back. The same file again changes nothing. An
    import that was stopped goes on where it was. Ends 1 when a row was rejected.
    """
    settings = load_settings(context.obj)
    name = settings.list_of(newsletter).name
    wanted = _format_named(written_as)
    table = read_table(lambda: file.open("rb"), file.name)
    found = recognise(table, wanted=wanted, lists=tuple(only or ()), newsletter=name)
    _show_format(found, asks=not (dry_run or yes or wanted) and is_terminal())
    with open_workplace(settings, SystemClock()) as workplace, _rejects_to(rejects) as tell_rejected:
        manner = Manner(
            refuse_unproved=refuse_unproved,
            per_hour=per_hour,
            key=_key(found, basis, refuse_unproved=refuse_unproved),
            tell=_progress(),
            tell_rejected=tell_rejected,
        )
        if not dry_run:
            leave_line(workplace, "import", name, format=found.format.value)
        report = import_subscribers(
            workplace, found, newsletter=name, basis=basis, dry_run=dry_run, manner=manner
        )
        halted = drain(workplace).halted if report.asked and not dry_run else ""
    if json_output:
        say_json(asdict(report) | {"format": found.format, "dry_run": dry_run})
    else:
        _print_report(report, dry_run=dry_run)
    if halted:
        typer.echo(f"Mails wait in the outbox: {halted}", err=True)
    if report.rejected_count:
        raise typer.Exit(1)


def export_list(
    context: typer.Context,
    *,
    written_as: Annotated[ExportFormat, typer.Option("--format", help="csv or json.")] = ExportFormat.CSV,
    newsletter: Annotated[
        str | None, typer.Option("--newsletter", help="Only this newsletter (default: all).")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Write the list to standard output: a row per reader and newsletter. Topics are never in it.

    Cells that a spreadsheet would run as a formula begin with an apostrophe, which `import` takes off.
    """
    if json_output:
        written_as = ExportFormat.JSON
    with open_workplace(load_settings(context.obj), SystemClock()) as workplace:
        leave_line(workplace, "export", newsletter or "all newsletters", format=written_as.value)
        try:
            export_subscribers(workplace, sys.stdout, written_as=written_as, newsletter=newsletter)
            sys.stdout.flush()
        except BrokenPipeError:  # whoever read it has had enough
            sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - for the flush at the end
            raise fail("The export was cut short by its reader.") from None


def recount_list(context: typer.Context, json_output: JsonOption = False) -> None:
    """Count every reader, and keep that in place of the counts kept so far.

    For when `newsletter doctor` found that they differ. Stop everything else that writes first.
    """
    settings = load_settings(context.obj)
    with (
        open_workplace(settings, SystemClock()) as workplace,
        workplace.database.write() as connection,
    ):
        found = differences(connection)
        recount(connection)
    if json_output:
        say_json({"mended": [str(each) for each in found]})
    else:
        for each in found:
            typer.echo(f"Mended: {each}")
        typer.echo("Counted." if found else "Counted: nothing differed.")


def is_terminal() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty()


def _format_named(name: str) -> Format | None:
    """None for "auto"."""
    if name == AUTO:
        return None
    try:
        return Format(name.casefold())
    except ValueError:
        raise typer.BadParameter(
            f"{name!r} is none of {AUTO}, {', '.join(Format)}", param_hint="--format"
        ) from None


def _key(found: RecognisedList, basis: str, *, refuse_unproved: bool) -> str:
    """What makes it the same import: the file, and whatever decides what becomes of its rows."""
    how = (found.format, found.newsletter, basis.strip(), *sorted(found.lists), str(refuse_unproved))
    return progress_key(found.table.sha256, *how)


def _show_format(found: RecognisedList, *, asks: bool) -> None:
    """Say what the file is taken for; with *asks*, go on only when that is right."""
    typer.echo(f"{found.table.name}: recognised as {found.format}. These columns are read:", err=True)
    for meaning, column in found.used.items():
        # Several columns may tell a status, or that somebody left: they are told apart inside.
        said = "has left" if meaning.startswith("gone ") else meaning.rstrip(_DIGITS)
        typer.echo(f"  {said:<14} {column}", err=True)
    if found.unused:
        typer.echo(f"Not read: {', '.join(found.unused)}", err=True)
    if asks:
        typer.confirm("Import it as that?", err=True, abort=True)


def _progress() -> Callable[[ImportReport], None]:
    """Say on standard error how far it is, now and then."""
    last = time.monotonic()
    is_told = False

    def tell(report: ImportReport) -> None:
        nonlocal last, is_told
        if report.resumed_at and not is_told:
            typer.echo(f"Goes on behind row {report.resumed_at:,}, where it was stopped.", err=True)
            is_told = True
        if time.monotonic() - last >= _PROGRESS_EVERY_S:
            last = time.monotonic()
            typer.echo(f"  {report.read:,} rows done", err=True)

    return tell


@contextmanager
def _rejects_to(path: Path | None) -> Iterator[Callable[[Outcome], None]]:
    """Where rejected rows are written, behind those of a run that was stopped; nowhere without *path*."""
    if path is None:
        yield lambda _outcome: None
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if not path.stat().st_size:
            writer.writerow(("row", "reason"))

        def tell(outcome: Outcome) -> None:
            writer.writerow((outcome.number, outcome.why))
            file.flush()

        yield tell


def _print_report(report: ImportReport, *, dry_run: bool) -> None:
    out = console()
    out.print("Would happen (nothing was changed):" if dry_run else "Done:", markup=False)
    for name, words in _COUNTS.items():
        out.print(f"  {words:<27}{getattr(report, name):>9,}", markup=False)
    for each in report.rejected[:_SHOWN_REJECTS]:
        out.print(f"    row {each['row']}: {each['reason']}", markup=False)
    if report.rejected_count > _SHOWN_REJECTS:
        out.print("    … and more; --rejects FILE writes them all", markup=False)
