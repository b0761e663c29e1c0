"""A morning at the console, for pictures and audits: letters that went out, and some that need a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, update

from newsletter import samples
from newsletter.clock import FixedClock
from newsletter.content.store import ContentStore
from newsletter.content.sync import Run, SyncState
from newsletter.delivery.delivery import State
from newsletter.delivery.fault_server import FaultServer
from newsletter.delivery.issue_count import count_change
from newsletter.delivery.slow_domain import strike
from newsletter.delivery.verdict import OutcomeTally, judge_canary
from newsletter.feedback.count import Place, count_at
from newsletter.feedback.counted import note
from newsletter.issues import store as issue_store
from newsletter.issues.store import issues
from newsletter.operators import account, audit
from newsletter.operators.role import Role
from newsletter.settings import Settings, load_settings
from newsletter.subscribers.api_key import Scope, Wanted
from newsletter.subscribers.breaker import open_breaker
from newsletter.subscribers.count import Change, reader_counts, reader_days
from newsletter.subscribers.schema import signup_counts
from newsletter.subscribers.token import write_key_file
from newsletter.workflows.compose import compose
from newsletter.workflows.decide import hold
from newsletter.workflows.deliver import deliver
from newsletter.workflows.due import ingest_all
from newsletter.workflows.give_api_key import give_api_key
from newsletter.workflows.hold_back import BREAKER
from newsletter.workflows.pause_issue import pause_issue
from newsletter.workflows.settle_feedback import settle_feedback
from newsletter.workflows.take_feedback import take
from newsletter.workflows.withdraw import withdraw
from newsletter.workflows.workplace import Workplace, open_workplace
from tests.integration.article_source import add_readers
from tests.unit.feedback.mailing import bounce, complaint
from tests.unit.workflows.outlooks import outlook

#: Ten to six in the morning of a Thursday, in London.
NOW = datetime(2026, 11, 26, 5, 50, tzinfo=ZoneInfo("Europe/London"))
TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)
#: A reader who is looked up.
ADA = "ada@example.org"
FEED = "https://harbour.example.org/health/feed/"
#: An article with a title that no layout was made for, and a review that is long over.
LONG = "Hand-foot-and-mouth disease & <other> rashes of childhood that look alike: how to tell them apart"
_RETURNED = (
    b"From: mailer-daemon@example.net\r\nSubject: Undelivered\r\n\r\n<nobody@example.net>: no such user\r\n"
)
_DAYS = 28
#: Readers of the one newsletter are there; of the other there are only counts.
_READERS, _HEART = 240, 10_000
#: How the first letters of a hundred were taken, where the others wait now.
_CANARY = OutcomeTally(accepted=81, rejected=19)


_FILE = """\
base_url = "http://letter.example"
{smtp_url}review_years = 10

[[newsletters]]
name = "daily"
timezone = "Europe/London"
approval = "two"
weekly_on = "off"

[[newsletters]]
name = "heart"
title = "Heart and Vessels"
timezone = "Europe/London"
weekly_on = "off"
"""
_WHERE_FROM = """
[[sites]]
key = "clinic"
origins = ["https://clinic.example"]

[[sites]]
key = "shop"
origins = ["https://shop.example"]

[[sources]]
path = "{samples}"

[[sources]]
url = "{feed}"
kind = "feed"
"""


def settings_in(folder: Path, text: str) -> Settings:
    """Settings as a file in *folder* has them; everything is beside it."""
    file = folder / "newsletter.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file)


@contextmanager
def empty(folder: Path) -> Iterator[Workplace]:
    """The first morning: nothing has come in, nobody signed up."""
    write_key_file(folder / "newsletter.key")
    with open_workplace(settings_in(folder, _FILE.format(smtp_url="")), FixedClock(NOW)) as workplace:
        yield workplace


@contextmanager
def stage(folder: Path) -> Iterator[Workplace]:
    """The workplace of that morning, in *folder*."""
    write_key_file(folder / "newsletter.key")
    with FaultServer() as server:
        text = _FILE.format(smtp_url=f'smtp_url = "{server.url}"\n')
        where_from = _WHERE_FROM.format(samples=Path(samples.__file__).parent, feed=FEED)
        settings = settings_in(folder, text + where_from)
        with open_workplace(settings, FixedClock(NOW)) as workplace:
            _set(workplace)
            yield workplace


def _set(workplace: Workplace) -> None:
    settings = workplace.settings
    _articles(workplace)
    _readers(workplace)
    _past(workplace)
    daily, heart = settings.newsletters
    before = replace(workplace, clock=FixedClock(NOW - timedelta(hours=22)))
    compose(before, daily.model_copy(update={"approval": "off"}), YESTERDAY)
    deliver(before, daily.model_copy(update={"approval": "off"}), YESTERDAY)
    settle_feedback(before)
    stored = compose(before, heart, YESTERDAY)
    with before.database.write() as connection:
        issue_store.start(connection, stored.id, started_at=before.clock.now())
        states = {State.ACCEPTED: _CANARY.accepted, State.REJECTED: _CANARY.rejected}
        rest = {State.QUEUED: _HEART - sum(states.values())}
        count_change(connection, stored.id, states | rest)
    pause_issue(before, heart, YESTERDAY, actor="circuit breaker", reason=judge_canary(_CANARY))
    compose(workplace, daily, TODAY)
    hold(workplace, heart, TODAY, actor="Grace Example")
    _feedback(workplace)
    _operators(workplace)
    for newsletter in settings.newsletters:
        outlook(workplace, newsletter)


def _articles(workplace: Workplace) -> None:
    ingest_all(replace(workplace, settings=workplace.settings.model_copy(update={
        "sources": workplace.settings.sources[:1]})))  # fmt: skip
    with ContentStore(workplace.settings.content_path) as store:
        made_of = store.get(next(one.id for one in store.articles() if one.id.startswith("eczema")))
        long = {"id": "hand-foot-and-mouth-0c0ffe", "slug": "hand-foot-and-mouth", "title": LONG,
                "url": "https://health.example.org/rashes/", "reviewed_on": date(2014, 5, 4)}  # fmt: skip
        sections = tuple(
            one.model_copy(update={"heading": f"{one.heading}, in children"}) for one in made_of.sections
        )
        store.save(made_of.model_copy(update={**long, "sections": sections}), seen_at=NOW)
        gone = next(one.id for one in store.articles() if one.id.startswith("plantar"))
    withdraw(workplace.database, gone, reason="retracted by its authors", actor="Ada Example",
             clock=workplace.clock)  # fmt: skip
    with SyncState(workplace.settings.content_path, origin=f"feed {FEED}") as state:
        rejected = ((f"{FEED}gout/", "holds no text but a form"), (f"{FEED}flu/", "is not in UTF-8"))
        state.keep_run(Run(NOW, {"new": 12, "unchanged": 340, "rejected": 2}, rejected))


def _readers(workplace: Workplace) -> None:
    joined = replace(workplace, clock=FixedClock(NOW - timedelta(days=90)))
    add_readers(joined, ADA, "eve@example.org", *(f"reader{one}@example.org" for one in range(_READERS)))
    add_readers(joined, *(f"reader{one}@example.org" for one in range(40)), newsletter="heart")
    with workplace.database.write() as connection:
        connection.execute(
            update(reader_counts)
            .where(reader_counts.c.newsletter == "heart")
            .values({"count": reader_counts.c["count"] + _HEART - 40})
        )


def _past(workplace: Workplace) -> None:
    """Four weeks of letters: what was counted of each, and how the lists grew."""
    with workplace.database.write() as connection:
        for back in range(2, _DAYS + 2):
            day, odd = TODAY - timedelta(days=back), back % 7
            _sent(connection, "daily", back, taken=_READERS - back, refused=1 + back % 3, returned=0)
            _sent(connection, "heart", back, taken=_HEART - 11 * back, refused=125 + odd, returned=back + 20)
            _grew(connection, "daily", day, confirmed=5 + back % 3, signed_up=8, left=3 + back % 2)
            _grew(connection, "heart", day, confirmed=30 + odd, signed_up=45, left=21)
            counts = {"taken": 60, "mailed": 53, "confirmed": 35 + odd}
            connection.execute(insert(signup_counts).values(site="clinic", counted_on=day, **counts))


def _sent(
    connection: Connection, newsletter: str, back: int, *, taken: int, refused: int, returned: int
) -> None:
    at = NOW - timedelta(days=back)
    made = connection.execute(
        insert(issues).values(
            newsletter=newsletter, issued_on=at.date(), state="sent", document="{}", composed_at=at,
            started_at=at, audience_at=at, finished_at=at, title=f"What helps, part {back}",
        )
    )  # fmt: skip
    number = int((made.inserted_primary_key or (0,))[0])
    numbers = {"accepted": taken, "rejected": refused, "returned": returned}
    # At one large provider, two days ago: so many were refused for who sends them that a person has to look.
    blocked = {"blocked": 250, "complained": 23} if (newsletter, back) == ("heart", 2) else {}
    domain = "a-large-mail-provider.example" if blocked else "example.org"
    count_at(connection, {Place(number, domain, "main"): numbers | blocked})
    note(connection, number, after=9, at=NOW)
    count_change(connection, number, {State.ACCEPTED: taken, State.REJECTED: refused})


def _grew(
    connection: Connection, newsletter: str, day: date, *, confirmed: int, signed_up: int, left: int
) -> None:
    counts = {Change.CONFIRMED: confirmed, Change.SIGNED_UP: signed_up, Change.UNSUBSCRIBED: left}
    for change, count in counts.items():
        connection.execute(
            insert(reader_days).values(
                newsletter=newsletter, counted_on=day, change=change.value, slot=9, count=count
            )
        )


def _feedback(workplace: Workplace) -> None:
    take(workplace, [bounce(recipient="reader7@example.org", remote_id="1")], source="postmark")
    take(workplace, [complaint(recipient="eve@example.org", remote_id="2")], source="postmark")
    take(workplace, [bounce(recipient="nobody@example.net")], source="mailbox", raw=_RETURNED)
    with workplace.database.write() as connection:
        open_breaker(connection, BREAKER, reason="12 of 480 were confirmed", now=NOW)
        strike(connection, "a-large-mail-provider.example", reason="421 4.7.28: too fast", now=NOW)


def _operators(workplace: Workplace) -> None:
    give_api_key(workplace, Wanted(name="Practice software, front desk", site="clinic", scope=Scope.SIGN_UP))
    with workplace.database.write() as connection:
        ada = account.add(connection, "Ada Example", list(Role), now=NOW)
        account.set_password(connection, ada, "$argon2id$of-nobody", now=NOW)
        for act in ("add operator", "change roles", "disable operator"):
            audit.record(connection, audit.COMMAND_LINE, act, "Grace Example", at=NOW)
