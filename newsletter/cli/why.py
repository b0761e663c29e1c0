"""Why an issue is as it is, in words: what ``newsletter preview --why`` prints."""

from __future__ import annotations

from rich.table import Table

from newsletter.cli.output import console
from newsletter.issues.issue import Issue, Pick
from newsletter.issues.ranking import PARTS
from newsletter.issues.trace import SlotTrace, Trace

#: How many of a pick's reasons are its section's own; they come first.
OWN = 3
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
    before = ""
    for place, pick in enumerate(issue.picks):
        slot = traced[place] if place < len(traced) else None
        out.print(f"[bold]{slot_name(pick)}[/]: ", end="")
        kind = pick.kind.value.replace("_", " ")
        out.print(f"{pick.article_title}, “{pick.heading}” ({kind})", markup=False)
        out.print(_points(pick, slot, again=pick.article_id == before))
        is_lead = not place and len([one for one in issue.picks if one.article_id == pick.article_id]) > 1
        for sentence in _search(slot, is_lead=is_lead) if slot and pick.article_id != before else ():
            out.print(f"  {sentence}", markup=False)
        out.print("")
        before = pick.article_id


def _about(trace: Trace) -> list[str]:
    """What holds for the whole issue, a sentence each."""
    if trace.removed:
        counted = ", ".join(f"{count} {reason}" for reason, count in trace.removed.items())
        said = [f"{trace.candidates} articles may be used; left out before: {counted}."]
    else:
        said = [f"{trace.candidates} articles may be used; none was left out before."]
    but = ", but for what an operator chose" if trace.by_hand else ""
    gaps = f"no section again within {trace.section_gap} days, no lead within {trace.lead_gap}{but}"
    if trace.relaxed:
        said.append(f"Too little fitted, so soft rules were relaxed, the last one: {trace.relaxed[-1]}.")
        said.append(f"What still holds: {gaps}.")
    elif trace.section_gap:
        said.append(f"Every rule holds{but}: {gaps.removesuffix(but)}, no topic in three issues running.")
    said += [f"Beside the issue: {decision}." for decision in trace.decisions]
    said += [f"Note: {note}." for note in trace.notes]
    return said


def _points(pick: Pick, slot: SlotTrace | None, *, again: bool) -> Table:
    """The points of a pick; those of an article that stand right above are told in one line."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(justify="right", min_width=6)
    table.add_column()
    shown = pick.reasons
    if again and slot is not None:
        article = sum(points for name, points in slot.parts.items() if name in PARTS)
        shown = (*pick.reasons[:OWN], f"its article, as above: {article}", pick.reasons[-1])
    for reason in shown:
        words, _, points = reason.rpartition(": ")
        said = f"{words}{_of(points)}" if words else reason
        table.add_row(points.partition(" of ")[0] if words else "", said)
    if pick.score:
        table.add_row(str(pick.score), "points in all")
    return table


def _of(points: str) -> str:
    most = points.partition(" of ")[2]
    return f" (at most {most})" if most else ""


def _search(slot: SlotTrace, *, is_lead: bool) -> list[str]:
    said = []
    if is_lead and slot.decided_by:
        said.append(
            f"It leads with {slot.decided_by} points: its article's, and the mean of its sections' own."
        )
    if slot.decided_by and not slot.runner_up:
        said.append("Nothing else fitted.")
    if slot.runner_up:
        name = slot.runner_up_article if is_lead else slot.runner_up
        said.append(f"Runner-up: {name}, {slot.runner_up_score} points.")
    if slot.looked_at > 1:
        said.append(f"{slot.looked_at} articles were looked at, most points first, until none could win.")
    if slot.removed:
        counted = "; ".join(f"{count} {reason}" for reason, count in slot.removed.items())
        said.append(f"Of those, not taken: {counted}.")
    return said
