"""Look ahead: the forecast and the next issue's checks, made in the background and kept.

A process of its own makes them, at the lowest priority: ninety days of 20,000 articles take ten seconds of a
core, in which neither a page nor a letter is to wait.
"""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Container, Hashable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from newsletter.clock import local_date
from newsletter.content.store import ContentStore
from newsletter.database import Database
from newsletter.errors import NewsletterError
from newsletter.issues.decision import Act, holds
from newsletter.issues.glance import glances, in_force_between, plan_mark
from newsletter.issues.issue import Issue, State
from newsletter.overrides import stamp
from newsletter.settings import NewsletterSettings, Settings
from newsletter.workflows.compose import make_draft
from newsletter.workflows.outlook import DayAhead, NextLook, Outlook, Outlooks
from newsletter.workflows.plan import DAYS, expected, missing, plan
from newsletter.workflows.workplace import Workplace

log = logging.getLogger(__name__)

#: States in which the day's letter is over, so that the next one is a later day's.
_OVER = (State.SENT, State.CANCELLED, State.EXPIRED, State.SKIPPED)
_LOWEST_PRIORITY = 19
#: Another publication than a daily one comes at least so often.
_RAREST = 62


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the background process is asked for. *next_day* None: nothing comes."""

    settings: Settings
    newsletter: str
    today: date
    next_day: date | None


@dataclass(frozen=True)
class Found:
    """What it has found, the next look first; the forecast takes longer."""

    next_look: NextLook | None = None
    days: tuple[DayAhead, ...] | None = None
    issues: tuple[Issue, ...] = ()
    warnings: tuple[str, ...] = ()
    overdue: int = 0
    fault: str = ""


#: Does what is asked and gives what is found, bit by bit.
Make = Callable[[Asked], Iterator[Found]]


def look_ahead(
    workplace: Workplace, newsletter: NewsletterSettings, *, make: Make | None = None
) -> tuple[Outlook | None, bool]:
    """The outlook that was made last, and whether it is being made anew because something has changed."""
    kept = workplace.outlooks
    mark = _mark(workplace, newsletter)
    with kept.lock:
        found = kept.ahead.get(newsletter.name)
        is_current = found is not None and found.mark == mark
        if not is_current and newsletter.name not in kept.making:
            kept.making.add(newsletter.name)
            thread = threading.Thread(
                target=_make_and_keep,
                args=(workplace, newsletter, make or in_another_process),
                name=f"outlook of {newsletter.name}",
                daemon=True,
            )
            thread.start()
        return found, not is_current


def next_look(workplace: Workplace, newsletter: NewsletterSettings, day: date) -> NextLook | None:
    """What preflight said of the issue of *day* when it was looked at last; None: it was not yet."""
    with workplace.outlooks.lock:
        found = workplace.outlooks.next_looks.get(newsletter.name)
    return found[1] if found is not None and found[1].day == day else None


def forecast_of(
    workplace: Workplace, newsletter: NewsletterSettings, day: date
) -> tuple[Issue, Hashable] | None:
    """The issue of *day* as the outlook has it, and the outlook's mark; None where that is not of now."""
    with workplace.outlooks.lock:
        found = workplace.outlooks.ahead.get(newsletter.name)
    if found is None or found.fault or found.mark != _mark(workplace, newsletter):
        return None
    return next(((issue, found.mark) for issue in found.issues if issue.issued_on == day), None)


def is_outdated(workplace: Workplace, newsletter: NewsletterSettings) -> bool:
    """Whether there is an outlook, and something has changed since."""
    with workplace.outlooks.lock:
        found = workplace.outlooks.ahead.get(newsletter.name)
    return found is not None and not found.fault and found.mark != _mark(workplace, newsletter)


def expected_before(
    workplace: Workplace, newsletter: NewsletterSettings, day: date, *, made: Container[date]
) -> tuple[Issue, ...]:
    """As plan.expected, from the outlook where there is one, though it may be a change behind.

    *made*: the days from today to *day* whose issues are made.
    """
    today = local_date(workplace.clock.now(), newsletter.timezone)
    if not missing(newsletter, made, today, day):
        return ()
    with workplace.outlooks.lock:
        found = workplace.outlooks.ahead.get(newsletter.name)
    if found is not None and found.today == today and not found.fault:
        return tuple(one for one in found.issues if one.issued_on < day and one.issued_on not in made)
    # What is decided of the day itself changes none of those before it.
    key = (newsletter.name, day, _mark(workplace, newsletter, before=day))
    settings, database = workplace.settings, workplace.database
    kept: tuple[Issue, ...] = workplace.pool.expected.get(
        key, lambda: expected(settings, database, newsletter, day, today=today)
    )
    return kept


def next_day(workplace: Workplace, newsletter: NewsletterSettings) -> date | None:
    """The day of the issue that comes next, or goes out now; None: there is none within two months."""
    today = local_date(workplace.clock.now(), newsletter.timezone)
    last = today + timedelta(days=_RAREST)
    with workplace.database.read() as connection:
        kept = glances(connection, newsletter.name, today, last)
        decided = in_force_between(connection, newsletter.name, today, last)

    def comes(day: date) -> bool:
        if day in kept:
            return kept[day].state not in _OVER
        return newsletter.mails_on(day) and not holds(decided.get(day, ()), Act.SKIP)

    days = (today + timedelta(days=ahead) for ahead in range(_RAREST + 1))
    return next(filter(comes, days), None)


def made_here(asked: Asked) -> Iterator[Found]:
    """Work it out in this very process.

    Raises:
        SettingsError: the database cannot be opened.
    """
    settings = asked.settings
    newsletter = settings.newsletter(asked.newsletter)
    database = Database(settings.database_url.get_secret_value())
    try:
        if asked.next_day is not None:
            yield Found(next_look=_look(settings, database, newsletter, asked.next_day, asked.today))
        yield _forecast(settings, database, newsletter, asked.today)
    finally:
        database.close()


def in_another_process(asked: Asked) -> Iterator[Found]:
    """Have it worked out by a process of its own, which is gone afterwards, and with it what it had read.

    It is asked and answers through pipes, so that it ends by itself once nobody is there to read.
    """
    process = subprocess.Popen(  # noqa: S603 - our own module, by the interpreter that runs this
        [sys.executable, "-c", f"from {__name__} import answer; answer()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the server, which ends this one
    )
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
    try:
        with suppress(BrokenPipeError), process.stdin as question:
            pickle.dump(asked, question)
        with suppress(EOFError):
            while True:
                yield pickle.load(process.stdout)  # noqa: S301 - what our own process wrote
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def answer() -> None:
    """What the process does: read what is asked, and write what is found, bit by bit."""
    os.nice(_LOWEST_PRIORITY)
    # Whoever asked may have gone before, or goes meanwhile: then there is nothing to say to anybody.
    with suppress(EOFError, BrokenPipeError):
        asked: Asked = pickle.load(sys.stdin.buffer)  # noqa: S301 - what our own process wrote
        for found in made_here(asked):
            sys.stdout.buffer.write(pickle.dumps(found))
            sys.stdout.buffer.flush()
    os._exit(0)  # else the interpreter would complain of the pipe that is gone


def _make_and_keep(workplace: Workplace, newsletter: NewsletterSettings, make: Make) -> None:
    kept: Outlooks = workplace.outlooks
    mark: Hashable = None
    try:
        # What changes meanwhile makes it begin again, until it is what it is made of.
        while mark != (mark := _mark(workplace, newsletter)):
            _make_once(workplace, newsletter, make, mark)
    except Exception as error:  # noqa: BLE001 - pages say why there is none, until something changes
        reason = str(error) if isinstance(error, NewsletterError) else type(error).__name__
        log.warning("outlook of %s: %s", newsletter.name, reason)
        with kept.lock:
            kept.ahead[newsletter.name] = _no_outlook(workplace, newsletter, mark, reason)
    finally:
        with kept.lock:
            kept.making.discard(newsletter.name)


def _make_once(workplace: Workplace, newsletter: NewsletterSettings, make: Make, mark: Hashable) -> None:
    kept = workplace.outlooks
    today = local_date(workplace.clock.now(), newsletter.timezone)
    asked = Asked(
        settings=workplace.settings,
        newsletter=newsletter.name,
        today=today,
        next_day=next_day(workplace, newsletter),
    )
    is_whole = False
    for found in make(asked):
        with kept.lock:
            if found.next_look is not None:
                kept.next_looks[newsletter.name] = (mark, found.next_look)
            if found.days is not None:
                is_whole = True
                kept.ahead[newsletter.name] = Outlook(
                    mark=mark,
                    today=today,
                    made_at=workplace.clock.now(),
                    days=found.days,
                    issues=found.issues,
                    warnings=found.warnings,
                    overdue=found.overdue,
                    fault=found.fault,
                )
    if not is_whole:
        reason = "the process that makes the forecast has ended; see the log of the server"
        with kept.lock:
            kept.ahead[newsletter.name] = _no_outlook(workplace, newsletter, mark, reason)


def _no_outlook(workplace: Workplace, newsletter: NewsletterSettings, mark: Hashable, why: str) -> Outlook:
    now = workplace.clock.now()
    return Outlook(mark=mark, today=local_date(now, newsletter.timezone), made_at=now, fault=why)


def _mark(workplace: Workplace, newsletter: NewsletterSettings, *, before: date | None = None) -> Hashable:
    path, observances = workplace.settings.content_path, workplace.settings.observances
    files = stamp([path, path.with_name(f"{path.name}-wal"), *([observances] if observances else [])])
    with workplace.database.read() as connection:
        decided = plan_mark(connection, newsletter.name, before=before)
    today = local_date(workplace.clock.now(), newsletter.timezone)
    # A log without anything in it comes and goes with whoever reads.
    return today, tuple(one for one in files if one[2]), decided


def _look(
    settings: Settings, database: Database, newsletter: NewsletterSettings, day: date, today: date
) -> NextLook:
    try:
        draft = make_draft(settings, database, newsletter, day, since=today, today=today)
    except NewsletterError as error:
        return NextLook(day=day, fault=str(error))
    by_level = {
        level: tuple(f"{one.name}: {one.detail}" for one in draft.checks if one.level == level)
        for level in ("warn", "fail")
    }
    return NextLook(
        day=day,
        subject=draft.edition.subject,
        preheader=draft.edition.preheader,
        title=draft.issue.lead.article_title,
        warned=by_level["warn"],
        failed=by_level["fail"],
        checks=len(draft.checks),
    )


def _forecast(settings: Settings, database: Database, newsletter: NewsletterSettings, today: date) -> Found:
    with ContentStore(settings.content_path) as content:
        overdue = len(content.articles_by_review("overdue", today, limit=settings.review_limit))
    try:
        planned = plan(settings, database, newsletter, today, DAYS)
    except NewsletterError as error:
        return Found(days=(), overdue=overdue, fault=str(error))
    return Found(
        days=tuple(map(_day, planned.issues)),
        issues=tuple(issue for issue in planned.issues if issue.picks),
        warnings=planned.warnings,
        overdue=overdue,
    )


def _day(issue: Issue) -> DayAhead:
    trace = issue.trace
    if not issue.picks:
        why = trace.notes[0] if trace and trace.notes else ""
        return DayAhead(day=issue.issued_on, state=issue.state, why=why)
    relaxed = trace.relaxed[-1] if trace and trace.relaxed else ""
    return DayAhead(
        day=issue.issued_on,
        state=issue.state,
        lead=issue.lead.article_id,
        title=issue.lead.article_title,
        subject=issue.subject,
        why=relaxed,
    )
