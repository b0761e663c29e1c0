"""A morning at the console, for pictures and audits: letters that went out, and some that need a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import SecretStr
from sqlalchemy import insert

from newsletter import samples
from newsletter.clock import FixedClock
from newsletter.content.store import ContentStore
from newsletter.content.sync import Run, SyncState
from newsletter.delivery.delivery import State
from newsletter.delivery.fault_server import FaultServer
from newsletter.delivery.issue_count import count_change
from newsletter.delivery.slow_domain import strike
from newsletter.feedback.count import Place, count_at
from newsletter.feedback.counted import note
from newsletter.issues import store as issue_store
from newsletter.issues.store import issues
from newsletter.operators import audit
from newsletter.settings import NewsletterSettings, Settings, SiteSettings, SourceSettings
from newsletter.subscribers.api_key import Scope, Wanted
from newsletter.subscribers.breaker import open_breaker
from newsletter.subscribers.count import Change, reader_days
from newsletter.subscribers.token import write_key_file
from newsletter.workflows.compose import compose
from newsletter.workflows.decide import hold
from newsletter.workflows.deliver import deliver
from newsletter.workflows.due import ingest_all
from newsletter.workflows.give_api_key import give_api_key
from newsletter.workflows.hold_back import BREAKER
from newsletter.workflows.pause_issue import pause_issue
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
_READERS, _DAYS = 240, 28
_STOPPED = "9 of the first 50 messages were refused"


def settings_in(folder: Path) -> Settings:
    """Two newsletters, two sites, a folder and a feed; everything in *folder*."""
    return Settings(
        base_url="http://letter.example",
        database_url=SecretStr(f"sqlite:///{folder / 'subscribers.db'}"),
        content_path=folder / "content.db",
        key_path=folder / "newsletter.key",
        journal_path=folder / "newsletter.journal",
        newsletters=(
            NewsletterSettings(timezone="Europe/London", approval="two", weekly_on="off"),
            NewsletterSettings(
                name="heart", title="Heart and Vessels", timezone="Europe/London", weekly_on="off"
            ),
        ),
        sites=tuple(SiteSettings(key=key, origins=(f"https://{key}.example",)) for key in ("clinic", "shop")),
        sources=(SourceSettings(path=Path(samples.__file__).parent), SourceSettings(url=FEED, kind="feed")),
        review_years=10,
    )


@contextmanager
def empty(folder: Path) -> Iterator[Workplace]:
    """The first morning: nothing has come in, nobody signed up."""
    write_key_file(folder / "newsletter.key")
    settings = settings_in(folder).model_copy(update={"sources": (), "sites": ()})
    with open_workplace(settings, FixedClock(NOW)) as workplace:
        yield workplace


@contextmanager
def stage(folder: Path) -> Iterator[Workplace]:
    """The workplace of that morning, in *folder*."""
    write_key_file(folder / "newsletter.key")
    with FaultServer() as server:
        settings = settings_in(folder).model_copy(update={"smtp_url": SecretStr(server.url)})
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
    stored = compose(before, heart, YESTERDAY)
    with before.database.write() as connection:
        issue_store.start(connection, stored.id, started_at=before.clock.now())
    pause_issue(before, heart, YESTERDAY, actor="circuit breaker", reason=_STOPPED)
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


def _past(workplace: Workplace) -> None:
    """Four weeks of letters: what was counted of each, and how the list grew."""
    with workplace.database.write() as connection:
        for back in range(2, _DAYS + 2):
            day = TODAY - timedelta(days=back)
            at = NOW - timedelta(days=back)
            made = connection.execute(
                insert(issues).values(
                    newsletter="daily", issued_on=day, state="sent", document="{}", composed_at=at,
                    started_at=at, audience_at=at, finished_at=at, title=f"What helps, part {back}",
                )
            )  # fmt: skip
            number = int((made.inserted_primary_key or (0,))[0])
            taken, refused = 1_900 - 11 * back, 25 + back % 7
            place = Place(number, "example.org", "relay")
            count_at(connection, {place: {"accepted": taken, "rejected": refused, "returned": back + 10}})
            note(connection, number, after=9, at=NOW)
            count_change(connection, number, {State.ACCEPTED: taken, State.REJECTED: refused})
            changes = ((Change.CONFIRMED, 30 + back % 9), (Change.SIGNED_UP, 45), (Change.UNSUBSCRIBED, 21))
            for change, count in changes:
                connection.execute(
                    insert(reader_days).values(
                        newsletter="daily", counted_on=day, change=change.value, slot=9, count=count
                    )
                )


def _feedback(workplace: Workplace) -> None:
    take(workplace, [bounce(recipient="reader7@example.org", remote_id="1")], source="postmark")
    take(workplace, [complaint(recipient="eve@example.org", remote_id="2")], source="postmark")
    take(workplace, [bounce(recipient="nobody@example.net")], source="mailbox", raw=_RETURNED)
    with workplace.database.write() as connection:
        open_breaker(connection, BREAKER, reason="12 of 480 were confirmed", now=NOW)
        strike(connection, "a-large-mail-provider.example", reason="421 4.7.28: too fast", now=NOW)
        at = NOW - timedelta(days=1)
        made = connection.execute(
            insert(issues).values(
                newsletter="heart", issued_on=TODAY - timedelta(days=2), state="sent", document="{}",
                composed_at=at, started_at=at, audience_at=at, finished_at=at, title="Blood pressure",
            )
        )  # fmt: skip
        number = int((made.inserted_primary_key or (0,))[0])
        for domain, blocked in (("a-large-mail-provider.example", 150), ("example.net", 0)):
            numbers = {
                "accepted": 9_900,
                "rejected": 100,
                "returned": 45,
                "blocked": blocked,
                "complained": 3,
            }
            count_at(connection, {Place(number, domain, "main"): numbers})
        note(connection, number, after=9, at=NOW)


def _operators(workplace: Workplace) -> None:
    give_api_key(workplace, Wanted(name="Practice software, front desk", site="clinic", scope=Scope.SIGN_UP))
    with workplace.database.write() as connection:
        for act in ("add operator", "change roles", "disable operator"):
            audit.record(connection, audit.COMMAND_LINE, act, "Grace Example", at=NOW)
