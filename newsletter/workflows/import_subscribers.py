"""A list comes in from elsewhere. Nobody who left, or must not be mailed, comes back by it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from itertools import islice
from typing import Any

from newsletter.subscribers.journal import came_back
from newsletter.subscribers.transfer import ImportRow, Wish
from newsletter.subscribers.transfer.progress import Progress, keep_progress, unfinished
from newsletter.workflows.replay_journal import replay
from newsletter.workflows.subscribe import current_policy
from newsletter.workflows.take_batch import Fate, Outcome, Seen, Taking, take_batch
from newsletter.workflows.workplace import Workplace

#: Rows per transaction: the one writer's lock is held for about a second.
BATCH = 10_000
#: Rows that may be asked by mail count for so many others: each takes a dozen statements.
_ASKED_WEIGHT = 50
#: SQLite takes 32,766 parameters in one statement, and each key of the key file makes one of an address.
_PARAMETERS = 30_000
#: Rejected rows that the report names; all of them are counted.
KEPT_REJECTS = 1000


@dataclass(kw_only=True)
class ImportReport:
    """What an import did, or (dry) would do.

    *imported*: new here; *asked* of them get a mail and count once they answer it. *updated*: were asked
    before, and are active now. *suppressed*: are not mailed, because of *new_suppressions* in the list or
    what is known here. *unchanged*: were here already, or twice in the file. *left_out*: on other lists.
    *rejected* names the first of *rejected_count* rows, each as {"row", "reason"}. *resumed_at*: how many
    rows an earlier run had done.
    """

    read: int = 0
    imported: int = 0
    asked: int = 0
    updated: int = 0
    suppressed: int = 0
    new_suppressions: int = 0
    unchanged: int = 0
    left_out: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)
    rejected_count: int = 0
    resumed_at: int = 0


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How an import is done.

    *refuse_unproved*: rows without proof of consent are rejected and not asked. *per_hour*: how many
    confirmation mails leave in an hour. *key*: names this import, so that it goes on where it was stopped;
    "" for none. *tell*: is told the report after each batch; *tell_rejected*: each rejected row, before the
    batch is committed.
    """

    refuse_unproved: bool = False
    per_hour: int = 500
    key: str = ""
    tell: Callable[[ImportReport], None] = field(default=lambda _report: None)
    tell_rejected: Callable[[Outcome], None] = field(default=lambda _outcome: None)


def import_subscribers(
    workplace: Workplace,
    rows: Iterable[ImportRow],
    *,
    newsletter: str | None = None,
    basis: str = "",
    dry_run: bool = False,
    manner: Manner | None = None,
) -> ImportReport:
    """Bring *rows* in, in batches that are each whole.

    Active become rows with a proof of consent: *basis*, or their own time of confirmation. The others are
    asked by mail to confirm. What the rows say of people who left becomes suppressions.

    Raises:
        SettingsError: there is no such newsletter.
        SubscriberError: *rows* cannot be read on; the batches before stay.
    """
    manner = manner or Manner()
    now = workplace.clock.now()
    earlier = _earlier(workplace, manner.key) if not dry_run else None
    report = ImportReport(**earlier.report) if earlier else ImportReport()
    report.resumed_at = report.read
    taking = Taking(
        workplace=workplace,
        newsletter=workplace.settings.list_of(newsletter).name,
        basis=basis.strip(),
        refuse_unproved=manner.refuse_unproved,
        policy=current_policy(workplace),
        now=now,
        asking_from=earlier.started_at if earlier else now,
        pause=timedelta(hours=1) / manner.per_hour,
        came_back=came_back(workplace.journal),
    )
    source = islice(iter(rows), earlier.rows_done if earlier else 0, None)
    seen = Seen() if dry_run else None
    with _collecting_between() as collect:
        for batch in _batches(taking, source):
            _take(taking, batch, report=report, manner=manner, seen=seen)
            manner.tell(report)
            collect()
    if not dry_run:
        _finish(taking, report, manner.key)
        replay(workplace)
    return report


def _earlier(workplace: Workplace, key: str) -> Progress | None:
    if not key:
        return None
    with workplace.database.read() as connection:
        return unfinished(connection, key)


def _take(
    taking: Taking, batch: list[ImportRow], *, report: ImportReport, manner: Manner, seen: Seen | None
) -> None:
    """One batch, in one transaction with how far the import has come."""
    database = taking.workplace.database
    with (database.write if seen is None else database.read)() as connection:
        outcomes = take_batch(connection, taking, batch, asked=report.asked, seen=seen)
        for outcome in outcomes:
            _count(report, outcome)
            if outcome.fate is Fate.REJECTED:
                manner.tell_rejected(outcome)
        if manner.key and seen is None:
            progress = Progress(rows_done=report.read, report=asdict(report), started_at=taking.asking_from)
            keep_progress(connection, manner.key, progress, now=taking.now)


def _finish(taking: Taking, report: ImportReport, key: str) -> None:
    if not key:
        return
    # What a rejected row said is kept no longer than it helps.
    counts = asdict(replace(report, rejected=[]))
    progress = Progress(rows_done=report.read, report=counts, started_at=taking.asking_from)
    with taking.workplace.database.write() as connection:
        keep_progress(connection, key, progress, now=taking.workplace.clock.now(), is_finished=True)


@contextmanager
def _collecting_between() -> Iterator[Callable[[], object]]:
    """Collect garbage only where it is asked for.

    A batch makes a hundred thousand objects, which are looked through again and again while they are in
    use: a fifth of the time. Between two batches there is little to look through, and much to give back.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield gc.collect
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()


def _batches(taking: Taking, source: Iterator[ImportRow]) -> Iterator[list[ImportRow]]:
    """Batches of about the same work."""
    limit = min(BATCH, _PARAMETERS // len(taking.workplace.keyring.key_ids))
    asks = not (taking.basis or taking.refuse_unproved)
    batch: list[ImportRow] = []
    weight = 0
    for row in source:
        batch.append(row)
        weight += _ASKED_WEIGHT if asks and row.wish is Wish.SUBSCRIBE and not row.is_proved else 1
        if weight >= limit:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch


def _count(report: ImportReport, outcome: Outcome) -> None:
    report.read += 1
    match outcome.fate:
        case Fate.REJECTED:
            report.rejected_count += 1
            if len(report.rejected) < KEPT_REJECTS:
                report.rejected.append({"row": outcome.number, "reason": outcome.why})
            return
        case Fate.ASKED:
            report.imported += 1
        case Fate.NEWLY_SUPPRESSED:
            report.suppressed += 1
    setattr(report, outcome.fate, getattr(report, outcome.fate) + 1)
