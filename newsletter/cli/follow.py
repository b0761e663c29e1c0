"""Watching an issue go out: ``newsletter deliveries DATE --follow``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from newsletter.delivery.slow_domain import SlowDomain
from newsletter.delivery.speed import answered
from newsletter.issues.issue import State
from newsletter.workflows.follow import Follow, Sight
from newsletter.workflows.tally import Tally

#: How often it looks, and without a terminal how often it says something, in seconds.
LOOK_EVERY_S, SAY_EVERY_S = 1.0, 5.0
_MINUTE, _HOUR = 60, 3600


def follow(watch: Follow, *, silent: bool = False) -> Sight | None:
    """Show the issue until nothing more happens to it, or until Ctrl-C; what was seen last.

    On a terminal a table, redrawn every second; else a line when something has changed. *silent*: neither.
    An issue that is not composed is waited for until its day is over; then None. The sending is another's: it
    never waits for whoever watches.
    """
    # Lines are cut at the edge here: a wrapped one would be in the way when the table is drawn anew.
    screen, last, said_at, said = Console(highlight=False), None, 0.0, ""
    try:
        if screen.is_terminal and not silent:
            with Live(console=screen, auto_refresh=False) as live:
                for last in _looks(watch):
                    live.update(Text(_to_come(watch)) if last is None else drawn(last), refresh=True)
            return last
        for last in _looks(watch):
            line = _to_come(watch) if last is None else told(last)
            is_due = last is None or last.is_over or time.monotonic() >= said_at + SAY_EVERY_S
            if not silent and is_due and line != said:
                typer.echo(line)
                said, said_at = line, time.monotonic()
    except KeyboardInterrupt:
        typer.echo("No longer watched; the sending is not touched by that.", err=True)
    return last


def _looks(watch: Follow) -> Iterator[Sight | None]:
    while True:
        sight = watch.look()
        yield sight
        if not watch.may_begin() if sight is None else sight.is_over:
            return
        time.sleep(LOOK_EVERY_S)


def _to_come(watch: Follow) -> str:
    return f"{watch.newsletter} {watch.day}: not composed yet" if watch.may_begin() else ""


def told(sight: Sight) -> str:
    """Everything in one line."""
    counts = ", ".join(f"{count} {state}" for state, count in sight.tally.counts.items() if count)
    parts = [f"{_name(sight)}: {counts or 'no deliveries'}", *([] if sight.is_over else _speed(sight))]
    parts += [f"{one.domain} {_pace(one, sight)}" for one in sight.slow_domains]
    return "; ".join(parts)


def drawn(sight: Sight) -> RenderableType:
    """The table for a terminal."""
    counts = sight.tally.counts
    rows = Table(box=None, show_header=False, pad_edge=False)
    for state, count in counts.items():
        if count:
            rows.add_row(state, Text(f"{count:,}", justify="right"))
    lines: list[RenderableType] = [Text(_name(sight), style="bold")]
    bar = Table.grid()
    bar.add_row(ProgressBar(total=max(sum(counts.values()), 1), completed=answered(counts), width=60))
    lines += [bar, rows]
    if sight.slow_domains:
        slow = Table("slow domain", "", "because of", box=None, pad_edge=False)
        for one in sight.slow_domains:
            slow.add_row(one.domain, _pace(one, sight), Text(one.reason))
        lines.append(slow)
    if not sight.is_over:
        lines += [Text("; ".join(_speed(sight))), Text("Ctrl-C ends the watching, not the sending.", "dim")]
    if sight.tally.issue.state is State.PAUSED:
        day = sight.tally.issue.issued_on
        lines.append(Text(f"Let it go on: newsletter resume {day}; end it: newsletter cancel {day}"))
    return Group(*lines)


def waiting(found: Tally, now: datetime) -> str:
    """Why nothing leaves at the moment; empty while something does."""
    until = found.waits_until(now)
    return f"the rest waits until {until:%Y-%m-%d %H:%M} UTC (why: newsletter pace list)" if until else ""


def document(sight: Sight) -> dict[str, object]:
    """What --json says beside the issue and its counts."""
    return {
        "rate": None if sight.rate is None else round(sight.rate, 3),
        "left_s": None if sight.left_s is None else round(sight.left_s, 1),
        "slow_domains": [
            {"domain": one.domain, "held_until": one.held_until, "at_once": one.at_once, "reason": one.reason}
            for one in sight.slow_domains
        ],
    }


def _name(sight: Sight) -> str:
    issue, reason = sight.tally.issue, sight.tally.reason
    why = f": {reason}" if reason else ""
    return f"{issue.newsletter} {issue.issued_on} ({issue.state.value}{why})"


def _speed(sight: Sight) -> list[str]:
    if wait := waiting(sight.tally, sight.at):
        return [wait]
    rate = "rate not known yet" if sight.rate is None else f"{sight.rate:,.1f} messages/s"
    left = "" if sight.left_s is None else f"{_duration(sight.left_s)} left"
    return [rate, *([left] if left and sight.tally.issue.state is State.SENDING else [])]


def _pace(one: SlowDomain, sight: Sight) -> str:
    if one.is_held(sight.at) and one.held_until is not None:
        return f"waits until {one.held_until:%H:%M} UTC"
    return f"takes {one.at_once} at a time"


def _duration(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds // _HOUR:.0f} h {seconds % _HOUR / _MINUTE:.0f} min"
