"""The clock: triggers from the settings in local time, no state of its own; no error stops it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.events import EVENT_SCHEDULER_STARTED
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.blocking import BlockingScheduler
from pydantic import SecretStr
from sqlalchemy import func, select

from newsletter.clock import FixedClock
from newsletter.engines import clock as engine
from newsletter.engines.clock import SaidOnce, build_clock, describe
from newsletter.issues.store import issues
from newsletter.settings import NewsletterSettings
from newsletter.settings.site import SiteSettings, WebhookSettings
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import fill

DAY = date(2026, 3, 3)


@pytest.fixture
def abroad(workplace: Workplace) -> Workplace:
    """Two newsletters, in London and Cairo."""
    london = NewsletterSettings(
        name="london", timezone="Europe/London", compose_at=time(5, 15), send_at=time(6, 45, 30)
    )
    cairo = NewsletterSettings(
        name="cairo", timezone="Africa/Cairo", compose_at=time(0, 10), send_at=time(0, 30)
    )
    settings = workplace.settings.model_copy(update={"newsletters": (london, cairo), "ingest_at": time(4, 5)})
    return replace(workplace, settings=settings)


@contextmanager
def running(scheduler: BlockingScheduler) -> Iterator[BlockingScheduler]:
    """The real scheduler, started in a thread of its own."""
    started = threading.Event()
    scheduler.add_listener(lambda _event: started.set(), EVENT_SCHEDULER_STARTED)
    thread = threading.Thread(target=scheduler.start)
    thread.start()
    assert started.wait(10)
    try:
        yield scheduler
    finally:
        scheduler.shutdown()
        thread.join(10)


def fire_times(scheduler: BlockingScheduler, job: str, start: datetime, days: int) -> list[datetime]:
    """When *job*'s trigger fires within *days* from *start*."""
    trigger, found, now = scheduler.get_job(job).trigger, [], start
    previous = None
    while (previous := trigger.get_next_fire_time(previous, now)) < start + timedelta(days=days):
        found.append(previous)
        now = previous + timedelta(microseconds=1)
    return found


def test_every_newsletter_is_composed_and_delivered_at_its_own_local_time(abroad):
    scheduler = build_clock(abroad)
    start = datetime(2026, 7, 1, tzinfo=UTC)
    first = {
        job.id: fire_times(scheduler, job.id, start, 1)[0].astimezone(UTC).time()
        for job in scheduler.get_jobs()
        if job.id not in ("tick", "retention", "feedback")
    }
    assert first == {
        "ingest": time(3, 5),
        "compose london": time(4, 15),
        "deliver london": time(5, 45, 30),
        "compose cairo": time(21, 10),
        "deliver cairo": time(21, 30),
    }


def test_the_mailbox_is_looked_into_every_five_minutes_and_no_letter_waits_for_it(
    workplace: Workplace,
) -> None:
    assert "mailbox" not in {job.id for job in build_clock(workplace).get_jobs()}
    settings = workplace.settings.model_copy(update={"mailbox_url": SecretStr("maildir:///back")})
    jobs = {job.id: job for job in build_clock(replace(workplace, settings=settings)).get_jobs()}
    assert jobs["mailbox"].trigger.interval == timedelta(minutes=5)
    assert jobs["mailbox"].executor not in {jobs[name].executor for name in ("tick", "feedback")}


def test_what_came_back_is_settled_while_a_letter_goes_out(workplace: Workplace) -> None:
    jobs = {job.id: job for job in build_clock(workplace).get_jobs()}
    assert jobs["feedback"].executor != jobs["tick"].executor
    assert jobs["feedback"].trigger.interval == timedelta(minutes=5)


def test_sites_are_told_beside_the_letters_if_any_has_a_webhook(workplace: Workplace) -> None:
    assert build_clock(workplace).get_job("webhooks") is None
    site = SiteSettings(key="a", origins=("*",), webhook=WebhookSettings(url="http://127.0.0.1:9/"))
    settings = workplace.settings.model_copy(update={"sites": (site,)})
    jobs = {job.id: job.executor for job in build_clock(replace(workplace, settings=settings)).get_jobs()}
    assert jobs["webhooks"] not in {jobs["tick"], jobs["retention"]}


def test_jobs_live_in_memory_late_ones_run_once_and_never_two_at_a_time(abroad):
    with running(build_clock(abroad)) as scheduler:
        assert isinstance(scheduler._jobstores["default"], MemoryJobStore)
        jobs = scheduler.get_jobs()
        assert {job.id for job in jobs} >= {"tick", "ingest"}
        assert all(job.coalesce for job in jobs)
        assert {job.misfire_grace_time for job in jobs} == {None}
        assert {job.max_instances for job in jobs} == {1}


def test_the_database_is_asked_every_half_minute_besides(abroad):
    retention = build_clock(abroad).get_job("retention")
    assert retention.trigger.interval == timedelta(hours=1)
    tick = build_clock(abroad).get_job("tick")
    assert tick.trigger.interval == timedelta(seconds=30)


def test_the_clocks_own_trigger_skips_a_day_in_cairo_which_is_why_a_tick_asks_the_database(abroad):
    scheduler = build_clock(abroad)
    start = datetime(2026, 4, 23, tzinfo=ZoneInfo("Africa/Cairo"))
    days = {moment.date() for moment in fire_times(scheduler, "deliver cairo", start, 3)}
    assert date(2026, 4, 24) not in days


def test_late_jobs_make_the_issue_that_is_due_once(connected):
    fill(connected.settings.content_path)
    workplace = replace(connected, clock=FixedClock(datetime(2026, 3, 3, 8, tzinfo=UTC)))
    with running(build_clock(workplace)) as scheduler:
        for job in scheduler.get_jobs():
            scheduler.modify_job(job.id, next_run_time=datetime.now(UTC) - timedelta(days=3))
        wait_for_jobs(scheduler)
    with workplace.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(issues)) == 1


def wait_for_jobs(scheduler: BlockingScheduler) -> None:
    """Until everything that was late has run: one thread runs the jobs, in order."""
    done = threading.Event()
    scheduler.add_job(done.set, next_run_time=datetime.now(UTC))
    assert done.wait(20)


def test_an_error_that_nobody_foresaw_does_not_stop_the_clock(abroad, caplog, monkeypatch):
    def fall_over(_workplace: Workplace) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(engine, "run_due", fall_over)
    with running(build_clock(abroad)) as scheduler:
        scheduler.modify_job("tick", next_run_time=datetime.now(UTC))
        wait_for_jobs(scheduler)
        assert scheduler.get_job("tick") is not None
    assert "unexpected error; the clock goes on" in caplog.text


def test_it_says_in_words_what_runs_when(abroad):
    assert describe(abroad.settings) == [
        "04:05 Europe/London: ingest",
        "05:15 Europe/London: compose london (mon, tue, wed, thu, fri, sat, sun)",
        "06:45 Europe/London: deliver london (mon, tue, wed, thu, fri, sat, sun)",
        "06:45 Europe/London: deliver london-weekly (sun), once a reader has chosen it",
        "00:10 Africa/Cairo: compose cairo (mon, tue, wed, thu, fri, sat, sun)",
        "00:30 Africa/Cairo: deliver cairo (mon, tue, wed, thu, fri, sat, sun)",
        "00:30 Africa/Cairo: deliver cairo-weekly (sun), once a reader has chosen it",
    ]


def test_a_fault_that_lasts_is_said_once(caplog):
    logger = logging.getLogger("newsletter.test.said")
    said_once = SaidOnce()
    logger.addFilter(said_once)
    try:
        for _ in range(3):
            logger.warning("compose %s failed", "2026-03-03")
        logger.warning("compose %s failed", "2026-03-04")
    finally:
        logger.removeFilter(said_once)
    assert caplog.messages == ["compose 2026-03-03 failed", "compose 2026-03-04 failed"]
