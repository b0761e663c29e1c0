"""Run what is due: a tick asks the database, so that it does not matter how often or when it is asked."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import partial

from newsletter.errors import NewsletterError, PickError
from newsletter.issues import store as issue_store
from newsletter.issues.issue import State
from newsletter.settings import NewsletterSettings
from newsletter.subscribers.store import active_recipients
from newsletter.workflows.approve import hold_unapproved, tell_of_waiting
from newsletter.workflows.compose import clear_to_send, compose
from newsletter.workflows.deliver import deliver
from newsletter.workflows.dispatch import Progress
from newsletter.workflows.expire_issue import expire_old
from newsletter.workflows.forget import forget_topic_editions
from newsletter.workflows.resume import resume_due
from newsletter.workflows.retain import retain
from newsletter.workflows.sync_sources import open_desk, sync_sources
from newsletter.workflows.workplace import Workplace

log = logging.getLogger(__name__)


def run_due(workplace: Workplace) -> None:
    """Compose and deliver whatever is due now for any newsletter, and go on with what was interrupted.

    An issue of today is due from its time until midnight, so that a machine that was off at the time
    still sends it; a day on which it was off altogether is skipped. An error in one newsletter is logged
    and does not stop another.
    """
    _guarded(partial(resume_due, workplace), "resuming after pauses")
    for newsletter in workplace.settings.publications:
        _guarded(partial(_run_newsletter, workplace, newsletter), f"the round of {newsletter.name}")


def run_day(
    workplace: Workplace, day: date, *, progress: Progress | None = None
) -> dict[str, dict[str, int]]:
    """Run all jobs of *day* now, whatever the time: ingest, compose, deliver, retain. Counts by newsletter.

    Raises:
        NewsletterError: a job of the day could not be done; the other newsletters had theirs done first.
    """
    ingest_all(workplace)
    resume_due(workplace)
    counts = {}
    failed: NewsletterError | None = None
    for newsletter in workplace.settings.publications:
        if not newsletter.mails_on(day) or not _is_wanted(workplace, newsletter):
            continue
        try:
            _compose(workplace, newsletter, day)
            hold_unapproved(workplace, newsletter, day)
            counts[newsletter.name] = _deliver(workplace, newsletter, day, progress)
        except NewsletterError as error:
            log.error("%s %s failed: %s", newsletter.name, day, error)  # noqa: TRY400 - as below
            failed = failed or error
    _guarded(partial(retain, workplace), "deleting what was kept long enough")
    if failed is not None:
        raise failed
    return counts


def _run_newsletter(workplace: Workplace, newsletter: NewsletterSettings) -> None:
    _guarded(partial(expire_old, workplace, newsletter), f"expiring issues of {newsletter.name}")
    local = workplace.clock.now().astimezone(newsletter.zone)
    today = local.date()
    is_time = newsletter.mails_on(today) and local.time() >= newsletter.compose_at
    if is_time and _is_wanted(workplace, newsletter):
        _guarded(partial(_compose, workplace, newsletter, today), f"compose {newsletter.name} {today}")
    last = today if local.time() >= newsletter.send_at else today - timedelta(days=1)
    _guarded(partial(hold_unapproved, workplace, newsletter, last), f"holding {newsletter.name} {today}")
    for day in _days_to_send(workplace, newsletter, local):
        _guarded(partial(_deliver, workplace, newsletter, day), f"deliver {newsletter.name} {day}")


def _is_wanted(workplace: Workplace, newsletter: NewsletterSettings) -> bool:
    """Whether its issues are made: a newsletter's always, a weekly digest once a reader has chosen it."""
    name, frequency = newsletter.audience
    if frequency == "weekly":
        return _has_weekly_readers(workplace, name)
    if frequency == "daily" and not newsletter.offers_weekly and _has_weekly_readers(workplace, name):
        log.warning(
            "%s: some readers chose the weekly digest, which is off: they are sent nothing. "
            "Set weekly_on in newsletter.toml",
            name,
        )
    return True


def _has_weekly_readers(workplace: Workplace, newsletter: str) -> bool:
    with workplace.database.read() as connection:
        return bool(active_recipients(connection, newsletter, frequency="weekly", limit=1))


def ingest_all(workplace: Workplace) -> None:
    """Bring every configured source into the content store; what is rejected is logged with its reason."""
    if not workplace.settings.sources:
        return
    with open_desk(workplace.settings, workplace.database, workplace.clock) as desk:
        for report in sync_sources(workplace.settings.sources, desk):
            log.info(
                "ingested %s: %d new, %d changed, %d withdrawn",
                report.source, report.new, report.changed, report.withdrawn,
            )  # fmt: skip
            for rejected in report.rejected:
                log.warning("rejected %s: %s", rejected.item, rejected.reason)


def _compose(workplace: Workplace, newsletter: NewsletterSettings, day: date) -> None:
    with workplace.database.read() as connection:
        stored = issue_store.find(connection, newsletter.name, day)
    if stored is None:
        tell_of_waiting(workplace, newsletter, compose(workplace, newsletter, day))
        forget_topic_editions(workplace.database, newsletter.name, day)
    elif not stored.issue.picks and stored.issue.state is State.HELD:
        # Nothing could be picked, which was told then: tried again in silence until something can.
        with suppress(PickError):
            compose(workplace, newsletter, day)


def _deliver(
    workplace: Workplace, newsletter: NewsletterSettings, day: date, progress: Progress | None = None
) -> dict[str, int]:
    clear_to_send(workplace, newsletter, day)
    return deliver(workplace, newsletter, day, progress=progress)


def _days_to_send(workplace: Workplace, newsletter: NewsletterSettings, local: datetime) -> list[date]:
    """Today's issue from its time on, and older ones that are still going out (until the next starts).

    Paused ones wait for a person; until then they are none of these.
    """
    with workplace.database.read() as connection:
        open_issues = issue_store.unfinished(
            connection,
            newsletter.name,
            since=local.date() - timedelta(days=2),
            states=(State.APPROVED, State.SENDING),
        )
    days = []
    for stored in open_issues:
        day = stored.issue.issued_on
        is_due = day == local.date() and local.time() >= newsletter.send_at
        if is_due or (day < local.date() and stored.issue.state is State.SENDING):
            days.append(day)
    return days


def _guarded(work: Callable[[], object], what: str) -> None:
    try:
        work()
    except NewsletterError as error:
        log.error("%s failed: %s", what, error)  # noqa: TRY400 - the sentence says it all
    except Exception:
        # A full disk, a locked database, a fault of ours: the other newsletters still have readers.
        log.exception("%s failed", what)
