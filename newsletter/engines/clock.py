"""The clock: APScheduler triggers from the settings. It keeps no state of its own.

Jobs live in memory, late ones run once (coalesce, no misfire limit), one at a time. Every job is the same
question to the database, "what is due?", because wall clocks skip and repeat hours, and two schedulers on
one machine would fire everything twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, time
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from newsletter.engines.collector import collecting_less
from newsletter.engines.ending import ending_by_signal
from newsletter.errors import NewsletterError
from newsletter.settings import Settings
from newsletter.workflows.call_webhooks import call_webhooks
from newsletter.workflows.collect_feedback import collect_feedback
from newsletter.workflows.due import ingest_all, run_day, run_due
from newsletter.workflows.retain import retain
from newsletter.workflows.settle_feedback import settle_feedback
from newsletter.workflows.workplace import Workplace

log = logging.getLogger(__name__)

#: How often the database is asked apart from the set times: for retries, and after an interruption.
TICK_S = 30
#: How often what relays refused is judged, and what came back is settled.
SETTLE_MIN = 5
#: How often the mailbox is looked into.
COLLECT_MIN = 5
#: How often what was kept long enough is deleted; also once at the start.
RETAIN_H = 1


def build_clock(workplace: Workplace) -> BlockingScheduler:
    """The scheduler, not yet started: ingest, and per newsletter compose and deliver at local times."""
    scheduler = BlockingScheduler(
        timezone="UTC",
        # Sites and mailboxes may be slow to answer, a letter may go out for hours: none waits for another.
        executors={name: ThreadPoolExecutor(1) for name in ("default", "webhooks", "feedback", "mailbox")},
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
    )

    def add(
        name: str, trigger: object, work: Callable[[Workplace], object], executor: str = "default"
    ) -> None:
        scheduler.add_job(lambda: _safely(work, workplace), trigger, id=name, name=name, executor=executor)

    settings = workplace.settings
    add("ingest", _at(settings.ingest_at, settings.newsletters[0].zone), ingest_all)
    for newsletter in settings.newsletters:
        add(f"compose {newsletter.name}", _at(newsletter.compose_at, newsletter.zone), run_due)
        add(f"deliver {newsletter.name}", _at(newsletter.send_at, newsletter.zone), run_due)
    add("tick", IntervalTrigger(seconds=TICK_S), run_due)
    add("retention", IntervalTrigger(hours=RETAIN_H), retain)
    add("feedback", IntervalTrigger(minutes=SETTLE_MIN), settle_feedback, "feedback")
    if any(site.webhook for site in settings.sites):
        add("webhooks", IntervalTrigger(seconds=TICK_S), call_webhooks, "webhooks")
    if settings.mailbox_url is not None:
        add("mailbox", IntervalTrigger(minutes=COLLECT_MIN), collect_feedback, "mailbox")
    return scheduler


class SaidOnce(logging.Filter):
    """Passes a sentence once: what is wrong at one tick is wrong at the next, and says so every 30 s."""

    def __init__(self) -> None:
        super().__init__()
        self._said: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record says something that was not said before; news makes room for old words."""
        said = record.getMessage()
        if said in self._said:
            return False
        if len(self._said) > 500:
            self._said.clear()
        self._said.add(said)
        return True


def run_clock(workplace: Workplace) -> None:
    """Run in the foreground until interrupted; what is due already is done first.

    Told to end, a letter that goes out stops: messages on their way get their outcome, and no other leaves.
    """
    for name in ("newsletter.workflows.due", "newsletter.workflows.deliver"):
        logging.getLogger(name).addFilter(SaidOnce())
    scheduler = build_clock(workplace)
    for line in describe(workplace.settings):
        log.info("%s", line)
    with collecting_less(), ending_by_signal(workplace.stopping) as ending:
        try:
            _safely(run_due, workplace)
            _safely(retain, workplace)
            if not workplace.stopping.is_set():
                ending.is_idle = True  # jobs run in threads of their own
                scheduler.start()
        except (KeyboardInterrupt, SystemExit):
            ending.is_idle = False
            if scheduler.running:
                scheduler.shutdown(wait=True)  # once what is on its way is known
        log.info("the clock stops; what is due waits in the database")


def run_once(workplace: Workplace, day: date) -> dict[str, dict[str, int]]:
    """Run that day's jobs now and end, or stop as run_clock does. Counts by newsletter.

    Raises:
        NewsletterError: a job of the day could not be done; the other newsletters had theirs done first.
    """
    with collecting_less(), ending_by_signal(workplace.stopping):
        return run_day(workplace, day)


def describe(settings: Settings) -> list[str]:
    """What runs when, a line each."""
    lines = [f"{settings.ingest_at:%H:%M} {settings.newsletters[0].timezone}: ingest"]
    for one in settings.newsletters:
        days = ", ".join(one.weekdays)
        lines.append(f"{one.compose_at:%H:%M} {one.timezone}: compose {one.name} ({days})")
        lines.append(f"{one.send_at:%H:%M} {one.timezone}: deliver {one.name} ({days})")
        if one.weekly is not None:
            lines.append(
                f"{one.send_at:%H:%M} {one.timezone}: deliver {one.weekly.name} ({one.weekly_on}), "
                "once a reader has chosen it"
            )
    return lines


def _at(moment: time, zone: Any) -> CronTrigger:
    return CronTrigger(hour=moment.hour, minute=moment.minute, second=moment.second, timezone=zone)


def _safely(work: Callable[[Workplace], object], workplace: Workplace) -> None:
    try:
        work(workplace)
    except NewsletterError as error:
        log.error("%s", error)  # noqa: TRY400 - the sentence says it all
    except Exception:
        # A job that raises must not take the clock with it: tomorrow's issue still has to go out.
        log.exception("unexpected error; the clock goes on")
