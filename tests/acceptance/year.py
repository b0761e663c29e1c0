"""`make year`: a simulated year of each layout over the reference articles, written out and counted.

A year is what `newsletter plan` shows, 365 issues long, without its limit of days. Every article has one
review date; topics come from the synonyms file over titles.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from newsletter.content.store import ContentStore
from newsletter.issues.desk import Desk, desk_for
from newsletter.issues.forecast import forecast
from newsletter.issues.history import History
from newsletter.issues.issue import Issue
from newsletter.issues.ranking import Index
from newsletter.settings import NewsletterSettings, Settings
from tests.acceptance.rule_check import broken_rules
from tests.benchmarks.catalogue import REVIEWED, reference_articles

FIRST = date(2026, 3, 2)
ISSUES = 365
LAYOUTS = ("daily", "series", "digest")


@dataclass(frozen=True)
class Figures:
    """What a year comes to.

    *gini*: 0 if every article that was used was used alike; *gini_all* counts those that were not as well.
    """

    issues: int
    empty: int
    gini: float
    gini_all: float
    articles_used: int
    topic_share: float
    observances_met: int
    observances_due: int
    rungs: dict[int, int]


def newsletter_for(layout: str) -> NewsletterSettings:
    """The newsletter of a layout as it ships; a digest comes daily here, so that its year has 365 issues."""
    if layout == "digest":
        return NewsletterSettings(layout="digest", weekdays=("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
    return NewsletterSettings.model_validate({"layout": layout})


def make_year(store: ContentStore, layout: str, *, count: int = ISSUES) -> tuple[list[Issue], Index, Desk]:
    """*count* issues from the first Monday on."""
    newsletter = newsletter_for(layout)
    desk = desk_for(Settings(), newsletter)
    days: list[date] = []
    day = FIRST
    while len(days) < count:
        if newsletter.mails_on(day):
            days.append(day)
        day += timedelta(days=1)
    index = Index(store.catalogue(desk.wanted(days[0], days[-1])))
    return list(forecast(desk, index, History(), days, load=store.get)), index, desk


def figures(issues: Sequence[Issue], index: Index, desk: Desk) -> Figures:
    """The figures of a year."""
    uses = Counter(article_id for issue in issues for article_id in {pick.article_id for pick in issue.picks})
    topics = {topic for one in index.candidates for topic in one.topics}
    told = {topic.casefold() for issue in issues for pick in issue.picks for topic in pick.topics}
    met, due = _observances(issues, index, desk)
    return Figures(
        issues=len(issues),
        empty=sum(not issue.picks for issue in issues),
        gini=_gini(list(uses.values())),
        gini_all=_gini([uses[one.id] for one in index.candidates]),
        articles_used=len(uses),
        topic_share=len(topics & told) / len(topics),
        observances_met=met,
        observances_due=due,
        rungs=dict(sorted(Counter(issue.trace.rung for issue in issues if issue.trace).items())),
    )


def _observances(issues: Sequence[Issue], index: Index, desk: Desk) -> tuple[int, int]:
    """How many observances that some article is about had an issue that stands for one of their days."""
    by_day = {issue.issued_on: issue for issue in issues}
    met = due = 0
    for one in desk.observances:
        fitting = {index.candidates[place].id for place in index.named(one)}
        fitting |= {each.id for each in index.candidates if set(each.topics) & set(one.topics)}
        for start, end in (one.days(FIRST.year), one.days(FIRST.year + 1)):
            if not fitting or one.regions or start < FIRST or end > issues[-1].issued_on:
                continue
            due += 1
            around = [start + timedelta(days=ahead) for ahead in range(-6, (end - start).days + 1)]
            stands_for = around if desk.layout.by_week else around[6:]
            found = [by_day[day] for day in stands_for if day in by_day]
            met += any(pick.article_id in fitting for issue in found for pick in issue.picks)
    return met, due


def _gini(values: Sequence[int]) -> float:
    ordered = sorted(values)
    total, number = sum(ordered), len(ordered)
    weighted = sum(place * value for place, value in enumerate(ordered, 1))
    return (2 * weighted) / (number * total) - (number + 1) / number


def digest(issues: Iterable[Issue]) -> str:
    """SHA-256 over every byte of the issues."""
    hashed = hashlib.sha256()
    for issue in issues:
        hashed.update(issue.model_dump_json().encode() + b"\n")
    return hashed.hexdigest()


def fill(path: Path) -> float:
    """Put the reference articles into a store at *path*; the share that has a topic."""
    with ContentStore(path) as store:
        store.save_many(reference_articles(), seen_at=datetime(2026, 3, 2, tzinfo=UTC))
        rows = store.articles()
    return sum(bool(row.topics) for row in rows) / len(rows)


def run(count: int) -> list[str]:
    """A line of JSON a layout: digest, figures and the rules that its issues break (none)."""
    said: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "content.db"
        tagged = fill(path)
        with ContentStore(path) as store:
            for layout in LAYOUTS:
                issues, index, desk = make_year(store, layout, count=count)
                broken = broken_rules(issues, load=store.get, by_week=desk.layout.by_week)
                found = {
                    "layout": layout,
                    "broken": broken,
                    "sha256": digest(issues),
                    "tagged": round(tagged, 3),
                    **vars(figures(issues, index, desk)),
                }
                said.append(json.dumps(found))
    return said


def twice(count: int) -> tuple[list[str], list[str]]:
    """The same year in two processes at once, with other hash seeds, time zones and locales."""
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.year", "--one", str(count)],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed, zone, locale in (("1", "Asia/Tokyo", "C"), ("2", "America/Lima", "C.UTF-8"))
    ]
    first, second = (each.communicate(timeout=1200)[0].splitlines() for each in running)
    return first, second


def main(arguments: Sequence[str]) -> int:
    """Print each layout's figures; 1 when a rule is broken or the two years differ."""
    if arguments[:1] == ["--one"]:
        print("\n".join(run(int(arguments[1]))))
        return 0
    first, second = twice(ISSUES)
    print("\n".join(first))
    print("the same bytes in two processes" if first == second else f"THEY DIFFER:\n{second}")
    faults = sum(len(json.loads(line)["broken"]) for line in first)
    print(f"{faults} rules broken; every article reviewed on {REVIEWED}")
    return bool(faults) or first != second or len(first) != len(LAYOUTS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
