"""`make bench`: the content store at its full size, each figure beside the bare cost of its work.

The documents are the 3,492 articles with text of the reference data, as Markdown files; a run that lacks
the data says so. Time and memory are those of whole processes.
"""

from __future__ import annotations

import hashlib
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from newsletter.content.store import ContentStore
from tests.benchmarks import medquad

pytestmark = pytest.mark.skipif(
    not medquad.REFERENCE.exists(), reason=f"needs the reference data ({medquad.REFERENCE})"
)

_INGEST = """
import json, resource, sys, time
from pathlib import Path
from newsletter.clock import SystemClock
from newsletter.content.store import ContentStore
from newsletter.workflows.ingest import ingest

if __name__ == "__main__":
    began = time.perf_counter()
    with ContentStore(Path(sys.argv[2])) as store:
        report = ingest(Path(sys.argv[1]), store=store, clock=SystemClock())
    peak = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({
        "seconds": time.perf_counter() - began, "new": report.new, "unchanged": report.unchanged,
        "rejected": len(report.rejected), "mb": (peak[0] + 2 * peak[1]) / 1024, "mb_one": peak[0] / 1024,
    }))
"""
_WXR = """
import json, resource, sys, time
from newsletter.content.article import Article
from newsletter.content.sources.document import read_items
from pathlib import Path

began = time.perf_counter()
count = sum(isinstance(item, Article) for item in read_items(Path(sys.argv[1])))
print(json.dumps({
    "seconds": time.perf_counter() - began, "articles": count,
    "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""
QUERIES = (
    *("symptoms of", "treatment", "causes", "risk factors", "blood", "heart failure", "kidney disease"),
    *("how is it diagnosed", "gene mutation", "lung cancer", "high blood pressure", "rare", "children"),
    *("what are the symptoms", "chemotherapy", "diabetes type 2", "inheritance pattern", "vitamin d", "pain"),
    *("clinical trials", "prognosis", "liver", "stroke prevention", "skin rash", "autosomal recessive"),
)


def run(program: str, folder: Path, *arguments: str) -> dict[str, Any]:
    """The JSON that *program* prints, run as a file of its own (other processes import it)."""
    script = folder / "program.py"
    script.write_text(program)
    done = subprocess.run(
        [sys.executable, str(script), *arguments], capture_output=True, text=True, check=True, env=None
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of Markdown files to read."""
    folder = tmp_path_factory.mktemp("bench")
    count = medquad.write_markdown(folder / "articles")
    print(f"\n{count:,} documents")
    return folder


def bare(folder: Path) -> float:
    """Seconds to read and hash every file of *folder*."""
    began = time.perf_counter()
    for path in sorted(folder.iterdir()):
        hashlib.sha256(path.read_bytes()).hexdigest()
    return time.perf_counter() - began


def test_ingesting_everything_again_and_searching_it(work: Path) -> None:
    articles, store = work / "articles", work / "content.db"
    base = min(bare(articles) for _ in range(3))
    first = run(_INGEST, work, str(articles), str(store))
    again = run(_INGEST, work, str(articles), str(store))
    print(f"reading and hashing: {base:.2f} s")
    for name, found in (("first", first), ("again", again)):
        print(
            f"ingest, {name}: {found['seconds']:.1f} s ({found['seconds'] / base:.0f} × bare), "
            f"{found['new']} new, {found['unchanged']} unchanged, {found['mb_one']:.0f} MB in the main "
            f"process, {found['mb']:.0f} MB with two helpers"
        )
    with ContentStore(store) as opened:
        times = []
        for query in QUERIES * 8:
            began = time.perf_counter()
            opened.search(query)
            times.append((time.perf_counter() - began) * 1000)
    percentile = statistics.quantiles(times, n=20)[-1]
    print(f"search: median {statistics.median(times):.1f} ms, 95th percentile {percentile:.1f} ms")
    assert (first["new"], first["rejected"]) == (3492, 0)
    assert (again["new"], again["unchanged"]) == (0, 3492)
    assert first["seconds"] <= 25
    assert first["mb"] <= 300
    assert again["seconds"] <= 4
    assert percentile <= 25


def test_an_export_of_100_mb_is_read_in_little_memory(work: Path) -> None:
    export = work / "export.xml"
    posts = medquad.write_wxr(export, size=100_000_000)
    began = time.perf_counter()
    with export.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    base = time.perf_counter() - began
    found = run(_WXR, work, str(export))
    print(
        f"\nexport of 100 MB ({digest[:8]}): {found['articles']:,} articles in {found['seconds']:.0f} s "
        f"({found['seconds'] / base:.0f} × reading and hashing it), {found['mb']:.0f} MB"
    )
    assert found["articles"] == posts
    assert found["mb"] <= 200
