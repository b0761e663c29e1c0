"""The list goes out: a row per reader and newsletter, page by page, without what they read about."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import TextIO

from newsletter.subscribers.store import page_of_subscribers
from newsletter.subscribers.subscriber import Subscriber, Subscription
from newsletter.subscribers.transfer.cell import guard
from newsletter.subscribers.transfer.own import COLUMNS
from newsletter.workflows.workplace import Workplace


class ExportFormat(StrEnum):
    """How the list is written."""

    CSV = "csv"
    JSON = "json"


def export_subscribers(
    workplace: Workplace,
    file: TextIO,
    *,
    written_as: ExportFormat = ExportFormat.CSV,
    newsletter: str | None = None,
) -> int:
    """Write every reader (of one newsletter, or all) into *file*; how many rows that were.

    Topics are in no export, and neither are erased readers. CSV (RFC 4180) has a guard before cells that a
    spreadsheet would run (cell.py).

    Raises:
        SettingsError: there is no such newsletter.
    """
    wanted = workplace.settings.list_of(newsletter).name if newsletter else None
    return _WRITERS[written_as](file, _rows(workplace, wanted))


def _rows(workplace: Workplace, newsletter: str | None) -> Iterator[dict[str, str]]:
    after_id = 0
    with workplace.database.read() as connection:
        while page := page_of_subscribers(connection, after_id=after_id):
            for subscriber, theirs in page:
                after_id = subscriber.id
                for each in theirs:
                    if newsletter in (None, each.newsletter):
                        yield _row(subscriber, each)


def _row(subscriber: Subscriber, subscription: Subscription) -> dict[str, str]:
    paused_until = subscription.paused_until
    values = (
        subscriber.address,
        subscription.newsletter,
        subscription.state.value,
        subscription.frequency.value,
        paused_until.isoformat() if paused_until else "",
        _moment(subscription.confirmed_at),
        _moment(subscription.created_at),
        subscriber.language,
        "yes" if subscriber.suppressed else "no",
    )
    return dict(zip(COLUMNS, values, strict=True))


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else ""


def _write_csv(file: TextIO, rows: Iterator[dict[str, str]]) -> int:
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the last one is what is told
        writer.writerow([guard(cell) for cell in row.values()])
    return count


def _write_json(file: TextIO, rows: Iterator[dict[str, str]]) -> int:
    file.write("[")
    count = 0
    for count, row in enumerate(rows, 1):
        document = {**row, "suppressed": row["suppressed"] == "yes"}
        file.write(("\n" if count == 1 else ",\n") + json.dumps(document, ensure_ascii=False))
    file.write("\n]\n")
    return count


_WRITERS: dict[ExportFormat, Callable[[TextIO, Iterator[dict[str, str]]], int]] = {
    ExportFormat.CSV: _write_csv,
    ExportFormat.JSON: _write_json,
}
