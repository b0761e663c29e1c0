"""However long the list is, a page of the console reads as much of it as before: nothing is counted there.

Every page is opened with few readers and with many, and SQLite itself says what it did: which tables it went
through from end to end (EXPLAIN QUERY PLAN), and how many steps its machine took.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from newsletter.feedback import tray
from newsletter.feedback.event import Event, Kind
from newsletter.issues import store as issue_store
from newsletter.settings import NewsletterSettings
from newsletter.subscribers.schema import subscribers
from newsletter.web.console.routes import ROUTES
from newsletter.workflows.compose import compose
from newsletter.workflows.workplace import Workplace
from tests.conftest import NOW
from tests.integration.article_source import NAMES, add_readers, fill
from tests.integration.console_site import ConsoleSite, console_site
from tests.unit.workflows.outlooks import outlook

DAY = NOW.date()
FEW, MANY = 60, 3_000
#: Tables with a row for each reader, letter, consent or what came back, or for each domain of theirs.
LISTS = frozenset(
    {
        *("subscribers", "subscriptions", "reader_topics", "consents", "consent_ends", "mailed_links"),
        *("deliveries", "feedback_events", "reader_failures", "issue_domains", "suppressions"),
    }
)
#: What a page may take more, of steps: a tree of many rows is higher by a level than one of few.
SLACK, STEPS = 1.2, 2_000
_EVERY = 20


@dataclass
class Work:
    """What SQLite did: its steps, in twenties, and the statements with their values."""

    twenties: int = 0
    statements: list[str] = field(default_factory=list)

    def step(self) -> None:
        self.twenties += 1


@pytest.fixture
def site(workplace: Workplace) -> Iterator[ConsoleSite]:
    """An issue on its way to a few readers, and one of the day before that has been counted."""
    fill(workplace.settings.content_path)
    settings = workplace.settings.model_copy(update={"newsletters": (NewsletterSettings(weekly_on="off"),)})
    workplace = replace(workplace, settings=settings)
    add_readers(workplace, "ada@example.org")
    for day in (DAY - timedelta(days=1), DAY):
        stored = compose(workplace, settings.newsletter(), day)
        with workplace.database.write() as connection:
            issue_store.start(connection, stored.id, started_at=NOW)
            issue_store.audience_complete(connection, stored.id, audience_at=NOW)
    outlook(workplace)
    with workplace.database.write() as connection:
        bounce = Event(kind=Kind.BOUNCE, status="5.0.0")
        tray.add(
            connection, workplace.keyring, bounce, source="mailbox", raw=b"back", most_octets=99, now=NOW
        )
    crowd(workplace, 10, FEW)
    with console_site(workplace) as running:
        yield running


def crowd(workplace: Workplace, first: int, last: int) -> None:
    """Readers with these numbers, each of a domain of their own, with letters and what came back of them."""
    moment = f"{NOW:%Y-%m-%d %H:%M:%S}.000000"
    with (
        closing(sqlite3.connect(workplace.database.url.database or "", timeout=30)) as connection,
        connection,
    ):
        one, other = (row[0] for row in connection.execute("select id from issues order by issued_on"))
        consent = connection.execute("select * from consents where subscriber_id = 1").fetchone()
        for number in range(first, last):
            handle, domain = number.to_bytes(12), f"d{number}.example.org"
            readers, counts = (number, handle, f"r@{domain}", f"r@{domain}", moment), (9, 1, 1, 0, 0, 0, 0)
            rows: dict[str, tuple[object, ...]] = {
                "subscribers (id, handle, address, canonical, created_at)": readers,
                "subscriptions (id, subscriber_id, newsletter, state, handle, created_at, changed_at)": (
                    *(number, number, "daily", "active", handle, moment, moment),
                ),
                "reader_topics": (number, handle, moment),
                "consents": (None, number, *consent[2:]),
                "issue_domains": (one, domain, "mx", *counts),
                "reader_failures": (one, number, domain, "address"),
                "suppressions": (None, handle, "", "bounced", moment),
                "feedback_events": (
                    *(None, handle, "mailbox", "bounce", "permanent", "other", "5.1.1", "", "none"),
                    *(moment, moment, number, one, None),
                ),
            }
            for table, values in rows.items():
                _insert(connection, table, values)
            for issue in (one, other):
                _insert(connection, DELIVERY, (issue, number, "queued", 0, moment, moment, moment))
        connection.execute("insert or ignore into counted_issues values (?, 0, ?, null)", (one, moment))


DELIVERY = "deliveries (issue_id, subscription_id, state, attempts, queued_at, changed_at, next_at)"


def _insert(connection: sqlite3.Connection, table: str, values: tuple[object, ...]) -> None:
    holes = ", ".join("?" * len(values))
    connection.execute(f"insert into {table} values ({holes})", values)  # noqa: S608 - names of our own


def paths(workplace: Workplace) -> dict[str, str]:
    """An address of each page, by what it is of; of some pages several."""
    with workplace.database.read() as connection:
        handle = connection.scalar(select(subscribers.c.handle).where(subscribers.c.id == 1))
        item = tray.items(connection)[0].id
    assert handle is not None
    named = {"newsletter": "daily", "day": DAY, "slot": "also_today", "article_id": NAMES[0], "item": item}
    found = {
        route.path: route.path.format(**named, reader=handle.hex())
        for route in ROUTES
        if route.method == "GET" and not route.is_stream
    }
    more = (
        *("/console/content?q=gout", "/console/content?show=overdue", "/console/content?show=withdrawn"),
        *(f"/console/issues/daily/{DAY + timedelta(days=1)}", "/console/audit?words=nothing"),
        f"/console/issues/daily/{DAY - timedelta(days=1)}/sending",
    )
    return found | {path: path for path in more}


@contextmanager
def watched(workplace: Workplace) -> Iterator[Work]:
    """What connections that are opened from now on do."""
    work, engine = Work(), workplace.database.engine

    def on_connect(connection: Any, _: object) -> None:
        connection.set_progress_handler(work.step, _EVERY)
        connection.set_trace_callback(work.statements.append)

    event.listen(engine, "connect", on_connect)
    engine.dispose()
    try:
        yield work
    finally:
        event.remove(engine, "connect", on_connect)
        engine.dispose()


def test_no_page_takes_longer_with_more_readers(site: ConsoleSite) -> None:
    asked = paths(site.workplace)
    with site.signed_in() as browser:

        def steps() -> dict[str, int]:
            taken = {}
            for name, path in asked.items():
                for _ in range(2):  # at first more is read, and then kept
                    work.twenties = 0
                    assert browser.get(path).status_code == 200, path
                taken[name] = work.twenties * _EVERY
            return taken

        with watched(site.workplace) as work:
            few = steps()
            crowd(site.workplace, FEW, MANY)
            many = steps()
    assert sum(few.values()) > len(few) * _EVERY, "nothing was measured"
    grown = {name: (few[name], many[name]) for name in few if many[name] > SLACK * few[name] + STEPS}
    assert not grown


def test_no_page_goes_through_a_list_of_readers_or_letters(site: ConsoleSite) -> None:
    found = {}
    with site.signed_in() as browser, watched(site.workplace) as work:
        for path in paths(site.workplace).values():
            work.statements.clear()
            assert browser.get(path).status_code == 200, path
            found[path] = [one for one in work.statements if re.match(r"\s*(SELECT|WITH)\b", one)]
    assert all(found.values()), "a page was not seen to ask for anything"
    scans = set()
    with site.workplace.database.read() as connection:
        for path, statements in found.items():
            for statement in statements:
                plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement.replace("%", "%%"))
                scans |= {(path, row.detail) for row in plan if _scanned(row.detail) in LISTS}
    assert not scans


def test_a_count_of_the_list_would_be_found(site: ConsoleSite) -> None:
    """The two tests above see what they look for."""
    counted, whole = "SELECT count(*) FROM deliveries WHERE issue_id = 1", "SELECT count(*) FROM deliveries"
    taken = []
    with watched(site.workplace) as work:
        for first, last in ((FEW, FEW), (FEW, MANY)):
            crowd(site.workplace, first, last)
            with site.workplace.database.read() as connection:
                work.twenties = 0
                connection.exec_driver_sql(counted).all()
                taken.append(work.twenties * _EVERY)
    assert taken[1] > SLACK * taken[0] + STEPS
    with site.workplace.database.read() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {whole}").all()
    assert _scanned(plan[0].detail) == "deliveries"


def _scanned(detail: str) -> str:
    """The table that a line of a plan goes through from end to end, by an index or not; "": none."""
    match = re.match(r"SCAN (\w+)", detail)
    return match[1] if match else ""
