"""How well returned mail is understood: a table per family of servers against the reference data.

Run with ``python -m tests.acceptance.score_bounces``. The data is found through NEWSLETTER_REFERENCE_DATA
(default ../shared/data); without it this says so and ends 0. It ends 1 when what issue 9 promises ("Shows" 1)
is missed (Score.misses). Every miss is printed with what was expected; docs/reference/returned-mail.md tells
why those that are known stay.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from newsletter.feedback.event import Event, Kind, Permanence
from newsletter.feedback.report import events_of
from tests.acceptance.score_captures import data_folder

#: The thresholds of issue 9, "Shows" 1.
MIN_RECIPIENT = 0.97
MIN_PERMANENCE = 0.93
MIN_COMPLAINTS = 0.95

PERMANENCE = {
    "hard": Permanence.PERMANENT,
    "permanent": Permanence.PERMANENT,
    "soft-permanent-code": Permanence.PERMANENT,
    "soft-transient-code": Permanence.TEMPORARY,
    "temporary": Permanence.TEMPORARY,
}
#: What a row of these is, and is never taken for a bounce or a complaint.
HARMLESS = {"auto-reply": Kind.AUTO_REPLY, "auth-failure-report": Kind.NONE}


@dataclass
class Tally:
    """So many right of so many."""

    right: int = 0
    total: int = 0

    @property
    def share(self) -> float:
        return self.right / self.total if self.total else 1.0

    def __str__(self) -> str:
        return f"{self.right}/{self.total}" if self.total else "-"

    def count(self, *, right: bool) -> None:
        self.right += right
        self.total += 1


@dataclass
class Score:
    """Counts over the messages of one family."""

    recipients: Tally = field(default_factory=Tally)
    permanence: Tally = field(default_factory=Tally)
    complaints: Tally = field(default_factory=Tally)
    harmless: Tally = field(default_factory=Tally)
    notes: list[str] = field(default_factory=list)

    def misses(self) -> list[str]:
        """What issue 9 promises and this is not, in words."""
        shares = (
            ("recipients", self.recipients, MIN_RECIPIENT),
            ("permanence", self.permanence, MIN_PERMANENCE),
            ("complaints", self.complaints, MIN_COMPLAINTS),
            ("answers and DMARC reports left alone", self.harmless, 1.0),
        )
        return [f"{name} {tally.share:.3f} < {least}" for name, tally, least in shares if tally.share < least]


def family(file: str) -> str:
    """The family of a file's name: "lhost-exim-01.eml" is of exim, "001.eml" of its folder."""
    folder, _, name = file.partition("/")
    found = re.match(r"(?:lhost-)?([a-z][a-z\d-]*?)[-_]?\d*\.", name)
    return found[1] if found and folder in {"sisimai", "flufl"} else folder


def score_row(
    row: dict[str, str], events: tuple[Event, ...], wanted: set[str], *, scores: list[Score]
) -> None:
    """Add one row, of a message about *wanted*, to each of *scores*."""
    got = {event.recipient.lower(): event for event in events}
    recipient = row["recipient"].lower()
    event = got.get(recipient, events[0])
    counted = []
    if recipient:
        # A recipient beside those that the message is about makes its rows wrong.
        right = recipient in got and not got.keys() - wanted - {""}
        counted.append(("recipients", right, f"recipient {sorted(got)}, not {sorted(wanted)}"))
    verdict = judge(row["klass"], event)
    if verdict:
        said = f"{event.kind}, {event.permanence} ({event.status}), not {row['klass']} ({row['status']})"
        counted.append((*verdict, said))
    for score in scores:
        for name, right, said in counted:
            getattr(score, name).count(right=right)
            if not right:
                score.notes.append(f"{row['file']} {row['index']}: {said}")


def judge(klass: str, event: Event) -> tuple[str, bool] | None:
    """Which count an *event* of a row of *klass* belongs to, and whether it is right."""
    if klass in PERMANENCE:
        # A notice of delay is right as such, whatever a reference parser makes of its words.
        is_right = event.kind is Kind.BOUNCE and event.permanence is PERMANENCE[klass]
        return "permanence", event.kind is Kind.DELAYED or is_right
    if klass == "complaint":
        return "complaints", event.kind is Kind.COMPLAINT
    if klass in HARMLESS:
        return "harmless", event.kind is HARMLESS[klass]
    return None


def score_all(folder: Path) -> dict[str, Score]:
    """Scores by family, and under "all" over every message of *folder*."""
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (folder / "expected.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows[row["file"]].append(row)
    scores: dict[str, Score] = defaultdict(Score)
    for name, of_file in rows.items():
        events = events_of((folder / name).read_bytes())
        wanted = {row["recipient"].lower() for row in of_file} - {""}
        for row in of_file:
            score_row(row, events, wanted, scores=[scores[family(name)], scores["all"]])
    return dict(sorted(scores.items(), key=lambda pair: (pair[0] == "all", pair[0])))


def main() -> int:
    """Print the table and every miss."""
    folder = data_folder() / "bounces"
    if not (folder / "expected.csv").is_file():
        print(f"no reference data at {folder}: nothing scored")
        return 0
    scores = score_all(folder)
    print(f"{'family':20} {'recipient':>10} {'permanence':>10} {'complaint':>10} {'left alone':>10}")
    for name, score in scores.items():
        tallies = (score.recipients, score.permanence, score.complaints, score.harmless)
        print(f"{name:20} " + " ".join(f"{tally!s:>10}" for tally in tallies))
    total = scores["all"]
    print(
        f"recipient {total.recipients.share:.1%} (at least {MIN_RECIPIENT:.0%}), permanence "
        f"{total.permanence.share:.1%} (at least {MIN_PERMANENCE:.0%}), complaints "
        f"{total.complaints.share:.1%} (at least {MIN_COMPLAINTS:.0%})"
    )
    print(*(f"not as expected: {note}" for note in total.notes), sep="\n")
    misses = total.misses()
    print(*(f"missed: {miss}" for miss in misses), sep="\n", end="\n" if misses else "")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
