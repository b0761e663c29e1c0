"""Why an issue is as it is, in words: what ``newsletter preview --why`` prints."""

from __future__ import annotations

from rich.table import Table

from newsletter.cli.output import console
from newsletter.issues.issue import Issue, Pick
from newsletter.issues.trace import SlotTrace, Trace

_SLOTS = {"what_helps": "what helps", "seek_help": "when to seek help", "also_today": "also today"}


def slot_name(pick: Pick) -> str:
    """A slot as people read it."""
    return _SLOTS.get(pick.slot, pick.slot.replace("_", " "))


def show_why(issue: Issue) -> None:
    """Print the issue, each pick with its reasons and runner-up, and what was ruled out before."""
    out = console()
    out.print(f"\n“{issue.subject}”, {issue.issued_on}\n{issue.preheader}\n", markup=False)
    trace = issue.trace
    if trace is not None:
        for sentence in _about(trace):
            out.print(sentence, markup=False)
        out.print("")
    traced = list(trace.slots) if trace is not None else []
    for place, pick in enumerate(issue.picks):
        out.print(f"[bold]{slot_name(pick)}[/]: ", end="")
        out.print(
            f"{pick.article_title}, “{pick.heading}” ({pick.kind.value.replace('_', ' ')})", markup=False
        )
        out.print(_points(pick))
        for sentence in _search(traced[place]) if place < len(traced) else ():
            out.print(f"  {sentence}", markup=False)
        out.print("")


def _about(trace: Trace) -> list[str]:
    """What holds for the whole issue, a sentence each."""
    if trace.removed:
        counted = ", ".join(f"{count} {reason}" for reason, count in trace.removed.items())
        said = [f"{trace.candidates} articles may be used; left out before: {counted}."]
    else:
        said = [f"{trace.candidates} articles may be used; none was left out before."]
    if trace.relaxed:
        said.append(f"Too little fitted, so these rules were relaxed: {'; '.join(trace.relaxed)}.")
        said.append(f"No section was sent within {trace.section_gap} days, no lead within {trace.lead_gap}.")
    else:
        said.append(
            f"Every rule holds: no section again within {trace.section_gap} days, no lead within "
            f"{trace.lead_gap}, no topic in three issues running."
        )
    said += [f"Decided by an operator: {decision}." for decision in trace.decisions]
    said += [f"Note: {note}." for note in trace.notes]
    return said


def _points(pick: Pick) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(justify="right", min_width=6)
    table.add_column()
    for reason in pick.reasons:
        words, _, points = reason.rpartition(": ")
        table.add_row(
            points.partition(" of ")[0] if words else "", f"{words or reason}{_of(points if words else '')}"
        )
    if pick.score:
        table.add_row(str(pick.score), "points in all")
    return table


def _of(points: str) -> str:
    most = points.partition(" of ")[2]
    return f" (at most {most})" if most else ""


def _search(slot: SlotTrace) -> list[str]:
    said = []
    if slot.runner_up:
        said.append(f"Runner-up: {slot.runner_up}, {slot.runner_up_score} points.")
    if slot.looked_at > 1:
        said.append(f"{slot.looked_at} articles were looked at, most points first, until none could win.")
    if slot.removed:
        counted = "; ".join(f"{count} {reason}" for reason, count in slot.removed.items())
        said.append(f"Of those, not taken: {counted}.")
    return said
