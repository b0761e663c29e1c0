"""What is due: one issue per local date, whatever the clock does and however often it is asked."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text

from newsletter.clock import FixedClock
from newsletter.content.store import ContentStore
from newsletter.database import Database
from newsletter.errors import PickError
from newsletter.issues.store import issues
from newsletter.settings import NewsletterSettings, SourceSettings
from newsletter.workflows.due import ingest_all, run_day, run_due
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer, free_port
from tests.integration.article_source import add_readers, fill
from tests.unit.factory import usable_articles

ADA, BOB = "ada@example.org", "bob@example.org"


@pytest.fixture
def ready(connected: Workplace) -> Workplace:
    """Articles and a relay; two newsletters, the weekly one on Sundays."""
    fill(connected.settings.content_path)
    return connected


def at(workplace: Workplace, said: str, zone: str = "UTC") -> Workplace:
    """The workplace at a local time such as "2026-03-03 07:00"."""
    moment = datetime.fromisoformat(said).replace(tzinfo=ZoneInfo(zone))
    return replace(workplace, clock=FixedClock(moment))


def with_newsletters(workplace: Workplace, *newsletters: NewsletterSettings) -> Workplace:
    return replace(workplace, settings=workplace.settings.model_copy(update={"newsletters": newsletters}))


def state_of(workplace: Workplace, newsletter: str = "daily") -> dict[date, str]:
    """Every issue's state by date."""
    query = select(issues.c.issued_on, issues.c.state).where(issues.c.newsletter == newsletter)
    with workplace.database.read() as connection:
        return {row.issued_on: row.state for row in connection.execute(query)}


# --- A day -----------------------------------------------------------------------------------------


def test_a_day_goes_by_nothing_then_composed_then_sent_once(ready, smtp_server: MailServer):
    add_readers(ready, ADA)
    seen = []
    for moment in ("05:59", "06:00", "06:59", "07:00", "07:01", "23:59"):
        run_due(at(ready, f"2026-03-03 {moment}"))
        seen.append((state_of(ready).get(date(2026, 3, 3)), len(smtp_server.received)))
    assert seen == [(None, 0), ("approved", 0), ("approved", 0), ("sent", 1), ("sent", 1), ("sent", 1)]


def test_a_machine_that_was_off_at_the_time_sends_later_that_day(ready, smtp_server):
    add_readers(ready, ADA)
    run_due(at(ready, "2026-03-03 22:15"))
    assert len(smtp_server.received) == 1


def test_a_day_on_which_the_machine_was_off_altogether_is_skipped(ready, smtp_server):
    add_readers(ready, ADA)
    run_due(at(ready, "2026-03-03 07:00"))
    run_due(at(ready, "2026-03-05 07:00"))
    assert set(state_of(ready)) == {date(2026, 3, 3), date(2026, 3, 5)}
    assert len(smtp_server.received) == 2


def test_an_issue_that_was_composed_but_not_begun_on_its_day_is_not_sent_the_day_after(ready, smtp_server):
    add_readers(ready, ADA)
    run_due(at(ready, "2026-03-03 06:30"))
    run_due(at(ready, "2026-03-04 05:00"))
    assert state_of(ready) == {date(2026, 3, 3): "approved"}
    assert not smtp_server.received


def test_an_issue_that_was_going_out_at_midnight_goes_on_until_the_next_one_starts(ready, smtp_server):
    add_readers(ready, ADA, BOB)
    smtp_server.replies += ["451 4.7.1 later", "451 4.7.1 later", "451 4.7.1 later"]
    run_due(at(ready, "2026-03-03 23:58"))
    run_due(at(ready, "2026-03-04 00:32"))  # half an hour later, and up to a tenth more
    assert sorted((len(smtp_server.to(ADA)), len(smtp_server.to(BOB)))) == [0, 1]
    run_due(at(ready, "2026-03-04 01:00"))
    assert state_of(ready) == {date(2026, 3, 3): "sending"}
    smtp_server.replies += ["451 4.7.1 still later"]
    run_due(at(ready, "2026-03-04 07:00"))
    assert state_of(ready) == {date(2026, 3, 3): "expired", date(2026, 3, 4): "sent"}
    run_due(at(ready, "2026-03-04 23:00"))
    assert sorted((len(smtp_server.to(ADA)), len(smtp_server.to(BOB)))) == [1, 2], (
        "yesterday's paper is not sent"
    )


def test_a_newsletter_mails_on_its_own_weekdays_only(ready):
    run_due(at(ready, "2026-03-07 12:00"))
    assert state_of(ready, "weekly") == {}
    run_due(at(ready, "2026-03-08 12:00"))
    assert state_of(ready, "weekly") == {date(2026, 3, 8): "sent"}


def test_each_newsletter_keeps_its_own_local_time(ready):
    east = NewsletterSettings(name="east", timezone="Pacific/Auckland")
    west = NewsletterSettings(name="west", timezone="Pacific/Honolulu")
    workplace = with_newsletters(ready, east, west)
    run_due(at(workplace, "2026-03-03 18:30"))  # 07:30 of the 4th in Auckland, 08:30 of the 3rd in Honolulu
    assert state_of(workplace, "east") == {date(2026, 3, 4): "sent"}
    assert state_of(workplace, "west") == {date(2026, 3, 3): "sent"}


# --- Nights on which clocks change -----------------------------------------------------------------

NIGHTS = [
    ("Europe/London", "2026-03-28", time(1, 30)),  # 01:00 becomes 02:00
    ("Europe/London", "2026-10-24", time(1, 30)),  # 01:00 to 02:00 comes twice
    ("America/New_York", "2026-03-07", time(2, 30)),
    ("America/New_York", "2026-10-31", time(1, 30)),
    ("Africa/Cairo", "2026-04-23", time(0, 30)),  # midnight becomes 01:00
    ("Africa/Cairo", "2026-10-28", time(23, 30)),  # 23:00 to midnight comes twice, and a date with it
]


@pytest.mark.parametrize(("zone", "first", "send_at"), NIGHTS)
def test_every_local_date_has_one_issue_and_one_mail_whatever_the_clock_does(
    ready, smtp_server, zone, first, send_at
):
    compose_at = (datetime.combine(date.min, send_at) - timedelta(minutes=20)).time()
    workplace = with_newsletters(
        ready, NewsletterSettings(timezone=zone, send_at=send_at, compose_at=compose_at)
    )
    add_readers(workplace, ADA)
    start = datetime.fromisoformat(first).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    wanted = {date.fromisoformat(first) + timedelta(days=number) for number in range(3)}
    moment = start
    while moment.astimezone(ZoneInfo(zone)).date() in wanted:
        run_due(replace(workplace, clock=FixedClock(moment)))
        moment += timedelta(minutes=10)
    assert state_of(workplace) == dict.fromkeys(sorted(wanted), "sent")
    assert len(smtp_server.received) == 3
    assert len({mail.message["Message-ID"] for mail in smtp_server.received}) == 3


# --- Twice at once, and errors ---------------------------------------------------------------------


def test_two_ticks_at_once_make_one_issue_and_send_one_mail(ready, smtp_server):
    readers = [f"reader{number}@example.org" for number in range(8)]
    add_readers(ready, *readers)
    start = threading.Barrier(2)

    def tick() -> None:
        database = Database(ready.settings.database_url.get_secret_value())
        start.wait(10)
        run_due(replace(at(ready, "2026-03-03 08:00"), database=database))
        database.close()

    threads = [threading.Thread(target=tick) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    run_due(at(ready, "2026-03-03 08:01"))
    assert state_of(ready) == {date(2026, 3, 3): "sent"}
    assert sorted(mail.recipients[0] for mail in smtp_server.received) == sorted(readers)


def test_an_error_nobody_foresaw_in_one_newsletter_does_not_stop_another(ready, caplog):
    workplace = with_newsletters(ready, NewsletterSettings(name="broken"), NewsletterSettings(name="whole"))
    with workplace.database.write() as connection:
        connection.execute(
            text(
                "CREATE TRIGGER full BEFORE INSERT ON editions WHEN "
                "(SELECT newsletter FROM issues WHERE id = NEW.issue_id) = 'broken' "
                "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
        )
    run_due(at(workplace, "2026-03-03 08:00"))
    assert state_of(workplace, "whole") == {date(2026, 3, 3): "sent"}
    assert state_of(workplace, "broken") == {}
    assert "compose broken 2026-03-03 failed" in caplog.text


def test_an_error_in_one_newsletter_is_logged_in_a_sentence_and_does_not_stop_another(
    ready, smtp_server, caplog
):
    workplace = with_newsletters(ready, NewsletterSettings(name="first"), NewsletterSettings(name="second"))
    add_readers(workplace, ADA, newsletter="first")
    add_readers(workplace, BOB, newsletter="second")
    down = workplace.settings.model_copy(update={"smtp_url": SecretStr(f"smtp://127.0.0.1:{free_port()}")})
    with caplog.at_level(logging.ERROR):
        run_due(at(replace(workplace, settings=down), "2026-03-03 08:00"))
    assert caplog.text.count("Check its address") == 2
    assert "Traceback" not in caplog.text
    run_due(at(workplace, "2026-03-03 08:01"))
    assert (len(smtp_server.to(ADA)), len(smtp_server.to(BOB))) == (1, 1)


# --- A given day, and ingest -----------------------------------------------------------------------


def test_a_given_day_runs_whatever_the_time_and_gives_counts_by_newsletter(ready):
    add_readers(ready, ADA)
    counts = run_day(at(ready, "2026-03-03 00:01"), date(2026, 3, 8))
    assert counts["daily"]["accepted"] == 1
    assert set(counts) == {"daily", "weekly"}


def test_a_given_day_on_which_nothing_mails_does_nothing(ready):
    workplace = with_newsletters(ready, NewsletterSettings(weekdays=("sun",)))
    assert run_day(workplace, date(2026, 3, 3)) == {}


def test_running_a_given_day_again_sends_nothing(ready, smtp_server):
    add_readers(ready, ADA)
    assert run_day(ready, date(2026, 3, 3)) == run_day(ready, date(2026, 3, 3))
    assert len(smtp_server.received) == 1


def test_a_given_day_serves_the_other_newsletters_before_it_reports_an_error(connected):
    fill(connected.settings.content_path, names=("gout",))
    workplace = with_newsletters(
        connected, NewsletterSettings(name="first"), NewsletterSettings(name="second")
    )
    run_day(with_newsletters(workplace, NewsletterSettings(name="first")), date(2026, 3, 2))
    with pytest.raises(PickError, match="issue of 2026-03-03"):
        run_day(workplace, date(2026, 3, 3))
    assert state_of(workplace, "second") == {date(2026, 3, 3): "sent"}


def test_ingest_takes_every_configured_source_and_logs_what_it_rejects(workplace, tmp_path, caplog):
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "good.md").write_text(
        "---\ntitle: Gout\nreviewed_on: 2026-01-01\n---\n\nAn overview.\n\n## Symptoms\n\nPain.\n",
        encoding="utf-8",
    )
    (folder / "bad.md").write_bytes(b"\xff\xfe\x00broken")
    settings = workplace.settings.model_copy(update={"sources": (SourceSettings(path=folder),)})
    ingest_all(replace(workplace, settings=settings))
    with ContentStore(settings.content_path) as store:
        assert [article.title for article in usable_articles(store)] == ["Gout"]
    assert "rejected bad.md" in caplog.text


def test_ingest_without_sources_touches_nothing(workplace):
    ingest_all(workplace)
    assert not workplace.settings.content_path.exists()
