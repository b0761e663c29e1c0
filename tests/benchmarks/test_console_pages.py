"""`make bench`: every page of the console over HTTP, with a million readers, 365 issues and 20,000 articles.

Each page is asked for again and again, in turns with all others, by an operator who is signed in; the server
is a process of its own. Wanted: 100 ms at the median and 300 ms at p99. Beside each stands how many times as
long it takes as the help page, which reads nothing but the session. The issue of another day each time, which
nobody has looked at, is the first look alone. What is stocked is kept under
var/bench; NEWSLETTER_BENCH_READERS, _ISSUES, _ARTICLES, _DOMAINS, _AUDIT and _VISITS make it smaller.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Self

import httpx
import pytest
from sqlalchemy import select

from newsletter.clock import FixedClock
from newsletter.content.store import ContentStore
from newsletter.feedback import tray
from newsletter.subscribers.schema import subscribers
from newsletter.web.console.routes import ROUTES
from newsletter.workflows.workplace import Workplace, open_workplace
from tests.benchmarks import medquad
from tests.benchmarks.console_stock import DAY, NOW, Size, kept_console, settings_in
from tests.conftest import free_port
from tests.integration.console_site import EVERY_ROLE, session_for

pytestmark = [
    pytest.mark.timeout(7200),
    pytest.mark.skipif(
        not medquad.REFERENCE.exists(), reason=f"needs the reference data ({medquad.REFERENCE})"
    ),
]


def _number(name: str, usual: int) -> int:
    return int(os.environ.get(f"NEWSLETTER_BENCH_{name}", usual))


SIZE = Size(
    readers=_number("READERS", 1_000_000),
    issues=_number("ISSUES", 365),
    articles=_number("ARTICLES", 20_000),
    domains=_number("DOMAINS", 20_000),
    audit=_number("AUDIT", 100_000),
)
VISITS = _number("VISITS", 100)
MEDIAN_MS, P99_MS = 100, 300
#: What the forecast may take, in a process of its own beside the pages.
_FORECAST_S = 300
#: Days ahead that nobody has looked at, one after the other: more than the server keeps.
_COLD_DAYS = 60
_ISSUE = "/console/issues/{newsletter}/{day}"
REFERENCE = "help"


@dataclass
class Page:
    """A page by its name, the *route* that answers, and the address of each visit (from 0).

    *is_open*: it is for those who are not signed in.
    """

    name: str
    route: str
    address: Callable[[int], str]
    is_open: bool = False
    taken_ms: list[float] = field(default_factory=list)

    @property
    def median_ms(self) -> float:
        """Half of the visits took no longer."""
        return median(self.taken_ms)

    @property
    def p99_ms(self) -> float:
        """Of a hundred visits one took longer."""
        return sorted(self.taken_ms)[max(0, -(-99 * len(self.taken_ms) // 100) - 1)]

    @property
    def is_quick(self) -> bool:
        """Whether it is as quick as wanted."""
        return self.p99_ms <= P99_MS and self.median_ms <= MEDIAN_MS


def _page(name: str, route: str, address: str = "", *, is_open: bool = False) -> Page:
    return Page(name, route, lambda _: address or route, is_open)


def pages(workplace: Workplace) -> list[Page]:
    """Every page, some of them in several ways."""
    with workplace.database.read() as connection:
        reader = connection.scalar(select(subscribers.c.handle).where(subscribers.c.id == SIZE.readers // 2))
        item = tray.items(connection, limit=1)[0].id
    assert reader is not None
    with ContentStore(workplace.settings.content_path) as content:
        article = content.page(None, DAY, after="", size=1)[0].id
    sent, going, coming = (f"/console/issues/daily/{DAY + timedelta(days=days)}" for days in (-1, 0, 1))

    def cold(visit: int) -> str:
        return f"/console/issues/daily/{DAY + timedelta(days=2 + visit % _COLD_DAYS)}"

    def slot(visit: int, words: str = "") -> str:
        return f"{coming}/slots/{('also_today', 'overview')[visit % 2]}?words={words}"

    content_page, search = "/console/content", "/console/content?q="
    found = [
        _page(REFERENCE, "/console/help"),
        _page("today", "/console/"),
        _page("calendar", "/console/calendar"),
        _page("calendar: made?", "/console/calendar/made"),
        _page("issue, to come", _ISSUE, coming),
        _page("issue, to come: raw", _ISSUE, f"{coming}?tab=raw"),
        _page("issue, sent", _ISSUE, sent),
        _page("issue, going out", _ISSUE, going),
        Page("issue, never looked at", _ISSUE, cold),
        _page("issue: send now", f"{_ISSUE}/send", f"{coming}/send"),
        _page("issue: letter", f"{_ISSUE}/letter", f"{coming}/letter"),
        Page("issue: candidates", f"{_ISSUE}/slots/{{slot}}", slot),
        Page("issue: candidates by word", f"{_ISSUE}/slots/{{slot}}", lambda visit: slot(visit, "cancer")),
        _page("sending", f"{_ISSUE}/sending", f"{going}/sending"),
        _page("sending, over", f"{_ISSUE}/sending", f"{sent}/sending"),
        _page("content", content_page),
        _page("content, overdue", content_page, f"{content_page}?show=overdue"),
        _page("content, withdrawn", content_page, f"{content_page}?show=withdrawn"),
        _page("content, further on", content_page, f"{content_page}?after={article}"),
        _page("search: a word", content_page, f"{search}asthma"),
        _page("search: a common word", content_page, f"{search}treatment"),
        _page("search: two words", content_page, f"{search}blood+pressure"),
        _page("search: “the”", content_page, f"{search}the"),
        _page("search, page 5", content_page, f"{search}treatment&page=5"),
        Page("search: beginnings", content_page, lambda visit: search + BEGINNINGS[visit % len(BEGINNINGS)]),
        _page("article", f"{content_page}/articles/{{article_id}}", f"{content_page}/articles/{article}"),
        _page("sources", f"{content_page}/sources"),
        _page("readers", "/console/readers"),
        _page("suppressions", "/console/readers/suppressions"),
        _page("one reader", "/console/readers/one/{reader}", f"/console/readers/one/{reader.hex()}"),
        _page("feedback", "/console/feedback"),
        _page("feedback: policy", "/console/feedback/policy"),
        _page("feedback: an item", "/console/feedback/tray/{item}", f"/console/feedback/tray/{item}"),
        _page("statistics", "/console/statistics"),
        _page(
            "statistics, a month",
            "/console/statistics",
            f"/console/statistics?month={DAY - timedelta(60):%Y-%m}",
        ),
        _page("audit", "/console/audit"),
        _page("audit: words", "/console/audit", "/console/audit?words=nothing+has+this"),
        _page("audit: one operator", "/console/audit", "/console/audit?operator=operator3"),
        _page("sign in", "/console/sign-in", is_open=True),
    ]
    named = {page.route for page in found}
    found += [
        _page(route.path.removeprefix("/console/"), route.path)
        for route in ROUTES
        if route.method == "GET" and route.path not in named and not route.is_stream
    ]
    return found


#: What people have typed before a word is whole.
BEGINNINGS = ("ca", "can", "dia", "hea", "inf", "con", "s", "pre", "heart+fa", "blood+pr", "dis", "symp")


def test_every_page_comes_at_once() -> None:
    began = time.perf_counter()
    folder = kept_console(SIZE)
    print(
        f"\nstocked: {time.perf_counter() - began:.0f} s, {_mb(folder):,.0f} MB; {VISITS} visits of each page"
    )
    with open_workplace(settings_in(folder), FixedClock(NOW)) as workplace:
        token, _ = session_for(workplace, "ada", EVERY_ROLE)
        asked = pages(workplace)
    with serving(folder) as base, Visitor(base, token) as visitor:
        first = {page.name: visitor.visit(page, 0) for page in asked}
        visitor.wait_for_the_forecast()
        bare = _page("bare", "/bare", is_open=True)
        load = os.getloadavg()[0]
        for number in range(VISITS):
            for page in (bare, *asked):
                page.taken_ms.append(visitor.visit(page, number))
        print(table(asked, first, bare))
        print(f"load {load:.1f} before, {os.getloadavg()[0]:.1f} after")
    slow = [page.name for page in asked if not page.is_quick]
    assert not slow, f"slower than wanted: {', '.join(slow)}"


class Visitor:
    """An operator's browser, and that of somebody who is not signed in."""

    def __init__(self, base: str, token: str) -> None:
        self._operator = httpx.Client(base_url=base, timeout=60, cookies={"console": token})
        self._stranger = httpx.Client(base_url=base, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._operator.close()
        self._stranger.close()

    def visit(self, page: Page, number: int) -> float:
        """Ask for *page* once; the milliseconds until it was all there."""
        browser, address = self._stranger if page.is_open else self._operator, page.address(number)
        began = time.perf_counter()
        answer = browser.get(address)
        taken = (time.perf_counter() - began) * 1e3
        assert answer.status_code == 200, f"{page.name}: {answer.status_code} at {address}"
        return taken

    def wait_for_the_forecast(self) -> None:
        """It is made once a day for each newsletter, in a process of its own."""
        end = time.monotonic() + _FORECAST_S
        for newsletter in ("daily", "daily-weekly"):
            address = f"/console/calendar/made?newsletter={newsletter}"
            while self._operator.get(address).json()["is_being_made"]:
                assert time.monotonic() < end, "there is no forecast"
                time.sleep(0.5)


def table(asked: list[Page], first: dict[str, float], bare: Page) -> str:
    """A line for each page, the slowest first."""
    reference = next(page for page in asked if page.name == REFERENCE).median_ms
    lines = [f"{'page':32} {'first':>8} {'median':>8} {'p99':>8} {'× help':>7}  (ms)"]
    for page in sorted(asked, key=lambda one: -one.median_ms):
        misses = "" if page.is_quick else " *"
        lines.append(
            f"{page.name:32} {first[page.name]:8.1f} {page.median_ms:8.1f} {page.p99_ms:8.1f} "
            f"{page.median_ms / reference:7.1f}{misses}"
        )
    lines.append(f"{'(an empty route)':32} {'':8} {bare.median_ms:8.1f} {bare.p99_ms:8.1f}")
    return "\n".join(lines)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a server of the workplace in *folder*."""
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.console_server", str(folder), str(port)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as process:
        try:
            base, end = f"http://localhost:{port}", time.monotonic() + 60
            while not _answers(base):
                assert process.poll() is None, "the server has ended"
                assert time.monotonic() < end, "the server does not answer"
                time.sleep(0.05)
            yield base
        finally:
            process.terminate()


def _answers(base: str) -> bool:
    try:
        return httpx.get(f"{base}/bare").status_code == 200
    except httpx.TransportError:
        return False


def _mb(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.iterdir()) / 2**20
