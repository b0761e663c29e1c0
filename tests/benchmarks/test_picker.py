"""`make bench`: the picker at 100,000 articles, each figure beside the bare cost in the same run.

The bare cost of a pick is reading the rows and summing one number of each; of grouping, opening the sealed
choices alone. Growth is told by the same figures at 1,000 and 10,000 articles.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks import medquad
from tests.benchmarks.catalogue import make_store, reference_articles
from tests.benchmarks.readers import fill

pytestmark = pytest.mark.skipif(
    not medquad.REFERENCE.exists(), reason=f"needs the reference data ({medquad.REFERENCE})"
)

_PICK = """
import json, resource, sqlite3, sys, time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from newsletter.content.store import ContentStore
from newsletter.errors import PickError
from newsletter.issues.desk import desk_for
from newsletter.issues.forecast import forecast
from newsletter.issues.history import History
from newsletter.issues.picker import choose
from newsletter.issues.ranking import Index, topic_bits
from newsletter.issues.topic_set import sets_of
from newsletter.settings import NewsletterSettings, Settings
from tests.benchmarks.catalogue import load_from, reference_articles

path, full = Path(sys.argv[1]), sys.argv[2] == "full"
first = date(2026, 3, 3)
topics = ("allergies blood bones brain cancer children digestion ears eyes heart hormones infections joints "
          "kidneys lungs muscles nerves skin sleep nutrition").split()
desk = desk_for(Settings(), NewsletterSettings(topics=tuple(topics)))

began = time.perf_counter()
with sqlite3.connect(path) as connection:
    rows = connection.execute("select * from candidate").fetchall()
bare = sum(row[3] for row in rows) and time.perf_counter() - began
del rows

began = time.perf_counter()
with ContentStore(path) as store:
    index = Index(store.catalogue(desk.wanted(first, first + timedelta(days=90))))
ranking = desk.ranking(index, History(), first)
choose(ranking, desk.brief(first))
cold = time.perf_counter() - began

warm = []
for ahead in range(1, 8):
    day = first + timedelta(days=ahead)
    began = time.perf_counter()
    choose(desk.ranking(index, History(), day), desk.brief(day))
    warm.append(time.perf_counter() - began)
sections = sum(len(json.loads(one.packed)) for one in index.candidates)
found = {"articles": len(index.candidates), "sections": sections, "bare": bare, "cold": cold}
found["warm"] = sorted(warm)[len(warm) // 2]
if full:
    load = load_from(list(reference_articles()))
    days = [first + timedelta(days=ahead) for ahead in range(90)]
    began = time.perf_counter()
    issues = list(forecast(desk, index, History(), days, load=load))
    found["plan"], found["planned"] = time.perf_counter() - began, sum(bool(issue.picks) for issue in issues)
    began, memo, brief = time.perf_counter(), {}, desk.brief(first)
    ranking = desk.ranking(index, History(), first)
    made = 0
    for topics in sets_of(desk.offered):
        choose(ranking, replace(brief, interests=topic_bits(topics, desk.offered), memo=memo))
        made += 1
    found["editions"], found["made"] = time.perf_counter() - began, made
found["mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(found))
"""

_GROUP = """
import json, random, resource, sqlite3, sys, time
from collections import Counter
from datetime import date
from newsletter.database import Database
from newsletter.issues.topic_set import canonical, editions_for
from newsletter.subscribers.token import Keyring
from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.topics import count_choices

topics = [f"topic {number}" for number in range(20)]
database, sealer = Database(sys.argv[1]), Sealer(Keyring.example())
began = time.perf_counter()
path = database.url.database
with sqlite3.connect(path) as connection:
    rows = connection.execute("select subscriber_id, sealed from reader_topics")
    read = sum(1 for _ in rows)
bare = time.perf_counter() - began
began = time.perf_counter()
with database.read() as connection:
    choices = count_choices(connection, sealer, "daily")
wanted = Counter()
for choice, readers in choices.items():
    wanted[canonical(choice.interests, topics, date(2026, 3, 3))] += readers
editions = editions_for(wanted)
took = time.perf_counter() - began
print(json.dumps({"readers": read, "bare": bare, "seconds": took, "editions": len(editions),
                  "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def run(script: str, *arguments: str) -> dict[str, float]:
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def test_picking_from_100000_articles(tmp_path: Path):
    base = list(reference_articles())
    found: dict[str, float] = {}
    for count in (1_000, 10_000, 100_000):
        path = tmp_path / f"{count}.db"
        make_store(path, base, count=count)
        found = run(_PICK, str(path), "full" if count == 100_000 else "short")
        ratio = found["cold"] / found["bare"]
        print(
            f"\n{found['articles']:,} articles, {found['sections']:,} sections; reading their rows "
            f"{found['bare']:.2f} s; one issue cold {found['cold']:.2f} s ({ratio:.1f} × bare), "
            f"warm {found['warm'] * 1000:.0f} ms; {found['mb']:.0f} MB"
        )
        assert found["cold"] <= 4.0
        assert found["warm"] <= 1.0
    print(f"90 days of plan {found['plan']:.1f} s; {found['made']} topic editions {found['editions']:.1f} s")
    assert (found["planned"], found["made"]) == (90, 1351)
    assert found["plan"] <= 60.0
    assert found["editions"] <= 10.0


def test_grouping_a_million_readers(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'subscribers.db'}"
    fill(url, count=1_000_000)
    found = run(_GROUP, url)
    print(
        f"\n{found['readers']:,} sealed choices; reading their rows {found['bare']:.2f} s; grouped into "
        f"{found['editions']} editions in {found['seconds']:.2f} s "
        f"({found['seconds'] / found['bare']:.1f} × bare), {found['mb']:.0f} MB"
    )
    assert found["seconds"] <= 8.0
    assert found["mb"] <= 500
