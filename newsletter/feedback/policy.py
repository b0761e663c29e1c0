"""What follows from what came back: pure, and by the table policy.toml alone."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from newsletter.feedback.event import Event

_FILE = Path(__file__).with_name("policy.toml")


class Consequence(StrEnum):
    """What follows from one event."""

    NOTHING = "nothing"
    SUPPRESS = "suppress"  # the address is dead: never mail it again
    SOFT = "soft"  # count the day; too many of them, and the address is dead
    DOMAIN = "domain"  # our fault as senders: send the domain less, and tell the operator
    ISSUE = "issue"  # our fault in the letter: count it against the issue, and tell the operator
    COMPLAIN = "complain"  # unsubscribe from everything, and never mail the address again
    LEAVE = "leave"  # unsubscribe from that newsletter


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One row of the table. What is empty fits everything. *source*: who says so."""

    kind: str
    then: Consequence
    source: str
    status: str = ""
    reason: tuple[str, ...] = ()
    permanence: str = ""

    def fits(self, event: Event) -> bool:
        """Whether this row is about *event*."""
        return (
            event.kind == self.kind
            and (not self.status or fnmatchcase(event.status, self.status))
            and (not self.reason or event.reason in self.reason)
            and (not self.permanence or event.permanence == self.permanence)
        )


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The table. *soft_limit* days of *soft_window*, or as many issues in a row, make an address dead.

    An outage is when over *outage_share*, and at least *outage_readers*, of those readers of a domain fail in
    one issue who were reached before. After *verdict_after* no more is expected to come about an issue.
    """

    rules: tuple[Rule, ...]
    soft_limit: int
    soft_window: timedelta
    outage_share: float
    outage_readers: int
    verdict_after: timedelta
    keep_raw: timedelta
    raw_octets: int
    raw_items: int
    tray_items: int
    #: Who says so, by the table of numbers ("soft", "outage", "verdict", "keep").
    sources: Mapping[str, str] = field(default_factory=dict)

    def consequence(self, event: Event) -> Consequence:
        """What follows from *event*: what no rule is about, changes nobody."""
        return next((rule.then for rule in self.rules if rule.fits(event)), Consequence.NOTHING)

    def is_worn_out(self, days: Collection[date]) -> bool:
        """Whether *days* on which a mailbox took no letter are too many, in whatever order they came.

        Any stretch of the window counts: what comes late says the same as what came in time.
        """
        ordered = sorted(set(days))
        reach = self.soft_limit - 1
        return any(
            last - first < self.soft_window for first, last in zip(ordered, ordered[reach:], strict=False)
        )

    def is_run(self, numbers: Collection[int]) -> bool:
        """Whether so many issues one after the other failed, by their *numbers*: of a letter that is rare."""
        ordered = sorted(set(numbers))
        reach = self.soft_limit - 1
        return any(last - first == reach for first, last in zip(ordered, ordered[reach:], strict=False))

    def is_outage(self, failed: int, *, reached: int) -> bool:
        """Whether *failed* of *reached* readers (all of them reached before) are too many to be to blame."""
        return failed >= self.outage_readers and failed > self.outage_share * reached


@cache
def load_policy() -> Policy:
    """The table as it is shipped."""
    table: dict[str, Any] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    soft, outage, keep = table["soft"], table["outage"], table["keep"]
    return Policy(
        rules=tuple(_rule(row) for row in table["rule"]),
        soft_limit=soft["limit"],
        soft_window=timedelta(days=soft["window_days"]),
        outage_share=outage["share"],
        outage_readers=outage["readers"],
        verdict_after=timedelta(days=table["verdict"]["days"]),
        keep_raw=timedelta(days=keep["raw_days"]),
        raw_octets=keep["raw_octets"],
        raw_items=keep["raw_items"],
        tray_items=keep["tray_items"],
        sources={name: table[name]["source"] for name in ("soft", "outage", "verdict", "keep")},
    )


def _rule(row: dict[str, Any]) -> Rule:
    words = {"then": Consequence(row["then"]), "reason": tuple(row.get("reason", ()))}
    return Rule(**{**row, **words})
