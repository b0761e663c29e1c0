"""How well question headings are understood: MedQuAD's questions, each as the heading of its section.

Run with ``python -m tests.acceptance.score_medquad [--verbose]``. The data is found through
NEWSLETTER_REFERENCE_DATA (default ../shared/data); without it this says so and ends 0. Ends 1 when less
than 97 in 100 kinds are right (issue 3, "Shows" 2). The mapping is written down in docs/reference/kinds.md.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from newsletter.content.article import Kind
from newsletter.content.heading import heading_kind

#: So many kinds have to be right.
REQUIRED = 0.97

#: MedQuAD's kinds in the house's words, each on a row of its own in docs/reference/kinds.md.
HOUSE_KINDS: dict[str, Kind] = {
    "information": Kind.OVERVIEW,
    "stages": Kind.TYPES,
    "causes": Kind.CAUSES,
    "genetic changes": Kind.CAUSES,
    "inheritance": Kind.CAUSES,
    "susceptibility": Kind.RISK_FACTORS,
    "symptoms": Kind.SYMPTOMS,
    "complications": Kind.COMPLICATIONS,
    "exams and tests": Kind.DIAGNOSIS,
    "treatment": Kind.TREATMENT,
    "outlook": Kind.PROGNOSIS,
    "prevention": Kind.PREVENTION,
    "why get vaccinated": Kind.PREVENTION,
    "dietary": Kind.SELF_CARE,
    "when to contact a medical professional": Kind.WHEN_TO_SEEK_HELP,
    "emergency or overdose": Kind.WHEN_TO_SEEK_HELP,
    "severe reaction": Kind.WHEN_TO_SEEK_HELP,
    "brand names": Kind.MEDICATIONS,
    "brand names of combination products": Kind.MEDICATIONS,
    "contraindication": Kind.MEDICATIONS,
    "dose": Kind.MEDICATIONS,
    "forget a dose": Kind.MEDICATIONS,
    "how does it work": Kind.MEDICATIONS,
    "how effective is it": Kind.MEDICATIONS,
    "important warning": Kind.MEDICATIONS,
    "indication": Kind.MEDICATIONS,
    "interactions with foods": Kind.MEDICATIONS,
    "interactions with herbs and supplements": Kind.MEDICATIONS,
    "interactions with medications": Kind.MEDICATIONS,
    "precautions": Kind.MEDICATIONS,
    "side effects": Kind.MEDICATIONS,
    "storage and disposal": Kind.MEDICATIONS,
    "usage": Kind.MEDICATIONS,
    "considerations": Kind.OTHER,
    "frequency": Kind.OTHER,
    "how can i learn more": Kind.OTHER,
    "other information": Kind.OTHER,
    "research": Kind.OTHER,
    "support groups": Kind.OTHER,
}


@dataclass
class Score:
    """Counts by the data's kinds, and each question that was understood otherwise."""

    asked: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """How many kinds of all are right, from 0 to 1."""
        return self.right.total() / max(1, self.asked.total())


def data_file() -> Path:
    """Where the reference data should be."""
    folder = Path(os.environ.get("NEWSLETTER_REFERENCE_DATA", "../shared/data"))
    return folder / "medquad" / "dev.jsonl.gz"


def score_file(path: Path) -> Score:
    """The score over every question of the articles in the file at *path*."""
    score = Score()
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            article = json.loads(line)
            for section in article["sections"]:
                named, question = section["heading"], section["question"]
                score.asked[named] += 1
                found = heading_kind(question, title=article["title"]) or Kind.OTHER
                if found is HOUSE_KINDS.get(named):
                    score.right[named] += 1
                else:
                    score.misses.append(f"{named}: {found.value}: {question}")
    return score


def main() -> int:
    """Print the table and the misses (all of them with --verbose)."""
    path = data_file()
    if not path.is_file():
        print(f"no reference data at {path}: nothing scored")
        return 0
    score = score_file(path)
    print(f"{'kind there':40} {'kind here':18} asked right")
    for named, asked in score.asked.most_common():
        here = HOUSE_KINDS.get(named)
        print(f"{named:40} {here.value if here else '(not mapped)':18} {asked:5} {score.right[named]:5}")
    print(f"{'all':59} {score.asked.total():5} {score.right.total():5}  {score.share:.4f}")
    print(f"\n{len(score.misses)} misses (kind there: kind found: question)")
    print(*(score.misses if "--verbose" in sys.argv else score.misses[:40]), sep="\n")
    return int(score.share < REQUIRED)


if __name__ == "__main__":
    sys.exit(main())
