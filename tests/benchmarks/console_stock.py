"""A workplace as it is after a year: a million readers, 365 issues, 20,000 articles, and who did what.

Made once and kept under var/bench from run to run. Rows go in in bulk; what the program keeps count of
it counts here too, by its own triggers or from the very rows that are written, so that every figure is true.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from newsletter.clock import FixedClock
from newsletter.content.store import ContentStore
from newsletter.delivery import slow_domain
from newsletter.delivery.delivery import State as Delivered
from newsletter.delivery.departure import issue_departures
from newsletter.delivery.issue_count import count_change
from newsletter.feedback import tray
from newsletter.feedback.count import Place, count_at, count_days
from newsletter.feedback.event import Event, Kind, Reason
from newsletter.feedback.schema import counted_issues
from newsletter.issues import store as issue_store
from newsletter.issues.desk import desk_for
from newsletter.issues.forecast import forecast
from newsletter.issues.history import History
from newsletter.issues.issue import Issue
from newsletter.issues.issue import State as IssueState
from newsletter.issues.ranking import Index
from newsletter.operators import audit
from newsletter.rendering import store as edition_store
from newsletter.settings import Settings, load_settings
from newsletter.subscribers.token import write_key_file
from newsletter.subscribers.transfer.recognise import recognise
from newsletter.subscribers.transfer.table import read_table
from newsletter.workflows.draft_editions import Bench, Order
from newsletter.workflows.import_subscribers import Manner, import_subscribers
from newsletter.workflows.workplace import Workplace, open_workplace
from tests.benchmarks.catalogue import reference_articles
from tests.benchmarks.sinks import KEPT

#: The day on which operators look; its issue is on its way. The articles were reviewed a year before.
DAY = date(2027, 3, 3)
NOW = datetime(2027, 3, 3, 6, 30, tzinfo=UTC)
#: Of so many issues what became of each domain is kept apart; the page looks back seven days.
_BY_DOMAIN = 30
_RELAY = "mx"
#: Another number for other contents, so that what was kept is made anew; schemas are brought up to date.
_MADE_OF = 1
_TRAY, _EVENTS_A_DAY = 400, 300
_TABLES = ("article", "candidate", "version", "section")


@dataclass(frozen=True)
class Size:
    """How much there is of everything."""

    readers: int
    issues: int
    articles: int
    domains: int
    audit: int

    def __str__(self) -> str:
        return "-".join(map(str, (self.readers, self.issues, self.articles, self.domains, self.audit)))


@dataclass(frozen=True)
class MovingClock:
    """A clock that stood at *at* when the process's own was at *began*, and goes on from there."""

    at: datetime
    began: float

    def now(self) -> datetime:
        """The present moment."""
        return self.at + timedelta(seconds=time.monotonic() - self.began)


def kept_console(size: Size) -> Path:
    """The folder of such a workplace, made if there is none."""
    folder = KEPT / f"console-{_MADE_OF}-{size}"
    if not folder.exists():
        for old in KEPT.glob(f"console-*-{size}*"):
            shutil.rmtree(old)
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        unfinished.mkdir(parents=True)
        _stock(unfinished, size)
        unfinished.rename(folder)
    return folder


def settings_in(folder: Path) -> Settings:
    """The settings of such a workplace."""
    return load_settings(folder / "newsletter.toml")


def domain_of(number: int, domains: int) -> str:
    """Where a reader's mailbox is: few domains have many, and many have few."""
    share = (number * 2654435761 % 2**32) / 2**32
    return f"d{int(domains * share**6)}.example.org"


def _stock(folder: Path, size: Size) -> None:
    write_key_file(folder / "newsletter.key")
    (folder / "newsletter.toml").write_text('[[newsletters]]\nname = "daily"\n', encoding="utf-8")
    settings = settings_in(folder)
    steps: dict[str, Callable[[Workplace], None]] = {
        "articles": lambda _: _fill_content(settings.content_path, size),
        "readers": lambda workplace: _fill_readers(workplace, folder, size),
        "issues": lambda workplace: _fill_issues(workplace, size),
        "deliveries": _fill_deliveries,
        "feedback": lambda workplace: _fill_feedback(workplace, size),
        "audit": lambda workplace: _fill_audit(workplace, size),
    }
    for name, work in steps.items():
        began = time.perf_counter()
        with open_workplace(settings, FixedClock(NOW)) as workplace:
            work(workplace)
            workplace.database.truncate_log()
        print(f"  {name}: {time.perf_counter() - began:.0f} s", flush=True)


def _fill_content(path: Path, size: Size) -> None:
    """The reference articles, and copies of them with titles of their own."""
    with ContentStore(path) as store:
        base = islice(reference_articles(), size.articles)
        store.save_many(base, seen_at=NOW - timedelta(days=400))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.row_factory = sqlite3.Row
        rows = {name: [dict(row) for row in connection.execute(f"select * from {name}")] for name in _TABLES}  # noqa: S608 - our own names
        ids = [row["id"] for row in rows["article"]]
        for number in range(1, size.articles // len(ids) + 1):
            wanted = set(ids[: size.articles - number * len(ids)])
            for name in _TABLES:
                key = "id" if name == "article" else "article_id"
                copies = [_copy(row, number) for row in rows[name] if row[key] in wanted]
                if copies:
                    columns = ", ".join(copies[0])
                    holes = ", ".join(f":{column}" for column in copies[0])
                    connection.executemany(f"insert into {name} ({columns}) values ({holes})", copies)  # noqa: S608 - as above


def _copy(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    made = dict(row)
    if "text" in made:  # a section: its number is its own
        del made["id"]
    for column in ("id", "article_id"):
        if column in made:
            made[column] = f"{made[column]}--copy-{number:02}"
    if "title" in made:
        made["title"] = f"{made['title']} {number}"
    if "reference_count" in made:  # so that the copies of an article do not stand in one row
        made |= {"reference_count": number % 7, "grade": 60 + (number * 7 + len(made["title"])) % 90}
    if "hash" in made:
        made["hash"] = f"{number:02}{made['hash']}"[:64]
    if "document" in made:
        document = json.loads(made["document"]) | {"id": made["article_id"]}
        document["title"] = f"{document['title']} {number}"
        made["document"] = json.dumps(document)
    return made


def _fill_readers(workplace: Workplace, folder: Path, size: Size) -> None:
    """They come by an import, with their consents; then some leave, which the triggers count."""
    file = folder / "list.csv"
    with file.open("w", encoding="utf-8") as text:
        text.write("Email,Subscribed at\n")
        for number in range(size.readers):
            came = DAY - timedelta(days=10 + number % 700)
            text.write(f"r{number}@{domain_of(number, size.domains)},{came} 07:08:09\n")
    found = recognise(read_table(lambda: file.open("rb"), file.name), newsletter="daily")
    report = import_subscribers(workplace, found, basis="bench", manner=Manner(key="bench"))
    assert report.imported == size.readers
    file.unlink()
    left = (("unsubscribed", 40, 7), ("bounced", 100, 13), ("complained", 2000, 17), ("paused", 150, 19))
    with closing(sqlite3.connect(folder / "subscribers.db")) as connection, connection:
        for state, every, rest in left:
            connection.execute(
                "update subscriptions set state = ?1, "
                "changed_at = datetime(?2, '-' || (id % 180) || ' days') || '.000000' "
                "where id % ?3 = ?4 and state = 'active'",
                (state, f"{NOW:%Y-%m-%d %H:%M:%S}", every, rest % every),
            )


def _fill_issues(workplace: Workplace, size: Size) -> None:
    """A year of issues as the picker makes them, each sent but the one of DAY, which is going out."""
    settings, newsletter = workplace.settings, workplace.settings.newsletter()
    bench, packed = Bench(settings, newsletter, None, {}), None
    for issue in _forecast(settings, size):
        days = (DAY - issue.issued_on).days
        if packed is None or days < 4:  # the letters of all the others are one, which nobody opens
            packed = edition_store.pack(bench.draft(Order(issue)).edition)
        at = datetime(issue.issued_on.year, issue.issued_on.month, issue.issued_on.day, 6, tzinfo=UTC)
        state = IssueState.SENT if days else IssueState.SENDING
        with workplace.database.write() as connection:
            number = issue_store.add(connection, issue, composed_at=at - timedelta(hours=1))
            assert number is not None
            edition_store.add(connection, number, packed, language="en", rendered_at=at)
            issue_store.start(connection, number, started_at=at)
            issue_store.audience_complete(connection, number, audience_at=at)
            issue_store.pass_canary(connection, number, now=at)
            finished_at = at + timedelta(minutes=7) if days else None
            issue_store.set_state(connection, number, state, finished_at=finished_at)


def _forecast(settings: Settings, size: Size) -> Iterator[Issue]:
    desk = desk_for(settings, settings.newsletter())
    dates = [DAY - timedelta(days=back) for back in reversed(range(size.issues))]
    with ContentStore(settings.content_path) as content:
        index = Index(content.catalogue(desk.wanted(dates[0], dates[-1])))
        yield from forecast(desk, index, History(), dates, load=content.get)


def _fill_deliveries(workplace: Workplace) -> None:
    """One for each active reader of today's issue: most are accepted, and some are queued still."""
    moment = f"{NOW:%Y-%m-%d %H:%M:%S}.000000"
    with closing(sqlite3.connect(workplace.database.url.database or "")) as raw, raw:
        (issue,) = raw.execute("select max(id) from issues").fetchone()
        raw.execute(_DELIVERIES, {"issue": issue, "at": moment, "relay": _RELAY})
        found = raw.execute("select state, count(*) from deliveries group by state").fetchall()
    with workplace.database.write() as connection:
        count_change(connection, issue, {Delivered(name): number for name, number in found})
        for number in range(30):
            slow_domain.strike(connection, f"d{number}.example.org", reason="4.7.28", now=NOW)


_DELIVERIES = """
    insert into deliveries
        (issue_id, subscription_id, state, attempts, next_at, queued_at, changed_at, code, relay)
    select :issue, id, state, 1, iif(code in (0, 451), :at, null), :at, :at, nullif(code, 0), :relay from (
        select id, code, case code
            when 550 then 'rejected' when 451 then 'deferred' when 0 then 'queued' else 'accepted'
        end as state
        from (
            select id, case
                when id % 500 = 1 then 550 when id % 300 = 2 then 451 when id % 5 = 3 then 0 else 250
            end as code
            from subscriptions where newsletter = 'daily' and state = 'active' order by id
        )
    )
"""


def _fill_feedback(workplace: Workplace, size: Size) -> None:
    """What became of the issues at each domain, what came back by day, and a tray with something in it."""
    by_domain = Counter(domain_of(number, size.domains) for number in range(size.readers))
    with workplace.database.read() as connection:
        days = issue_store.between(connection, "daily", DAY - timedelta(days=size.issues), DAY - timedelta(1))
        numbers = {day: issue_store.of_day(connection, "daily", day).id for day in sorted(days)}
    for day, number in numbers.items():
        is_near = (DAY - day).days <= _BY_DOMAIN
        counted = _outcome(number, by_domain, day) if is_near else {}
        whole = Counter[str]()
        for one in counted.values():
            whole.update(one)
        if not is_near:
            whole.update(_of_domain(size.readers, 1))
            counted = {Place(number, "elsewhere.example.org", _RELAY): whole}
        with workplace.database.write() as connection:
            count_at(connection, counted)
            count_days(
                connection,
                day,
                {
                    f"b:{Reason.NO_ADDRESS}": whole["returned"],
                    f"b:{Reason.MAILBOX_FULL}": 40,
                    f"c:{Reason.SPAM}": whole["complained"],
                },
            )
            connection.execute(insert(counted_issues).values(issue_id=number, after_id=0, counted_at=NOW))
            connection.execute(
                insert(issue_departures).values(issue_id=number, slot=0, count=30 + number % 90)
            )
            change = {
                Delivered.ACCEPTED: whole["accepted"] - whole["returned"] - whole["complained"],
                Delivered.BOUNCED: whole["returned"],
                Delivered.REJECTED: whole["rejected"],
                Delivered.COMPLAINED: whole["complained"],
            }
            count_change(connection, number, change)
    _fill_events(workplace, numbers)
    with workplace.database.write() as connection:
        for number in range(_TRAY):
            event = Event(
                kind=Kind.BOUNCE, reason=Reason.OTHER, status="5.0.0", recipient=f"x{number}@example.net"
            )
            tray.add(
                connection,
                workplace.keyring,
                event,
                source="mailbox",
                raw=b"Subject: back\n\n" + b"a line of it\n" * 800,
                most_octets=65_536,
                now=NOW,
            )


def _outcome(number: int, by_domain: Mapping[str, int], day: date) -> dict[Place, Mapping[str, int]]:
    return {
        Place(number, domain, _RELAY): _of_domain(letters, (place + day.toordinal()) % 97)
        for place, (domain, letters) in enumerate(by_domain.items())
    }


def _of_domain(letters: int, luck: int) -> Counter[str]:
    rejected = letters // 200 + (letters if luck == 5 and letters < 4 else 0)
    accepted = max(letters - rejected, 0)
    return Counter(
        accepted=accepted, rejected=rejected, returned=accepted // 400, complained=accepted // 9000,
        blocked=0, unfit=0, failed=accepted // 400,
    )  # fmt: skip


def _fill_events(workplace: Workplace, numbers: Mapping[date, int]) -> None:
    moment = f"{NOW:%Y-%m-%d %H:%M:%S}.000000"
    with closing(sqlite3.connect(workplace.database.url.database or "")) as connection, connection:
        (last,) = connection.execute("select max(id) from subscribers").fetchone()
        for place, number in enumerate(numbers.values()):
            ids = [place * _EVENTS_A_DAY + each for each in range(_EVENTS_A_DAY)]
            readers = [(one, one * 7919 % last + 1, number) for one in ids]
            connection.executemany(
                "insert into feedback_events (key, source, kind, permanence, reason, status, diagnostic, "
                "consequence, happened_at, taken_at, subscriber_id, issue_id) "
                "values (?, 'mailbox', 'bounce', 'permanent', 'no_address', '5.1.1', 'no such user', 'none', "
                "?, ?, ?, ?)",
                [(one.to_bytes(32), moment, moment, reader, issue) for one, reader, issue in readers],
            )
            connection.executemany(
                "insert or ignore into reader_failures values (?, ?, 'd0.example.org', 'address')",
                [(issue, reader) for _, reader, issue in readers],
            )


def _fill_audit(workplace: Workplace, size: Size) -> None:
    acts = ("decide: lead", "decide: pin", "approve", "looked up a reader", "paused a reader", "signed in")
    for first in range(0, size.audit, 2000):
        with workplace.database.write() as connection:
            for number in range(first, min(first + 2000, size.audit)):
                at = NOW - timedelta(minutes=5 * (size.audit - number))
                detail: dict[str, str | int | bool] = {"newsletter": "daily", "number": number}
                who = audit.Actor(f"operator{number % 9}")
                audit.record(connection, who, acts[number % 6], f"issue {number}", at=at, detail=detail)
