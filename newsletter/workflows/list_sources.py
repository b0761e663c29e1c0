"""List where articles come from, with how the last sync of each ended and what it rejected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from newsletter.content.sync import Run, SyncRuns
from newsletter.settings import Settings
from newsletter.workflows.sync_sources import origin_of

#: Of sources that are not configured (any more), so many are shown, the latest first.
OTHERS = 20
#: In this order people want to know of a run.
COUNTED = ("new", "changed", "unchanged", "withdrawn", "rejected")


@dataclass(frozen=True, slots=True)
class Rejection:
    """Something that was not taken in, and why."""

    item: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """One source. *run_at* is None before its first sync; *failure*: why the last one broke off.

    *rejected* may hold fewer than *counts* says: the first of them are kept.
    """

    name: str
    kind: str
    is_configured: bool
    run_at: datetime | None = None
    counts: Mapping[str, int]
    rejected: tuple[Rejection, ...] = ()
    failure: str = ""


def list_sources(settings: Settings) -> list[SourceState]:
    """The configured sources in their order, then others that were read, the latest first.

    Raises:
        ContentError: the content store cannot be read.
    """
    configured = {origin_of(source): source for source in settings.sources}
    runs: dict[str, Run] = {}
    others: dict[str, Run] = {}
    if settings.content_path.is_file():  # looking makes no store
        with SyncRuns(settings.content_path) as kept:
            runs = kept.of(list(configured))
            others = kept.latest(OTHERS + len(configured))
    more = [origin for origin in others if origin not in configured][:OTHERS]
    return [
        *(_state(origin, runs.get(origin), is_configured=True) for origin in configured),
        *(_state(origin, others[origin], is_configured=False) for origin in more),
    ]


def _state(origin: str, run: Run | None, *, is_configured: bool) -> SourceState:
    kind, _, name = origin.partition(" ")
    if run is None:
        return SourceState(name=name, kind=kind, is_configured=is_configured, counts={})
    return SourceState(
        name=name,
        kind=kind,
        is_configured=is_configured,
        run_at=run.run_at,
        counts={each: run.counts.get(each, 0) for each in COUNTED},
        rejected=tuple(Rejection(item, reason) for item, reason in run.rejected),
        failure=run.failure,
    )
